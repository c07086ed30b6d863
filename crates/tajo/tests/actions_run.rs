//! Actions run from the command line: where input comes from, what is printed, and what is asked before it is done.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test says what went wrong by failing")]

mod desk;

use std::io::Write;
use std::process::{Command, Stdio};

use base64::Engine;
use desk::{Desk, Ran, small};
use serde_json::{Value, json};
use tajo_sim::{Fault, Options};

fn refused(desk: &Desk, args: &[&str], exit: i32, code: &str, says: &[&str]) {
    let ran = desk.tajo(args).ended(exit);
    assert!(ran.err.contains(&format!("error[{code}]")), "{code} expected: {}", ran.err);
    says.iter().for_each(|text| assert!(ran.err.contains(text), "{text}: {}", ran.err));
}

#[test]
fn input_comes_as_flags_as_json_from_a_file_and_from_stdin() {
    let desk = Desk::new(small());
    let (id, second) = (desk.town.ids("contacts")[0].clone(), desk.town.ids("contacts")[1].clone());
    let archived = |id: &str, on: bool| {
        let left = desk.town.ids("contacts").iter().all(|held| held != id);
        assert_eq!(left, on, "{id}");
    };
    let ran = desk.tajo(&["contacts", "archive", "--contact-id", &id, "--json"]).ended(0).json();
    let keys: Vec<&String> = ran.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["format_version", "result", "warnings", "found"]);
    assert_eq!((&ran["result"]["id"], &ran["result"]["archived"], &ran["found"]), (&json!(id), &json!(true), &json!(false)));
    archived(&id, true);
    // Another spelling of the field, a flag over the JSON, and the same again: an archive is repeated freely.
    desk.tajo(&["intercom", "contacts", "archive", "--id", &id]).ended(0);
    std::fs::write(desk.path("input.json"), json!({"contact_id": "nobody"}).to_string()).unwrap();
    desk.tajo(&["contacts", "archive", "--input", "@input.json", "--contact-id", &id]).ended(0);
    desk.tajo(&["actions", "run", "archive_contact", "--set", &format!("contact-id={id}")]).ended(0);
    archived(&second, false);
    let ran = piped(&desk, &["contacts", "archive", "--input", "-"], &json!({"contact_id": second}).to_string());
    assert_eq!(ran.exit, 0, "{ran:?}");
    archived(&second, true);

    let before = desk.town.calls().len();
    for (args, says) in [
        (&["contacts", "archive"][..], &["needs `contact_id`", "An input that works"][..]),
        (&["contacts", "archive", "--contact-id", " "], &["needs `contact_id`"]),
        (&["contacts", "archive", "--input", "{"], &["not JSON", "line 1"]),
        (&["contacts", "archive", "--input", "[]"], &["must be a JSON object"]),
        (&["contacts", "archive", "--input", r#"{"contact": "x"}"#], &["no input `contact`", "it takes contact_id"]),
        (&["contacts", "archive", "--input", "@none.json"], &["none.json"]),
        (&["contacts", "list", "--per-page", "many"], &["`per_page` takes whole number"]),
        (&["actions", "run", "list_contacts", "--set", "per_page"], &["FIELD=VALUE"]),
        (&["actions", "run", "list_contacts", "--set", "per_page.x=1"], &["has no parts"]),
    ] {
        let ran = desk.tajo(args).ended(2);
        says.iter().for_each(|text| assert!(ran.err.contains(text), "{args:?}: {text}: {}", ran.err));
    }
    assert_eq!(desk.town.calls().len(), before, "nothing was sent");
}

fn piped(desk: &Desk, args: &[&str], text: &str) -> Ran {
    let mut child = Command::new(env!("CARGO_BIN_EXE_tajo"))
        .args(args)
        .current_dir(desk.directory.path())
        .env_clear()
        .envs([("TAJO_INTERCOM_BASE_URL", desk.url.as_str()), ("INTERCOM_ACCESS_TOKEN", desk::CANARY)])
        .env("TAJO_HOME", desk.path("home"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let ended = child.wait_with_output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Ran { exit: ended.status.code().unwrap(), out: text(ended.stdout), err: text(ended.stderr) }
}

#[test]
fn objects_reach_intercom_typed_as_they_were_written() {
    let desk = Desk::new(small());
    let args = ["contacts", "create", "--email", "ada@analytical.example", "--role", "USER"];
    let more = [
        "--custom-attributes",
        "plan_tier=Scale",
        "--custom-attributes",
        r#"{"feature_usage": 5}"#,
        "--custom-attributes",
        "onboarded:=true",
    ];
    let made = desk.tajo(&[&args[..], &more, &["--json"]].concat()).ended(0).json();
    assert_eq!(made["result"]["email"], "ada@analytical.example", "{made}");
    let sent = desk.town.bodies("POST", "/contacts");
    assert_eq!(sent.last().unwrap()["custom_attributes"], json!({"plan_tier": "Scale", "feature_usage": 5, "onboarded": true}));
    assert_eq!(sent.last().unwrap()["role"], "user");
}

#[test]
fn lists_are_tables_and_objects_are_lines() {
    let mut desk = Desk::new(small());
    let ids = desk.town.ids("contacts");
    let ran = desk.tajo(&["contacts", "list", "--per-page", "5"]).ended(0);
    let lines: Vec<&str> = ran.out.lines().collect();
    assert!(lines.len() == 6 && lines[0].starts_with("ID "), "{}", ran.out);
    assert!(lines[0].split_whitespace().count() <= 6, "{}", lines[0]);
    assert!(lines[1..].iter().all(|line| ids.contains(&line.split_whitespace().next().unwrap().to_owned())), "{}", ran.out);
    assert!(
        ran.err.contains("5 of 60 rows") && ran.err.contains("--starting-after") && ran.err.contains("--fetch-all"),
        "{}",
        ran.err
    );
    // What a terminal says of its width is kept to; asked-for fields are shown whole, times as UTC.
    desk.set("COLUMNS", Some("60"));
    let narrow = desk.tajo(&["contacts", "list", "--per-page", "5"]).ended(0).out;
    assert!(narrow.lines().all(|line| line.chars().count() <= 60) && narrow.contains(&ids[0][..20]), "{narrow}");
    let fields = ["contacts", "list", "--per-page", "5", "--fields", "id,email,created_at,location.country,nothing"];
    let ran = desk.tajo(&fields).ended(0);
    assert!(ran.out.starts_with("ID ") && ran.out.contains("LOCATION.COUNTRY") && ran.out.contains("Z"), "{}", ran.out);
    assert!(ran.err.contains("No row has `nothing`"), "{}", ran.err);
    let row = &desk.tajo(&[&fields[..], &["--json"]].concat()).ended(0).json()["result"]["data"][0];
    assert_eq!(row.as_object().unwrap().keys().collect::<Vec<_>>(), ["id", "email", "created_at", "location.country", "nothing"]);
    assert!(row["created_at"].is_i64(), "JSON keeps the values that Intercom gave");

    let one = desk.tajo(&["contacts", "get", "--contact-id", &ids[0]]).ended(0).out;
    assert!(one.lines().any(|line| line.starts_with("id ") && line.ends_with(&ids[0])), "{one}");
    let picked = desk.tajo(&["contacts", "get", "--contact-id", &ids[0], "--fields", "id"]).ended(0).out;
    assert_eq!(picked, format!("id  {}\n", ids[0]));
    let json = desk.tajo(&["contacts", "get", "--contact-id", &ids[0], "--fields", "id", "--json"]).ended(0).json();
    assert_eq!(json["result"], json!({"id": ids[0]}));
}

// Shows: P-079, P-090.
#[test]
fn fetch_all_reads_every_page_within_the_rate_budget() {
    // Fifteen pages of contacts and five of companies; twelve calls in ten seconds are all that there is.
    let desk = Desk::new(Options { rate_limit: 12, ..small() });
    for (noun, per_page, input) in [("contacts", "4", ""), ("companies", "3", r#"{"fetch_all": true}"#)] {
        // Intercom lists no company that has no contact.
        let mut expect: Vec<String> = match noun {
            "companies" => desk.town.links("contact_companies").into_iter().map(|(_, company)| company).collect(),
            _ => desk.town.ids(noun),
        };
        let rows = match input {
            "" => desk.tajo(&[noun, "list", "--per-page", per_page, "--fetch-all", "--json"]),
            input => desk.tajo(&[
                "actions",
                "run",
                &format!("list_{noun}"),
                "--input",
                input,
                "--set",
                &format!("per_page={per_page}"),
                "--json",
            ]),
        };
        let rows: Vec<Value> = rows.ended(0).out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let mut got: Vec<String> = rows.iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect();
        got.sort();
        expect.sort();
        expect.dedup();
        assert_eq!(got, expect, "{noun}");
    }
    assert!(desk.town.count_status(429) <= 1, "the second command learns the budget from its first answer");
    let narrow = desk.tajo(&["contacts", "list", "--per-page", "60", "--fetch-all", "--fields", "id"]).ended(0);
    assert!(narrow.out.lines().count() == 61 && narrow.err.contains("60 rows"), "{narrow:?}");
    refused(&desk, &["contacts", "get", "--fetch-all", "--contact-id", "x1"], 2, "TJ-CFG-INPUT", &["no pages"]);
}

#[test]
fn a_list_that_breaks_off_says_so_as_one_more_line() {
    let desk = Desk::new(small());
    desk.town.faults().script("/contacts", 3, u32::MAX, Fault::MissingScope("read_contacts".into()));
    let ran = desk.tajo(&["contacts", "list", "--per-page", "10", "--fetch-all", "--json"]);
    let lines: Vec<Value> = ran.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((ran.exit, lines.len()), (77, 21), "{}", ran.err);
    assert_eq!(lines[20]["error"]["code"], "TJ-AUTH-SCOPE");
}

// Shows: T-145.
#[test]
fn an_event_is_submitted_from_the_command_line() {
    let desk = Desk::new(small());
    let id = &desk.town.ids("contacts")[0];
    let before = desk.town.events_of(id).len();
    let input = json!({"event_name": "upgraded-plan", "contact_id": id, "metadata": {"plan": "Scale"}}).to_string();
    desk.tajo(&["actions", "run", "intercom.events.submit", "--input", &input]).ended(0);
    let events = desk.town.events_of(id);
    assert_eq!(events.len(), before + 1);
    assert!(
        events.iter().any(|event| event["event_name"] == "upgraded-plan" && event["metadata"]["plan"] == "Scale"),
        "{events:?}"
    );
}

// Shows: P-106.
#[test]
fn a_raw_request_takes_files_forms_and_its_short_form() {
    let desk = Desk::new(small());
    let short = desk.tajo(&["raw", "get", "/contacts?per_page=2"]).ended(0);
    let page: Value = serde_json::from_str(&short.out).unwrap();
    assert_eq!((page["data"].as_array().unwrap().len(), short.err.trim()), (2, "HTTP 200"));
    let long = desk.tajo(&["requests", "raw", "--url", "/me", "--method", "GET", "--json"]).ended(0).json();
    assert_eq!((&long["result"]["status"], &long["result"]["data"]["type"]), (&json!(200), &json!("admin")));
    std::fs::write(desk.path("a.txt"), "bytes of a file").unwrap();
    let echo = |args: &[&str]| {
        let whole = [&["raw", "POST", "/echo"][..], args, &["--json"]].concat();
        let said = desk.tajo(&whole).ended(0).json();
        let body = base64::engine::general_purpose::STANDARD.decode(said["result"]["data"]["body_base64"].as_str().unwrap());
        String::from_utf8(body.unwrap()).unwrap()
    };
    let form = echo(&["--form-data", "name=Ada", "--file-data", "upload=@a.txt", "--file-names", "upload=report.txt"]);
    assert!(form.contains("filename=\"report.txt\"") && form.contains("bytes of a file") && form.contains("Ada"), "{form}");
    // From stdin, which only a process of its own has.
    let mut piped = desk.command(&["raw", "POST", "/echo", "--file-data", "upload=@-", "--json"], &[]);
    let mut child = piped.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"bytes through a pipe").unwrap();
    let said: Value = serde_json::from_slice(&child.wait_with_output().unwrap().stdout).unwrap();
    let sent = base64::engine::general_purpose::STANDARD.decode(said["result"]["data"]["body_base64"].as_str().unwrap()).unwrap();
    assert!(String::from_utf8(sent).unwrap().contains("bytes through a pipe"));
    let body = echo(&["--data", "@a.txt"]);
    assert_eq!(body, "bytes of a file");
    refused(&desk, &["raw", "POST", "/echo", "--data", "x", "--form-data", "a=b"], 2, "TJ-CFG-INPUT", &["Cannot specify both"]);
    refused(&desk, &["raw", "GET", "https://elsewhere.example/me"], 2, "TJ-SEC-TARGET", &[]);
    // Trying a write again has to be said twice.
    let retried = ["raw", "POST", "/echo", "--max-retries", "2", "--retry-on-all-errors"];
    refused(&desk, &retried, 2, "TJ-CFG-INPUT", &["`yes`"]);
    desk.tajo(&[&retried[..], &["--yes"]].concat()).ended(0);
    let set = ["actions", "run", "raw_request", "--set", "url=/echo", "--set", "method=post", "--set", "max_retries=1"];
    refused(&desk, &set, 2, "TJ-CFG-INPUT", &["`yes`"]);
    desk.tajo(&[&set[..], &["--yes"]].concat()).ended(0);
}

#[test]
fn what_destroys_needs_leave_where_nobody_can_be_asked() {
    let desk = Desk::new(small());
    let id = desk.town.ids("companies")[0].clone();
    for args in [
        &["companies", "delete", "--company-id", &id][..],
        &["actions", "run", "delete_company", "--set", &format!("company_id={id}")],
    ] {
        refused(&desk, args, 2, "TJ-STA-DESTRUCTIVE", &["nothing was sent", "--allow-destructive"]);
    }
    assert_eq!(desk.town.writes(), 0);
    desk.tajo(&["companies", "delete", "--company-id", &id, "--allow-destructive"]).ended(0);
    assert_eq!(desk.town.writes(), 1);
}

/// A terminal of its own for one command; `None` where the machine has no `script`.
fn on_a_terminal(desk: &Desk, command: &str, typed: &str) -> Option<(i32, String)> {
    let program = env!("CARGO_BIN_EXE_tajo");
    let child = Command::new("script")
        .args(["-qefc", &format!("{program} {command}"), "/dev/null"])
        .current_dir(desk.directory.path())
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .envs([("TAJO_INTERCOM_BASE_URL", desk.url.as_str()), ("INTERCOM_ACCESS_TOKEN", desk::CANARY), ("TERM", "dumb")])
        .env("TAJO_HOME", desk.path("home"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn();
    let mut child = match child {
        Ok(child) => child,
        Err(error) => {
            eprintln!("NOT TESTED: the question on a terminal, as `script` cannot be run: {error}");
            return None;
        }
    };
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(typed.as_bytes()).unwrap();
    // The terminal stays open until the program ends by itself.
    let mut out = String::new();
    std::io::Read::read_to_string(&mut child.stdout.take().unwrap(), &mut out).unwrap();
    drop(stdin);
    Some((child.wait().unwrap().code().unwrap(), out))
}

// Shows: P-058, P-057, T-073.
#[test]
fn what_destroys_asks_on_a_terminal_and_shows_what_would_go() {
    let desk = Desk::new(small());
    let company = desk.town.add_named_company("Analytical Engines", "pro", 12);
    let contact = desk.town.add_person("user", Some("ada@analytical.example"), Some("Ada Byron"));
    // Archiving is another command, asks nothing and deletes nothing.
    desk.tajo(&["contacts", "archive", "--contact-id", &contact]).ended(0);
    desk.tajo(&["contacts", "unarchive", "--contact-id", &contact]).ended(0);
    let before = desk.town.writes();
    let delete = format!("contacts delete --contact-id {contact}");
    refused(&desk, &["contacts", "delete", "--contact-id", &contact], 2, "TJ-STA-DESTRUCTIVE", &["--allow-destructive"]);
    let Some((exit, said)) = on_a_terminal(&desk, &delete, "n\n") else { return };
    assert!(said.contains("Ada Byron") && said.contains("ada@analytical.example") && said.contains("[y/N]"), "{said}");
    assert_eq!(exit, 2, "{said}");
    assert!(desk.town.record("contacts", &contact).is_some() && desk.town.writes() == before, "a no is a no");
    let (exit, said) = on_a_terminal(&desk, &delete, "y\n").unwrap();
    assert!(exit == 0 && desk.town.record("contacts", &contact).is_none(), "{said}");
    let (exit, said) = on_a_terminal(&desk, &format!("companies delete --company-id {company}"), "\n").unwrap();
    assert!(said.contains("name Analytical Engines") && said.contains(" contacts"), "{said}");
    assert!(exit == 2 && desk.town.record("companies", &company).is_some(), "{said}");
    // Whoever has said it already is not asked.
    let (exit, said) = on_a_terminal(&desk, &format!("companies delete --company-id {company} --allow-destructive"), "").unwrap();
    assert!(exit == 0 && !said.contains("[y/N]") && desk.town.record("companies", &company).is_none(), "{said}");
}
