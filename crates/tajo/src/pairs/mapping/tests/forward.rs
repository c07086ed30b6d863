//! From Intercom to shared terms, and from Brevo to shared terms.

use super::*;
use crate::pairs::left::{Company, Facts};

// Shows: T-056, T-058, T-059.
#[test]
fn a_contact_in_the_words_of_the_documented_mapping() {
    let mapping = mapping(&seeds());
    let mut ada = contact(&mapping, ada());
    ada.company = Some(Company {
        fields: mapping
            .wanted
            .company
            .iter()
            .map(|wish| match wish.column.as_str() {
                "name" => json!("Analytical Engines"),
                "plan_name" => json!("Scale"),
                "size" => json!(12),
                other => panic!("{other}"),
            })
            .collect(),
        ..Company::default()
    });
    for (key, expect) in [
        ("consent:email", json!(false)),
        ("email", json!("ada@mail.example")),
        ("FULLNAME", json!("Ada Lovelace")),
        ("SMS", json!("+491761234567")),
        ("SIGNUP_DATE", json!("2026-11-20")),
        ("LAST_ACTIVE", json!("2026-11-20")),
        ("UNSUBSCRIBED", json!(false)),
        ("COMPANY_NAME", json!("Analytical Engines")),
        ("COMPANY_PLAN", json!("Scale")),
        ("COMPANY_SIZE", json!(12)),
        ("PLAN_TIER", json!("pro")),
        ("FEATURE_USAGE", json!(7)),
        ("LAST_CONVERSATION_AT", json!(null)),
        ("list:35", json!(true)),
        ("list:36", json!(null)),
        ("list:37", json!(false)),
    ] {
        assert_eq!(left(&mapping, &ada, key), expect, "{key}");
    }
    assert!(mapping.left(&ada).notes.is_empty());
}

// Shows: T-046, T-048.
#[test]
fn by_default_names_are_split_and_an_unknown_role_passes_through() {
    let mapping = mapping("direction: bidirectional");
    let of = |record: Value, key: &str| left(&mapping, &contact(&mapping, record), key);
    assert_eq!(of(json!({"name": "Juan de la Cruz"}), "FIRSTNAME"), "Juan");
    assert_eq!(of(json!({"name": "Juan de la Cruz"}), "LASTNAME"), "de la Cruz");
    assert_eq!(of(json!({"name": "Cher"}), "LASTNAME"), Value::Null);
    assert_eq!(of(json!({"name": ""}), "FIRSTNAME"), Value::Null);
    assert_eq!(of(json!({"role": "visitor"}), "ROLE"), "visitor");
    assert_eq!(of(ada(), "RENEWS_AT"), "2026-11-20");
    assert_eq!(of(ada(), "BETA"), true);
    let explicit = super::mapping("field_mapping: {name: FULLNAME}");
    assert!(!explicit.keys().contains_key("FIRSTNAME"), "the explicit mapping wins");
}

#[test]
fn an_opt_out_is_an_attribute_and_goes_the_way_of_consent_as_well() {
    let mapping = mapping(&seeds());
    let mut record = ada();
    record["unsubscribed_from_emails"] = json!(true);
    let out = contact(&mapping, record);
    let changes: Vec<(usize, Value)> = mapping.left(&out).values.into_iter().enumerate().collect();
    let patch = mapping.to_brevo(&changes);
    assert!(patch.opt_out);
    assert_eq!(patch.attributes["UNSUBSCRIBED"], json!(true));
    let back: Vec<(usize, Value)> = mapping.left(&contact(&mapping, ada())).values.into_iter().enumerate().collect();
    assert!(!mapping.to_brevo(&back).opt_out, "false is not an opt-in: the patch cannot even say so");
}

#[test]
fn facts_are_null_without_a_conversation_and_counted_with_one() {
    let mapping = mapping(&seeds());
    let mut ada = contact(&mapping, ada());
    ada.facts = Some(Facts::default());
    for key in ["CONVERSATIONS", "OPEN_CONVERSATIONS", "LAST_RATING", "MESSAGES", "LAST_CONVERSATION_TAGS"] {
        assert_eq!(left(&mapping, &ada, key), Value::Null, "{key}");
    }
    assert_eq!(left(&mapping, &ada, "list:36"), false);
    ada.facts = Some(Facts {
        conversations: 2,
        open: 0,
        last_at: Some(1_795_170_600),
        last_channel: Some("customer_initiated".into()),
        last_tags: vec!["billing".into(), "bug".into()],
        last_rating: Some(4),
        first_response: Some(95),
        messages: Some(9),
        fin_resolution: Some("assumed_resolution".into()),
        fin_rating: Some(5),
    });
    for (key, expect) in [
        ("LAST_CONVERSATION_AT", json!("2026-11-20")),
        ("OPEN_CONVERSATIONS", json!(0)),
        ("LAST_RATING", json!(4)),
        ("LAST_CONVERSATION_TAGS", json!("billing,bug")),
        ("FIRST_RESPONSE_MINUTES", json!(2)),
        ("CONVERSATIONS", json!(2)),
        ("LAST_CONVERSATION_CHANNEL", json!("customer_initiated")),
        ("MESSAGES", json!(9)),
        ("FIN_LAST_RESOLUTION", json!("assumed_resolution")),
        ("FIN_RATING", json!(5)),
        ("list:36", json!(false)),
    ] {
        assert_eq!(left(&mapping, &ada, key), expect, "{key}");
    }
    if let Some(facts) = &mut ada.facts {
        facts.open = 1;
    }
    assert_eq!(left(&mapping, &ada, "list:36"), true);
}

