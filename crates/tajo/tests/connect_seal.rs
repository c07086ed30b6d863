//! Stored tokens lie sealed: nothing in the data directory holds one, and only the right key opens it.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test says what went wrong by failing")]

mod desk;

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use desk::{CANARY, Desk, small};
use tajo_sim::{BrevoOptions, Options};
use tajo_state::{Connections, Stored};

const KEY: &str = "00ff792d6f662d6f6e652d746573742d6f6e6c792d303132333435363738392e";
const OTHER_KEY: &str = "6f746865722d6b65792d6f662d612d746573742d6f6e6c792d30313233343536";
const BREVO_KEY: &str = "xkeysib-CANARY0123456789abcdef-BrevoKey";
const SECRET: &str = "client-secret-CANARY-0123456789";

fn desk() -> Desk {
    let brevo = BrevoOptions { api_key: Some(BREVO_KEY.into()), ..BrevoOptions::default() };
    let mut desk = Desk::new(Options { token: Some(CANARY.into()), brevo, ..small() });
    let brevo_url = format!("{}/v3", desk.url);
    desk.set("INTERCOM_ACCESS_TOKEN", None);
    desk.set("TAJO_BREVO_BASE_URL", Some(&brevo_url));
    desk.set("THE_TOKEN", Some(CANARY));
    desk.set("THE_KEY", Some(BREVO_KEY));
    desk
}

const CONNECT: [&str; 5] = ["connectors", "connect", "intercom", "--token-env", "THE_TOKEN"];

fn files(under: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(under).unwrap().flatten() {
        if entry.path().is_dir() { found.extend(files(&entry.path())) } else { found.push(entry.path()) }
    }
    found
}

/// As it is, in hex, and in base64 wherever its bytes may begin within a group of three.
fn forms(secret: &str) -> Vec<String> {
    let hex: String = secret.bytes().map(|byte| format!("{byte:02x}")).collect();
    let mut forms = vec![secret.to_string(), hex.to_uppercase(), hex];
    for lead in 0..3_usize {
        for engine in [&STANDARD, &URL_SAFE] {
            let text = engine.encode(format!("{}{secret}", "x".repeat(lead)));
            // Both ends depend on what stands beside.
            forms.push(text[4..text.len() - 4].to_string());
        }
    }
    forms
}

