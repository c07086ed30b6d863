//! Keys: made, shown once, bounded in time, scope and reach; and two tenants who cannot see each other.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

mod counter;
mod desk;

use std::net::{Ipv4Addr, SocketAddr};

use counter::{Counter, app, key};
use desk::{Desk, small};
use serde_json::{Value, json};
use tajo::actions::entries;
use tajo::surface::http::listen::Limits;
use tajo_core::action::fields;
use tajo_sim::{Options, Town};

// Shows: T-019.
#[test]
fn a_key_made_here_opens_the_api_and_no_account_elsewhere_is_needed() {
    let desk = Desk::new(small());
    let made =
        desk.tajo(&["keys", "create", "--name", "first", "--scope", "sync", "--scope", "write", "--expires", "90d"]).ended(0);
    let text = made.out.trim();
    let (id, secret) = text.strip_prefix("tajo_sk_").unwrap().split_once('_').unwrap();
    assert_eq!((id.len(), secret.len()), (12, 64));
    assert!(made.err.contains("this once"), "{}", made.err);
    let counter = Counter::open(&desk);
    assert_eq!(counter.result(text, "contacts/list", json!({"per_page": 5}))["data"].as_array().unwrap().len(), 5);
    let listed = desk.tajo(&["keys", "list", "--json"]).ended(0);
    assert!(!listed.out.contains(secret));
    let listed = listed.json();
    assert_eq!((&listed["keys"][0]["name"], &listed["keys"][0]["scopes"]), (&json!("first"), &json!(["sync", "write"])));
    assert!(listed["keys"][0]["last_used_at"].is_string() && listed["keys"][0]["expires_at"].is_string());
    // Neither the database nor anything beside it holds the key.
    for entry in std::fs::read_dir(desk.path("home")).unwrap() {
        let path = entry.unwrap().path();
        let bytes = std::fs::read(&path).unwrap();
        assert!(!bytes.windows(secret.len()).any(|window| window == secret.as_bytes()), "{}", path.display());
    }
    desk.tajo(&["keys", "revoke", id]).ended(0);
    assert_eq!(counter.ask(text, "contacts/list", json!({})).is(401).code(), "TJ-SEC-KEY");
    assert!(desk.tajo(&["keys", "list"]).ended(0).out.contains("revoked"));
}

#[test]
fn keys_that_make_no_sense_are_not_made() {
    let desk = Desk::new(small());
    for args in [
        &["keys", "create"][..],
        &["keys", "create", "--name", " "],
        &["keys", "create", "--name", "x", "--scope", "everything"],
        &["keys", "create", "--name", "x", "--expires", "yesterday"],
        &["keys", "create", "--name", "x", "--expires", "2001-01-01"],
        &["keys", "create", "--name", "x", "--only-connection", "nobody"],
        &["keys", "create", "--name", "x", "--only-connection", "intercom", "--scope", "admin"],
        &["keys", "revoke", "000000000000"],
    ] {
        desk.tajo(args).ended(2);
    }
    assert_eq!(desk.tajo(&["keys", "list", "--json"]).ended(0).json()["keys"], json!([]));
}

