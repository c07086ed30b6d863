//! Bad configurations: each mistake has its code and its exact place, all at once, and no secret in what is said.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test says what went wrong by failing")]

use tajo::config::{Findings, Known, Source, load};

/// Wrapped around a value so that a leak of any part of it shows.
const CANARY: &str = "CANARYcanary0123456789";

fn env(name: &str) -> Option<String> {
    match name {
        "TOKEN" => Some(CANARY.to_string()),
        "EMPTY" => Some(String::new()),
        _ => None,
    }
}

fn findings(text: &str) -> Findings {
    match load(&Source::text("tajo.yml", text), &Known::declared(), &env) {
        Ok(config) => config.warnings,
        Err(findings) => findings,
    }
}

/// A text, and the `CODE line:column` of everything that is wrong with it.
const BAD: &[(&str, &[&str])] = &[
    // The text itself.
    ("a:\n\tb: 1\n", &["SYNTAX 2:2"]),
    ("connectors: {intercom: {enabled: true\n", &["SYNTAX 1:24"]),
    ("connectors: a: b\n", &["SYNTAX 1:14"]),
    ("connectors:\n---\nconnections:\n", &["SYNTAX 3:1"]),
    ("connectors: @x\n", &["SYNTAX 1:13"]),
    ("- a\n- b\n", &["VALUE 1:1"]),
    ("just words\n", &["VALUE 1:1"]),
    ("connectors:\nintercom:\nenabled: true\n", &["SYNTAX 1:1"]),
    ("connections:\nintercom:\n- name: a\naccess_token: b\n", &["SYNTAX 1:1"]),
    ("lists: {leads: 1}\nlists: {leads: 2}\nwat: 1\n", &["TWICE 2:1", "KEY 3:1"]),
    ("? [a]\n: 1\n", &["SYNTAX 1:3"]),
    ("connectors: &a\n  intercom: *b\n", &["SYNTAX 2:13"]),
    // Keys.
    ("conectors:\n  intercom: {}\n", &["KEY 1:1"]),
    ("connectors:\n  intercm: {}\n", &["KEY 2:3"]),
    ("connectors:\n  intercom:\n    acces_token: CANARYcanary0123456789\n", &["KEY 3:5"]),
    ("connectors:\n  intercom:\n    sync:\n      contcats: true\n      invoices: true\n", &["RESOURCE 4:7", "RESOURCE 5:7"]),
    ("connectors:\n  intercom:\n    lists:\n      vips: 3\n", &["KEY 4:7"]),
    ("connectors:\n  brevo:\n    apikey: CANARYcanary0123456789\n", &["KEY 3:5"]),
    ("connections:\n  hubspot:\n    - name: a\n", &["KEY 2:3"]),
    ("field_mapping:\n  name: {too: FULLNAME}\n", &["MISSING 2:3", "KEY 2:10"]),
    ("sync:\n  contacts: true\n", &["KEY 1:1"]),
    // Kinds of values.
    ("connectors: 5\n", &["VALUE 1:13"]),
    ("connectors:\n  intercom: [a]\n", &["VALUE 2:3"]),
    ("connectors:\n  intercom:\n    enabled: \"true\"\n", &["VALUE 3:14"]),
    ("connectors:\n  intercom:\n    enabled: 1\n    debug: maybe\n", &["VALUE 3:14", "VALUE 4:12"]),
    ("connectors:\n  intercom:\n    enabled:\n", &["VALUE 3:5"]),
    ("connectors:\n  intercom:\n    sync:\n      tags: 5\n", &["VALUE 4:13"]),
    ("connectors:\n  intercom:\n    sync: true\n", &["VALUE 3:11"]),
    ("connectors:\n  intercom:\n    direction: sideways\n", &["VALUE 3:16"]),
    ("connectors:\n  intercom:\n    log_level: loud\n", &["VALUE 3:16"]),
    ("lists:\n  all_users: 0\n  leads: -3\n  active_conversations: \"36\"\n", &["VALUE 2:14", "VALUE 3:10", "VALUE 4:25"]),
    ("lists: {all_users: 3.5, leads: [1]}\n", &["VALUE 1:20", "VALUE 1:25"]),
    ("default_country: Germany\n", &["VALUE 1:18"]),
    ("no_email: drop\n", &["VALUE 1:11"]),
    ("companies: some\n", &["VALUE 1:12"]),
    ("tags:\n  vip: {}\n  gold: 40\n  old: {list: x}\n", &["MISSING 2:3", "VALUE 3:9", "VALUE 4:15"]),
    ("field_mapping:\n  name: A B\n  phone: [SMS]\n  email:\n", &["VALUE 2:9", "VALUE 3:3", "VALUE 4:3"]),
    ("field_mapping:\n  name: {to: X, conflict: nobody, as: poem, direction: up}\n", &["VALUE 2:27", "VALUE 2:39", "VALUE 2:56"]),
    ("field_mapping:\n  name: FULLNAME\n  email: fullname\n", &["TWICE 3:10"]),
    (
        "field_mapping:\n  nmae: A\n  plan_tier: B\n  company.nme: C\n  custom_attributes: D\n",
        &["FIELD 2:3", "FIELD 3:3", "FIELD 4:3", "FIELD 5:3"],
    ),
    ("field_mapping:\n  external_id: email\n", &["VALUE 2:16"]),
    ("field_mapping:\n  name: {to: A, as: map}\n  role: {to: B, as: text, values: {a: b}}\n", &["MISSING 2:3", "TWICE 3:3"]),
    ("field_mapping:\n  name: {to: A, separator: \"\", values: {a: [b]}}\n", &["VALUE 2:28", "VALUE 2:41"]),
    ("field_mapping:\n  name: IS_VIP\ntags:\n  vip: {attribute: is_vip}\n", &["TWICE 4:3"]),
    ("facts: [conversations, jokes]\nnew_in_intercom: contact\ncompany: biggest\n", &["VALUE 1:24", "VALUE 2:18", "VALUE 3:10"]),
    ("facts: {a: b}\nbrakes: {changed_percent: 101, blanked: 1}\n", &["VALUE 1:1", "VALUE 2:27", "KEY 2:32"]),
    // What is mapped but never filled.
    (
        "connectors:\n  intercom:\n    sync: {contacts: true}\nlists:\n  active_conversations: 36\nfacts: [ai_agent]\ntags:\n  vip: {list: 4}\nfield_mapping:\n  company.name: A\n  tags: B\n",
        &["VALUE 5:3", "VALUE 6:1", "VALUE 8:3", "VALUE 10:3", "VALUE 11:3"],
    ),
    ("connectors:\n  brevo:\n    base_url: http://localhost:1/v2\n", &["ORIGIN 3:15"]),
    // Connections.
    ("connections:\n  intercom:\n    name: a\n", &["VALUE 2:3"]),
    ("connections:\n  intercom:\n    - name: a\n", &["MISSING 3:7"]),
    ("connections:\n  intercom:\n    - access_token: ${TOKEN}\n", &["MISSING 3:7"]),
    ("connections:\n  intercom:\n    - name: a\n      access_token: \"\"\n", &["VALUE 4:21"]),
    ("connections:\n  intercom:\n    - name: a\n      access_token: ${EMPTY}\n", &["VALUE 4:21"]),
    ("connections:\n  intercom:\n    - name: a\n      access_token: CANARY canary\n", &["VALUE 4:21"]),
    ("connections:\n  intercom:\n    - {name: a, access_token: x}\n    - {name: a, access_token: y}\n", &["TWICE 4:14"]),
    ("connections:\n  intercom:\n    - {name: a, access_token: x, region: uk}\n", &["REGION 3:42"]),
    ("connectors:\n  intercom:\n    region: CANARYcanary0123456789\n", &["REGION 3:13"]),
    ("connectors:\n  intercom:\n    region: ${TOKEN}\n", &["REGION 3:13"]),
    ("connectors:\n  intercom:\n    connection: emea\n", &["VALUE 3:17"]),
    (
        "connections:\n  intercom:\n    - name: a\n      access_token: ${TOKEN}\nconnectors:\n  intercom:\n    connection: a\n    access_token: CANARYcanary0123456789\n",
        &["TWICE 8:19"],
    ),
    (
        "connectors:\n  intercom:\n    access_token: CANARY9\nconnections:\n  intercom:\n    - {name: intercom, access_token: CANARY8}\n",
        &["TWICE 6:38"],
    ),
    ("direction: bidirectional\nconnectors:\n  intercom:\n    sync:\n      direction: bidirectional\n", &["TWICE 5:18"]),
    // Versions and addresses.
    ("connectors:\n  intercom:\n    api_version: 2.1\n", &["VERSION 3:18"]),
    ("connectors:\n  intercom:\n    api_version: \"2.1\"\n", &["VERSION 3:18"]),
    ("connectors:\n  intercom:\n    api_version: 2.110\n", &["VERSION 3:18"]),
    ("connectors:\n  intercom:\n    api_version: Preview\n", &["VERSION 3:18"]),
    ("connectors:\n  intercom:\n    api_version: [2.11]\n", &["VALUE 3:5"]),
    ("connectors:\n  intercom:\n    base_url: https://api.intercom.io\n", &["ORIGIN 3:15"]),
    ("connectors:\n  intercom:\n    base_url: http://127.0.0.1@evil.example\n", &["ORIGIN 3:15"]),
    ("connectors:\n  brevo:\n    base_url: http://api.brevo.com\n", &["ORIGIN 3:15"]),
    ("destination: postgres://ada:CANARYcanary0123456789@db/x\n", &["DEST 1:14"]),
    ("destination: sqlite://x.db\n", &["DEST 1:14"]),
    ("destination: {type: sqlite}\n", &["MISSING 1:1"]),
    ("destination: {type: duckdb, path: x.db}\n", &["VALUE 1:21"]),
    ("destination: [a]\n", &["DEST 1:1"]),
    // Variables.
    ("connectors:\n  intercom:\n    access_token: ${NOT_SET}\n", &["ENV 3:19"]),
    ("connectors:\n  intercom:\n    access_token: \"é-${TOKEN}-${NOT_SET}-${NOR_THIS}\"\n", &["ENV 3:31", "ENV 3:42"]),
    ("connectors:\n  intercom:\n    access_token: x-${NOT SET}\n    region: ${eu\n", &["ENV 3:21", "ENV 4:13"]),
    ("connectors:\n  intercom:\n    enabled: ${NOT_SET}\n    sync: {tags: \"${NOT_SET}\"}\n", &["ENV 3:14", "ENV 4:19"]),
    ("lists:\n  leads: ${TOKEN}\n", &["VALUE 2:10"]),
];

