//! Refusals in the vendor's envelope. Source: facts §3.2.

use serde_json::{Value, json};

/// An answer that is not 2xx.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Refusal {
    pub(crate) status: u16,
    pub(crate) code: &'static str,
    pub(crate) message: String,
    pub(crate) metadata: Option<Value>,
}

impl Refusal {
    pub(crate) fn new(status: u16, code: &'static str, message: impl Into<String>) -> Refusal {
        Refusal { status, code, message: message.into(), metadata: None }
    }

    pub(crate) fn invalid(message: impl Into<String>) -> Refusal {
        Refusal::new(400, "invalid_parameter", message)
    }

    pub(crate) fn missing(message: impl Into<String>) -> Refusal {
        Refusal::new(400, "missing_parameter", message)
    }

    pub(crate) fn out_of_range(message: impl Into<String>) -> Refusal {
        Refusal::new(400, "out_of_range", message)
    }

    pub(crate) fn not_found(message: impl Into<String>) -> Refusal {
        Refusal::new(404, "document_not_found", message)
    }

    pub(crate) fn method(method: &str) -> Refusal {
        Refusal::new(405, "method_not_allowed", format!("{method} Method is not allowed on this path"))
    }

    pub(crate) fn unauthorized(message: &str) -> Refusal {
        Refusal::new(401, "unauthorized", message)
    }

    pub(crate) fn body(&self) -> Vec<u8> {
        let mut body = json!({"code": self.code, "message": self.message});
        if let Some(metadata) = &self.metadata {
            body["metadata"] = metadata.clone();
        }
        body.to_string().into_bytes()
    }
}
