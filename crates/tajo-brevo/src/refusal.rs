//! From an error answer to our error: status first, then `code`, then the message, because the envelope varies.
//! <https://developers.brevo.com/docs/how-it-works>

use http::{HeaderMap, Method};
use serde_json::Value;
use tajo_core::rest::Asked;
use tajo_core::{Error, codes};

use crate::dialect::VERSION;
use crate::told::{printable, word};

/// `{"code", "message", "metadata": {"duplicate_identifiers": […]}}`; on CRM paths any of them may be missing.
#[derive(Debug, Default)]
struct Envelope {
    code: Option<String>,
    /// The code in small letters where it is a sentence, as it came: for patterns only, never printed.
    sentence: String,
    /// As it came: for patterns only, never printed.
    message: String,
    duplicates: Vec<String>,
}

impl Envelope {
    fn read(body: &[u8]) -> Envelope {
        let Ok(Value::Object(top)) = serde_json::from_slice::<Value>(body) else { return Envelope::default() };
        let text = |key: &str| top.get(key).and_then(Value::as_str);
        let listed = top.get("metadata").and_then(|metadata| metadata.get("duplicate_identifiers"));
        let duplicates = listed.and_then(Value::as_array).into_iter().flatten().filter_map(|v| identifier(v.as_str()?));
        Envelope {
            code: text("code").and_then(word),
            sentence: text("code").unwrap_or_default().to_ascii_lowercase(),
            message: text("message").or(text("error")).unwrap_or_default().to_owned(),
            duplicates: duplicates.collect(),
        }
    }

    fn says(&self, pattern: &str) -> bool {
        self.message.to_ascii_lowercase().contains(pattern)
    }

    /// The identifiers that belong to another contact: by metadata, else by the sentence
    /// "Unable to update contact, SMS or EXT_ID are already associated with another Contact".
    fn taken(&self) -> Vec<String> {
        if !self.duplicates.is_empty() {
            return self.duplicates.clone();
        }
        let message = self.message.as_str();
        let end = message.find(" is already").or_else(|| message.find(" are already"));
        let list = end.map(|end| message[..end].rsplit_once(", ").map_or(&message[..end], |(_, list)| list));
        list.into_iter().flat_map(|list| list.split(" or ")).filter_map(|name| identifier(name.trim())).collect()
    }
}

/// One spelling for each identifier, as Brevo's attributes have it; `email` in small letters as in `metadata`.
fn identifier(name: &str) -> Option<String> {
    let name = word(name)?;
    let upper = name.to_ascii_uppercase();
    Some(match upper.as_str() {
        "EMAIL" | "EMAIL_ID" => "email".to_owned(),
        "PHONE" | "PHONE_ID" => "SMS".to_owned(),
        "SMS" | "EXT_ID" | "WHATSAPP" | "LANDLINE_NUMBER" => upper,
        _ => name,
    })
}

/// Whether a path is one contact, or the place to create one.
fn is_contact(method: &Method, path: &str) -> bool {
    let path = path.split('?').next().unwrap_or_default();
    let rest = path.strip_prefix(VERSION).unwrap_or(path).strip_prefix("/contacts").unwrap_or("/-/-");
    match *method {
        Method::POST => rest.is_empty(),
        _ => rest.rfind('/') == Some(0),
    }
}

/// Whether a 404 is Brevo's own word that an object is gone. The one of a gateway or proxy says nothing about a contact, and
/// taken for it would bury somebody who is alive.
fn tells_of_absence(asked: &Asked<'_>, told: &Envelope, is_page: bool) -> bool {
    let is_named =
        told.code.as_deref() == Some("document_not_found") || told.says("contact") || told.sentence.contains("contact");
    if is_contact(asked.method, asked.path) { is_named } else { !is_page }
}

