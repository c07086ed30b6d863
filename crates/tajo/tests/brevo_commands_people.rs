//! Commands about one person: why a value is what it is, whose value is taken, consent, and erasure.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod desk;
mod office;

use std::path::Path;

use office::{ONE_WAY, TWO_WAYS, brevo, fullname, id_of, office, sync, told, writes};
use serde_json::{Value, json};

// Shows: T-128.
#[test]
fn why_says_the_reason_for_which_a_person_is_not_in_brevo() {
    let desk = office(ONE_WAY);
    let lead = desk.town.add_person("lead", None, Some("Nameless"));
    let twin = desk.town.add_person("lead", Some("ada@mail.example"), Some("Ada, too"));
    desk.town.add_person("user", Some("ada@mail.example"), Some("Ada"));
    desk.town.add_person("user", Some("cy@mail.example"), Some("Cy"));
    sync(&desk);
    let text = desk.tajo(&["why", &lead]).ended(0).out;
    assert!(text.contains("skipped: no_email") && text.contains("no_email: ext_id"), "{text}");
    let reason = |who: &str| told(&desk, &["why", who, "--json"], 0)["people"][0]["reason"].clone();
    assert_eq!(reason(&twin), "shares_email");
    desk.town.brevo().delete_contact(id_of(&desk, "cy@mail.example"));
    told(&desk, &["verify", "--json"], 10);
    assert_eq!(reason("cy@mail.example"), "deleted_in_brevo");
    desk.tajo(&["why", "stranger@mail.example"]).ended(2);
}

#[test]
fn why_tells_value_source_rule_run_and_what_stood_there_before_without_a_network() {
    let mut desk = office(ONE_WAY);
    let ada = desk.town.add_person("user", Some("ada@mail.example"), Some("Ada"));
    sync(&desk);
    desk.town.rename_contact(&ada, "Ada Byron");
    let run = sync(&desk).json()["run_id"].clone();
    let (brevo_id, calls) = (id_of(&desk, "ada@mail.example").to_string(), desk.town.calls().len());
    for name in ["INTERCOM_ACCESS_TOKEN", "BREVO_API_KEY"] {
        desk.set(name, None);
    }
    for who in [ada.as_str(), "Ada@Mail.example", &brevo_id] {
        for field in ["fullname", "name"] {
            let body = told(&desk, &["why", who, field, "--json"], 0);
            assert_eq!(body["config"], "tajo.yml");
            let people = body["people"].as_array().unwrap();
            assert_eq!((people.len(), people[0]["intercom_id"].as_str()), (1, Some(ada.as_str())));
            let fields = people[0]["fields"].as_array().unwrap();
            assert_eq!(fields.len(), 1);
            let field = &fields[0];
            assert_eq!(
                (&field["intercom"], &field["brevo"], &field["source"]),
                (&json!("Ada Byron"), &json!("Ada Byron"), &json!("intercom"))
            );
            assert_eq!((&field["line"], &field["from"]), (&json!(10), &json!("name")));
            let written = &field["written"];
            assert_eq!((&written["run"], &written["before"], &written["value"]), (&run, &json!("Ada"), &json!("Ada Byron")));
            assert_eq!((&written["to"], &written["state"]), (&json!("brevo"), &json!("confirmed")));
        }
    }
    let text = desk.tajo(&["why", &ada, "FULLNAME"]).ended(0).out;
    assert!(text.contains("tajo.yml:10:3") && text.contains("\"Ada\" -> \"Ada Byron\""), "{text}");
    desk.tajo(&["why", &ada, "FULNAME"]).ended(2);
    assert_eq!(desk.town.calls().len(), calls, "nobody was asked");
}

