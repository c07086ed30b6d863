//! Which rules a configuration gives.

use tajo_engine::pair::{Flow, Law, Winner};

use super::*;

fn keys(mapping: &Mapping) -> Vec<&str> {
    mapping.rules.iter().map(|rule| rule.key.as_str()).collect()
}

const FACTS: [&str; 14] = [
    "LAST_CONVERSATION_AT",
    "OPEN_CONVERSATIONS",
    "LAST_RATING",
    "LAST_CONVERSATION_TAGS",
    "FIRST_RESPONSE_MINUTES",
    "CONVERSATIONS",
    "LAST_REPLIED_AT",
    "LAST_CONTACTED_AT",
    "LAST_EMAIL_OPENED_AT",
    "LAST_EMAIL_CLICKED_AT",
    "LAST_CONVERSATION_CHANNEL",
    "MESSAGES",
    "FIN_LAST_RESOLUTION",
    "FIN_RATING",
];

#[test]
fn the_documented_configuration_gives_exactly_its_rules() {
    let mapping = mapping(&seeds());
    let mapped = [
        "consent:email",
        "email",
        "FULLNAME",
        "SMS",
        "SIGNUP_DATE",
        "LAST_ACTIVE",
        "UNSUBSCRIBED",
        "COMPANY_NAME",
        "COMPANY_PLAN",
        "COMPANY_SIZE",
        "PLAN_TIER",
        "FEATURE_USAGE",
    ];
    let expect: Vec<&str> = mapped.into_iter().chain(FACTS).chain(["list:35", "list:36", "list:37"]).collect();
    assert_eq!(keys(&mapping), expect);
    assert!(mapping.rules.iter().all(|rule| rule.flow == Flow::Right));
    for rule in &mapping.rules {
        let law = match rule.key.as_str() {
            "consent:email" => Law::Restrictive,
            key if key.starts_with("list:") => Law::Owned,
            _ => Law::Field,
        };
        assert_eq!(rule.law, law, "{}", rule.key);
        let lively = ["LAST_ACTIVE", "list:36"].contains(&rule.key.as_str()) || FACTS.contains(&rule.key.as_str());
        assert_eq!(rule.lively, lively, "{}", rule.key);
    }
    assert_eq!(mapping.lists, [35, 36, 37]);
    assert_eq!(mapping.keys()["SMS"], 3);
    assert!(mapping.idle.is_empty());
}

#[test]
fn without_a_field_mapping_the_defaults_hold() {
    let mapping = mapping("direction: bidirectional");
    let expect = [
        "consent:email",
        "email",
        "FIRSTNAME",
        "LASTNAME",
        "SMS",
        "ROLE",
        "COMPANY_NAME",
        "SIGNUP_DATE",
        "LAST_ACTIVE",
        "BETA",
        "FEATURE_USAGE",
        "PLAN_TIER",
        "RENEWS_AT",
        "SCORE",
    ];
    assert_eq!(keys(&mapping)[..expect.len()], expect);
    assert_eq!(keys(&mapping)[expect.len()..], FACTS);
    for (key, flow) in [
        ("consent:email", Flow::Both),
        ("email", Flow::Both),
        ("FIRSTNAME", Flow::Both),
        ("SMS", Flow::Both),
        ("PLAN_TIER", Flow::Both),
        ("ROLE", Flow::Right),
        ("COMPANY_NAME", Flow::Right),
        ("SIGNUP_DATE", Flow::Right),
        ("RENEWS_AT", Flow::Right),
        ("MESSAGES", Flow::Right),
    ] {
        assert_eq!(mapping.rules[mapping.keys()[key]].flow, flow, "{key}");
    }
}

#[test]
fn what_cannot_be_written_back_is_left_out_where_nothing_else_flows() {
    let text = "direction: brevo_to_intercom\nlists: {leads: 37}\ntags: {vip: {attribute: IS_VIP}}\nfield_mapping:\n  \
        name: FULLNAME\n  role: ROLE\n";
    let mapping = mapping(text);
    assert_eq!(keys(&mapping), ["consent:email", "email", "FULLNAME"]);
    assert!(mapping.rules.iter().all(|rule| rule.flow == Flow::Left));
    assert_eq!(
        mapping.idle.iter().map(|idle| (idle.from.as_str(), idle.place.line)).collect::<Vec<_>>(),
        [("role", 6), ("tag vip", 3), ("lists.leads", 2)]
    );
}

#[test]
fn fields_have_a_direction_and_a_winner_of_their_own() {
    let mapping = mapping(
        "direction: bidirectional\nfacts: off\nfield_mapping:\n  email: {to: email, conflict: brevo}\n  \
         name: {to: FULLNAME, direction: intercom_to_brevo, conflict: newest}\n  \
         phone: {to: SMS, direction: brevo_to_intercom, conflict: manual}\n  custom_attributes.score: SCORE\n",
    );
    let got: Vec<_> = mapping.rules.iter().map(|rule| (rule.key.as_str(), rule.flow, rule.winner)).collect();
    assert_eq!(
        got,
        [
            ("consent:email", Flow::Both, Winner::Left),
            ("email", Flow::Both, Winner::Right),
            ("FULLNAME", Flow::Right, Winner::Newest),
            ("SMS", Flow::Left, Winner::Ask),
            ("SCORE", Flow::Both, Winner::Left),
        ]
    );
    let mapping = super::mapping("direction: intercom_to_brevo\nfield_mapping: {name: {to: A, direction: brevo_to_intercom}}");
    assert!(!mapping.keys().contains_key("A"), "a field cannot open a direction that the connector closes");
    assert_eq!(mapping.idle.len(), 1);
}

