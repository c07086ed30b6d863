//! OAuth from the command line: what is printed, who may answer, and how it ends.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test says what went wrong by failing")]

mod desk;

use std::io::Write;
use std::process::{Command, Stdio};

use desk::{Desk, small};
use http::{Request, Response};
use serde_json::Value;
use tajo_core::rest::{Transport, Wire, WireOptions};
use tajo_state::Connections;

const CLIENT: &str = "client-of-ours";
const SECRET: &str = "client-secret-CANARY-0123456789";

fn query(url: &str, name: &str) -> String {
    let found = url.split_once('?').unwrap().1.split('&').find_map(|pair| pair.strip_prefix(&format!("{name}=")));
    found.unwrap().to_owned()
}

fn command(desk: &Desk, args: &[&str], more: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tajo"));
    let home = desk.path("home").display().to_string();
    command.args(args).current_dir(desk.directory.path()).env_clear();
    command.envs([("TAJO_HOME", home.as_str()), ("TAJO_INTERCOM_BASE_URL", &desk.url)]).envs(more.iter().copied());
    command
}

const APP: [(&str, &str); 2] = [("INTERCOM_CLIENT_ID", CLIENT), ("INTERCOM_CLIENT_SECRET", SECRET)];
const OAUTH: [&str; 6] = ["connectors", "connect", "intercom", "--oauth", "--port", "0"];

async fn browse(wire: &Wire, request: Request<bytes::Bytes>) -> Response<bytes::Bytes> {
    wire.send(request).await.unwrap()
}

fn page(url: &str, cookie: &str) -> Request<bytes::Bytes> {
    Request::get(url).header("cookie", cookie).body(bytes::Bytes::new()).unwrap()
}

// Shows: P-004, P-005, A-23.
#[test]
fn the_command_prints_what_to_register_listens_and_ends_connected() {
    let desk = Desk::new(small());
    let running = desk.spawn(&[&OAUTH[..], &["--json", "--name", "acme"]].concat(), &APP);
    let told: Value = serde_json::from_str(&running.line()).unwrap();
    let (start, redirect) = (told["start_url"].as_str().unwrap(), told["redirect_url"].as_str().unwrap());
    let origin = redirect.strip_suffix("/oauth/intercom/callback").unwrap();
    assert!(origin.starts_with("http://127.0.0.1:") && start.starts_with(&format!("{origin}/oauth/intercom/start?ticket=")));
    desk.wait_for(async {
        let wire = Wire::new(&WireOptions::default()).unwrap();
        let foreign = Request::get(start).header("host", "evil.example").body(bytes::Bytes::new()).unwrap();
        assert_eq!(browse(&wire, foreign).await.status(), 421, "a page that had its own name lead here gets nothing");
        let started = browse(&wire, page(start, "")).await;
        let cookie = started.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
        assert!(cookie.starts_with("tajo_oauth="), "{cookie}");
        let asked = started.headers()["location"].to_str().unwrap().to_owned();
        let form = format!("{}&decision=authorize", asked.split_once('?').unwrap().1);
        let click =
            Request::post(format!("{}/oauth/authorize", desk.url)).header("content-type", "application/x-www-form-urlencoded");
        let back = browse(&wire, click.body(form.into()).unwrap()).await;
        let back = back.headers()["location"].to_str().unwrap().to_owned();
        // Another browser first: it is refused, and the command goes on with a new address.
        assert_eq!(browse(&wire, page(&back, "tajo_oauth=0000")).await.status(), 400);
    });
    let again: Value = serde_json::from_str(&running.line()).unwrap();
    let start = again["start_url"].as_str().unwrap().to_owned();
    assert_ne!(Some(start.as_str()), told["start_url"].as_str());
    desk.wait_for(async {
        let wire = Wire::new(&WireOptions::default()).unwrap();
        let started = browse(&wire, page(&start, "")).await;
        let cookie = started.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
        let form = format!("{}&decision=authorize", started.headers()["location"].to_str().unwrap().split_once('?').unwrap().1);
        let click =
            Request::post(format!("{}/oauth/authorize", desk.url)).header("content-type", "application/x-www-form-urlencoded");
        let back = browse(&wire, click.body(form.into()).unwrap()).await;
        let done = browse(&wire, page(back.headers()["location"].to_str().unwrap(), &cookie)).await;
        assert_eq!(done.status(), 200);
    });
    let ran = running.finish().ended(0);
    assert!(ran.err.contains(redirect) && ran.err.contains("https://app.intercom.com/a/apps/_/developer-hub"), "{}", ran.err);
    assert!(
        ran.err.contains("Public app") && ran.err.contains("Use OAuth") && !ran.err.contains(SECRET) && !ran.out.contains(SECRET)
    );
    assert!(ran.out.contains("\"connection\": \"acme\"") && ran.out.contains("\"kind\": \"oauth\""), "{}", ran.out);
    desk.tajo(&["connectors", "test", "intercom", "--connection", "acme"]).ended(0);
    // With a public address, that is what is printed to be registered.
    let public = desk.spawn(&[&OAUTH[..], &["--public-url", "https://tajo.example", "--json"]].concat(), &APP);
    let told: Value = serde_json::from_str(&public.line()).unwrap();
    assert_eq!(told["redirect_url"], "https://tajo.example/oauth/intercom/callback");
    public.signal("TERM");
    assert_eq!(public.finish().exit, 130);
}

