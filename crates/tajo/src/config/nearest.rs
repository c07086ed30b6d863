//! Did you mean: the few known names closest to a misspelt one.

/// At most this many suggestions.
const SUGGESTIONS_MAX: usize = 3;
/// Longer words are no misspellings of ours, and comparing them costs.
const WORD_CHARS_MAX: usize = 64;

/// Up to three of `known` that are close to `word`, closest first; empty if none is.
pub fn nearest<'k>(word: &str, known: &[&'k str]) -> Vec<&'k str> {
    let word: Vec<char> = word.to_lowercase().replace(['-', ' '], "_").chars().take(WORD_CHARS_MAX).collect();
    let mut close: Vec<(usize, &str)> = Vec::new();
    for name in known {
        let letters: Vec<char> = name.to_lowercase().chars().collect();
        let longest = word.len().max(letters.len()).max(1);
        let away = distance(&word, &letters);
        // Similarity above one half, and one slip in a word of two or three letters.
        if away * 2 < longest || (longest <= 3 && away == 1) {
            close.push((away * 1000 / longest, name));
        }
    }
    close.sort();
    close.truncate(SUGGESTIONS_MAX);
    close.into_iter().map(|(_, name)| name).collect()
}

/// Insertions, deletions, replacements and swaps of neighbours.
fn distance(a: &[char], b: &[char]) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i; b.len() + 1];
        for j in 1..=b.len() {
            let change = usize::from(a[i - 1] != b[j - 1]);
            row[j] = (last[j] + 1).min(row[j - 1] + 1).min(last[j - 1] + change);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                row[j] = row[j].min(before[j - 2] + 1);
            }
        }
        before = std::mem::replace(&mut last, row);
    }
    last.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn close_names_are_suggested_and_far_ones_are_not() {
        let known = ["contacts", "companies", "conversations", "conversation_parts", "tags"];
        assert_eq!(nearest("contact", &known), ["contacts"]);
        assert_eq!(nearest("contcats", &known), ["contacts"]);
        assert_eq!(nearest("conversation-parts", &known).first(), Some(&"conversation_parts"));
        assert_eq!(nearest("tag", &known), ["tags"]);
        assert!(nearest("invoices", &known).is_empty());
        assert_eq!(nearest("uk", &["us", "eu", "au"]).len(), 1);
    }
}
