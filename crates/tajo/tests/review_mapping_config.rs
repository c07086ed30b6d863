//! What people write into `tajo.yml` about Brevo, and what they are told: the place, the cause, and what to do.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod desk;

use desk::{CANARY, Desk, small};
use serde_json::{Value, json};
use tajo::config::{self, Config, Findings, Known, Source};
use tajo_sim::{BrevoOptions, Options};

fn load(text: &str) -> Result<Config, Findings> {
    let env = |name: &str| name.ends_with("_KEY").then(|| "key".to_string());
    config::load(&Source::text("tajo.yml", text), &Known::declared(), &env)
}

fn field(line: &str) -> Result<Config, Findings> {
    load(&format!("connectors:\n  intercom: {{}}\n  brevo: {{}}\nfield_mapping:\n  email: email\n  {line}\n"))
}

/// Line, column, cause and help of the only finding.
#[track_caller]
fn only(found: &Findings) -> (usize, usize, String, String) {
    let all: Vec<_> = found.iter().collect();
    assert_eq!(all.len(), 1, "{found}");
    (all[0].place.line, all[0].place.column, all[0].cause.clone(), all[0].remedy().to_string())
}

#[test]
fn a_country_that_does_not_exist_is_refused_before_its_numbers_are_left_out() {
    for (code, cause) in
        [("UK", "did you mean `GB`?"), ("XX", "there is no such country"), ("GER", "not a country code of two letters")]
    {
        let found = load(&format!("connectors:\n  intercom:\n    default_country: {code}\n  brevo: {{}}\n")).err().unwrap();
        let (line, column, said, help) = only(&found);
        assert_eq!((line, column, said.as_str()), (3, 22, cause), "{found}");
        assert!(help.contains("DE"), "{help}");
    }
    for code in ["NO", "no", "de", "XK"] {
        let config = load(&format!("connectors:\n  intercom:\n    default_country: {code}\n  brevo: {{}}\n")).unwrap();
        assert_eq!(config.intercom.default_country, Some(code.to_uppercase()));
    }
}

#[test]
fn what_is_quoted_in_a_table_is_text() {
    for (table, expect) in [
        ("{de: \"0049\", us: \"001\"}", json!(["0049", "001"])),
        ("{de: 49, us: 1.5}", json!([49, 1.5])),
        ("{de: true, us: false}", json!([true, false])),
        ("{de: \"true\", us: \"false\"}", json!(["true", "false"])),
        ("{de: yes, us: no}", json!(["yes", "no"])),
        ("{de: 007, us: agent}", json!(["007", "agent"])),
        ("{de: true, us: 1}", json!(["true", "1"])),
    ] {
        let read = |config: Config| config.intercom.field_mapping[1].values.iter().map(|(_, to)| to.clone()).collect::<Value>();
        let config = field(&format!("custom_attributes.land: {{to: LAND, values: {table}}}")).unwrap();
        // What `tajo config show` prints means the same again.
        let shown: Vec<String> = config.show().to_yaml().lines().filter(|l| !l.contains("api_key")).map(str::to_string).collect();
        let again = load(&shown.join("\n").replace("name: intercom", "name: intercom\n      access_token: t")).unwrap();
        assert_eq!((read(config), read(again)), (expect.clone(), expect), "{table}");
    }
}

#[test]
fn an_empty_mapping_says_that_the_usual_fields_go() {
    for text in ["field_mapping:\n", "field_mapping: {}\n", "field_mapping:\n  # email: email\n"] {
        let config = load(&format!("connectors:\n  intercom: {{}}\n  brevo: {{}}\n{text}")).unwrap();
        let (line, column, _, help) = only(&config.warnings);
        assert!((line, column) <= (4, 16) && line == 4 && help.contains("email: email"), "{}", config.warnings);
    }
    assert!(load("connectors:\n  intercom: {}\n  brevo: {}\n").unwrap().warnings.is_empty());
}

#[test]
fn a_second_connection_to_brevo_is_not_passed_over() {
    let found = load("connections:\n  brevo:\n    - name: one\n    - name: two\n").err().unwrap();
    let (line, _, cause, _) = only(&found);
    assert!(line == 4 && cause.contains("line 3"), "{found}");
}