/// Where no redirect reaches this machine, the address at which the browser ended is pasted.
#[test]
fn an_address_that_cannot_be_opened_is_pasted() {
    let desk = Desk::new(small());
    let args = [&OAUTH[..], &["--paste", "--public-url", "http://127.0.0.1:9"]].concat();
    let mut child =
        command(&desk, &args, &APP).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut out = std::io::BufReader::new(child.stdout.take().unwrap());
    let mut lines = [String::new(), String::new()];
    for line in &mut lines {
        std::io::BufRead::read_line(&mut out, line).unwrap();
    }
    let asked = lines[1].trim().to_owned();
    let back = desk.wait_for(async {
        let wire = Wire::new(&WireOptions::default()).unwrap();
        let form = format!("{}&decision=authorize", asked.split_once('?').unwrap().1);
        let click =
            Request::post(format!("{}/oauth/authorize", desk.url)).header("content-type", "application/x-www-form-urlencoded");
        browse(&wire, click.body(form.into()).unwrap()).await.headers()["location"].to_str().unwrap().to_owned()
    });
    let forged = back.replace("state=", "state=0");
    child.stdin.take().unwrap().write_all(format!("{forged}\n{back}\n").as_bytes()).unwrap();
    let done = child.wait_with_output().unwrap();
    assert!(done.status.success(), "{done:?}");
    assert_eq!(Connections::peek(&desk.path("home")).unwrap()[0].kind, "oauth");
}

// Shows: P-002, P-003.
#[test]
fn the_apps_id_and_secret_come_from_the_configuration_or_are_asked_for_by_name() {
    let mut desk = Desk::new(small());
    desk.set("INTERCOM_ACCESS_TOKEN", None);
    desk.set("OUR_SECRET", Some(SECRET));
    let none = desk.tajo(&OAUTH).ended(2);
    assert!(none.err.contains("client_id") && none.err.contains("Basic information"), "{}", none.err);
    desk.config(
        "connections:\n  intercom:\n    - name: acme\n      client_id: app-of-the-file\n      client_secret: ${OUR_SECRET}\n",
    );
    let shown = desk.tajo(&["config", "show"]).ended(0).out;
    assert!(shown.contains("app-of-the-file") && !shown.contains(SECRET), "{shown}");
    let running = desk.spawn(&[&OAUTH[..], &["--name", "acme", "--json"]].concat(), &[]);
    let told: Value = serde_json::from_str(&running.line()).unwrap();
    desk.wait_for(async {
        let wire = Wire::new(&WireOptions::default()).unwrap();
        let started = browse(&wire, page(told["start_url"].as_str().unwrap(), "")).await;
        let asked = started.headers()["location"].to_str().unwrap().to_owned();
        assert_eq!(query(&asked, "client_id"), "app-of-the-file");
        let cookie = started.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
        let form = format!("{}&decision=authorize", asked.split_once('?').unwrap().1);
        let click =
            Request::post(format!("{}/oauth/authorize", desk.url)).header("content-type", "application/x-www-form-urlencoded");
        let back = browse(&wire, click.body(form.into()).unwrap()).await;
        assert_eq!(browse(&wire, page(back.headers()["location"].to_str().unwrap(), &cookie)).await.status(), 200);
    });
    running.finish().ended(0);
    // The configuration names it, the store has its token: together they are one connection.
    desk.tajo(&["connectors", "test", "intercom"]).ended(0);
    let bodies = desk.town.bodies("POST", "/auth/eagle/token");
    assert_eq!(bodies.last().unwrap()["client_secret"], SECRET, "the secret of the file was used");
}
