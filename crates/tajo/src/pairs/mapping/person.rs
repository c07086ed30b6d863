//! One name in Intercom, two in Brevo.

/// The first word, and the rest. A name of one word, and one written without blanks, is a first name.
pub fn split(name: &str) -> (Option<String>, Option<String>) {
    let mut words = name.split_whitespace();
    let first = words.next().map(str::to_string);
    let rest = words.collect::<Vec<_>>().join(" ");
    (first, (!rest.is_empty()).then_some(rest))
}

/// Both parts of a name, each absent where it is empty.
pub type Parts<'a> = (Option<&'a str>, Option<&'a str>);

/// As [`split`], but divided as `known` divides it: wholly where its parts make up this very name, else after the first
/// name where the name still begins with it. The later ones of `known` come first for a name that changed.
pub fn split_as(name: &str, known: &[Parts<'_>]) -> (Option<String>, Option<String>) {
    let Some(name) = join(Some(name), None) else { return (None, None) };
    if let Some((first, last)) = known.iter().find(|(first, last)| join(*first, *last).as_ref() == Some(&name)) {
        return (join(*first, None), join(*last, None));
    }
    let begun = known.iter().rev().find_map(|(first, _)| {
        let first = join(*first, None)?;
        let rest = name.strip_prefix(&first)?.strip_prefix(' ')?.to_string();
        Some((Some(first), Some(rest)))
    });
    begun.unwrap_or_else(|| split(&name))
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

    #[test]
    fn a_name_that_was_divided_before_is_divided_so_again() {
        for (name, known, first, last) in [
            ("Mary Ann Smith", &[(Some("Mary Ann"), Some("Smith"))][..], Some("Mary Ann"), Some("Smith")),
            ("Mary Ann  Jones", &[(Some("Mary Ann"), Some("Smith"))], Some("Mary Ann"), Some("Jones")),
            ("Smith", &[(None, Some("Smith"))], None, Some("Smith")),
            (
                "Mary Ann Smith",
                &[(Some("Mary"), Some("Smith")), (Some("Mary Ann"), Some("Smith"))],
                Some("Mary Ann"),
                Some("Smith"),
            ),
            ("Mary Annabel", &[(Some("Mary Ann"), None)], Some("Mary"), Some("Annabel")),
            ("Eve", &[(Some("Mary Ann"), Some("Smith")), (None, None)], Some("Eve"), None),
            (" ", &[(Some("Mary"), None)], None, None),
        ] {
            let (got_first, got_last) = split_as(name, known);
            assert_eq!((got_first.as_deref(), got_last.as_deref()), (first, last), "{name}");
        }
    }
}
