//! Connections made with a token: checked, stored, listed, used side by side, and taken away.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test says what went wrong by failing")]

mod desk;

use std::io::Write;
use std::process::{Command, Stdio};
use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use desk::{CANARY, Desk, Ran, small};
use serde_json::{Value, json};
use tajo::actions::{App, Ask};
use tajo::config::{Known, Overrides, Settings};
use tajo::connections::{Ground, Vault, Wish, establish, kind};
use tajo::twin::InProcess;
use tajo_core::codes;
use tajo_core::rest::{Broken, Transport};
use tajo_sim::{Options, Town};
use tajo_state::Connections;
use tower::ServiceExt;

const OTHER: &str = "dG9rOk9USEVSX2NhbmFyeV9vZl9hX3NlY29uZF93b3Jrc3BhY2U=";
const HUB: &str = "https://app.intercom.com/a/apps/_/developer-hub";

fn desk(options: Options) -> Desk {
    let mut desk = Desk::new(Options { token: Some(CANARY.into()), ..options });
    desk.set("INTERCOM_ACCESS_TOKEN", None);
    desk.set("THE_TOKEN", Some(CANARY));
    desk
}

fn connect(desk: &Desk, more: &[&str]) -> Ran {
    let args = [&["connectors", "connect", "intercom", "--token-env", "THE_TOKEN"][..], more].concat();
    desk.tajo(&args)
}

#[track_caller]
fn refused(ran: Ran, exit: i32, code: &str) -> Ran {
    let ran = ran.ended(exit);
    assert!(ran.err.contains(code), "{code}: {}", ran.err);
    ran
}

// Shows: T-017, P-008, P-010.
#[test]
fn a_token_from_a_file_a_variable_or_stdin_connects_and_none_from_the_command_line() {
    let desk = desk(small());
    std::fs::write(desk.path("token"), format!("{CANARY}\n")).unwrap();
    let from_file = desk.tajo(&["connectors", "connect", "intercom", "--token-file", "token", "--name", "from_file"]).ended(0);
    assert_eq!(from_file.out.trim(), "✓ connected to Town (us)");
    assert!(from_file.err.contains(HUB) && from_file.err.contains("timezone America/Los_Angeles"), "{}", from_file.err);
    connect(&desk, &["--name", "from_env"]).ended(0);
    let home = desk.path("home").display().to_string();
    let mut child = Command::new(env!("CARGO_BIN_EXE_tajo"))
        .args(["connectors", "connect", "intercom", "--token-stdin", "--name", "from_stdin", "--json"])
        .env_clear()
        .envs([("TAJO_HOME", home.as_str()), ("TAJO_INTERCOM_BASE_URL", &desk.url)])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(format!("  {CANARY}\r\n").as_bytes()).unwrap();
    let done = child.wait_with_output().unwrap();
    assert!(done.status.success() && !String::from_utf8_lossy(&done.stdout).contains(CANARY), "{done:?}");
    let names: Vec<String> = Connections::peek(&desk.path("home")).unwrap().into_iter().map(|stored| stored.name).collect();
    assert_eq!(names, ["from_env", "from_file", "from_stdin"]);
    for flag in [&["--token", CANARY][..], &["--access-token", CANARY], &["--api-key", CANARY]] {
        let args = [&["connectors", "connect", "intercom"][..], flag].concat();
        let ran = refused(desk.tajo(&args), 2, "TJ-CFG-USAGE");
        assert!(ran.err.contains("process lists"), "{}", ran.err);
    }
    // With nothing at all nobody can be asked here; the message says what can be done, and where tokens are made.
    let ran = refused(desk.tajo(&["connectors", "connect", "intercom"]), 2, "TJ-CFG-USAGE");
    assert!(ran.err.contains("--token-file") && ran.err.contains(HUB), "{}", ran.err);
}

