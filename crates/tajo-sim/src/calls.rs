//! The log of what was asked, and of the last bodies sent.

use std::collections::VecDeque;

use bytes::Bytes;
use serde_json::Value;

/// Bodies kept, the latest.
const BODIES_MAX: usize = 1000;
/// Bytes kept in all bodies together.
const BYTES_MAX: usize = 16 << 20;

/// One answered request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// The HTTP method.
    pub method: String,
    /// The path without its query.
    pub path: String,
    /// The query as sent, empty if there was none.
    pub query: String,
    /// The `Intercom-Version` header as sent; Brevo has none.
    pub version: Option<String>,
    /// The HTTP status of the answer, 0 where there was none.
    pub status: u16,
    /// When the answer left, in milliseconds of the twin's clock.
    pub at: i64,
    /// The injected fault that shaped the answer.
    pub fault: Option<&'static str>,
}

/// The last bodies that were sent to Intercom's side, for tests to look into.
#[derive(Debug, Default)]
pub(crate) struct Bodies {
    kept: VecDeque<Said>,
    bytes: usize,
}

#[derive(Debug)]
struct Said {
    method: String,
    path: String,
    body: Bytes,
}

impl Bodies {
    /// Keeps a body that is not empty; the oldest go when there are too many.
    pub(crate) fn keep(&mut self, method: &str, path: &str, body: &Bytes) {
        if body.is_empty() || body.len() > BYTES_MAX {
            return;
        }
        self.bytes += body.len();
        self.kept.push_back(Said { method: method.to_owned(), path: path.to_owned(), body: body.clone() });
        while self.kept.len() > BODIES_MAX || self.bytes > BYTES_MAX {
            let Some(oldest) = self.kept.pop_front() else { return };
            self.bytes -= oldest.body.len();
        }
    }

    /// Those of a method and a prefix of the path that are JSON, oldest first.
    pub(crate) fn of(&self, method: &str, prefix: &str) -> Vec<Value> {
        let fitting = self.kept.iter().filter(|said| said.method == method && said.path.starts_with(prefix));
        fitting.filter_map(|said| serde_json::from_slice(&said.body).ok()).collect()
    }

    pub(crate) fn forget(&mut self) {
        *self = Bodies::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_bodies_go_when_there_are_too_many() {
        let mut bodies = Bodies::default();
        for n in 0..BODIES_MAX + 3 {
            bodies.keep("POST", "/contacts", &Bytes::from(n.to_string()));
        }
        let kept = bodies.of("POST", "/contacts");
        assert_eq!((kept.len(), &kept[0]), (BODIES_MAX, &Value::from(3)));
        bodies.keep("POST", "/tags", &Bytes::from(vec![b' '; BYTES_MAX - 1]));
        assert!(bodies.of("POST", "/contacts").len() < 10 && bodies.bytes <= BYTES_MAX);
    }
}
