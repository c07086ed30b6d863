//! Every named conversion.

use super::*;

#[test]
fn conversions_do_what_their_names_say() {
    let table: &[(&str, Value, Value, Option<&str>)] = &[
        ("as: lowercase", json!("Ada BYRON"), json!("ada byron"), None),
        ("as: uppercase", json!("Größe"), json!("GRÖSSE"), None),
        ("as: trim", json!("  Ada "), json!("Ada"), None),
        ("as: text", json!(7), json!("7"), None),
        ("as: text", json!(true), json!("true"), None),
        ("as: number", json!(" 12 "), json!(12), None),
        ("as: number", json!("1.5"), json!(1.5), None),
        ("as: number", json!(true), json!(1), None),
        ("as: number", json!("NaN"), json!(null), Some("not_a_number")),
        ("as: boolean", json!("Yes"), json!(true), None),
        ("as: boolean", json!(0), json!(false), None),
        ("as: boolean", json!("perhaps"), json!(null), Some("not_a_boolean")),
        ("as: date", json!(1_795_170_600), json!("2026-11-20"), None),
        ("as: date", json!("1795170600"), json!("2026-11-20"), None),
        ("as: date", json!("2026-11-20T23:30:00-02:00"), json!("2026-11-21"), None),
        ("as: date", json!("2026-11-20"), json!("2026-11-20"), None),
        ("as: date", json!("20261120"), json!("2026-11-20"), None),
        ("as: date", json!("2026"), json!(null), Some("not_a_date")),
        ("as: date", json!("soon"), json!(null), Some("not_a_date")),
        ("as: e164", json!("0176 1234567"), json!("+491761234567"), None),
        ("as: e164", json!("+44 20 7946 0123"), json!("+442079460123"), None),
        ("as: e164", json!("12"), json!(null), Some("phone_invalid")),
        ("as: first", json!(["b", "a"]), json!("b"), None),
        ("as: first", json!("b, a"), json!("b"), None),
        ("{as: first, separator: \" \"}", json!("Ada Byron"), json!("Ada"), None),
        ("as: first", json!([]), json!(null), None),
        ("as: join", json!(["b", "a", 1]), json!("b, a, 1"), None),
        ("{as: join, separator: ;}", json!(["b", "a"]), json!("b;a"), None),
        ("values: {free: Free plan, pro: Paid plan}", json!("Pro"), json!("Paid plan"), None),
        ("values: {free: Free plan, pro: 7}", json!("pro"), json!("7"), None),
        ("{as: map, values: {free: false, pro: true}}", json!("pro"), json!(true), None),
        ("values: {free: 0, pro: 49.5}", json!("pro"), json!(49.5), None),
        ("values: {free: 0}", json!("team"), json!(null), Some("not_in_values")),
        ("as: text", json!("   "), json!(null), None),
        ("as: number", json!(null), json!(null), None),
        ("", json!(["b", "a"]), json!("b, a"), None),
        ("", json!({"a": 1}), json!("{\"a\":1}"), None),
    ];
    for (said, from, to, code) in table {
        let said = said.trim_matches(['{', '}']).replace("values: free", "values: {free");
        let said = if said.contains("values: {") && !said.ends_with('}') { format!("{said}}}") } else { said };
        let comma = if said.is_empty() { "" } else { ", " };
        let text =
            format!("default_country: DE\nfacts: off\nfield_mapping:\n  custom_attributes.plan_tier: {{to: X{comma}{said}}}\n");
        let mapping = mapping(&text);
        let projected = mapping.left(&contact(&mapping, json!({"custom_attributes": {"plan_tier": from}})));
        assert_eq!(value(&mapping, &projected.values, "X"), *to, "{said} of {from}");
        assert_eq!(projected.notes.first().map(|note| note.code), *code, "{said} of {from}");
    }
}

// Shows: T-050, T-051.
#[test]
fn moments_become_days_by_themselves_and_keep_their_time_as_text_or_number() {
    for (said, expect) in [
        ("SIGNUP", json!("2026-11-20")),
        ("{to: SIGNUP, as: text}", json!("2026-11-20T10:30:00Z")),
        ("{to: SIGNUP, as: number}", json!(1_795_170_600)),
    ] {
        let mapping = mapping(&format!("facts: off\nfield_mapping: {{signed_up_at: {said}}}"));
        // The mirror shows a text, the API a number.
        for record in [json!({"signed_up_at": 1_795_170_600}), json!({"signed_up_at": "2026-11-20T10:30:00Z"})] {
            assert_eq!(left(&mapping, &contact(&mapping, record.clone()), "SIGNUP"), expect, "{said} of {record}");
        }
    }
}

#[test]
fn texts_are_cut_between_characters() {
    let mapping = mapping("facts: off\nfield_mapping: {name: FULLNAME}");
    let of = |name: String| left(&mapping, &contact(&mapping, json!({"name": name})), "FULLNAME");
    assert_eq!(of("é".repeat(255)).as_str().map(|text| text.chars().count()), Some(255));
    assert_eq!(of("é".repeat(256)).as_str().map(|text| text.chars().count()), Some(255));
}