// Shows: T-021.
#[test]
fn a_missing_or_wrong_token_is_told_with_the_path_to_a_good_one() {
    let mut desk = desk(small());
    let none = refused(desk.tajo(&["connectors", "test", "intercom"]), 77, "TJ-AUTH-NONE");
    assert!(none.err.contains("Developer Hub > Your Apps > Create new app") && none.err.contains(HUB), "{}", none.err);
    desk.set("THE_TOKEN", Some("dG9rOndyb25nLW9uZS1vZi1ub2JvZHk="));
    let wrong = refused(connect(&desk, &[]), 77, "TJ-AUTH-401");
    for part in ["Configure > Authentication", "Test & Publish > Your Workspaces", HUB] {
        let said = wrong.err.replace("\n", " ").split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(said.contains(part), "{part}: {said}");
    }
    for token in ["", "two words", "quoted\"äöü"] {
        desk.set("THE_TOKEN", Some(token));
        assert_ne!(connect(&desk, &[]).exit, 0, "{token}");
    }
    assert!(Connections::peek(&desk.path("home")).unwrap().is_empty(), "nothing was stored");
}

#[test]
fn the_region_is_found_out_or_held_against_what_was_said() {
    let desk = desk(Options { region: "EU".into(), ..small() });
    let wrong = refused(connect(&desk, &["--region", "us"]), 78, "TJ-CFG-REGION");
    assert!(wrong.err.contains("lives in region eu") && wrong.err.contains("--region eu"), "{}", wrong.err);
    assert!(Connections::peek(&desk.path("home")).unwrap().is_empty());
    assert!(connect(&desk, &[]).ended(0).out.contains("(eu)"));
    assert_eq!(Connections::peek(&desk.path("home")).unwrap()[0].region.as_deref(), Some("eu"));
    assert!(connect(&desk, &["--region", "eu", "--name", "said"]).ended(0).out.contains("(eu)"));
}

/// The vendor's own three hosts, each with its workspaces.
struct Hosts(InProcess, std::sync::Mutex<Vec<String>>);

impl Transport for Hosts {
    fn send(
        &self,
        request: http::Request<bytes::Bytes>,
    ) -> tajo_core::BoxFuture<'_, Result<http::Response<bytes::Bytes>, Broken>> {
        let host = request.uri().host().unwrap_or_default().to_owned();
        self.1.lock().unwrap().push(host.clone());
        if host == "api.au.intercom.io" {
            return self.0.send(request);
        }
        let body = r#"{"type":"error.list","errors":[{"code":"unauthorized","message":"Access Token Invalid"}]}"#;
        let answer = http::Response::builder().status(401).body(bytes::Bytes::from_static(body.as_bytes())).unwrap();
        Box::pin(std::future::ready(Ok(answer)))
    }
}

fn ground(home: &std::path::Path, via: Arc<dyn Transport>) -> Ground {
    let home = home.display().to_string();
    let env = move |name: &str| (name == "TAJO_HOME").then(|| home.clone());
    let flags = Overrides { connection: Some(Settings::ANY_CONNECTION), region: None };
    let settings = Settings::resolve(None, flags, &Known::declared(), &env).unwrap();
    Ground::of(settings).unwrap().by(via)
}

#[tokio::test]
async fn each_region_is_asked_in_turn_until_one_knows_the_token() {
    let home = tempfile::tempdir().unwrap();
    let town = Town::new(Options { region: "AU".into(), token: Some(CANARY.into()), ..small() });
    let hosts = Arc::new(Hosts(InProcess::new(town.router()), std::sync::Mutex::default()));
    let ground = ground(home.path(), hosts.clone());
    let wish = Wish { name: "acme".into(), ..Wish::default() };
    let made = establish::intercom(&ground, &wish, kind::TOKEN, CANARY.into(), Vec::new()).await.unwrap();
    assert_eq!(made.region.map(|region| region.name()), Some("au"));
    assert_eq!(*hosts.1.lock().unwrap(), ["api.intercom.io", "api.eu.intercom.io", "api.au.intercom.io"]);
    // A token that nobody knows is refused by all of them, and told as what it is.
    let error = establish::intercom(&ground, &wish, kind::TOKEN, OTHER.into(), Vec::new()).await.unwrap_err();
    assert_eq!(error.code(), &codes::AUTH_TOKEN);
    let named = Wish { region: Some(tajo_intercom::Region::Eu), ..wish };
    hosts.1.lock().unwrap().clear();
    establish::intercom(&ground, &named, kind::TOKEN, CANARY.into(), Vec::new()).await.unwrap_err();
    assert_eq!(*hosts.1.lock().unwrap(), ["api.eu.intercom.io"], "no other region is asked than the one that was said");
}