fn holds(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

#[track_caller]
fn nothing_holds(home: &Path, secrets: &[&str]) {
    let files = files(home);
    assert!(files.iter().any(|file| file.ends_with("state.db")), "{files:?}");
    for file in files {
        let bytes = std::fs::read(&file).unwrap();
        for secret in secrets {
            for form in forms(secret) {
                assert!(!holds(&bytes, &form), "{} holds a secret as {form}", file.display());
            }
        }
    }
}

#[test]
fn the_search_finds_a_secret_in_each_of_its_forms() {
    for lead in ["", "a", "ab", "abc"] {
        let text = format!("{lead}{CANARY}tail");
        let hex: String = text.bytes().map(|byte| format!("{byte:02X}")).collect();
        for written in [text.clone(), STANDARD.encode(&text), hex] {
            assert!(forms(CANARY).iter().any(|form| holds(written.as_bytes(), form)), "{written}");
        }
    }
}

// Shows: T-147.
#[test]
fn after_connecting_no_file_holds_a_token_in_any_form() {
    let desk = desk();
    desk.tajo(&CONNECT).ended(0);
    desk.tajo(&["connectors", "connect", "brevo", "--token-env", "THE_KEY"]).ended(0);
    nothing_holds(&desk.path("home"), &[CANARY, BREVO_KEY]);
    desk.tajo(&["connectors", "sync", "intercom", "-vv"]).ended(0);
    nothing_holds(&desk.path("home"), &[CANARY, BREVO_KEY]);
    let shown = desk.tajo(&["connectors", "show", "intercom"]).ended(0).out;
    assert!(shown.contains("tok_…ry=="), "the last four characters and no more: {shown}");
    // A stored secret of the app lies there sealed as well.
    let app = desk.tajo(&["config", "show"]);
    assert!(!app.out.contains(SECRET));
}

#[test]
fn another_key_opens_nothing_and_says_so() {
    let mut desk = desk();
    desk.set("TAJO_MASTER_KEY", Some(KEY));
    desk.tajo(&CONNECT).ended(0);
    assert!(!desk.path("home").join("master.key").exists(), "a key was given");
    desk.tajo(&["connectors", "test", "intercom"]).ended(0);
    for other in [Some(OTHER_KEY), Some("no key at all"), None] {
        desk.set("TAJO_MASTER_KEY", other);
        let ran = desk.tajo(&["connectors", "test", "intercom"]).ended(74);
        assert!(ran.err.contains("TJ-SEC-SEAL"), "{}", ran.err);
        assert!(!ran.err.contains(OTHER_KEY) && !ran.err.contains("no key at all"), "{}", ran.err);
        // What needs no secret goes on.
        assert!(desk.tajo(&["connectors", "list"]).ended(0).out.contains("tok_…ry=="));
    }
    assert!(!desk.path("home").join("master.key").exists(), "looking makes no key");
    desk.set("TAJO_MASTER_KEY", Some(KEY));
    desk.tajo(&["connectors", "test", "intercom"]).ended(0);
    desk.set("TAJO_MASTER_KEY", Some(OTHER_KEY));
    desk.tajo(&["connectors", "disconnect", "intercom", "--yes"]).ended(0);
    desk.tajo(&CONNECT).ended(0);
    desk.tajo(&["connectors", "test", "intercom"]).ended(0);
}

#[test]
fn a_key_comes_from_a_file_the_environment_a_command_or_a_credential() {
    let bytes: Vec<u8> = (0..32).map(|at| u8::from_str_radix(&KEY[2 * at..2 * at + 2], 16).unwrap()).collect();
    let desk_with = |name: &str, value: &dyn Fn(&Desk) -> String| {
        let mut desk = desk();
        std::fs::write(desk.path("key.hex"), format!("{KEY}\n")).unwrap();
        std::fs::write(desk.path("tajo_master_key"), &bytes).unwrap();
        let value = value(&desk);
        desk.set(name, Some(&value));
        desk.tajo(&CONNECT).ended(0);
        assert!(!desk.path("home").join("master.key").exists(), "{name}");
        // The same key, given in the plainest way, opens it.
        desk.set(name, None);
        desk.set("TAJO_MASTER_KEY", Some(KEY));
        desk.tajo(&["connectors", "test", "intercom"]).ended(0);
    };
    desk_with("TAJO_MASTER_KEY_FILE", &|desk| desk.path("key.hex").display().to_string());
    desk_with("TAJO_MASTER_KEY", &|_| STANDARD.encode(&bytes));
    desk_with("TAJO_MASTER_KEY_COMMAND", &|desk| format!("cat '{}'", desk.path("key.hex").display()));
    desk_with("CREDENTIALS_DIRECTORY", &|desk| desk.directory.path().display().to_string());
    // A key that was named and is not there is an error, and none is made in its place.
    for (name, value) in [("TAJO_MASTER_KEY_FILE", "/nowhere/key"), ("TAJO_MASTER_KEY_COMMAND", "exit 1")] {
        let mut desk = desk();
        desk.set(name, Some(value));
        let ran = desk.tajo(&CONNECT).ended(74);
        assert!(ran.err.contains("TJ-SEC-SEAL"), "{}", ran.err);
        assert!(Connections::peek(&desk.path("home")).unwrap().is_empty(), "nothing was stored");
    }
}

#[test]
fn without_a_key_one_is_made_for_its_owner_alone_and_said_once() {
    let desk = desk();
    let key = desk.path("home").join("master.key");
    let first = desk.tajo(&CONNECT).ended(0);
    assert!(first.err.contains(&key.display().to_string()), "{}", first.err);
    assert_eq!(std::fs::metadata(&key).unwrap().permissions().mode() & 0o777, 0o600);
    let made = std::fs::read(&key).unwrap();
    let again = desk.tajo(&CONNECT).ended(0);
    assert!(!again.err.contains("master.key"), "{}", again.err);
    assert_eq!(std::fs::read(&key).unwrap(), made);
    for file in files(&desk.path("home")) {
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o077, 0, "{}", file.display());
    }
    // One that others can read has been read by others.
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o644)).unwrap();
    let ran = desk.tajo(&["connectors", "test", "intercom"]).ended(74);
    assert!(ran.err.contains("TJ-SEC-SEAL") && ran.err.contains("chmod 600"), "{}", ran.err);
}

#[test]
fn a_sealed_token_moved_to_another_name_does_not_open_there() {
    let desk = desk();
    desk.tajo(&CONNECT).ended(0);
    let home = desk.path("home");
    let own = Connections::peek(&home).unwrap().remove(0);
    Connections::open(&home).unwrap().put(&Stored { name: "thief".into(), ..own }).unwrap();
    let ran = desk.tajo(&["connectors", "test", "intercom", "--connection", "thief"]).ended(74);
    assert!(ran.err.contains("TJ-SEC-SEAL"), "{}", ran.err);
}