#[test]
fn a_settled_conflict_is_carried_out_by_the_next_sync_and_by_nothing_before() {
    let desk = office(TWO_WAYS);
    let ada = desk.town.add_person("user", Some("ada@mail.example"), Some("Ada"));
    sync(&desk);
    desk.town.rename_contact(&ada, "Ada of Intercom");
    desk.town.brevo().set_attribute(id_of(&desk, "ada@mail.example"), "FULLNAME", json!("Ada of Brevo"));
    sync(&desk);
    let listed = told(&desk, &["conflicts", "list", "--json"], 0);
    let conflict = &listed["conflicts"][0];
    assert_eq!((&conflict["intercom"], &conflict["brevo"]), (&json!("Ada of Intercom"), &json!("Ada of Brevo")), "{listed:#}");
    assert_eq!(told(&desk, &["conflicts", "show", "ada@mail.example", "--json"], 0), listed);
    assert_eq!(told(&desk, &["why", &ada, "FULLNAME", "--json"], 0)["people"][0]["fields"][0]["in_conflict"], true);

    desk.tajo(&["conflicts", "settle", "ada@mail.example", "SMS", "--take", "brevo"]).ended(2);
    desk.tajo(&["conflicts", "settle", "ada@mail.example", "--take", "brevo"]).ended(2);
    let before = writes(&desk);
    let settled = told(&desk, &["conflicts", "settle", "ada@mail.example", "fullname", "--take", "brevo", "--json"], 0);
    assert_eq!(settled["settled"][0]["choice"], "brevo");
    assert_eq!(writes(&desk), before, "settling writes nothing");
    sync(&desk);
    assert_eq!(desk.town.record("contacts", &ada).unwrap()["name"], "Ada of Brevo");
    assert_eq!(told(&desk, &["conflicts", "list", "--json"], 0)["conflicts"], json!([]));
    let before = writes(&desk);
    sync(&desk);
    assert_eq!(writes(&desk), before);
}

#[test]
fn every_field_of_a_contact_is_settled_at_once() {
    let desk = office(TWO_WAYS);
    let ada = desk.town.add_person("user", Some("ada@mail.example"), Some("Ada"));
    desk.town.set_contact(&ada, "custom_attributes.plan_tier", json!("free"));
    sync(&desk);
    let id = id_of(&desk, "ada@mail.example");
    desk.town.rename_contact(&ada, "Ada I");
    desk.town.set_contact(&ada, "custom_attributes.plan_tier", json!("pro"));
    desk.town.brevo().set_attribute(id, "FULLNAME", json!("Ada B"));
    desk.town.brevo().set_attribute(id, "PLAN_TIER", json!("gold"));
    sync(&desk);
    let settled = told(&desk, &["conflicts", "settle", &ada, "--all", "--take", "intercom", "--json"], 0);
    assert_eq!(settled["settled"].as_array().unwrap().len(), 2);
    sync(&desk);
    let shown = brevo(&desk, "ada@mail.example");
    assert_eq!((&shown["attributes"]["FULLNAME"], &shown["attributes"]["PLAN_TIER"]), (&json!("Ada I"), &json!("pro")));
}