/// One address that leads to two workspaces, each by its token, as Intercom's own does.
fn crossroads(desk: &Desk, other: &Town) -> String {
    let (one, two) = (desk.town.clone(), other.clone());
    let router = Router::new().fallback(move |request: Request| {
        let bearer = request.headers().get("authorization").and_then(|value| value.to_str().ok()).unwrap_or_default();
        let town = if bearer.ends_with(OTHER) { two.clone() } else { one.clone() };
        async move { town.router().oneshot(request).await.unwrap() }
    });
    let (told, heard) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async move {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            told.send(listener.local_addr().unwrap()).unwrap();
            axum::serve(listener, router).await.unwrap();
        });
    });
    format!("http://{}", heard.recv().unwrap())
}

fn two_workspaces() -> (Desk, Town, String) {
    let mut desk =
        desk(Options { workspace: Some("acme1234".into()), workspace_name: "Acme".into(), rate_limit: 500, ..small() });
    let other = Town::new(Options {
        workspace: Some("beta1234".into()),
        workspace_name: "Beta".into(),
        token: Some(OTHER.into()),
        contacts: 7,
        seed: 5,
        rate_limit: 900,
        ..small()
    });
    let url = crossroads(&desk, &other);
    desk.set("TAJO_INTERCOM_BASE_URL", Some(&url));
    desk.set("OTHER_TOKEN", Some(OTHER));
    connect(&desk, &["--name", "acme"]).ended(0);
    desk.tajo(&["connectors", "connect", "intercom", "--token-env", "OTHER_TOKEN", "--name", "beta"]).ended(0);
    (desk, other, url)
}

// Shows: T-025.
#[test]
fn two_workspaces_side_by_side_share_neither_state_nor_tables_nor_budget() {
    let (desk, other, url) = two_workspaces();
    let none = refused(desk.tajo(&["connectors", "sync", "intercom"]), 78, "TJ-CFG-MISSING");
    assert!(none.err.contains("acme, beta"), "{}", none.err);
    for name in ["acme", "beta"] {
        desk.tajo(&["connectors", "sync", "intercom", "--connection", name]).ended(0);
    }
    let count =
        |name: &str| desk.query_in(&desk.path("home").join(format!("{name}.db")), "SELECT count(*) FROM contacts")[0][0].clone();
    assert_eq!((count("acme"), count("beta")), ("60".into(), other.ids("contacts").len().to_string()));
    assert!(!desk.database().exists(), "neither went to the default's file");
    let last = |name: &str| desk.tajo(&["connectors", "status", "--connection", name, "--json"]).ended(0).json();
    assert_ne!(last("acme")["lastRun"]["run_id"], last("beta")["lastRun"]["run_id"]);
    assert!(last("acme")["lastRun"].is_object() && last("beta")["lastRun"].is_object());
    // Each connection's client has a budget of its own, that of its workspace.
    let app = app(&desk, &url);
    let limit = |name: &str| {
        let intercom = app.intercom(&app.settings(Some(name)).unwrap()).unwrap();
        desk.wait_for(intercom.me()).unwrap();
        intercom.client().pace().gauge().limit
    };
    assert_eq!((limit("acme"), limit("beta")), (Some(500), Some(900)));
}

/// The program over the desk's home, as a server has it.
fn app(desk: &Desk, url: &str) -> Arc<App> {
    let home = desk.path("home").display().to_string();
    let url = url.to_owned();
    Arc::new(App::new(move |connection| {
        let env = |name: &str| match name {
            "TAJO_HOME" => Some(home.clone()),
            "TAJO_INTERCOM_BASE_URL" => Some(url.clone()),
            _ => None,
        };
        let vault = Vault::new(home.as_ref(), &env);
        let flags = Overrides { connection, region: None };
        let stored = vault.list()?;
        let mut settings = Settings::resolve_among(None, &stored, vault, flags, &Known::declared(), &env)?;
        settings.open()?;
        Ok(settings)
    }))
}

// Shows: T-020.
#[test]
fn another_workspace_is_not_put_under_a_name_that_belongs_to_one() {
    let (desk, ..) = two_workspaces();
    let taken = ["connectors", "connect", "intercom", "--token-env", "OTHER_TOKEN", "--name", "acme"];
    let ran = refused(desk.tajo(&taken), 2, "TJ-CFG-USAGE");
    assert!(ran.err.contains("another workspace already: Acme") && ran.err.contains("--name"), "{}", ran.err);
    // A new token of the same workspace takes the old one's place.
    connect(&desk, &["--name", "acme"]).ended(0);
    assert_eq!(Connections::peek(&desk.path("home")).unwrap().len(), 2);
}

