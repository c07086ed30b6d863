//! OAuth against the twin: a person allows it, the token is stored, and whatever is wrong with an answer stores nothing.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test says what went wrong by failing")]

mod desk;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use desk::small;
use http::{Request, Response};
use serde_json::{Value, json};
use tajo::actions::{App, Ask};
use tajo::config::{Known, Overrides, Settings};
use tajo::connections::oauth::{Authorisations, Base, Door, Plan, router};
use tajo::connections::{Ground, Vault, Wish, end, field};
use tajo::twin::InProcess;
use tajo_core::codes;
use tajo_core::rest::{Broken, Transport};
use tajo_intercom::oauth::OauthApp;
use tajo_sim::{Options, Town};
use tajo_state::Connections;
use tower::ServiceExt;

const CLIENT: &str = "client-of-ours";
const SECRET: &str = "client-secret-CANARY-0123456789";
const PUBLIC: &str = "https://tajo.example";
const TWIN: &str = "http://127.0.0.1:1";

/// A door before a town, with a clock that only the test moves.
struct Lobby {
    home: tempfile::TempDir,
    town: Town,
    door: Door,
    pages: Router,
    seconds: Arc<AtomicU64>,
}

fn resolved(home: &Path, url: &str, connection: Option<&str>) -> tajo_core::Result<Settings> {
    let home = home.display().to_string();
    let env = |name: &str| match name {
        "TAJO_HOME" => Some(home.clone()),
        "TAJO_INTERCOM_BASE_URL" => Some(url.to_owned()),
        _ => None,
    };
    let vault = Vault::new(home.as_ref(), &env);
    let stored = vault.list()?;
    let flags = Overrides { connection, region: None };
    let mut settings = Settings::resolve_among(None, &stored, vault, flags, &Known::declared(), &env)?;
    settings.open()?;
    Ok(settings)
}

impl Lobby {
    fn new(base: &str) -> Lobby {
        let redirect_uris = vec![format!("{base}/oauth/intercom/callback")];
        let oauth = tajo_sim::OauthApp { client_id: CLIENT.into(), client_secret: SECRET.into(), redirect_uris };
        let town = Town::new(Options { oauth: Some(oauth), token: Some("of a private app".into()), ..small() });
        let seconds = Arc::new(AtomicU64::new(0));
        let clock = Arc::clone(&seconds);
        let under_way = Authorisations::timed(move || Duration::from_secs(clock.load(Ordering::Relaxed)));
        let door = Door { base: Base::public(base).unwrap(), under_way: Arc::new(under_way) };
        Lobby { home: tempfile::tempdir().unwrap(), pages: router(door.clone()), town, door, seconds }
    }
    fn ground(&self) -> Ground {
        let settings = resolved(self.home.path(), TWIN, Some(Settings::ANY_CONNECTION)).unwrap();
        Ground::of(settings).unwrap().by(Arc::new(InProcess::new(self.town.router())))
    }
    fn plan(&self, secret: &str) -> Plan {
        let app = OauthApp { client_id: CLIENT.into(), client_secret: secret.to_string().into() };
        let wish = Wish { name: "acme".into(), ..Wish::default() };
        Plan { wish, app, ground: self.ground(), redirect_uri: self.door.redirect_uri() }
    }
    async fn get(&self, url: &str, cookie: Option<&str>) -> Response<Body> {
        let path = url.strip_prefix(&self.door.base.to_string()).unwrap_or(url);
        let mut request = Request::get(path);
        if let Some(cookie) = cookie {
            request = request.header("cookie", cookie);
        }
        self.pages.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap()
    }
    /// Opens the start page and clicks the button: the browser's cookie, and where Intercom sends it.
    async fn allowed(&self, plan: Plan, decision: &str) -> (String, String) {
        let (cookie, asked) = self.started(plan).await;
        let query = asked.split_once('?').unwrap().1.to_owned();
        let form = format!("{query}&decision={decision}");
        let request = Request::post("/oauth/authorize").header("content-type", "application/x-www-form-urlencoded");
        let answer = self.town.router().oneshot(request.body(Body::from(form)).unwrap()).await.unwrap();
        (cookie, location(&answer))
    }
    async fn started(&self, plan: Plan) -> (String, String) {
        let answer = self.get(&self.door.begin(plan).unwrap(), None).await;
        assert_eq!(answer.status(), 302);
        let cookie = answer.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
        (cookie, location(&answer))
    }
    #[track_caller]
    fn nothing_is_stored(&self) {
        assert!(Connections::peek(self.home.path()).unwrap().is_empty());
        assert!(!self.home.path().join("master.key").exists());
    }
    fn exchanges(&self) -> usize {
        self.town.count_calls("/auth/eagle/token")
    }
}