#[test]
fn odd_yaml_has_one_finding_with_its_place_and_loses_nothing() {
    for (lines, line) in [
        ("name:\tFULLNAME", None),
        ("\tname: FULLNAME", Some(6)),
        ("name: FULLNAME\n  name: NAME", Some(7)),
        ("7: SEVEN", Some(6)),
        ("~: NOTHING", Some(6)),
        ("? [a, b]\n  : X", Some(6)),
        ("name: 7", Some(6)),
        ("name: yes", Some(6)),
        ("name:", Some(6)),
        ("name: [A, B]", Some(6)),
        ("name: {to: }", Some(6)),
        ("name: {to: FULLNAME, as: lowercas}", Some(6)),
        ("name: {to: FULLNAME, directoin: both}", Some(6)),
        ("name: &n FULLNAME\n  role: *n", Some(7)),
        ("name: FULLNAME\n  <<: {role: ROLE}", None),
        ("'name': \"FULLNAME\"", None),
        ("name: FULL NAME", Some(6)),
        ("custom_attributes.plan.tier: PLAN", None),
        ("custom_attributes.Plan tier: PLAN", None),
    ] {
        match (field(lines), line) {
            (Ok(config), None) => assert!(config.intercom.field_mapping.len() >= 2, "{lines:?}"),
            (Err(found), Some(line)) => {
                let (at, column, cause, help) = only(&found);
                assert_eq!(at, line, "{lines:?}\n{found}");
                assert!((column >= 3 || lines.starts_with('\t')) && !(cause.is_empty() && help.is_empty()), "{lines:?}\n{found}");
            }
            (Ok(_), Some(_)) => panic!("{lines:?} was taken"),
            (Err(found), None) => panic!("{lines:?}\n{found}"),
        }
    }
}

#[test]
fn an_app_of_brevo_takes_the_place_of_the_key() {
    let app = |more: &str| load(&format!("connectors:\n  intercom: {{}}\n  brevo:\n{more}"));
    let config = app("    client_id: app-1\n    client_secret: hush-hush-0123\n").unwrap();
    let brevo = config.brevo.as_ref().unwrap();
    assert!(
        brevo.api_key.is_none() && brevo.app.as_ref().is_some_and(|app| app.client_id == "app-1"),
        "no key of the environment"
    );
    let shown = config.show().to_yaml();
    assert!(shown.contains("client_id: app-1") && !shown.contains("hush-hush"), "{shown}");
    for (lines, line, say) in [
        ("    api_key: k\n    client_id: a\n    client_secret: s\n", 5, "line 4"),
        ("    client_id: a\n", 4, "`client_secret` is missing"),
        ("    client_secret: s\n", 4, "`client_id` is missing"),
        ("    client_id: a\n    client_secrt: s\n", 5, "client_secret"),
    ] {
        let found = app(lines).err().unwrap();
        let (at, _, cause, _) = only(&found);
        assert!(at == line && cause.contains(say), "{found}");
    }
}

#[test]
fn brevo_is_asked_with_the_tokens_of_an_app_and_its_secret_stands_nowhere() {
    let client = Some(("app-1".to_string(), CANARY.to_string()));
    let mut desk = Desk::new(Options { brevo: BrevoOptions { client, ..BrevoOptions::default() }, ..small() });
    let url = format!("{}/v3", desk.url);
    desk.set("TAJO_BREVO_BASE_URL", Some(&url));
    desk.set("BREVO_SECRET", Some(CANARY));
    desk.set("BREVO_ID", Some("app-1"));
    desk.config("connectors:\n  intercom: {}\n  brevo:\n    client_id: ${BREVO_ID}\n    client_secret: ${BREVO_SECRET}\n");
    let body = desk.tajo(&["connectors", "test", "brevo", "--json", "-vv"]).ended(0).json();
    assert_eq!(body["checks"][0]["status"], "ok", "{body}");
    let listed = desk.tajo(&["connectors", "list", "--json"]).ended(0).json();
    assert!(listed.to_string().contains("oauth"), "{listed}");
    let asked: Vec<String> = desk.town.brevo().calls().iter().map(|call| call.path.clone()).collect();
    assert_eq!(asked.iter().filter(|path| path.contains("oauth/token")).count(), 1, "one token for all: {asked:?}");
    desk.process(&["connectors", "test", "brevo", "-vv"], &[("TAJO_LOG", "trace")]).ended(0);
    desk.tajo(&["connectors", "sync", "intercom", "--yes", "--json"]).ended(0);
    assert!(!desk.town.brevo().is_empty(), "people arrived");

    desk.set("BREVO_ID", Some("app-2"));
    let refused = desk.tajo(&["connectors", "test", "brevo"]);
    assert!(refused.exit != 0 && (refused.out.clone() + &refused.err).contains("client id"), "{refused:?}");
}