#[test]
fn a_name_of_both_places_or_of_none_is_told_with_both() {
    let (mut desk, ..) = two_workspaces();
    let odd = refused(desk.tajo(&["connectors", "test", "intercom", "--connection", "acne"]), 2, "TJ-CFG-USAGE");
    assert!(odd.err.contains("Did you mean `acme`?") && odd.err.contains("acme, beta"), "{}", odd.err);
    desk.set("INTERCOM_ACCESS_TOKEN", Some(CANARY));
    desk.config("connections:\n  intercom:\n    - name: main\n      access_token: ${INTERCOM_ACCESS_TOKEN}\n");
    let odd = refused(desk.tajo(&["connectors", "test", "intercom", "--connection", "mian"]), 2, "TJ-CFG-USAGE");
    assert!(odd.err.contains("Did you mean `main`?") && odd.err.contains("main, acme, beta"), "{}", odd.err);
    desk.tajo(&["connectors", "test", "intercom", "--connection", "beta"]).ended(0);
    desk.config("connections:\n  intercom:\n    - name: acme\n      access_token: ${INTERCOM_ACCESS_TOKEN}\n");
    let twice = refused(desk.tajo(&["connectors", "test", "intercom"]), 78, "TJ-CFG-TWICE");
    assert!(twice.err.contains("tajo.yml:3") && twice.err.contains("state.db"), "{}", twice.err);
    let again = refused(connect(&desk, &["--name", "acme"]), 78, "TJ-CFG-TWICE");
    assert!(again.err.contains("tajo.yml:3"), "{}", again.err);
    // The way out is open.
    desk.tajo(&["connectors", "disconnect", "acme", "--yes"]).ended(0);
    desk.tajo(&["connectors", "test", "intercom"]).ended(0);
}

#[test]
fn the_environments_token_alone_works_as_before() {
    let mut desk = desk(small());
    desk.set("INTERCOM_ACCESS_TOKEN", Some(CANARY));
    desk.tajo(&["connectors", "sync", "intercom"]).ended(0);
    assert_eq!(desk.count("contacts"), 60);
    let listed = desk.tajo(&["connectors", "list", "--json"]).ended(0).json();
    assert_eq!(
        (&listed["connections"][0]["name"], &listed["connections"][0]["from"]),
        (&json!("intercom"), &json!("environment"))
    );
}

#[test]
fn a_connection_is_listed_shown_and_taken_away_by_name() {
    let desk = desk(small());
    connect(&desk, &["--name", "acme", "--api-version", "2.11"]).ended(0);
    let listed = desk.tajo(&["connectors", "list", "--json"]).ended(0).json();
    assert_eq!(listed["connectors"][0]["connections"], json!(["acme"]));
    let shown = desk.tajo(&["connectors", "show", "acme", "--json"]).ended(0).json()["connection"].clone();
    assert_eq!(shown, listed["connections"][0]);
    for (key, value) in [
        ("platform", "intercom"),
        ("from", "store"),
        ("kind", "token"),
        ("token", "tok_…ry=="),
        ("workspace", "Town"),
        ("region", "us"),
        ("api_version", "2.11"),
    ] {
        assert_eq!(shown[key], value, "{key}");
    }
    assert!(shown["destination"].as_str().unwrap().ends_with("/acme.db"));
    desk.town.clear_calls();
    desk.tajo(&["connectors", "test", "intercom", "--connection", "acme"]).ended(0);
    assert!(desk.town.calls().iter().all(|call| call.version.as_deref() == Some("2.11")), "the pinned version is used");
    let near = refused(desk.tajo(&["connectors", "disconnect", "acmee", "--yes"]), 2, "TJ-CFG-USAGE");
    assert!(near.err.contains("Did you mean `acme`?"), "{}", near.err);
    refused(desk.tajo(&["connectors", "disconnect", "acme"]), 2, "TJ-STA-DESTRUCTIVE");
    refused(desk.tajo(&["connectors", "disconnect", "acme", "--revoke", "--yes"]), 2, "TJ-CFG-USAGE");
    assert_eq!(Connections::peek(&desk.path("home")).unwrap().len(), 1, "refused three times");
    desk.tajo(&["connectors", "disconnect", "acme", "--yes"]).ended(0);
    assert!(Connections::peek(&desk.path("home")).unwrap().is_empty());
    refused(desk.tajo(&["connectors", "test", "intercom", "--connection", "acme"]), 2, "TJ-CFG-USAGE");
}