fn location(answer: &Response<Body>) -> String {
    answer.headers()["location"].to_str().unwrap().to_owned()
}

async fn text(answer: Response<Body>) -> String {
    String::from_utf8(to_bytes(answer.into_body(), 1 << 20).await.unwrap().to_vec()).unwrap()
}

fn query(url: &str, name: &str) -> String {
    let found = url.split_once('?').unwrap().1.split('&').find_map(|pair| pair.strip_prefix(&format!("{name}=")));
    found.unwrap().to_owned()
}

// Shows: T-148, A-20.
#[tokio::test]
async fn a_person_allows_it_and_the_token_is_sealed_and_works() {
    let lobby = Lobby::new(PUBLIC);
    let (cookie, back) = lobby.allowed(lobby.plan(SECRET), "authorize").await;
    assert!(cookie.starts_with("__Host-tajo_oauth="), "{cookie}");
    assert!(back.starts_with("https://tajo.example/oauth/intercom/callback?code="), "{back}");
    let answer = lobby.get(&back, Some(&cookie)).await;
    assert_eq!(answer.status(), 200);
    for (name, value) in
        [("referrer-policy", "no-referrer"), ("cache-control", "no-store"), ("x-content-type-options", "nosniff")]
    {
        assert_eq!(answer.headers()[name], value);
    }
    let page = text(answer).await;
    assert!(page.contains("<h1>Connected to Town (us)</h1>") && page.contains("stored as acme"), "{page}");
    let stored = Connections::peek(lobby.home.path()).unwrap().remove(0);
    assert_eq!((stored.name.as_str(), stored.kind.as_str()), ("acme", "oauth"));
    let token = lobby.town.issued_tokens().remove(0);
    for file in std::fs::read_dir(lobby.home.path()).unwrap().flatten() {
        let bytes = std::fs::read(file.path()).unwrap();
        for secret in [token.as_str(), SECRET] {
            assert!(!bytes.windows(secret.len()).any(|part| part == secret.as_bytes()), "{:?}", file.path());
        }
    }
    // It opens, with the app's secret for its webhooks beside it, and Intercom takes it.
    let settings = resolved(lobby.home.path(), TWIN, None).unwrap();
    use secrecy::ExposeSecret;
    assert_eq!(settings.token().unwrap().expose_secret(), token);
    assert_eq!(settings.connection.client_secret.as_ref().unwrap().expose_secret(), SECRET);
    // What ends it ends it in the workspace too.
    end::disconnect(&lobby.ground(), "acme", true).await.unwrap();
    assert!(lobby.town.issued_tokens().is_empty() && Connections::peek(lobby.home.path()).unwrap().is_empty());
}

