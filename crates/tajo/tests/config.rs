//! The configuration, as a reader of `tajo.yml` meets it: what is accepted, and what it means.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test says what went wrong by failing")]

use std::path::Path;

use secrecy::ExposeSecret;
use serde_json::json;
use tajo::config::{
    BrevoAccess, Companies, CompanyRule, Config, Conflict, Destination, Direction, FactGroup, Findings, Known, LogLevel,
    NewInIntercom, NoEmail, Overrides, Region, Settings, Source, Transform, load,
};

const TOKEN: &str = "dG9rOkNBTkFSWWNhbmFyeTEyMzQ=";

fn env(name: &str) -> Option<String> {
    let value = match name {
        "INTERCOM_ACCESS_TOKEN" => TOKEN,
        "BREVO_API_KEY" => "xkeysib-CANARY0123456789",
        "SUFFIX" => "#{x}:,[&*!",
        "BREVO_ON" => "true",
        "LEADS_LIST" => "37",
        _ => return None,
    };
    Some(value.to_string())
}

fn read(text: &str) -> Result<Config, Findings> {
    load(&Source::text("tajo.yml", text), &Known::declared(), &env)
}

fn fixture(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/config").join(name);
    std::fs::read_to_string(path).unwrap()
}

fn key(settings: &Settings) -> &str {
    match settings.brevo_access().unwrap() {
        BrevoAccess::Key(key) => key.expose_secret(),
        BrevoAccess::App(app) => panic!("the app {}", app.client_id),
    }
}

fn token(config: &Config, at: usize) -> &str {
    config.connections[at].token.as_ref().unwrap().expose_secret()
}

#[test]
fn the_first_seed_reads_unchanged_in_both_nestings() {
    for name in ["seed000_basic.yml", "seed000_nested.yml"] {
        let config = read(&fixture(name)).unwrap();
        assert!(config.warnings.is_empty(), "{name}: {}", config.warnings);
        assert_eq!(config.connections.len(), 1);
        assert_eq!(config.connections[0].name, "intercom");
        assert_eq!(token(&config, 0), TOKEN);
        assert_eq!(config.connections[0].api_version.as_deref(), Some("2.11"));
        assert!(config.intercom.enabled);
        let resources = config.intercom.resources.as_deref().unwrap();
        assert_eq!(resources, ["contacts", "companies", "conversations", "tags", "events"]);
        assert_eq!(config.intercom.direction, Some(Direction::IntercomToBrevo));
        let lists: Vec<_> = config.intercom.lists.iter().map(|list| (list.rule.as_str(), list.id)).collect();
        assert_eq!(lists, [("all_users", 35), ("active_conversations", 36), ("leads", 37)]);
        assert!(config.brevo_wanted(), "lists and direction speak of Brevo");
    }
}

// Shows: T-060.
#[test]
fn the_mapping_of_the_first_seed_reads_with_one_warning() {
    let config = read(&fixture("seed000_mapping.yml")).unwrap();
    assert_eq!(config.intercom.field_mapping.len(), 12);
    assert_eq!(config.intercom.field_mapping[1].to, "FULLNAME");
    assert_eq!(config.intercom.field_mapping[1].conflict, Conflict::Intercom);
    let warning = config.warnings.iter().next().unwrap();
    assert_eq!((config.warnings.warnings(), warning.place.line, warning.place.column), (1, 9, 3));
    assert!(warning.help.contains("company.session_count"));
}

#[test]
fn debug_and_log_levels_of_the_first_seed() {
    let config = read(&fixture("seed000_debug.yml")).unwrap();
    assert!(config.intercom.debug && config.intercom.log_webhooks);
    assert_eq!(config.intercom.log_level, Some(LogLevel::Verbose));
    assert_eq!(config.intercom.effective_log_level().unwrap().filter(), "debug");
    assert!(!config.brevo_wanted());
}

#[test]
fn the_connections_of_the_second_seed() {
    let config = read(&fixture("seed002_inline.yml")).unwrap();
    assert_eq!(config.connections[0].name, "my_intercom");
    assert_eq!(token(&config, 0), "your_access_token_here");
    assert_eq!(config.connections[0].region, Some(Region::Us));
    let config = read(&fixture("seed002_variable.yml")).unwrap();
    assert_eq!(token(&config, 0), TOKEN);
    assert_eq!(config.intercom.connection.as_deref(), Some("my_intercom"));
    assert_eq!(config.intercom.resources, None, "no `sync` means all resources");
    assert!(!config.brevo_wanted());
}

#[test]
fn both_seeds_together_are_two_connections() {
    let text = fixture("seed002_inline.yml") + &fixture("seed000_basic.yml");
    let config = read(&text).unwrap();
    let names: Vec<_> = config.connections.iter().map(|c| c.name.as_str()).collect();
    assert_eq!(names, ["my_intercom", "intercom"]);
    assert_eq!(config.intercom.connection.as_deref(), Some("intercom"));
}