#[test]
fn brevos_key_is_stored_and_used_too() {
    let mut desk = desk(small());
    let url = format!("{}/v3", desk.url);
    desk.set("TAJO_BREVO_BASE_URL", Some(&url));
    desk.set("BREVO_KEY", Some("xkeysib-of-the-twin-0123456789"));
    let made = desk.tajo(&["connectors", "connect", "brevo", "--token-env", "BREVO_KEY"]).ended(0);
    assert!(made.out.starts_with("✓ connected to "), "{}", made.out);
    connect(&desk, &[]).ended(0);
    desk.tajo(&["connectors", "test", "brevo"]).ended(0);
    desk.config("connectors:\n  intercom:\n    direction: intercom_to_brevo\n  brevo: {}\n");
    desk.tajo(&["connectors", "test", "brevo"]).ended(0);
    desk.tajo(&["connectors", "disconnect", "brevo", "--yes"]).ended(0);
    refused(desk.tajo(&["connectors", "test", "brevo"]), 78, "TJ-BRV-NONE");
}

/// The program's half of T-098; the SDK has the other.
#[test]
fn the_program_connects_lists_and_never_reads_a_token_back() {
    let desk = desk(small());
    let app = app(&desk, &desk.url);
    let ask = |action: &str, input: Value| {
        let ask = Ask { action: action.into(), input, allow_destructive: true, by: "test".into(), ..Ask::default() };
        desk.wait_for(app.run(ask)).map(|outcome| outcome.result)
    };
    let made = ask("connectors.connect", json!({"connector": "intercom", "accessToken": CANARY, "apiVersion": "2.11"})).unwrap();
    assert_eq!(made["connection"], "intercom");
    assert_eq!(made["workspace"], "Town");
    assert!(made["workspace_id"].is_string() && made["region"] == "us");
    let listed = ask("connectors.list", json!({})).unwrap();
    assert_eq!(listed["connections"][0]["name"], "intercom");
    let contacts = ask("contacts.list", json!({})).unwrap();
    assert!(!contacts["data"].as_array().unwrap().is_empty());
    assert!(desk.town.calls().iter().all(|call| call.version.as_deref() == Some("2.11")));
    for said in [made, listed] {
        assert!(!said.to_string().contains(CANARY), "{said}");
    }
    for (input, field) in [
        (json!({"connector": "intercom"}), "access_token"),
        (json!({"connector": "brevo"}), "api_key"),
        (json!({"connector": "intercom", "access_token": CANARY, "oauth": true}), "oauth"),
        (json!({"connector": "intercom", "access_token": CANARY, "name": "../x"}), "name"),
        (json!({"connector": "salesforce"}), "connector"),
        (json!({}), "connector"),
    ] {
        let error = ask("connectors.connect", input).unwrap_err();
        assert_eq!((error.code(), error.noted("field")), (&codes::INPUT, Some(field)), "{error:?}");
    }
    // Whoever is bound to one connection learns of no other, and touches none.
    let bound = |action: &str, input: Value| {
        let ask =
            Ask { action: action.into(), input, connection: Some("other".into()), allow_destructive: true, ..Ask::default() };
        desk.wait_for(app.run(ask)).map(|outcome| outcome.result)
    };
    assert_eq!(bound("connectors.list", json!({})).unwrap()["connections"], json!([]));
    assert_eq!(bound("connectors.disconnect", json!({"name": "intercom"})).unwrap_err().noted("field"), Some("name"));
    let taken = json!({"connector": "intercom", "name": "intercom", "access_token": CANARY});
    assert_eq!(bound("connectors.connect", taken).unwrap_err().noted("field"), Some("name"));
    let away = ask("connectors.disconnect", json!({"name": "intercom"})).unwrap();
    assert_eq!((&away["disconnected"], &away["revoked"]), (&json!(true), &json!(false)));
}