#[test]
fn leads_belong_to_their_list_while_they_can_be_identified() {
    let text = "facts: off\nfield_mapping: {email: email}\nlists: {leads: 37, all_users: 35}\n";
    let (skip, ext_id) = (mapping(text), mapping(&format!("{text}no_email: ext_id\n")));
    let lead = |mapping: &Mapping, email: Option<&str>| contact(mapping, json!({"id": "6a02", "role": "lead", "email": email}));
    assert_eq!(left(&skip, &lead(&skip, Some("eve@mail.example")), "list:37"), true);
    assert_eq!(left(&skip, &lead(&skip, None), "list:37"), false);
    assert_eq!(left(&ext_id, &lead(&ext_id, None), "list:37"), true);
    assert_eq!(left(&skip, &lead(&skip, Some("eve@mail.example")), "list:35"), false);
    assert_eq!(left(&skip, &contact(&skip, json!({"role": "user"})), "list:37"), false, "a lead that became a user leaves");
}

#[test]
fn tags_decide_by_name_in_any_case_and_say_nothing_where_they_are_unknown() {
    let text = "facts: off\nfield_mapping: {tags: TAGS}\ntags:\n  VIP: {attribute: IS_VIP, list: 40}\n  gold: {list: 40}\n";
    let mapping = mapping(text);
    let tagged = |tags: Option<&[&str]>| Left {
        tags: tags.map(|tags| tags.iter().map(|tag| tag.to_string()).collect()),
        ..contact(&mapping, ada())
    };
    for (tags, names, vip, list) in [
        (Some(&["vip"][..]), json!("vip"), json!(true), json!(true)),
        (Some(&["Gold", "beta"]), json!("Gold, beta"), json!(false), json!(true)),
        (Some(&[]), json!(null), json!(false), json!(false)),
        (None, json!(null), json!(null), json!(null)),
    ] {
        let contact = tagged(tags);
        let got = ["TAGS", "IS_VIP", "list:40"].map(|key| left(&mapping, &contact, key));
        assert_eq!(got, [names, vip, list], "{tags:?}");
    }
    let off = super::mapping(
        "connectors: {intercom: {sync: {contacts: true}, tags: {vip: {list: 40}}, field_mapping: {email: email}}}",
    );
    assert_eq!(left(&off, &tagged(Some(&["vip"])), "list:40"), Value::Null, "tags that are not synced decide nothing");
}

#[test]
fn what_did_not_come_through_is_noted_without_its_value() {
    let mapping = mapping(
        "facts: off\nfield_mapping:\n  phone: SMS\n  name: FULLNAME\n  custom_attributes.score: {to: SCORE, as: number}\n",
    );
    let record = json!({
        "email": "no address", "phone": "0176 1234567", "name": "x".repeat(300), "custom_attributes": {"score": "many"},
    });
    let projected = mapping.left(&contact(&mapping, record));
    let notes: Vec<(&str, &str)> = projected.notes.iter().map(|note| (note.field.as_str(), note.code)).collect();
    assert_eq!(notes, [("email", "email_invalid"), ("SMS", "phone_invalid"), ("FULLNAME", "cut"), ("SCORE", "not_a_number")]);
    assert!(projected.notes.iter().all(|note| !note.said.contains("0176") && !note.said.contains("many")));
    assert_eq!(value(&mapping, &projected.values, "FULLNAME").as_str().map(str::len), Some(255));
    assert_eq!(value(&mapping, &projected.values, "email"), Value::Null);
}

#[test]
fn a_contact_of_brevo_in_shared_terms() {
    let mapping = mapping(&(seeds() + "tags: {vip: {attribute: IS_VIP}}\n"));
    let body = json!({
        "email": "Ada@mail.example", "emailBlacklisted": true, "listIds": [37, 35],
        "attributes": {
            "FULLNAME": "Ada Lovelace", "SMS": "491761234567", "SIGNUP_DATE": "2026-11-20", "LAST_ACTIVE": "2026-11-20T00:00:00Z",
            "UNSUBSCRIBED": "yes", "COMPANY_NAME": "", "COMPANY_PLAN": 5, "COMPANY_SIZE": "12", "IS_VIP": true,
        },
    });
    let right = mapping.right(&body, None);
    for (key, expect) in [
        ("consent:email", json!(true)),
        ("email", json!("ada@mail.example")),
        ("FULLNAME", json!("Ada Lovelace")),
        ("SMS", json!("+491761234567")),
        ("SIGNUP_DATE", json!("2026-11-20")),
        ("LAST_ACTIVE", json!("2026-11-20")),
        ("UNSUBSCRIBED", json!(true)),
        ("COMPANY_NAME", json!(null)),
        ("COMPANY_PLAN", json!("5")),
        ("COMPANY_SIZE", json!(12.0)),
        ("PLAN_TIER", json!(null)),
        ("IS_VIP", json!(true)),
        ("list:35", json!(true)),
        ("list:36", json!(false)),
        ("list:37", json!(true)),
    ] {
        assert_eq!(value(&mapping, &right, key), expect, "{key}");
    }
    assert_eq!(value(&mapping, &mapping.right(&body, Some("eve@mail.example")), "email"), "eve@mail.example");
}
