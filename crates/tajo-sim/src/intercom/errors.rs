//! Refusals in the vendor's envelope. Source: spec, schema `error`.

use std::borrow::Cow;

use crate::json::Json;

/// An answer that is not 200.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) status: u16,
    pub(crate) code: &'static str,
    pub(crate) message: Cow<'static, str>,
    /// Value of the `Link` header, for a merged contact.
    pub(crate) link: Option<String>,
}

impl Refusal {
    pub(crate) fn new(status: u16, code: &'static str, message: impl Into<Cow<'static, str>>) -> Refusal {
        Refusal { status, code, message: message.into(), link: None }
    }

    pub(crate) fn invalid(message: impl Into<Cow<'static, str>>) -> Refusal {
        Refusal::new(400, "parameter_invalid", message)
    }

    pub(crate) fn not_found(message: &'static str) -> Refusal {
        Refusal::new(404, "not_found", message)
    }

    pub(crate) fn unauthorized() -> Refusal {
        Refusal::new(401, "unauthorized", "Access Token Invalid")
    }

    pub(crate) fn body(&self, request_id: &str) -> Vec<u8> {
        Json::object(|j| {
            j.put("type", "error.list");
            j.put("request_id", request_id);
            j.list("errors", [self], |j, refusal| {
                j.put("code", refusal.code);
                j.put("message", refusal.message.as_ref());
            });
        })
    }
}