#[test]
fn a_key_may_do_what_its_scopes_say_and_no_more() {
    let desk = Desk::new(small());
    let counter = Counter::open(&desk);
    let [read, sync, write, admin] = ["read", "sync", "write", "admin"].map(|scope| key(&desk, &["--scope", scope]));
    let needs = |entry: &tajo::actions::Entry| {
        let facts = &entry.facts;
        match (entry.platform(), facts.noun(), facts.verb()) {
            ("tajo", "connectors", "sync" | "handle_webhook") => "sync",
            ("tajo", "connectors", _) if facts.effect.writes() => "admin",
            _ if facts.effect.writes() => "write",
            _ => "read",
        }
    };
    for entry in entries().iter().filter(|entry| entry.facts.effect.writes()) {
        let path = format!("{}/{}", entry.facts.noun(), entry.facts.verb());
        let example: Value = serde_json::from_str(entry.facts.example).unwrap();
        if entry.facts.effect_of(&example) != entry.facts.effect {
            continue;
        }
        for (scope, held) in [("read", &read), ("sync", &sync), ("write", &write)] {
            if scope != needs(entry) {
                let refused = counter.ask(held, &path, example.clone()).is(403);
                assert_eq!(refused.code(), "TJ-SEC-SCOPE", "{path} with {scope}");
                assert_eq!(refused.json()["error"]["notes"]["scope"], needs(entry), "{path}");
            }
        }
    }
    assert_eq!(desk.town.calls().len(), 0, "what is refused reaches nobody");
    for held in [&read, &sync, &write, &admin] {
        counter.get(held, "/api/v1/actions").is(200);
        counter.ask(held, "contacts/list", json!({"per_page": 1})).is(200);
    }
    let contact = json!({"contact_id": desk.town.ids("contacts")[0]});
    let gone = counter.ask(&write, "contacts/delete", contact.clone()).is(400);
    assert_eq!(gone.code(), "TJ-STA-DESTRUCTIVE");
    assert!(gone.json()["error"]["help"].as_str().unwrap().contains("allow_destructive=true"));
    counter.ask(&read, "contacts/delete?allow_destructive=true", contact.clone()).is(403);
    counter.ask(&write, "contacts/delete?allow_destructive=true", contact).is(200);
}

#[test]
fn no_key_a_wrong_one_or_two_of_them_open_nothing() {
    let desk = Desk::new(small());
    let counter = Counter::open(&desk);
    let good = format!("Bearer {}", key(&desk, &[]));
    for headers in [
        &[][..],
        &[("Authorization", "")],
        &[("Authorization", "Bearer")],
        &[("Authorization", "Basic dGVzdDp0ZXN0")],
        &[("Authorization", &good[7..])],
        &[("Authorization", &good), ("Authorization", &good)],
        &[("X-Api-Key", &good[7..])],
        &[("Cookie", &good[7..])],
    ] {
        let refused = counter.send("GET", "/api/v1/actions", headers, b"").is(401);
        assert_eq!(refused.code(), "TJ-SEC-KEY", "{headers:?}");
        assert!(refused.header("www-authenticate").is_some_and(|value| value.starts_with("Bearer")));
    }
    let in_url = counter.send("GET", &format!("/api/v1/actions?key={}", &good[7..]), &[], b"");
    assert_eq!(in_url.status, 401);
}

/// Two workspaces of other people and other ids, on one installation.
fn two_tenants() -> (Desk, Town, Counter) {
    let desk = Desk::new(small());
    let town = Town::new(Options { seed: 4711, contacts: 90, conversations: 40, workspace: Some("ws_globex".into()), ..small() });
    let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let (bound, serving) = desk.wait_for(tajo_sim::serve(town.clone(), any)).unwrap();
    desk.wait_for(async { drop(tokio::spawn(serving)) });
    let connection = |name: &str, url: &str, token: &str| {
        format!("    - name: {name}\n      access_token: {token}\n      base_url: {url}\n      api_version: \"2.16\"\n")
    };
    let both = connection("acme", &desk.url, "tok_acme_0123456789")
        + &connection("globex", &format!("http://{bound}"), "tok_globex_0123456789");
    let shared = desk.path("shared.db");
    desk.config(&format!("connections:\n  intercom:\n{both}destination: sqlite://{}\n", shared.display()));
    let counter = Counter::with(&desk, app(&desk, &[]), Limits { per_address: 0, ..Limits::default() });
    (desk, town, counter)
}