// Shows: T-026.
#[tokio::test]
async fn a_missing_wrong_replayed_or_foreign_state_is_400_and_stores_nothing() {
    let lobby = Lobby::new(PUBLIC);
    let (cookie, back) = lobby.allowed(lobby.plan(SECRET), "authorize").await;
    let (state, code) = (query(&back, "state"), query(&back, "code"));
    assert_eq!(state.len(), 64, "256 bits");
    let other: String = state.chars().map(|c| if c == '0' { '1' } else { '0' }).collect();
    for wrong in [
        back.replace(&state, &other),
        back.replace(&state, &state[1..]),
        back.replace(&format!("&state={state}"), ""),
        back.replace(&state, ""),
        format!("{back}&state={state}"),
    ] {
        let answer = lobby.get(&wrong, Some(&cookie)).await;
        assert_eq!(answer.status(), 400, "{wrong}");
        assert!(!text(answer).await.contains(&code));
    }
    // None of these spent it; another browser does, and then it is of no use to anybody.
    let second = format!("{cookie}; {cookie}");
    assert_eq!(lobby.get(&back, Some(&second)).await.status(), 400, "two cookies are nobody's");
    assert_eq!(lobby.get(&back, Some(&cookie)).await.status(), 400, "replayed");
    for foreign in [None, Some("__Host-tajo_oauth=0000"), Some("tajo_oauth=0000")] {
        let (_, back) = lobby.allowed(lobby.plan(SECRET), "authorize").await;
        let answer = lobby.get(&back, foreign).await;
        assert_eq!(answer.status(), 400);
        assert!(text(answer).await.contains("TJ-SEC-OAUTH"));
    }
    assert_eq!(lobby.exchanges(), 0, "no code was exchanged");
    lobby.nothing_is_stored();
    // The same without a mistake goes through, once.
    let (cookie, back) = lobby.allowed(lobby.plan(SECRET), "authorize").await;
    assert_eq!(lobby.get(&back, Some(&cookie)).await.status(), 200);
    let stored = Connections::peek(lobby.home.path()).unwrap();
    assert_eq!(lobby.get(&back, Some(&cookie)).await.status(), 400, "replayed");
    assert_eq!((Connections::peek(lobby.home.path()).unwrap(), lobby.exchanges()), (stored, 1));
}

#[tokio::test]
async fn an_answer_after_ten_minutes_is_refused() {
    for (seconds, status) in [(599, 200), (600, 400)] {
        let lobby = Lobby::new(PUBLIC);
        let (cookie, back) = lobby.allowed(lobby.plan(SECRET), "authorize").await;
        lobby.seconds.store(seconds, Ordering::Relaxed);
        let answer = lobby.get(&back, Some(&cookie)).await;
        assert_eq!(answer.status(), status);
        if status == 400 {
            assert!(text(answer).await.contains("longer than ten minutes"));
            assert_eq!(lobby.exchanges(), 0);
            lobby.nothing_is_stored();
        }
    }
    let lobby = Lobby::new(PUBLIC);
    let start = lobby.door.begin(lobby.plan(SECRET)).unwrap();
    lobby.seconds.store(600, Ordering::Relaxed);
    assert_eq!(lobby.get(&start, None).await.status(), 400, "so is a start");
}

#[tokio::test]
async fn the_start_page_opens_once_and_only_with_its_ticket() {
    let lobby = Lobby::new(PUBLIC);
    let start = lobby.door.begin(lobby.plan(SECRET)).unwrap();
    for wrong in ["/oauth/intercom/start", "/oauth/intercom/start?ticket=", "/oauth/intercom/start?ticket=0000"] {
        assert_eq!(lobby.get(wrong, None).await.status(), 400, "{wrong}");
    }
    let first = lobby.get(&start, None).await;
    assert_eq!(first.status(), 302);
    let to = location(&first);
    let (state, redirect) = (query(&to, "state"), "https%3A%2F%2Ftajo.example%2Foauth%2Fintercom%2Fcallback");
    assert_eq!(to, format!("{TWIN}/oauth?client_id={CLIENT}&state={state}&redirect_uri={redirect}"));
    assert_eq!(lobby.get(&start, None).await.status(), 400, "once");
}

// Shows: T-027.
#[tokio::test]
async fn a_bad_code_a_wrong_secret_or_a_no_is_told_and_stores_nothing() {
    for (secret, decision, change) in [("wrong-secret", "authorize", ""), (SECRET, "cancel", ""), (SECRET, "authorize", "code=x")]
    {
        let lobby = Lobby::new(PUBLIC);
        let mut outcomes = lobby.door.under_way.outcomes().unwrap();
        let (cookie, mut back) = lobby.allowed(lobby.plan(secret), decision).await;
        if !change.is_empty() {
            back = back.replace("code=", change);
        }
        let answer = lobby.get(&back, Some(&cookie)).await;
        assert_eq!(answer.status(), 400, "{secret} {decision} {change}");
        let page = text(answer).await;
        assert!(page.contains("TJ-SEC-OAUTH") && page.contains("nothing was stored"), "{page}");
        let error = outcomes.recv().await.unwrap().unwrap_err();
        assert_eq!(error.code(), &codes::SEC_OAUTH);
        assert!(!format!("{error:?}{page}").contains(secret), "{error:?}");
        lobby.nothing_is_stored();
    }
}