// Shows: T-052.
#[test]
fn mapping_check_names_what_is_wrong_missing_and_mapped_by_nobody() {
    let desk = office(ONE_WAY);
    let good = told(&desk, &["mapping", "check", "--json"], 0);
    assert_eq!(good["valid"], true, "{good:#}");
    let missing: Vec<&str> = good["missing"].as_array().unwrap().iter().map(|new| new["name"].as_str().unwrap()).collect();
    assert_eq!(missing, ["FULLNAME", "PLAN_TIER"]);
    assert_eq!(good["missing"][1]["line"], 12);
    let unmapped: Vec<&str> = good["unmapped"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    assert!(unmapped.contains(&"feature_usage") && !unmapped.contains(&"plan_tier"), "{unmapped:?}");

    desk.config(&ONE_WAY.replace("plan_tier: PLAN_TIER", "plan_teir: OPT_IN").replace("all_users: 35", "all_users: 99"));
    let bad = told(&desk, &["mapping", "check", "--json"], 78);
    let codes: Vec<&str> = bad["findings"].as_array().unwrap().iter().map(|f| f["code"].as_str().unwrap()).collect();
    assert_eq!((bad["valid"].as_bool(), bad["errors"].as_u64()), (Some(false), Some(3)), "{bad:#}");
    assert_eq!(codes, ["TJ-BRV-LIST", "TJ-CFG-FIELD", "TJ-BRV-ATTR"]);
    assert!(bad["findings"].as_array().unwrap().iter().all(|f| f["line"].as_u64() > Some(0)));
    let text = desk.tajo(&["mapping", "check"]).ended(78);
    assert!(text.err.contains("tajo.yml:12:3") && text.err.contains("plan_tier"), "{}", text.err);
    assert_eq!(writes(&desk), 0);
}

#[test]
fn mapping_try_shows_every_rule_on_one_person() {
    let desk = office(ONE_WAY);
    let ada = desk.town.add_person("user", Some("Ada@Mail.example"), Some("Ada Byron"));
    desk.town.set_contact(&ada, "phone", json!("no number"));
    sync(&desk);
    let body = told(&desk, &["mapping", "try", "ada@mail.example", "--json"], 0);
    let rules = body["rules"].as_array().unwrap();
    let rule = |to: &str| rules.iter().find(|rule| rule["to"] == to).unwrap_or_else(|| panic!("{to}: {body:#}"));
    assert_eq!((&rule("email")["intercom"], &rule("email")["brevo"]), (&json!("Ada@Mail.example"), &json!("ada@mail.example")));
    assert_eq!(rule("FULLNAME")["line"], 10);
    assert_eq!((&rule("SMS")["brevo"], rule("SMS")["notes"].as_array().unwrap().len()), (&Value::Null, 1));
    assert_eq!((&rule("list:35")["brevo"], &rule("consent:email")["brevo"]), (&json!(true), &json!(false)));
    let text = desk.tajo(&["mapping", "try", &ada]).ended(0).out;
    assert!(text.contains("FULLNAME") && text.contains("e164"), "{text}");
    desk.tajo(&["mapping", "try", "stranger@mail.example"]).ended(2);
}

#[test]
fn a_person_is_subscribed_again_by_this_command_alone_and_a_sync_leaves_it_so() {
    let desk = office(ONE_WAY);
    let ada = desk.town.add_person("user", Some("ada@mail.example"), Some("Ada"));
    desk.town.unsubscribe_contact(&ada);
    sync(&desk);
    assert_eq!(brevo(&desk, "ada@mail.example")["emailBlacklisted"], true);
    let shown = told(&desk, &["consent", "show", "--email", "ada@mail.example", "--json"], 0);
    assert_eq!(shown["consent"]["subscribed"], false);
    let before = (writes(&desk), brevo(&desk, "ada@mail.example"));
    desk.tajo(&["consent", "resubscribe", "--email", "ada@mail.example"]).ended(2);
    assert_eq!(writes(&desk), before.0, "nobody without a yes");

    let done = told(&desk, &["consent", "resubscribe", "--email", "Ada@mail.example", "--yes", "--json"], 0);
    assert_eq!((&done["consent"]["subscribed"], &done["by"]), (&json!(true), &json!("margaret")));
    assert_eq!(writes(&desk), before.0 + 2, "one write each");
    let after = brevo(&desk, "ada@mail.example");
    assert_eq!(after["emailBlacklisted"], false);
    assert_eq!((&after["attributes"], &after["listIds"]), (&before.1["attributes"], &before.1["listIds"]), "nothing else");
    sync(&desk);
    sync(&desk);
    assert_eq!(brevo(&desk, "ada@mail.example")["emailBlacklisted"], false, "no sync carries the old opt-out over");
    let why = told(&desk, &["why", &ada, "consent:email", "--json"], 0);
    assert_eq!(why["people"][0]["fields"][0]["written"]["by"], "margaret", "{why:#}");
    desk.tajo(&["undo", "last", "--json"]).ended(0);
    assert_eq!(brevo(&desk, "ada@mail.example")["emailBlacklisted"], false, "consent is no field to be undone");
    desk.tajo(&["consent", "show", "--email", "stranger@mail.example"]).ended(2);
}

/// Files under a folder that hold a text, in any letters.
fn holding(folder: &Path, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        if path.is_dir() {
            found.extend(holding(&path, text));
        } else if String::from_utf8_lossy(&std::fs::read(&path).unwrap()).to_lowercase().contains(text) {
            found.push(path.display().to_string());
        }
    }
    found
}

