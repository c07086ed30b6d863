//! Notifications: who signed them, and what they are about.
//! <https://developers.intercom.com/docs/references/webhooks/webhook-models>

use hmac::{Hmac, KeyInit, Mac};
use http::HeaderMap;
use sha1::Sha1;
use subtle::ConstantTimeEq;

/// Where Intercom puts the signature of a notification.
pub const SIGNATURE: &str = "x-hub-signature";
/// Where it puts that of an uninstall notice or a health check.
pub const BODY_SIGNATURE: &str = "x-body-signature";

/// Bytes of an HMAC-SHA-1.
const MAC_BYTES: usize = 20;

/// The one signature of a request; none where there is none, or more than one.
pub fn signature(headers: &HeaderMap) -> Option<&str> {
    let (of_notice, of_body) = (headers.get_all(SIGNATURE), headers.get_all(BODY_SIGNATURE));
    let mut all = of_notice.iter().chain(of_body.iter());
    let only = all.next()?;
    if all.next().is_some() { None } else { only.to_str().ok() }
}

/// Whether the app of this client secret signed these very bytes: `sha1=` and 40 hexadecimal digits. An empty secret
/// signs nothing.
pub fn verify(secret: &str, raw_body: &[u8], header: &str) -> bool {
    let Some(given) = header.strip_prefix("sha1=").and_then(unhex) else { return false };
    if secret.is_empty() {
        return false;
    }
    let mut mac = Hmac::<Sha1>::new_from_slice(secret.as_bytes()).expect("HMAC takes keys of any length");
    mac.update(raw_body);
    mac.finalize().into_bytes().as_slice().ct_eq(&given).into()
}

fn unhex(text: &str) -> Option<[u8; MAC_BYTES]> {
    let mut out = [0; MAC_BYTES];
    if text.len() != 2 * MAC_BYTES {
        return None;
    }
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    for (byte, pair) in out.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        *byte = digit(pair[0])? << 4 | digit(pair[1])?;
    }
    Some(out)
}

/// Names that people use, and the topics that Intercom sends: of users, and of leads where they have their own.
const SPOKEN: [(&str, &str, &str); 11] = [
    ("conversation.created", "conversation.user.created", "conversation.user.created"),
    ("conversation.closed", "conversation.admin.closed", "conversation.admin.closed"),
    ("conversation.snoozed", "conversation.admin.snoozed", "conversation.admin.snoozed"),
    ("contact.created", "contact.user.created", "contact.lead.created"),
    ("contact.updated", "contact.user.updated", "contact.lead.updated"),
    ("contact.tag.created", "contact.user.tag.created", "contact.lead.tag.created"),
    ("user.created", "contact.user.created", "contact.lead.created"),
    ("user.updated", "contact.user.updated", "contact.lead.updated"),
    ("user.deleted", "contact.deleted", "contact.deleted"),
    ("user.email.updated", "contact.email.updated", "contact.email.updated"),
    ("user.unsubscribed", "contact.unsubscribed", "contact.unsubscribed"),
];

/// The topic as Intercom sends it. A name that Intercom itself uses is left alone.
pub fn topic(name: &str, is_lead: bool) -> &str {
    let name = name.trim();
    let found = SPOKEN.iter().find(|(spoken, ..)| *spoken == name);
    found.map_or(name, |(_, user, lead)| if is_lead { lead } else { user })
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &[u8] = br#"{"type":"notification_event","id":"notif_1","topic":"ping"}"#;
    // python3 -c 'import hmac; print(hmac.new(b"s3cret-of-an-app", BODY, "sha1").hexdigest())'
    const SIGNED: &str = "sha1=bee433b12695b4a3de54298462c3632afc61648a";

    #[test]
    fn only_the_app_s_own_signature_of_the_very_bytes_counts() {
        assert!(verify("s3cret-of-an-app", BODY, SIGNED));
        assert!(verify("s3cret-of-an-app", BODY, &format!("sha1={}", SIGNED[5..].to_uppercase())));
        assert!(!verify("another", BODY, SIGNED));
        assert!(!verify("", BODY, SIGNED));
        let spaced = [BODY, b" "].concat();
        assert!(!verify("s3cret-of-an-app", &spaced, SIGNED));
        for wrong in
            ["", "sha1=", &SIGNED[5..], &SIGNED[..44], &format!("{SIGNED}0"), "sha256=00", &SIGNED.replace("sha1", "SHA1")]
        {
            assert!(!verify("s3cret-of-an-app", BODY, wrong), "{wrong}");
        }
        for at in 5..SIGNED.len() {
            let mut wrong = SIGNED.as_bytes().to_vec();
            wrong[at] = if wrong[at] == b'0' { b'1' } else { b'0' };
            assert!(!verify("s3cret-of-an-app", BODY, std::str::from_utf8(&wrong).unwrap()), "{at}");
        }
    }

    #[test]
    fn a_request_has_one_signature_or_none_that_counts() {
        let headers = |pairs: &[(&'static str, &'static str)]| {
            let mut out = HeaderMap::new();
            for (name, value) in pairs {
                out.append(*name, http::HeaderValue::from_static(value));
            }
            signature(&out).map(str::to_owned)
        };
        assert_eq!(headers(&[(SIGNATURE, "sha1=a")]).as_deref(), Some("sha1=a"));
        assert_eq!(headers(&[(BODY_SIGNATURE, "sha1=b")]).as_deref(), Some("sha1=b"));
        assert_eq!(headers(&[]), None);
        assert_eq!(headers(&[(SIGNATURE, "sha1=a"), (SIGNATURE, "sha1=a")]), None);
        assert_eq!(headers(&[(SIGNATURE, "sha1=a"), (BODY_SIGNATURE, "sha1=a")]), None);
    }

    #[test]
    fn spoken_names_become_intercom_s_topics() {
        for (name, is_lead, expect) in [
            ("contact.created", false, "contact.user.created"),
            ("contact.created", true, "contact.lead.created"),
            ("conversation.closed", false, "conversation.admin.closed"),
            ("user.email.updated", false, "contact.email.updated"),
            ("conversation.rating.added", false, "conversation.rating.added"),
            ("contact.user.tag.created", true, "contact.user.tag.created"),
        ] {
            assert_eq!(topic(name, is_lead), expect);
        }
    }
}