/// A server that behaves as the standard has it, not as Intercom does.
struct Refreshing(InProcess);

impl Transport for Refreshing {
    fn send(&self, request: Request<bytes::Bytes>) -> tajo_core::BoxFuture<'_, Result<Response<bytes::Bytes>, Broken>> {
        let is_exchange = request.uri().path() == "/auth/eagle/token";
        Box::pin(async move {
            let answer = self.0.send(request).await?;
            if !is_exchange {
                return Ok(answer);
            }
            let mut body: Value = serde_json::from_slice(answer.body()).unwrap();
            body["refresh_token"] = json!("refresh-CANARY-0123456789");
            body["expires_in"] = json!(3600);
            Ok(answer.map(|_| body.to_string().into()))
        })
    }
}

// Shows: A-01.
#[tokio::test]
async fn a_refresh_token_is_sealed_where_a_server_sends_one_and_is_never_used() {
    let lobby = Lobby::new(PUBLIC);
    let ground = lobby.ground().by(Arc::new(Refreshing(InProcess::new(lobby.town.router()))));
    let (cookie, back) = lobby.allowed(Plan { ground, ..lobby.plan(SECRET) }, "authorize").await;
    assert_eq!(lobby.get(&back, Some(&cookie)).await.status(), 200);
    let settings = resolved(lobby.home.path(), TWIN, None).unwrap();
    let stored = settings.vault.find("acme").unwrap().unwrap();
    use secrecy::ExposeSecret;
    let held = |name: &str| settings.vault.secret(&stored, name).unwrap().map(|secret| secret.expose_secret().to_owned());
    assert_eq!(held(field::REFRESH_TOKEN).as_deref(), Some("refresh-CANARY-0123456789"));
    assert_eq!(held(field::EXPIRES_IN).as_deref(), Some("3600"));
    let state = std::fs::read(lobby.home.path().join("state.db")).unwrap();
    assert!(!state.windows(14).any(|part| part == b"refresh-CANARY"));
    assert_eq!(lobby.exchanges(), 1);
    // From Intercom none comes, and none is pretended.
    let plain = Lobby::new(PUBLIC);
    let (cookie, back) = plain.allowed(plain.plan(SECRET), "authorize").await;
    assert_eq!(plain.get(&back, Some(&cookie)).await.status(), 200);
    let settings = resolved(plain.home.path(), TWIN, None).unwrap();
    let stored = settings.vault.find("acme").unwrap().unwrap();
    assert!(settings.vault.secret(&stored, field::REFRESH_TOKEN).unwrap().is_none());
}

#[tokio::test]
async fn a_server_answers_the_action_with_where_to_start() {
    let lobby = Lobby::new(PUBLIC);
    let home = lobby.home.path().to_owned();
    let app = Arc::new(App::new(move |connection| resolved(&home, TWIN, connection)));
    let input = json!({"connector": "intercom", "name": "acme", "oauth": true, "client_id": CLIENT, "client_secret": SECRET});
    let ask = Ask { action: "connectors.connect".into(), input, by: "test".into(), ..Ask::default() };
    let alone = app.run(ask.clone()).await.unwrap_err();
    assert!(alone.code() == &codes::SEC_OAUTH && alone.remedy().contains("tajo serve"), "{alone:?}");
    let door = Door::new(Base::public(PUBLIC).unwrap());
    app.open_door(door.clone());
    let made = app.run(ask).await.unwrap().result;
    assert_eq!(made["redirect_url"], "https://tajo.example/oauth/intercom/callback");
    assert!(!made.to_string().contains(SECRET));
    let start = made["start_url"].as_str().unwrap().strip_prefix(PUBLIC).unwrap().to_owned();
    let answer = router(door).oneshot(Request::get(start).body(Body::empty()).unwrap()).await.unwrap();
    assert_eq!(answer.status(), 302);
    assert!(location(&answer).starts_with(&format!("{TWIN}/oauth?client_id={CLIENT}&state=")));
}
