//! A finding for the eye: sentence, place, the line with a caret under it, help.

use std::fmt::Write;

use super::finding::{Finding, Level, Place};

/// Longer lines are cut around the caret.
const LINE_CHARS_MAX: usize = 120;

/// The finding as text. The excerpt is masked already.
pub(super) fn render(path: &str, finding: &Finding, colour: bool) -> String {
    let paint = |code: &str, text: String| if colour { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text };
    let tone = if finding.level == Level::Error { "1;31" } else { "1;33" };
    let places = [Some(finding.place), finding.other];
    let gutter = places.iter().flatten().map(|p| p.line.to_string().len()).max().unwrap_or(1);
    let blank = " ".repeat(gutter);

    let mut out = paint(tone, format!("{}[{}]", finding.level.name(), finding.code.id));
    let _ = writeln!(out, ": {}", finding.what);
    let mut excerpt = |place: Place, text: &str, cause: &str| {
        let _ = writeln!(out, "{blank} ┌─ {path}:{}:{}", place.line, place.column);
        if !text.trim().is_empty() {
            let (text, column) = window(text, place.column);
            let room = (text.chars().count() + 1).saturating_sub(column).max(1);
            let carets = paint(tone, "^".repeat(place.width.clamp(1, room)));
            let _ = writeln!(out, "{:>gutter$} │ {text}", place.line);
            let _ = writeln!(out, "{blank} │ {}{carets} {cause}", " ".repeat(column - 1));
        } else if !cause.is_empty() {
            let _ = writeln!(out, "{blank} │ {cause}");
        }
    };
    excerpt(finding.place, &finding.excerpt, &finding.cause);
    if let Some(other) = finding.other {
        excerpt(other, &finding.other_excerpt, "here");
    }
    let _ = writeln!(out, "{blank} = help: {}", finding.remedy());
    out.lines().map(|line| line.trim_end().to_string() + "\n").collect()
}

/// The part of a long line around that column, and the column within it. Tabs count one.
fn window(text: &str, column: usize) -> (String, usize) {
    let text = text.replace('\t', " ");
    let total = text.chars().count();
    let column = column.clamp(1, total + 1);
    if total <= LINE_CHARS_MAX {
        return (text, column);
    }
    let from = (column - 1).saturating_sub(LINE_CHARS_MAX / 3).min(total - LINE_CHARS_MAX);
    let cut: String = text.chars().skip(from).take(LINE_CHARS_MAX).collect();
    (cut, column - from)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tajo_core::codes;

    #[test]
    fn a_long_line_is_cut_around_the_caret() {
        let line = format!("{}X{}", "a".repeat(300), "b".repeat(300));
        let (cut, column) = window(&line, 301);
        assert_eq!(cut.chars().nth(column - 1), Some('X'));
        assert_eq!(cut.chars().count(), LINE_CHARS_MAX);
    }

    #[test]
    fn a_place_beyond_the_text_is_shown_without_it() {
        let finding = Finding::error(&codes::CFG_SYNTAX, Place { line: 12, column: 1, width: 0 }, "Nothing here").cause("why");
        assert_eq!(
            render("t.yml", &finding, false),
            "error[TJ-CFG-SYNTAX]: Nothing here\n   ┌─ t.yml:12:1\n   │ why\n   = help: Mend the marked line; `tajo init` writes a complete example.\n"
        );
    }
}