#[test]
fn facts_are_chosen_and_yield_to_fields_of_the_same_name() {
    let none = mapping("field_mapping: {email: email}\nfacts: off");
    assert_eq!(keys(&none), ["consent:email", "email"]);
    let some = mapping("field_mapping: {last_replied_at: LAST_REPLIED_AT}\nfacts: [messenger]");
    assert_eq!(keys(&some)[..3], ["consent:email", "email", "LAST_REPLIED_AT"]);
    assert_eq!(keys(&some).len(), 8);
    let off = mapping("connectors: {intercom: {sync: {contacts: true}, field_mapping: {email: email}}}");
    assert_eq!(keys(&off), ["consent:email", "email"], "no conversations, no facts");
    let dates = mapping("connectors: {intercom: {sync: {contacts: true}, field_mapping: {email: email}, facts: messenger}}");
    assert_eq!(keys(&dates).len(), 6, "dates of the contact alone");
}

#[test]
fn tags_become_attributes_and_lists_and_share_lists_with_rules() {
    let mapping = mapping(
        "facts: off\nfield_mapping: {email: email}\nlists: {all_users: 40}\n\
         tags:\n  VIP: {list: 40, attribute: is_vip}\n  gold: {list: 9}\n",
    );
    assert_eq!(keys(&mapping), ["consent:email", "email", "IS_VIP", "list:9", "list:40"]);
    assert_eq!(mapping.rules[2].law, Law::Owned);
    assert_eq!(mapping.lists, [9, 40]);
}

#[test]
fn the_hash_follows_the_meaning_and_nothing_else() {
    let of = |text: &str| mapping(text).hash();
    let plain = of("facts: off\nfield_mapping:\n  name: FULLNAME\n  phone: SMS\nlists: {leads: 1, all_users: 2}\n");
    let turned =
        of("# a comment\nlists: {all_users: 2, leads: 1}\nfield_mapping:\n  phone: sms\n  name: FULLNAME # so\nfacts: off\n");
    assert_eq!(plain, turned);
    for other in [
        "facts: off\nfield_mapping:\n  name: FULLNAME\n  phone: SMS\nlists: {leads: 2, all_users: 1}\n",
        "facts: off\nfield_mapping:\n  name: FULLNAME\n  phone: SMS\nlists: {leads: 1}\n",
        "facts: off\nfield_mapping:\n  name: {to: FULLNAME, as: uppercase}\n  phone: SMS\nlists: {leads: 1, all_users: 2}\n",
        "facts: off\nfield_mapping:\n  name: {to: FULLNAME, conflict: brevo}\n  phone: SMS\nlists: {leads: 1, all_users: 2}\n",
        "facts: off\ndefault_country: DE\nfield_mapping:\n  name: FULLNAME\n  phone: SMS\nlists: {leads: 1, all_users: 2}\n",
        "facts: off\nno_email: ext_id\nfield_mapping:\n  name: FULLNAME\n  phone: SMS\nlists: {leads: 1, all_users: 2}\n",
        "facts: messenger\nfield_mapping:\n  name: FULLNAME\n  phone: SMS\nlists: {leads: 1, all_users: 2}\n",
        "facts: off\ndirection: bidirectional\nfield_mapping:\n  name: FULLNAME\n  phone: SMS\nlists: {leads: 1, all_users: 2}\n",
    ] {
        assert_ne!(plain, of(other), "{other}");
    }
}

#[test]
fn brakes_take_percents() {
    let brakes = mapping("direction: bidirectional\nbrakes: {changed_percent: 25, blanked_percent: 0.5}").brakes;
    assert_eq!((brakes.changed_share, brakes.blanked_share, brakes.changed_floor), (0.25, 0.005, 100));
}

#[test]
fn what_is_not_synced_has_no_rule_so_that_nothing_is_emptied() {
    let text = "connectors: {intercom: {sync: {contacts: true}}}\nfield_mapping:\n  email: email\n  tags: TAGS\n  company.name: COMPANY_NAME\n";
    let rules = ["consent:email", "email"];
    assert_eq!(keys(&mapping(text))[..2], rules);
    assert!(!keys(&mapping(text)).iter().any(|key| ["TAGS", "COMPANY_NAME"].contains(key)));
}

#[test]
fn an_attribute_that_a_tag_fills_is_left_to_it() {
    let mapping = mapping("tags: {chatty: {attribute: messages}}\nfield_mapping: {email: email}");
    let field = &mapping.fields[mapping.keys()["MESSAGES"]];
    assert!(matches!(&field.source, crate::pairs::mapping::Source::HasTag(tag) if tag == "chatty"), "{field:?}");
}

#[test]
fn a_phone_attribute_gets_international_numbers_whatever_is_said() {
    let mapping = mapping("default_country: DE\nfield_mapping: {phone: {to: SMS, as: trim}}");
    assert_eq!(left(&mapping, &contact(&mapping, json!({"phone": " 0176 1234567 "})), "SMS"), "+491761234567");
}
