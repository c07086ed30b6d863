//! The mapping against both live schemas.

use super::*;
use crate::config::Level;
use crate::pairs::mapping::{Checked, RightAttribute};

fn right(attributes: &[(&str, &str)]) -> Vec<RightAttribute> {
    let of = |(name, kind): &(&str, &str)| RightAttribute {
        name: name.to_string(),
        category: if matches!(*kind, "category" | "calculated") { kind.to_string() } else { "normal".into() },
        kind: (!matches!(*kind, "category" | "calculated")).then(|| kind.to_string()),
        options: Vec::new(),
    };
    attributes.iter().map(of).collect()
}

fn told(checked: &Checked) -> Vec<String> {
    let one = |finding: &crate::config::Finding| {
        let level = if finding.level == Level::Error { "" } else { "warning " };
        format!("{level}{} {}:{}", finding.code.id.trim_start_matches("TJ-"), finding.place.line, finding.place.column)
    };
    checked.findings.iter().map(one).collect()
}

// Shows: T-054.
#[test]
fn every_misfit_is_found_with_its_place() {
    let text = "facts: off\nfield_mapping:\n  name: FULLNAME\n  custom_attributes.score: SCORE\n  signed_up_at: SIGNUP\n  \
        custom_attributes.plan_teir: PLAN\n  custom_attributes.old_plan: OLD\n  role: ROLE\n  custom_attributes.beta: BETA\n  \
        phone: SMS\n  custom_attributes.feature_usage: USAGE\nlists:\n  leads: 99\n  all_users: 35\n";
    let mapping = mapping(text);
    let there = right(&[
        ("FULLNAME", "float"),
        ("SCORE", "text"),
        ("SIGNUP", "date"),
        ("ROLE", "category"),
        ("BETA", "calculated"),
        ("USAGE", "boolean"),
    ]);
    let checked = mapping.check(&there, &schema(), &[35, 36]);
    assert_eq!(
        told(&checked),
        [
            "BRV-ATTR 3:3",
            "BRV-ATTR 4:3",
            "CFG-FIELD 6:3",
            "CFG-FIELD 7:3",
            "warning BRV-ATTR 8:3",
            "BRV-ATTR 9:3",
            "BRV-ATTR 11:3",
            "BRV-LIST 13:3",
        ]
    );
    let at = |line: usize| checked.findings.iter().find(|finding| finding.place.line == line).expect("found");
    assert_eq!(at(3).what, "`name` is text, but FULLNAME in Brevo is float");
    assert!(at(4).help.contains("as: text"), "{}", at(4).help);
    assert_eq!(at(6).cause, "did you mean `custom_attributes.plan_tier`?");
    assert!(at(7).what.contains("archived"));
    assert_eq!(at(13).cause, "its lists are 35, 36");
    let missing: Vec<_> = checked.missing.iter().map(|new| (new.name.as_str(), new.kind.as_str(), new.place.line)).collect();
    assert_eq!(missing, [("PLAN", "text", 6), ("OLD", "text", 7)]);
    assert_eq!(checked.unmapped, ["plan_tier", "renews_at"]);
    let refused = checked.refuse().expect_err("is refused");
    assert_eq!((refused.code().id, refused.noted("at")), ("TJ-BRV-ATTR", Some("line 3, column 3")));
    let shown = checked.findings(&Source::text("tajo.yml", text)).render(false);
    assert!(shown.contains("tajo.yml:13:3") && shown.contains("13 │   leads: 99"), "{shown}");
}

#[test]
fn missing_attributes_are_proposed_with_their_types() {
    let mapping = mapping(&seeds());
    let checked = mapping.check(&right(&[("SMS", "text"), ("FULLNAME", "text")]), &schema(), &[35, 36, 37]);
    assert!(checked.findings.is_empty() && checked.refuse().is_ok(), "{:?}", told(&checked));
    let missing: Vec<_> = checked.missing.iter().map(|new| (new.name.as_str(), new.kind.as_str())).collect();
    assert_eq!(
        missing[..7],
        [
            ("SIGNUP_DATE", "date"),
            ("LAST_ACTIVE", "date"),
            ("UNSUBSCRIBED", "boolean"),
            ("COMPANY_NAME", "text"),
            ("COMPANY_PLAN", "text"),
            ("COMPANY_SIZE", "float"),
            ("PLAN_TIER", "text"),
        ]
    );
    assert_eq!(checked.missing.len(), 8 + 14, "and the facts");
    assert_eq!(checked.missing[0].needed_by, "signed_up_at");
}

#[test]
fn accounts_in_other_languages_get_their_own_names_proposed() {
    let mapping = mapping("direction: intercom_to_brevo");
    for (names, expect) in [
        (["PRENOM", "NOM"], "map `first_name: PRENOM` and `last_name: NOM`"),
        (["VORNAME", "NACHNAME"], "map `first_name: VORNAME` and `last_name: NACHNAME`"),
    ] {
        let checked = mapping.check(&right(&names.map(|name| (name, "text"))), &schema(), &[]);
        let [finding] = checked.findings.as_slice() else { panic!("{:?}", told(&checked)) };
        assert_eq!(finding.help, expect);
        assert_eq!(checked.warnings().len(), 1);
    }
    let english = right(&[("FIRSTNAME", "text"), ("LASTNAME", "text"), ("PRENOM", "text"), ("NOM", "text")]);
    assert!(mapping.check(&english, &schema(), &[]).findings.is_empty());
    let french = super::mapping("field_mapping: {first_name: PRENOM, last_name: NOM}\nfacts: off");
    assert!(french.check(&right(&[("PRENOM", "text"), ("NOM", "text")]), &schema(), &[]).findings.is_empty());
}

#[test]
fn names_that_brevo_does_not_take_and_lines_without_effect_are_said() {
    let text = "facts: off\nno_email: ext_id\ndirection: brevo_to_intercom\nfield_mapping:\n  name: GRÖSSE\n  role: ROLE\n";
    let one_way = mapping(text).check(&[], &schema(), &[]);
    assert_eq!(told(&one_way), ["warning BRV-ATTR 5:3", "warning CFG-VALUE 6:3"]);
    let text = "facts: off\nno_email: ext_id\nfield_mapping:\n  name: GRÖSSE\n  external_id: EXT_ID\n";
    let other = mapping(text).check(&[], &schema(), &[]);
    assert_eq!(told(&other), ["BRV-ATTR 4:3", "BRV-ATTR 5:3"]);
}