#[test]
fn an_erased_person_is_gone_from_both_platforms_and_this_machine_and_does_not_come_back() {
    let desk = office(ONE_WAY);
    let (email, name) = ("zenobia@mail.example", "Zenobia Canary");
    let user = desk.town.add_person("user", Some("Zenobia@Mail.example"), Some(name));
    let lead = desk.town.add_person("lead", Some(email), Some(name));
    let ada = desk.town.add_person("user", Some("ada@mail.example"), Some("Ada"));
    let conversation = desk.town.add_conversation_of(&user);
    desk.town.reply(&conversation, "hello");
    sync(&desk);
    desk.town.rename_contact(&user, "Zenobia Canary the Second");
    desk.tajo(&["plan", "--json"]).ended(0);
    assert!(!holding(&desk.path("home"), email).is_empty());

    let before = writes(&desk);
    let ran = desk.tajo(&["erase", "--email", email]).ended(2);
    assert!(ran.out.contains(&format!("Intercom contact {lead}")) && ran.err.contains("TJ-STA-DESTRUCTIVE"), "{ran:?}");
    desk.tajo(&["erase", "--email", email, "--yes"]).ended(2);
    desk.tajo(&["erase", "--email", email, "--allow-destructive"]).ended(2);
    assert_eq!(writes(&desk), before, "nothing is erased without both");

    let args = ["erase", "--email", email, "--allow-destructive", "--yes", "--json"];
    let done = told(&desk, &args, 0);
    let receipt = &done["receipt"];
    assert_eq!(receipt["complete"], true, "{done:#}");
    assert_eq!(receipt["intercom"], json!({"contacts": 2, "deleted": 2, "gone_before": 0, "proven": 2}));
    assert_eq!(receipt["brevo"], json!({"contacts": 1, "deleted": 1, "gone_before": 0, "proven": 1}));
    assert_eq!((receipt["person"].as_str().unwrap().len(), &receipt["by"]), (64, &json!("margaret")));
    assert_eq!(desk.town.ids("contacts"), std::slice::from_ref(&ada));
    assert!(desk.town.brevo().contact_by_email(email).is_none());
    for text in [email, "zenobia canary", user.as_str(), lead.as_str()] {
        assert_eq!(holding(&desk.path("home"), text), [""; 0], "`{text}` is left on this machine");
    }
    let kept = std::fs::read_to_string(done["path"].as_str().unwrap()).unwrap();
    assert!(kept.contains(receipt["person"].as_str().unwrap()));

    desk.town.add_person("user", Some(email), Some("Somebody with that address"));
    sync(&desk);
    desk.tajo(&["connectors", "sync", "intercom", "--type", "full", "--yes", "--json"]).ended(0);
    assert!(desk.town.brevo().contact_by_email(email).is_none(), "no sync brings the person back");
    assert_eq!(told(&desk, &["why", email, "--json"], 0)["people"][0]["reason"], "erased");
    assert_eq!(fullname(&desk, "ada@mail.example"), "Ada", "nobody else was touched");
    told(&desk, &["verify", "--json"], 0);
    let again = told(&desk, &args, 0);
    assert_eq!(again["receipt"]["intercom"]["deleted"], 1);
}

#[test]
fn an_erasure_that_a_platform_refuses_says_so_and_is_finished_by_running_it_again() {
    let desk = office(ONE_WAY);
    let email = "zenobia@mail.example";
    desk.town.add_person("user", Some(email), Some("Zenobia"));
    sync(&desk);
    desk.town.brevo().faults().script("DELETE", "/contacts", 1, tajo_sim::BrevoFault::Unauthorized);
    let args = ["erase", "--email", email, "--allow-destructive", "--yes", "--json"];
    let half = told(&desk, &args, 6);
    assert_eq!((&half["receipt"]["complete"], &half["receipt"]["brevo"]["proven"]), (&json!(false), &json!(0)), "{half:#}");
    assert!(desk.town.brevo().contact_by_email(email).is_some());
    let whole = told(&desk, &args, 0);
    assert_eq!(whole["receipt"]["complete"], true, "{whole:#}");
    assert!(desk.town.brevo().contact_by_email(email).is_none());
}

#[test]
fn the_commands_of_the_help_page_are_there() {
    let desk = office(ONE_WAY);
    let help = desk.tajo(&["--help"]).ended(0).out;
    let listed =
        help.lines().filter_map(|line| line.strip_prefix("  ")).filter(|line| line.starts_with(|c: char| c.is_ascii_lowercase()));
    let mut seen = 0;
    for line in listed.take_while(|line| !line.starts_with("tajo ")) {
        let call = line.split("  ").next().unwrap();
        let words: Vec<&str> = call.split(' ').take_while(|word| word.chars().all(|c| c.is_ascii_lowercase())).collect();
        let mut args = words.clone();
        args.push("--help");
        assert!(desk.tajo(&args).ended(0).out.contains("Usage: tajo"), "{call}");
        seen += 1;
    }
    assert!(seen >= 24, "{seen}: {help}");
}
