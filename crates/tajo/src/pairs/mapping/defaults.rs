//! What is mapped where the configuration has no `field_mapping`.

use super::schema::LeftAttribute;
use crate::config::{Companies, Intercom};

/// Attributes that Brevo has by itself, and that identify contacts.
pub const IDENTIFIERS: [&str; 5] = ["EMAIL", "SMS", "WHATSAPP", "LANDLINE_NUMBER", "EXT_ID"];
/// Longest name of a Brevo attribute.
pub const NAME_CHARS_MAX: usize = 50;

/// Fields and their attributes, `email` left out.
const FIELDS: [(&str, &str); 7] = [
    ("first_name", "FIRSTNAME"),
    ("last_name", "LASTNAME"),
    ("phone", "SMS"),
    ("role", "ROLE"),
    ("company.name", "COMPANY_NAME"),
    ("signed_up_at", "SIGNUP_DATE"),
    ("last_seen_at", "LAST_ACTIVE"),
];

/// Fields and attributes by default; `taken` are the names of facts and tags.
pub fn fields(config: &Intercom, schema: &[LeftAttribute], taken: &[String]) -> Vec<(String, String)> {
    let companies = config.syncs("companies") && config.companies != Some(Companies::Off);
    let fields = FIELDS.iter().filter(|(from, _)| companies || !from.starts_with("company."));
    let mut found: Vec<(String, String)> = fields.map(|(from, to)| (from.to_string(), to.to_string())).collect();
    let mut live: Vec<&LeftAttribute> = schema.iter().filter(|attribute| !attribute.archived && !attribute.of_company).collect();
    // Whoever spells a name just like the attribute keeps it when two names meet.
    live.sort_by_key(|attribute| (upper_snake(&attribute.name).to_lowercase() != attribute.name, attribute.name.clone()));
    let start = found.len();
    for attribute in live {
        let mut name = upper_snake(&attribute.name);
        if name.is_empty() {
            continue;
        }
        let used = |found: &[(String, String)], name: &str| {
            IDENTIFIERS.contains(&name) || taken.iter().any(|t| t == name) || found.iter().any(|(_, to)| to == name)
        };
        if used(&found, &name) {
            name = cut(format!("CUSTOM_{name}"));
        }
        if used(&found, &name) {
            let mark = xxhash_rust::xxh3::xxh3_64(attribute.name.as_bytes()) & 0xffff;
            name = format!("{}_{mark:04X}", name.chars().take(NAME_CHARS_MAX - 5).collect::<String>());
        }
        found.push((format!("custom_attributes.{}", attribute.name), name));
    }
    found[start..].sort_unstable();
    found
}

fn cut(name: String) -> String {
    name.chars().take(NAME_CHARS_MAX).collect::<String>().trim_end_matches('_').to_string()
}

/// A name as a Brevo attribute: capitals, digits and `_`; `planTier` and `Plan tier` are PLAN_TIER. Empty where nothing of
/// the name can stand there.
pub fn upper_snake(name: &str) -> String {
    let mut out = String::new();
    let mut small_before = false;
    for c in name.chars() {
        let plain = plain(c);
        if plain.is_empty() {
            if !out.is_empty() && !out.ends_with('_') {
                out.push('_');
            }
        } else {
            if c.is_uppercase() && small_before {
                out.push('_');
            }
            out.push_str(&plain.to_ascii_uppercase());
        }
        small_before = c.is_lowercase() || c.is_ascii_digit();
    }
    let out = out.trim_matches('_');
    let out = if out.starts_with(|c: char| c.is_ascii_digit()) { format!("A_{out}") } else { out.to_string() };
    cut(out)
}

/// A letter or digit in ASCII; empty where there is none.
fn plain(c: char) -> String {
    match c {
        c if c.is_ascii_alphanumeric() => c.to_string(),
        'ä' | 'Ä' | 'æ' | 'Æ' => "ae".into(),
        'ö' | 'Ö' | 'ø' | 'Ø' | 'œ' | 'Œ' => "oe".into(),
        'ü' | 'Ü' => "ue".into(),
        'ß' => "ss".into(),
        'à'..='ã' | 'å' | 'À'..='Ã' | 'Å' => "a".into(),
        'ç' | 'Ç' => "c".into(),
        'è'..='ë' | 'È'..='Ë' => "e".into(),
        'ì'..='ï' | 'Ì'..='Ï' => "i".into(),
        'ñ' | 'Ñ' => "n".into(),
        'ò'..='õ' | 'Ò'..='Õ' => "o".into(),
        'ù'..='û' | 'Ù'..='Û' => "u".into(),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_names_of_attributes() {
        for (name, expect) in [
            ("plan_tier", "PLAN_TIER"),
            ("Plan tier", "PLAN_TIER"),
            ("planTier", "PLAN_TIER"),
            ("MRR", "MRR"),
            ("mrr (EUR)", "MRR_EUR"),
            ("Größe", "GROESSE"),
            ("2fa", "A_2FA"),
            ("__x__", "X"),
            ("日本", ""),
            ("", ""),
        ] {
            assert_eq!(upper_snake(name), expect, "{name}");
        }
        assert_eq!(upper_snake(&"x".repeat(80)).len(), NAME_CHARS_MAX);
    }

    #[test]
    fn names_that_meet_stay_apart() {
        let of = |name: &str| LeftAttribute { name: name.into(), ..LeftAttribute::default() };
        let schema =
            [of("Plan"), of("plan"), of("role"), of("sms"), of("messages"), LeftAttribute { archived: true, ..of("old") }];
        let found = fields(&Intercom::default(), &schema, &["MESSAGES".to_string()]);
        let to = |from: &str| found.iter().find(|(f, _)| f == from).map(|(_, to)| to.as_str());
        assert_eq!(to("custom_attributes.plan"), Some("PLAN"));
        assert_eq!(to("custom_attributes.Plan"), Some("CUSTOM_PLAN"));
        assert_eq!(to("custom_attributes.role"), Some("CUSTOM_ROLE"));
        assert_eq!(to("custom_attributes.sms"), Some("CUSTOM_SMS"));
        assert_eq!(to("custom_attributes.messages"), Some("CUSTOM_MESSAGES"));
        assert_eq!(to("custom_attributes.old"), None);
    }
}