#[test]
fn seeds_without_their_indentation_say_so_in_one_finding() {
    for (name, line) in [
        ("seed000_basic.yml", 1),
        ("seed000_mapping.yml", 1),
        ("seed000_debug.yml", 1),
        ("seed002_inline.yml", 1),
        ("seed002_variable.yml", 1),
    ] {
        let flat: String = fixture(name).lines().map(|line| line.trim_start().to_string() + "\n").collect();
        let findings = read(&flat).map(|_| ()).unwrap_err();
        let all: Vec<_> = findings.iter().collect();
        assert_eq!(all.len(), 1, "{name}:\n{findings}");
        assert_eq!((all[0].code.id, all[0].place.line), ("TJ-CFG-SYNTAX", line), "{name}");
        assert_eq!(all[0].what, "The indentation was lost");
    }
    let both: String = (fixture("seed002_inline.yml") + &fixture("seed000_basic.yml"))
        .lines()
        .map(|l| l.trim_start().to_string() + "\n")
        .collect();
    assert_eq!(read(&both).map(|_| ()).unwrap_err().iter().count(), 1, "also where a key stands twice");
}

#[test]
fn everything_at_once() {
    let config = read(&fixture("everything.yml")).unwrap();
    assert!(config.warnings.is_empty(), "{}", config.warnings);
    let [emea, apac] = config.connections.as_slice() else { panic!("two connections") };
    assert_eq!((emea.name.as_str(), emea.region, emea.api_version.as_deref()), ("emea", Some(Region::Eu), Some("2.11")));
    assert_eq!(apac.region, Some(Region::Au));
    assert_eq!(apac.base_url.as_ref().unwrap().as_str(), "http://127.0.0.1:8100");
    let intercom = &config.intercom;
    assert_eq!(intercom.connection.as_deref(), Some("emea"));
    assert_eq!(intercom.resources.as_deref().unwrap(), ["contacts", "tags"]);
    assert_eq!(intercom.lists.iter().map(|list| (list.rule.as_str(), list.id)).collect::<Vec<_>>(), [("leads", 37)]);
    assert_eq!((intercom.no_email, intercom.default_country.as_deref()), (NoEmail::ExtId, Some("NO")));
    assert_eq!(intercom.companies, Some(Companies::Attributes));
    let name = &intercom.field_mapping[1];
    assert_eq!(
        (name.direction, name.conflict, name.transform),
        (Some(Direction::Bidirectional), Conflict::Newest, Some(Transform::Lowercase))
    );
    assert_eq!(intercom.tags[0].list, Some(40));
    assert_eq!(intercom.tags[1].attribute.as_deref(), Some("IS_GOLD"));
    let brevo = config.brevo.as_ref().unwrap();
    assert!(brevo.enabled && brevo.api_key.is_some());
    assert_eq!(brevo.base_url.as_ref().unwrap().as_str(), "http://localhost:8200/v3");
    assert!(config.brevo_wanted());
    assert_eq!(config.destination, Some(Destination::Sqlite { path: "/tmp/x.db".into() }));
}

#[test]
fn a_variable_can_hold_anything_but_never_becomes_yaml() {
    let nasty = |name: &str| (name == "NASTY").then(|| "ab\", region: eu}\n- name: evil".to_string());
    let text = "connections:\n  intercom:\n    - name: ${NASTY}\n      access_token: x${NASTY}y\n";
    let findings = load(&Source::text("t", text), &Known::declared(), &nasty).map(|_| ()).unwrap_err();
    assert_eq!(findings.errors(), 2, "a name with a line break, a token with spaces: {findings}");
    let text = "connections:\n  intercom:\n    - name: a\n      access_token: 'pre-${T}-$${T}'\n";
    let config = load(&Source::text("t", text), &Known::declared(), &|_| Some("#{x}:,[&*!".to_string())).unwrap();
    assert_eq!(token(&config, 0), "pre-#{x}:,[&*!-${T}");
}

#[test]
fn switches() {
    for (text, wanted) in [
        ("connectors: {brevo: {}}", true),
        ("connectors: {brevo: {enabled: false}}\ndirection: bidirectional", false),
        ("lists: {leads: 1}", true),
        ("field_mapping: {email: email}", true),
        ("direction: brevo_to_intercom", true),
        ("connectors: {intercom: {enabled: false}}", false),
        ("", false),
        ("# nothing\n", false),
    ] {
        assert_eq!(read(text).unwrap().brevo_wanted(), wanted, "{text}");
    }
    assert!(!read("connectors: {intercom: {enabled: false}}").unwrap().intercom.enabled);
    assert_eq!(read("connectors: {intercom: {sync: {}}}").unwrap().intercom.resources, Some(vec![]));
    for version in ["2.11", "2.10", "\"2.10\"", "2.17"] {
        let config = read(&format!("connectors: {{intercom: {{api_version: {version}}}}}")).unwrap();
        assert_eq!(config.connections[0].api_version.as_deref(), Some(version.trim_matches('"')));
        assert_eq!(config.warnings.warnings(), usize::from(version != "2.11"), "{version}: {}", config.warnings);
    }
}

