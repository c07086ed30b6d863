//! One name in Intercom, two in Brevo.

/// The first word, and the rest. A name of one word, and one written without blanks, is a first name.
pub fn split(name: &str) -> (Option<String>, Option<String>) {
    let mut words = name.split_whitespace();
    let first = words.next().map(str::to_string);
    let rest = words.collect::<Vec<_>>().join(" ");
    (first, (!rest.is_empty()).then_some(rest))
}

/// Both parts as one name; nothing where both are empty.
pub fn join(first: Option<&str>, last: Option<&str>) -> Option<String> {
    let parts: Vec<&str> = [first, last].into_iter().flatten().flat_map(str::split_whitespace).collect();
    (!parts.is_empty()).then(|| parts.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    // Shows: T-046.
    #[test]
    fn names_are_split_after_the_first_word_and_joined_again() {
        for (name, first, last) in [
            ("Ada Lovelace", Some("Ada"), Some("Lovelace")),
            ("Cher", Some("Cher"), None),
            ("Juan de la Cruz", Some("Juan"), Some("de la Cruz")),
            ("", None, None),
            ("   ", None, None),
            ("山田太郎", Some("山田太郎"), None),
            ("  Ada   Byron  King ", Some("Ada"), Some("Byron King")),
        ] {
            let (got_first, got_last) = split(name);
            assert_eq!((got_first.as_deref(), got_last.as_deref()), (first, last), "{name}");
            let again = name.split_whitespace().collect::<Vec<_>>().join(" ");
            assert_eq!(join(first, last).unwrap_or_default(), again);
        }
        assert_eq!(join(None, Some("Lovelace")).as_deref(), Some("Lovelace"));
    }
}
