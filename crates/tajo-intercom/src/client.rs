//! A connection to one workspace.

use std::sync::Arc;

use http::HeaderMap;
use http::header::{ACCEPT, CONTENT_TYPE, HeaderValue, USER_AGENT};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use tajo_core::rest::{Answer, Client, Limits, Origin, Request, Transport};
use tajo_core::{Error, Result, codes};

use crate::dialect::INTERCOM;
use crate::region::Region;
use crate::version::{self, Version};

/// A connection to one Intercom workspace. Clones share its rate budget.
#[derive(Debug, Clone)]
pub struct Intercom {
    client: Client,
    version: Version,
    region: Region,
    is_vendor: bool,
}

/// The workspace that a token belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Me {
    /// The workspace's id.
    pub id_code: String,
    /// Its name.
    pub name: String,
    /// The region it lives in, if Intercom names one that we know.
    pub region: Option<Region>,
    /// IANA name of its timezone, by whose days contact search compares up to 2.16.
    pub timezone: Option<String>,
    /// When it was created, unix seconds.
    pub created_at: Option<i64>,
    /// Intercom's clock when it answered, unix seconds: the "now" of a run.
    pub date: i64,
}

impl Intercom {
    /// A connection through `via`; nothing is sent yet. Every request asks for `version` by header.
    ///
    /// `base_url` takes the place of the region's host and must be a loopback address ([`codes::CFG_ORIGIN`]). An empty
    /// token is [`codes::AUTH_NONE`].
    pub fn new(
        via: Arc<dyn Transport>,
        token: SecretString,
        region: Region,
        version: Version,
        base_url: Option<&str>,
        limits: Limits,
    ) -> Result<Intercom> {
        if token.expose_secret().trim().is_empty() {
            return Err(Error::new(&codes::AUTH_NONE, "No Intercom access token was given"));
        }
        let origin = base_url.map_or_else(|| Ok(region.origin()), Origin::loopback)?;
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(USER_AGENT, HeaderValue::from_static(concat!("tajo/", env!("CARGO_PKG_VERSION"))));
        let wanted = HeaderValue::try_from(version.to_string()).expect("a version is digits and a dot");
        headers.insert(version::HEADER, wanted);
        let client = Client::new(via, &INTERCOM, origin, token, headers, limits);
        Ok(Intercom { client, version, region, is_vendor: base_url.is_none() })
    }

    /// The same connection with a rate budget of its own; see [`Client::apart`].
    pub fn apart(&self) -> Intercom {
        Intercom { client: self.client.apart(), ..self.clone() }
    }

    /// The client, for requests of any kind.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// The API version asked for.
    pub fn version(&self) -> Version {
        self.version
    }

    /// The region connected to.
    pub fn region(&self) -> Region {
        self.region
    }

    /// Whose token this is, and what time it is there. Fails with [`codes::AUTH_TOKEN`] where the token is refused, and
    /// with [`codes::CFG_REGION`] where the workspace lives in another region than the one connected to.
    pub async fn me(&self) -> Result<Me> {
        let read = self.client.send_checked(Request::get("/me"), |answer| read_me(&answer)).await;
        let me = read.map_err(|error| error.note("region", format!("{} ({})", self.region, self.client.origin())))?;
        match me.region {
            // A twin or proxy on this machine may stand for any region.
            Some(lives) if lives != self.region && self.is_vendor => Err(Error::new(
                &codes::CFG_REGION,
                format!("The workspace lives in region {lives}, but the connection is to region {}", self.region),
            )
            .help(format!("Set `region: {lives}` in the configuration, or use `--region {lives}`."))),
            _ => Ok(me),
        }
    }
}