fn settings(
    text: Option<&str>,
    flags: Overrides<'_>,
    env: &dyn Fn(&str) -> Option<String>,
) -> Result<Settings, tajo_core::Error> {
    let config = text.map(|text| load(&Source::text("t", text), &Known::declared(), env).unwrap());
    Settings::resolve(config, flags, &Known::declared(), env)
}

#[test]
fn flags_over_configuration_over_environment() {
    let home = |name: &str| match name {
        "HOME" => Some("/home/ada".to_string()),
        other => env(other),
    };
    let plain = settings(None, Overrides::default(), &home).unwrap();
    assert_eq!(plain.connection.name, "intercom");
    assert_eq!(plain.token().unwrap().expose_secret(), TOKEN);
    assert_eq!((plain.region, plain.api_version.as_str()), (Region::Us, "2.14"));
    assert_eq!(plain.home, Path::new("/home/ada/.local/share/tajo"));
    assert_eq!(plain.destination(None).unwrap(), Destination::Sqlite { path: "/home/ada/.local/share/tajo/intercom.db".into() });
    assert!(!plain.from_file && !plain.config.brevo_wanted());

    let two = "connections: {intercom: [{name: a, access_token: t-a, region: eu}, {name: b, access_token: t-b}]}\ndestination: sqlite:c.db";
    let chosen = settings(Some(two), Overrides { connection: Some("a"), region: Some(Region::Au) }, &home).unwrap();
    assert_eq!((chosen.token().unwrap().expose_secret(), chosen.region), ("t-a", Region::Au));
    assert_eq!(chosen.destination(None).unwrap().url(), "sqlite:c.db");
    assert_eq!(chosen.destination(Some("sqlite:///tmp/x.db")).unwrap().url(), "sqlite:///tmp/x.db");
    let refused = |flags| settings(Some(two), flags, &home).map(|_| ()).unwrap_err();
    assert_eq!(refused(Overrides::default()).noted("connections"), Some("a, b"));
    assert_eq!(refused(Overrides { connection: Some("c"), region: None }).code().id, "TJ-CFG-USAGE");

    let bare = |name: &str| (name == "TAJO_HOME").then(|| "/t".to_string());
    assert_eq!(settings(None, Overrides::default(), &bare).unwrap().token().unwrap_err().code().id, "TJ-AUTH-NONE");
    let away = |name: &str| (name == "TAJO_INTERCOM_BASE_URL").then(|| "https://example.com".to_string()).or_else(|| bare(name));
    assert_eq!(settings(None, Overrides::default(), &away).map(|_| ()).unwrap_err().code().id, "TJ-CFG-ORIGIN");
    assert_eq!(settings(None, Overrides::default(), &|_| None).map(|_| ()).unwrap_err().code().id, "TJ-CFG-MISSING");
}

#[test]
fn the_normal_form_reads_back_as_itself() {
    for name in ["everything.yml", "seed000_basic.yml", "seed000_mapping.yml", "seed002_inline.yml"] {
        let mut config = read(&fixture(name)).unwrap();
        config.fill_tokens(&env);
        let once = config.show().to_yaml();
        // Masks are no tokens, so they are put back before the text is read again.
        let text: String =
            once.lines().map(|line| if line.contains("…") { line.replace('…', "-") } else { line.to_string() } + "\n").collect();
        let twice = read(&text).unwrap().show().to_yaml();
        assert_eq!(twice.lines().count(), once.lines().count(), "{name}\n{once}\n{twice}");
        assert!(!once.contains("CANARY"), "{once}");
    }
}

