//! An answer with its own status, type and headers, where JSON and 200 do not do.

/// Status, type, body and headers of an answer.
#[derive(Debug)]
pub(super) struct Page {
    pub(super) status: u16,
    pub(super) kind: &'static str,
    pub(super) body: Vec<u8>,
    pub(super) headers: Vec<(&'static str, String)>,
}

pub(super) const JSON: &str = "application/json; charset=utf-8";
pub(super) const OCTETS: &str = "application/octet-stream";

impl Page {
    pub(super) fn new(status: u16, kind: &'static str, body: impl Into<Vec<u8>>) -> Page {
        Page { status, kind, body: body.into(), headers: Vec::new() }
    }

    pub(super) fn json(status: u16, body: impl Into<Vec<u8>>) -> Page {
        Page::new(status, JSON, body)
    }

    pub(super) fn html(status: u16, body: impl Into<Vec<u8>>) -> Page {
        Page::new(status, "text/html; charset=utf-8", body)
    }

    /// 302 to that address.
    pub(super) fn redirect(to: String) -> Page {
        Page { headers: vec![("location", to)], ..Page::html(302, "") }
    }
}
