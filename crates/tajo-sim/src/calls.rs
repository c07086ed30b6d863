//! The log of what was asked. Bodies are not kept.

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