#[test]
fn every_mistake_has_its_code_and_place() {
    assert!(BAD.len() >= 60, "{}", BAD.len());
    let mut wrong = Vec::new();
    for (text, expect) in BAD {
        let found = findings(text);
        let got: Vec<String> = found
            .iter()
            .map(|f| format!("{} {}:{}", f.code.id.trim_start_matches("TJ-CFG-"), f.place.line, f.place.column))
            .collect();
        if got != *expect {
            wrong.push(format!("{text}expected {expect:?}\n     got {got:?}\n{found}\n"));
        }
    }
    assert!(wrong.is_empty(), "{} wrong\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn every_finding_says_what_and_what_to_do_and_no_secret() {
    for (text, _) in BAD {
        let found = findings(text);
        for finding in found.iter() {
            assert!(finding.what.starts_with(|c: char| c.is_uppercase() || c == '`'), "{}", finding.what);
            assert!(!finding.what.ends_with('.') && !finding.remedy().is_empty(), "{}", finding.what);
        }
        let json = serde_json::to_string(&found).unwrap();
        for said in [found.render(false), found.render(true), json, format!("{found:?}"), format!("{:?}", found.to_error())] {
            assert!(!said.to_lowercase().contains("canary"), "{said}");
        }
    }
}

#[test]
fn all_findings_come_at_once_in_the_order_of_the_text() {
    let text: String = BAD
        .iter()
        .filter(|(text, _)| text.starts_with("connectors:\n  intercom:\n    api_version"))
        .map(|(t, _)| *t)
        .take(1)
        .collect();
    let text = text + "    region: mars\n    log_level: loud\n    sync:\n      contcts: true\nwat: 1\n";
    let lines: Vec<usize> = findings(&text).iter().map(|f| f.place.line).collect();
    assert_eq!(lines, [3, 4, 5, 7, 8]);
}

#[test]
fn a_finding_shows_the_line_with_a_caret() {
    let found = findings("connectors:\n  intercom:\n    sync:\n      contcats: true\n");
    let expect = "\
error[TJ-CFG-RESOURCE]: There is no resource `contcats`
  ┌─ tajo.yml:4:7
4 │       contcats: ••••
  │       ^^^^^^^^ did you mean `contacts`?
  = help: use one of: contacts, companies, conversations, conversation_parts, tickets, articles, tags, segments, admins, teams, data_attributes, events
";
    assert_eq!(found.render(false), expect);
    let found = findings("connectors:\n  intercom:\n    api_version: 2.1\n");
    let expect = "\
error[TJ-CFG-VERSION]: There is no Intercom API version `2.1`
  ┌─ tajo.yml:3:18
3 │     api_version: 2.1
  │                  ^^^ 2.10 unquoted reads as 2.1; quote it
  = help: use one of: 2.7, 2.8, 2.9, 2.10, 2.11, 2.12, 2.13, 2.14, 2.15, 2.16, 2.17; in quotes
";
    assert_eq!(found.render(false), expect);
}

#[test]
fn a_token_in_both_blocks_names_both_places() {
    let text = "connections:\n  intercom:\n    - name: intercom\n      access_token: CANARY\nconnectors:\n  intercom:\n    access_token: ${TOKEN}\n";
    let expect = "\
error[TJ-CFG-TWICE]: The access token of a connection stands in `connections` and in `connectors`
  ┌─ tajo.yml:7:19
7 │     access_token: ${TOKEN}
  │                   ^^^^^^^^ also on line 4, column 21
  ┌─ tajo.yml:4:21
4 │       access_token: ••••••
  │                     ^^^^^^ here
  = help: keep one of the two
";
    assert_eq!(findings(text).render(false), expect);
}

#[test]
fn hostile_texts_are_refused_quickly() {
    let bomb = "a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\ne: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d]\nf: [*e,*e,*e,*e,*e,*e,*e,*e,*e]\n";
    assert_eq!(findings(bomb).iter().next().unwrap().code.id, "TJ-CFG-SYNTAX");
    let deep = "[".repeat(5_000);
    assert_eq!(findings(&deep).iter().next().unwrap().code.id, "TJ-CFG-SYNTAX");
    let many: String = (0..5_000).map(|n| format!("k{n}: 1\n")).collect();
    assert_eq!((findings(&many).iter().count(), findings(&many).errors()), (100, 5_000));
}