#[test]
fn the_keys_of_the_brevo_lane() {
    let text = "facts: [ai_agent, messenger]\nnew_in_intercom: off\ncompany: largest\n\
        brakes: {changed_percent: 25, blanked_percent: 0.5}\ntags:\n  vip: {list: 40}\nlists:\n  leads: 37\nfield_mapping:\n  \
        phone: {to: SMS, as: e164}\n  tags: {to: TAGS, as: join, separator: \"; \"}\n  \
        custom_attributes.plan: {to: PLAN, values: {free: false, pro: true}}\n";
    let mut config = read(text).unwrap();
    config.fill_tokens(&env);
    let intercom = &config.intercom;
    assert_eq!(intercom.facts.as_deref().unwrap(), [FactGroup::Messenger, FactGroup::AiAgent]);
    assert_eq!((intercom.new_in_intercom, intercom.company), (NewInIntercom::Off, CompanyRule::Largest));
    assert_eq!((intercom.brakes.changed_percent, intercom.brakes.blanked_percent), (Some(25.0), Some(0.5)));
    let [phone, tags, plan] = intercom.field_mapping.as_slice() else { panic!("three fields") };
    assert_eq!(
        (phone.transform, tags.transform, plan.transform),
        (Some(Transform::E164), Some(Transform::Join), Some(Transform::Map))
    );
    assert_eq!(tags.separator.as_deref(), Some("; "));
    assert_eq!(plan.values, [("free".to_string(), json!(false)), ("pro".to_string(), json!(true))]);
    assert_eq!((phone.place.line, phone.place.column), (10, 3));
    assert_eq!((intercom.tags[0].place.line, intercom.lists[0].place.line), (6, 8));
    assert!(config.warnings.is_empty(), "{}", config.warnings);
    let yaml = config.show().to_yaml();
    for line in [
        "company: largest",
        "new_in_intercom: \"off\"",
        "changed_percent: 25.0",
        "- messenger",
        "as: e164",
        "separator: \"; \"",
        "pro: true",
    ] {
        assert!(yaml.contains(line), "{line}\n{yaml}");
    }
    let again = read(&yaml.replace('…', "-")).unwrap().intercom;
    assert_eq!((again.facts, again.brakes), (intercom.facts.clone(), intercom.brakes));
    assert_eq!(again.field_mapping.iter().map(|m| &m.values).collect::<Vec<_>>(), [&phone.values, &tags.values, &plan.values]);
    assert_eq!(read("facts: off").unwrap().intercom.facts, Some(vec![]));
    assert_eq!(read("facts: messenger").unwrap().intercom.facts(), [FactGroup::Messenger]);
    assert_eq!(read("").unwrap().intercom.facts().len(), 3);
    assert!(read("connectors: {intercom: {sync: {contacts: true}}}").unwrap().intercom.facts().is_empty());
}

#[test]
fn how_to_reach_brevo() {
    let with = |text: &str, env: &dyn Fn(&str) -> Option<String>| settings(Some(text), Overrides::default(), env);
    let env = |name: &str| match name {
        "HOME" => Some("/home/ada".to_string()),
        "BREVO_API_KEY" => Some("xkeysib-CANARY".to_string()),
        "TAJO_BREVO_BASE_URL" => Some("http://127.0.0.1:9000/v3".to_string()),
        _ => None,
    };
    let found = with("direction: bidirectional", &env).unwrap();
    assert_eq!(key(&found), "xkeysib-CANARY");
    let brevo = found.brevo.as_ref().unwrap();
    assert_eq!(brevo.base_url.as_ref().unwrap().as_str(), "http://127.0.0.1:9000/v3");
    let scrubbed: Vec<_> = found.config.secrets().map(ExposeSecret::expose_secret).collect();
    assert_eq!(scrubbed, ["xkeysib-CANARY"], "the key of the environment is a secret as well");
    assert_eq!(found.direction(), Direction::Bidirectional);
    assert_eq!(found.directed(Some(Direction::BrevoToIntercom)).direction(), Direction::BrevoToIntercom);

    let own = with("connectors: {brevo: {api_key: own-key, base_url: \"http://localhost:1/v3/\"}}", &env).unwrap();
    assert_eq!(key(&own), "own-key");
    assert_eq!(own.brevo.unwrap().base_url.unwrap().as_str(), "http://localhost:1/v3");

    assert!(with("", &env).unwrap().brevo.is_none(), "a key alone does not turn it on");
    assert!(settings(None, Overrides::default(), &env).unwrap().directed(Some(Direction::Bidirectional)).brevo.is_none());
    assert!(with("connectors: {brevo: {enabled: false}}\ndirection: bidirectional", &env).unwrap().brevo.is_none());

    let bare = |name: &str| (name == "HOME").then(|| "/home/ada".to_string());
    let missing = with("lists: {leads: 1}", &bare).unwrap().brevo_access().map(|_| ()).unwrap_err();
    assert_eq!((missing.code().id, missing.kind().advice().exit), ("TJ-BRV-NONE", 78));
    let away =
        |name: &str| bare(name).or_else(|| (name == "TAJO_BREVO_BASE_URL").then(|| "https://api.brevo.com/v3".to_string()));
    let refused = with("lists: {leads: 1}", &away).map(|_| ()).unwrap_err();
    assert_eq!(refused.code().id, "TJ-CFG-ORIGIN");
}