/// The whole table. Unknown codes count by their status.
pub(crate) fn refuse(asked: &Asked<'_>, status: u16, _: &HeaderMap, body: &[u8]) -> Error {
    let told = Envelope::read(body);
    let code = told.code.as_deref().unwrap_or_default();
    let is_page = body.trim_ascii_start().starts_with(b"<");
    let collides = matches!(status, 400 | 409)
        && (!told.duplicates.is_empty()
            || is_contact(asked.method, asked.path)
                && (code == "duplicate_parameter" || told.says("associated with another contact")));
    let error = match (status, code) {
        (401 | 403, _) if told.says("ip address") || told.says("unrecognised ip") || told.says("unrecognized ip") => {
            Error::new(&codes::BRV_IP, "Brevo refuses this machine's IP address")
        }
        (401, _) => Error::new(&codes::BRV_AUTH, "Brevo refused the credentials"),
        // Something before Brevo answered: a bot check, a company's proxy.
        (_, "") if is_page && !matches!(status, 404 | 429 | 500..) => {
            Error::new(&codes::NET_SERVER, format!("A web page came in place of Brevo's answer (HTTP {status})"))
                .help(STATUS_PAGE)
        }
        (402, _) | (400, "not_enough_credits") => Error::new(&codes::BRV_DENIED, "The Brevo account's credits do not suffice"),
        (403, _) | (400, "permission_denied") => Error::new(&codes::BRV_DENIED, "The Brevo key or plan does not allow this"),
        (400, "account_under_validation") => Error::new(&codes::BRV_DENIED, "Brevo has not validated the account yet"),
        (404, _) if !tells_of_absence(asked, &told, is_page) => {
            Error::new(&codes::NET_SERVER, "Something other than Brevo answered (HTTP 404)").help(GATEWAY)
        }
        (404, _) | (400, "document_not_found") => Error::new(&codes::BRV_MISSING, "Brevo does not have that object (any more)"),
        _ if collides => Error::new(&codes::BRV_TAKEN, "An identifier belongs to another Brevo contact"),
        (425, _) | (400, "account_in_process") => Error::new(&codes::BRV_EARLY, "Brevo is still processing that contact"),
        (429, _) => Error::new(&codes::BRV_THROTTLED, "Brevo's rate limit was reached"),
        (408 | 500.., _) => Error::new(&codes::NET_SERVER, format!("Brevo failed on its side (HTTP {status})")).help(STATUS_PAGE),
        (300..=399, _) => {
            Error::new(&codes::BRV_DRIFT, format!("Brevo sent us elsewhere (HTTP {status}); redirects are never followed"))
        }
        (405, _) if *asked.method == Method::DELETE && is_contact(asked.method, asked.path) => {
            Error::new(&codes::BRV_INVALID, "Brevo does not delete that contact: it is the account's own")
        }
        _ => Error::new(&codes::BRV_INVALID, format!("Brevo refused the request (HTTP {status})")),
    };
    let taken = if collides { told.taken().join(", ") } else { String::new() };
    noted(error, [("taken", taken), ("vendor code", told.code.unwrap_or_default()), ("Brevo says", printable(&told.message))])
}

/// RFC 6749 §5.2: `{"error": "invalid_client"}`. The description may quote the request, so only the code is shown.
pub(crate) fn refuse_token(_: &Asked<'_>, status: u16, _: &HeaderMap, body: &[u8]) -> Error {
    let code = serde_json::from_slice::<Value>(body).ok();
    let code = code.as_ref().and_then(|v| v.get("error")?.as_str()).and_then(word).unwrap_or_default();
    let error = match status {
        429 => Error::new(&codes::BRV_THROTTLED, "Brevo's OAuth server was asked too often"),
        408 | 500.. => Error::new(&codes::NET_SERVER, format!("Brevo's OAuth server failed (HTTP {status})")).help(STATUS_PAGE),
        300..=399 => Error::new(&codes::BRV_DRIFT, "Brevo's OAuth server sent us elsewhere; redirects are never followed"),
        _ => Error::new(&codes::BRV_AUTH, "Brevo refused the OAuth client id and secret")
            .help("Check id, secret and scopes of the Brevo app (`brevo app list`)."),
    };
    noted(error, [("vendor code", code)])
}

const GATEWAY: &str =
    "Look at what stands between this machine and Brevo (HTTPS_PROXY), or run again later; nobody is taken for deleted.";
const STATUS_PAGE: &str = "Run again later; see https://status.brevo.com. What was done so far is kept.";

