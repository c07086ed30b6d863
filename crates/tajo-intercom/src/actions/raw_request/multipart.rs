//! A multipart form as browsers send it. <https://html.spec.whatwg.org/multipage/form-control-infrastructure.html#multipart-form-data>

use std::hash::{BuildHasher, RandomState};

use bytes::Bytes;
use http::HeaderValue;

/// Boundaries drawn until one is found that stands in no part; the first one does, practically.
const DRAWS_MAX: u32 = 100;

/// Parts of a form, in the order they were added: the head and the content of each.
#[derive(Default)]
pub(super) struct Parts(Vec<(String, Vec<u8>)>);

impl Parts {
    /// A field.
    pub(super) fn field(&mut self, name: &str, value: &str) {
        let head = format!("Content-Disposition: form-data; name=\"{}\"\r\n\r\n", quoted(name));
        self.0.push((head, value.as_bytes().to_vec()));
    }

    /// A file under a key.
    pub(super) fn file(&mut self, key: &str, name: &str, content: &[u8]) {
        let disposition = format!("Content-Disposition: form-data; name=\"{}\"; filename=\"{}\"", quoted(key), quoted(name));
        self.0.push((format!("{disposition}\r\nContent-Type: application/octet-stream\r\n\r\n"), content.to_vec()));
    }

    /// The body, and the content type that names its boundary.
    pub(super) fn finish(self) -> (Bytes, HeaderValue) {
        let random = RandomState::new();
        let drawn = (0..DRAWS_MAX).map(|n| format!("tajo{:016x}{:016x}", random.hash_one(n), random.hash_one(!n)));
        let stands = |boundary: &String| self.0.iter().any(|(_, content)| holds(content, boundary.as_bytes()));
        let boundary = drawn.into_iter().find(|boundary| !stands(boundary)).expect("no content holds a hundred draws");
        let mut body = Vec::new();
        for (head, content) in &self.0 {
            body.extend_from_slice(format!("--{boundary}\r\n{head}").as_bytes());
            body.extend_from_slice(content);
            body.extend_from_slice(b"\r\n");
        }
        body.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
        let kind = format!("multipart/form-data; boundary={boundary}");
        (body.into(), HeaderValue::try_from(kind).expect("a boundary is letters and digits"))
    }
}

fn holds(content: &[u8], part: &[u8]) -> bool {
    content.windows(part.len()).any(|window| window == part)
}

/// A name within quotes: what would end it, or its line, is percent-encoded.
fn quoted(name: &str) -> String {
    name.replace('"', "%22").replace('\r', "%0D").replace('\n', "%0A")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_written_as_browsers_do() {
        let mut parts = Parts::default();
        parts.field("title", "Ä\r\nb");
        parts.file("up\"load", "a\r\nX: y.txt", &[0, 255, 13, 10]);
        let (body, kind) = parts.finish();
        let boundary = kind.to_str().unwrap().strip_prefix("multipart/form-data; boundary=").unwrap().to_owned();
        let mut expect = format!("--{boundary}\r\nContent-Disposition: form-data; name=\"title\"\r\n\r\nÄ\r\nb\r\n").into_bytes();
        let head = "Content-Disposition: form-data; name=\"up%22load\"; filename=\"a%0D%0AX: y.txt\"";
        expect.extend(format!("--{boundary}\r\n{head}\r\nContent-Type: application/octet-stream\r\n\r\n").bytes());
        expect.extend([0, 255, 13, 10]);
        expect.extend(format!("\r\n--{boundary}--\r\n").bytes());
        assert_eq!(body, expect);
    }
}
