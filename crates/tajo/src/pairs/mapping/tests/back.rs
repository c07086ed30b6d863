//! What is written to either platform.

use super::*;

fn changes(mapping: &Mapping, of: &[(&str, Value)]) -> Vec<(usize, Value)> {
    of.iter().map(|(key, value)| (mapping.keys()[*key], value.clone())).collect()
}

#[test]
fn a_patch_for_brevo_clears_moves_and_never_opts_in() {
    let mapping = mapping(&seeds());
    let patch = mapping.to_brevo(&changes(
        &mapping,
        &[
            ("consent:email", json!(true)),
            ("email", json!("ada@mail.example")),
            ("FULLNAME", json!(null)),
            ("COMPANY_SIZE", json!(null)),
            ("SIGNUP_DATE", json!("2026-11-20")),
            ("list:35", json!(true)),
            ("list:37", json!(false)),
        ],
    ));
    assert!(patch.opt_out);
    assert_eq!(patch.email, Some(Some("ada@mail.example".into())));
    assert_eq!((patch.lists_add, patch.lists_remove), (vec![35], vec![37]));
    let attributes = json!({"FULLNAME": "", "COMPANY_SIZE": null, "SIGNUP_DATE": "2026-11-20"});
    assert_eq!(Value::from(patch.attributes), attributes);
    let none = mapping.to_brevo(&changes(&mapping, &[("consent:email", json!(false)), ("email", json!(null))]));
    assert_eq!((none.opt_out, none.email), (false, Some(None)));
}

#[test]
fn both_parts_of_a_name_become_one_again() {
    let mapping = mapping("direction: bidirectional\nfacts: off");
    let ada = contact(&mapping, ada());
    let name =
        |of: &[(&str, Value)]| mapping.to_intercom(&changes(&mapping, of), &ada, &mapping.left(&ada).values)["name"].clone();
    assert_eq!(name(&[("FIRSTNAME", json!("Augusta"))]), "Augusta Lovelace");
    assert_eq!(name(&[("LASTNAME", json!("Byron King"))]), "Ada Byron King");
    assert_eq!(name(&[("FIRSTNAME", json!("Cher")), ("LASTNAME", json!(null))]), "Cher");
    assert_eq!(name(&[("FIRSTNAME", json!(null)), ("LASTNAME", json!(null))]), Value::Null);
}

#[test]
fn a_patch_for_intercom_has_writable_fields_alone_in_their_types() {
    let text = "direction: bidirectional\nfield_mapping:\n  name: FULLNAME\n  phone: SMS\n  role: ROLE\n  \
        custom_attributes.plan_tier: {to: PLAN, values: {pro: Paid, free: Free}}\n  custom_attributes.feature_usage: USAGE\n  \
        custom_attributes.beta: BETA\n  custom_attributes.score: SCORE\n  custom_attributes.renews_at: RENEWS\n";
    let mapping = mapping(text);
    let body = mapping.to_intercom(
        &changes(
            &mapping,
            &[
                ("consent:email", json!(true)),
                ("email", json!("ada@mail.example")),
                ("FULLNAME", json!("Ada Byron")),
                ("SMS", json!(null)),
                ("ROLE", json!("user")),
                ("PLAN", json!("Paid")),
                ("USAGE", json!(7.0)),
                ("BETA", json!(false)),
                ("SCORE", json!(1.5)),
                ("RENEWS", json!("2026-11-20")),
            ],
        ),
        &contact(&mapping, ada()),
        &[],
    );
    assert_eq!(
        Value::from(body),
        json!({
            "unsubscribed_from_emails": true, "email": "ada@mail.example", "name": "Ada Byron", "phone": null,
            "custom_attributes": {"plan_tier": "pro", "feature_usage": 7, "beta": false, "score": 1.5},
        })
    );
    let none = mapping.to_intercom(&changes(&mapping, &[("consent:email", json!(false))]), &Left::default(), &[]);
    assert!(none.is_empty(), "nobody is subscribed again");
}

#[test]
fn values_go_back_in_the_type_of_their_attribute() {
    let text = "direction: bidirectional\nfield_mapping:\n  custom_attributes.beta: {to: BETA, as: text}\n  \
        custom_attributes.feature_usage: {to: USAGE, as: boolean}\n  custom_attributes.plan_tier: {to: PLAN, as: number}\n";
    let mapping = mapping(text);
    let body = mapping.to_intercom(
        &changes(&mapping, &[("BETA", json!("false")), ("USAGE", json!(true)), ("PLAN", json!(7))]),
        &Left::default(),
        &[],
    );
    assert_eq!(Value::from(body), json!({"custom_attributes": {"beta": false, "feature_usage": 1, "plan_tier": "7"}}));
}

#[test]
fn numbers_that_people_typed_as_text_are_read_as_intercoms_own_are() {
    let mapping = mapping("direction: bidirectional\ndefault_country: DE\nfield_mapping:\n  phone: {to: OFFICE, as: e164}\n");
    let field = &mapping.fields[mapping.keys()["OFFICE"]];
    for (typed, number, goes) in [
        ("0176 1234567", "+491761234567", true),
        ("491761234567", "+491761234567", true),
        ("+33 1 23456789", "+33123456789", true),
        ("ask Ada", "ask Ada", false),
    ] {
        let shown = value(&mapping, &mapping.right(&json!({"attributes": {"OFFICE": typed}}), None), "OFFICE");
        assert_eq!((shown.clone(), field.takes_back(&shown)), (json!(number), goes), "{typed}");
    }
}

#[test]
fn what_is_written_comes_back_as_it_was_meant() {
    let mapping = mapping("direction: bidirectional\nfacts: off");
    let ada = contact(&mapping, ada());
    let there = mapping.left(&ada).values;
    let patch = mapping.to_brevo(&there.iter().cloned().enumerate().collect::<Vec<_>>());
    let body = json!({"email": patch.email.flatten(), "attributes": patch.attributes, "listIds": patch.lists_add});
    assert_eq!(mapping.right(&body, None), there);
}