fn noted<const N: usize>(error: Error, notes: [(&'static str, String); N]) -> Error {
    notes.into_iter().filter(|(_, text)| !text.is_empty()).fold(error, |error, (label, text)| error.note(label, text))
}

#[cfg(test)]
mod tests {
    use tajo_core::codes::Code;

    use super::*;

    fn refused(method: Method, path: &str, status: u16, body: &str) -> Error {
        refuse(&Asked { method: &method, path }, status, &HeaderMap::new(), body.as_bytes())
    }

    fn contact(status: u16, body: &str) -> Error {
        refused(Method::PUT, "/v3/contacts/ada%40town.example?identifierType=email_id", status, body)
    }

    fn told(code: &str, message: &str) -> String {
        format!(r#"{{"code":"{code}","message":"{message}"}}"#)
    }

    /// Every row of the table of situations, and every status.
    #[test]
    fn every_refusal_has_its_code() {
        let unrecognised = "We have detected you are using an unrecognised IP address 192.0.2.7. If you performed this action …";
        let cases: &[(u16, String, &Code)] = &[
            (400, told("invalid_parameter", "Invalid phone number"), &codes::BRV_INVALID),
            (404, told("document_not_found", "Contact does not exist"), &codes::BRV_MISSING),
            (400, told("document_not_found", "Contact does not exist"), &codes::BRV_MISSING),
            (400, told("missing_parameter", "No inputs in the body"), &codes::BRV_INVALID),
            (400, told("invalid_parameter", "Transactional attribute as primary Key is missing"), &codes::BRV_INVALID),
            (400, told("invalid_parameter", "We could not find any valid email or SMS or Contact ID"), &codes::BRV_INVALID),
            (405, told("method_not_allowed", "DELETE Method is not allowed on this path"), &codes::BRV_INVALID),
            (403, told("CONSENT_GROUP_NOT_ENABLED", "Consent groups are off"), &codes::BRV_DENIED),
            (403, told("permission_denied", "no"), &codes::BRV_DENIED),
            (402, told("not_enough_credits", "no"), &codes::BRV_DENIED),
            (400, told("account_under_validation", "no"), &codes::BRV_DENIED),
            (401, told("unauthorized", "Key not found"), &codes::BRV_AUTH),
            (401, String::new(), &codes::BRV_AUTH),
            (401, told("unauthorized", unrecognised), &codes::BRV_IP),
            (425, told("account_in_process", "Too early"), &codes::BRV_EARLY),
            (400, told("account_in_process", "wait"), &codes::BRV_EARLY),
            (429, told("too_many_requests", "slow down"), &codes::BRV_THROTTLED),
            (429, String::new(), &codes::BRV_THROTTLED),
            (410, told("gone", "deprecated"), &codes::BRV_INVALID),
            (406, told("not_acceptable", "no"), &codes::BRV_INVALID),
            (415, String::new(), &codes::BRV_INVALID),
            (422, told("unprocessable_entity", "no"), &codes::BRV_INVALID),
            (424, "{}".into(), &codes::BRV_INVALID),
            (400, r#"{"message":"Returned when query params are invalid"}"#.into(), &codes::BRV_INVALID),
            (403, "<html>blocked</html>".into(), &codes::NET_SERVER),
            (404, "<html>nginx</html>".into(), &codes::NET_SERVER),
            (410, "<html>nginx</html>".into(), &codes::NET_SERVER),
            (408, String::new(), &codes::NET_SERVER),
            (500, told("internal", "x"), &codes::NET_SERVER),
            (502, "<html>bad gateway</html>".into(), &codes::NET_SERVER),
            (302, String::new(), &codes::BRV_DRIFT),
        ];
        for (status, body, code) in cases {
            let error = contact(*status, body);
            assert_eq!(error.code(), *code, "{status} {body}");
            assert_eq!(error.noted("taken"), None, "{status} {body}");
            assert!(!error.remedy().contains("intercom"), "{error:?}");
        }
        assert_eq!(
            contact(400, &told("invalid_parameter", "Invalid phone number")).noted("vendor code"),
            Some("invalid_parameter")
        );
        assert_eq!(contact(400, &told("x", "Invalid phone number")).noted("Brevo says"), Some("Invalid phone number"));
        let own = refused(Method::DELETE, "/v3/contacts/7?identifierType=contact_id", 405, "{}");
        assert!(own.what().contains("account's own"), "{own:?}");
    }

    #[test]
    fn a_collision_is_known_by_metadata_whatever_the_code() {
        let meta = |code: &str, message: &str, ids: &str| {
            format!(r#"{{"code":"{code}","message":"{message}","metadata":{{"duplicate_identifiers":[{ids}]}}}}"#)
        };
        for (body, taken) in [
            (
                meta(
                    "duplicate_parameter",
                    "Unable to create contact, email is already associated with another Contact",
                    r#""email""#,
                ),
                Some("email"),
            ),
            (meta("invalid_parameter", "anything", r#""SMS","ext_id""#), Some("SMS, EXT_ID")),
            (
                told("duplicate_parameter", "Unable to update contact, SMS is already associated with another Contact"),
                Some("SMS"),
            ),
            (
                told("invalid_parameter", "Unable to update contact, SMS or EXT_ID are already associated with another Contact"),
                Some("SMS, EXT_ID"),
            ),
            (told("duplicate_parameter", "Contact already exist"), None),
        ] {
            for (method, path) in
                [(Method::POST, "/v3/contacts"), (Method::PUT, "/v3/contacts/ada%40town.example?identifierType=email_id")]
            {
                let error = refused(method, path, 400, &body);
                assert_eq!((error.code(), error.noted("taken")), (&codes::BRV_TAKEN, taken), "{body}");
            }
        }
        let elsewhere = refused(Method::POST, "/v3/webhooks", 400, &told("duplicate_parameter", "exists"));
        assert_eq!(elsewhere.code(), &codes::BRV_INVALID);
    }

    #[test]
    fn no_error_names_a_person() {
        let message = "Contact ada@town.example with SMS +4915112345678 and name 'Ada L' is invalid";
        for status in [400, 401, 403, 404, 405, 425, 429, 500] {
            let shown = format!("{:?}", contact(status, &told("invalid_parameter", message)));
            for secret in ["ada", "491511", "Ada"] {
                assert!(!shown.contains(secret), "{shown}");
            }
        }
        let quoted = r#"{"error":"invalid_client","error_description":"canary-secret"}"#;
        let (method, path) = (Method::POST, "/oauth/token");
        for (status, code) in
            [(400, &codes::BRV_AUTH), (401, &codes::BRV_AUTH), (503, &codes::NET_SERVER), (429, &codes::BRV_THROTTLED)]
        {
            let error = refuse_token(&Asked { method: &method, path }, status, &HeaderMap::new(), quoted.as_bytes());
            assert!(error.code() == code && !format!("{error:?}").contains("canary"), "{error:?}");
        }
    }
}