/// `GET /me`: the teammate whom the token belongs to, and within it the workspace as `app`.
/// <https://developers.intercom.com/docs/references/rest-api/api.intercom.io/admins/identifyadmin>
fn read_me(answer: &Answer) -> Result<Me> {
    #[derive(Deserialize)]
    struct Teammate {
        app: Option<App>,
    }
    #[derive(Deserialize)]
    struct App {
        id_code: Option<String>,
        name: Option<String>,
        region: Option<String>,
        timezone: Option<String>,
        created_at: Option<i64>,
    }
    let drift = |what: &'static str| Error::new(&codes::INT_DRIFT, what);
    let teammate: Teammate = serde_json::from_slice(&answer.body).map_err(|e| {
        // Serde's messages can quote the body; its class and position cannot.
        let at = format!("line {} column {}", e.line(), e.column());
        let code = if e.is_data() { &codes::INT_DRIFT } else { &codes::NET_BODY };
        Error::new(code, "Intercom's description of the workspace cannot be read").note("at", at)
    })?;
    let app = teammate.app.ok_or_else(|| drift("Intercom's answer does not say which workspace the token belongs to"))?;
    let id_code = app.id_code.filter(|id| !id.is_empty()).ok_or_else(|| drift("The workspace has no id_code"))?;
    let date = answer.date.ok_or_else(|| drift("Intercom's answer has no Date header, and a run needs Intercom's clock"))?;
    Ok(Me {
        id_code,
        name: app.name.unwrap_or_default(),
        region: app.region.and_then(|region| region.parse().ok()),
        timezone: app.timezone.filter(|zone| !zone.is_empty()),
        created_at: app.created_at,
        date,
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use bytes::Bytes;
    use futures_util::future::{BoxFuture, FutureExt};
    use tajo_core::rest::Broken;

    use super::*;

    /// Gives these answers in order, the last one for ever.
    struct Script(Mutex<Vec<(u16, &'static str)>>, Mutex<Vec<http::Request<Bytes>>>);

    impl Transport for Script {
        fn send(&self, request: http::Request<Bytes>) -> BoxFuture<'_, Result<http::Response<Bytes>, Broken>> {
            self.1.lock().unwrap().push(request);
            let mut left = self.0.lock().unwrap();
            let (status, body) = if left.len() > 1 { left.remove(0) } else { left[0] };
            let reply = http::Response::builder().status(status).header("date", "Fri, 20 Nov 2026 10:30:00 GMT");
            std::future::ready(Ok(reply.body(Bytes::from_static(body.as_bytes())).unwrap())).boxed()
        }
    }

    const ME: &str = r#"{"type":"admin","id":"1","email":"ada@example.com","app":{"type":"app","id_code":"abc123","name":"Acme",
        "created_at":1700000000,"timezone":"Asia/Tokyo","region":"US"}}"#;

    fn connect(answers: &[(u16, &'static str)], region: Region, base_url: Option<&str>) -> (Arc<Script>, Result<Intercom>) {
        let script = Arc::new(Script(Mutex::new(answers.to_vec()), Mutex::default()));
        let token = SecretString::from("canary");
        let made = Intercom::new(Arc::clone(&script) as _, token, region, Version::default(), base_url, Limits::default());
        (script, made)
    }

    #[tokio::test(start_paused = true)]
    async fn me_says_whose_token_it_is_and_what_time_it_is() {
        let (script, intercom) =
            connect(&[(200, ""), (200, "{\"type\":\"admin\",\"app\":{\"id_code\"}"), (200, ME)], Region::Us, None);
        let me = intercom.unwrap().me().await.unwrap();
        assert_eq!((me.id_code.as_str(), me.name.as_str(), me.region), ("abc123", "Acme", Some(Region::Us)));
        assert_eq!((me.timezone.as_deref(), me.created_at, me.date), (Some("Asia/Tokyo"), Some(1_700_000_000), 1_795_170_600));
        let sent = script.1.lock().unwrap();
        assert_eq!(sent.len(), 3, "an empty and a cut answer are asked for again");
        assert_eq!(sent[2].uri(), "https://api.intercom.io/me");
        for (name, value) in [("authorization", "Bearer canary"), ("intercom-version", "2.14"), ("accept", "application/json")] {
            assert_eq!(sent[2].headers()[name], value);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_wrong_with_a_connection_is_said() {
        let other = connect(&[(200, ME)], Region::Eu, None).1.unwrap().me().await.unwrap_err();
        assert_eq!(other.code(), &codes::CFG_REGION);
        assert!(other.what().contains("lives in region us") && other.remedy().contains("--region us"), "{other:?}");
        let refused = r#"{"type":"error.list","errors":[{"code":"unauthorized","message":"Access Token Invalid"}]}"#;
        let refused = connect(&[(401, refused)], Region::Us, None).1.unwrap().me().await.unwrap_err();
        assert_eq!(refused.code(), &codes::AUTH_TOKEN);
        assert_eq!(refused.noted("region"), Some("us (https://api.intercom.io)"));
        for body in [r#"{"type":"admin"}"#, r#"{"app":{"id_code":""}}"#, r#"{"app":[]}"#] {
            let error = connect(&[(200, body)], Region::Us, None).1.unwrap().me().await.unwrap_err();
            assert_eq!(error.code(), &codes::INT_DRIFT, "{body}");
        }
        let none = Intercom::new(
            connect(&[], Region::Us, None).0,
            SecretString::from(" "),
            Region::Us,
            Version::default(),
            None,
            Limits::default(),
        );
        assert_eq!(none.unwrap_err().code(), &codes::AUTH_NONE);
    }

    #[tokio::test(start_paused = true)]
    async fn a_base_url_is_a_loopback_address_and_may_stand_for_any_region() {
        let (script, intercom) = connect(&[(200, ME)], Region::Eu, Some("http://127.0.0.1:8080"));
        let intercom = intercom.unwrap();
        assert!(intercom.me().await.is_ok());
        assert_eq!(script.1.lock().unwrap()[0].uri(), "http://127.0.0.1:8080/me");
        assert!(!format!("{intercom:?}").contains("canary"));
        let refused = connect(&[], Region::Us, Some("https://evil.example")).1.unwrap_err();
        assert_eq!(refused.code(), &codes::CFG_ORIGIN);
    }
}