#[test]
fn a_key_of_one_connection_finds_no_other_on_any_route() {
    let (desk, globex, counter) = two_tenants();
    let bound = key(&desk, &["--only-connection", "acme", "--scope", "write", "--scope", "sync"]);
    let own = counter.result(&bound, "contacts/list", json!({"per_page": 1}));
    assert_eq!(own["data"].as_array().unwrap().len(), 1, "its own connection needs no name");
    let all = entries();
    let mut tried = 0;
    for entry in &all {
        let path = format!("{}/{}", entry.facts.noun(), entry.facts.verb());
        let example: Value = serde_json::from_str(entry.facts.example).unwrap();
        for name in ["globex", "nobody", ""] {
            let answer = counter.ask(&bound, &format!("{path}?connection={name}&allow_destructive=true"), example.clone());
            let text = answer.text();
            // What needs more than the key has is refused before anybody looks for a connection.
            let expect = if text.contains("TJ-SEC-SCOPE") { 403 } else { 404 };
            assert_eq!(answer.status, expect, "{path}?connection={name}: {text}");
            assert!(!text.contains("globex"), "{path}: {text}");
            tried += 1;
        }
    }
    assert_eq!(tried, 3 * all.len());
    assert_eq!(globex.calls().len(), 0, "the other workspace was never asked");
    let free = key(&desk, &["--scope", "read"]);
    assert_eq!(counter.ask(&free, "contacts/list", json!({})).is(400).code(), "TJ-CFG-MISSING");
    counter.ask(&free, "contacts/list?connection=globex", json!({})).is(200);
}

#[test]
fn objects_of_another_tenant_are_not_there() {
    let (desk, globex, counter) = two_tenants();
    let bound = key(&desk, &["--only-connection", "acme", "--scope", "write", "--scope", "sync"]);
    let foreign = |table: &str| globex.ids(table).into_iter().find(|id| desk.town.record(table, id).is_none()).unwrap();
    let (contact, conversation) = (foreign("contacts"), foreign("conversations"));
    let (mut asked, mut found) = (0, Vec::new());
    for entry in entries().iter().filter(|entry| entry.is_intercom()) {
        let known = fields(&entry.facts.input());
        let mut input: Value = serde_json::from_str(entry.facts.example).unwrap();
        let noun = entry.facts.noun();
        let id = match noun {
            "contacts" if known.iter().any(|field| field.name == "contact_id") => ("contact_id", &contact),
            "conversations" if known.iter().any(|field| field.name == "conversation_id") => ("conversation_id", &conversation),
            _ => continue,
        };
        if input.get(id.0).is_none() {
            continue;
        }
        input[id.0] = id.1.as_str().into();
        let answer = counter.ask(&bound, &format!("{noun}/{}?allow_destructive=true", entry.facts.verb()), input);
        // Taking away what is not there is no error; it says so, as it does of what never was.
        let is_gone = answer.status == 200 && answer.json()["result"]["deleted"] == false;
        if answer.status != 404 && !is_gone {
            found.push(format!("{}: {}", entry.id(), answer.text()));
        }
        asked += 1;
    }
    assert!(found.is_empty(), "{found:#?}");
    assert!(asked >= 20, "{asked}");
    assert_eq!(globex.calls().len(), 0);
    // The warehouse of the other one, in the very file that the configuration names for both.
    counter.result(
        &key(&desk, &["--scope", "sync"]),
        "connectors/sync?connection=globex",
        json!({"connector": "intercom", "resources": ["contacts"]}),
    );
    assert_eq!(counter.result(&bound, "data/list", json!({"resource": "contacts"}))["data"], json!([]));
    assert_eq!(counter.ask(&bound, "data/get", json!({"resource": "contacts", "id": contact})).is(404).code(), "TJ-INT-404");
    assert_eq!(counter.result(&bound, "connectors/status", json!({"connector": "intercom"}))["contactsSynced"], 0);
    let listed = counter.result(&bound, "connectors/list", json!({}));
    assert_eq!(listed["connections"].as_array().unwrap().len(), 1, "{listed}");
    assert!(!listed.to_string().contains("globex"), "{listed}");
}
