//! The canonical layout of a configuration: two spaces a level, no trailing blanks, one empty line at most.
//!
//! Only blanks and line ends change, line by line, so whatever a tree would not hold survives: comments, quotes, order.
//! And it is proven each time, not assumed: see [`laid_out`].

use tajo_core::codes;

use super::finding::{Finding, Findings, Place, Report};
use super::lines::{Header, Open, dashed, scan};
use super::source::Source;
use super::tree::{self, Node, Shape};

/// Spaces a level.
const STEP: usize = 2;

/// The text in its canonical layout.
///
/// Refuses, with the position, a text that is not YAML or has a key twice, and a text of which the layout would say anything
/// else: the tree, the list of comments, and all that is no blank must be the same before and after.
pub fn laid_out(source: &Source) -> Result<String, Findings> {
    let mut report = Report::new(source);
    let before = tree::parse(&source.text, &mut report);
    let findings = report.into_findings();
    let Some(before) = before.filter(|_| findings.errors() == 0) else { return Err(findings) };
    let (text, comments) = Walk::over(&source.text);
    match differs(&before, &source.text, &comments, &text) {
        None => Ok(text),
        Some(place) => {
            let what = "This file cannot be laid out without changing what it says";
            let finding = Finding::error(&codes::CFG_SYNTAX, place, what)
                .cause("from here on")
                .help("lay it out by hand; nothing was written");
            Err(Findings::of(source, vec![finding]))
        }
    }
}

/// Where the new text says anything else than the old one; nothing if it does not.
fn differs(before: &Node, old: &str, comments: &[&str], new: &str) -> Option<Place> {
    let at = |line: usize| Place { line, column: 1, width: 1 };
    let source = Source::text("", new);
    let mut report = Report::new(&source);
    let Some(after) = tree::parse(new, &mut report) else { return Some(at(1)) };
    if report.into_findings().errors() > 0 {
        return Some(at(1));
    }
    let ink = |text: &str| text.chars().filter(|c| !matches!(c, ' ' | '\t' | '\r' | '\n')).collect::<String>();
    let lost = ink(old) != ink(new) || Walk::over(new).1 != comments;
    unequal(before, &after).or(lost.then(|| at(1)))
}

/// The first place at which two trees differ, wherever their values stand.
fn unequal(one: &Node, two: &Node) -> Option<Place> {
    let same = match (&one.shape, &two.shape) {
        (Shape::Empty, Shape::Empty) | (Shape::Unset, Shape::Unset) => true,
        (Shape::Flag(a, written), Shape::Flag(b, again)) => a == b && written == again,
        (Shape::Number(a), Shape::Number(b)) | (Shape::Text(a), Shape::Text(b)) => a == b,
        (Shape::List(a), Shape::List(b)) if a.len() == b.len() => return a.iter().zip(b).find_map(|(a, b)| unequal(a, b)),
        (Shape::Map(a), Shape::Map(b)) if a.len() == b.len() => {
            return a.iter().zip(b).find_map(
                |((key, a), (name, b))| {
                    if key.name == name.name { unequal(a, b) } else { Some(key.place) }
                },
            );
        }
        _ => false,
    };
    (!same).then_some(one.place)
}

/// A level of the text: its column before and after.
#[derive(Clone, Copy)]
struct Level {
    old: usize,
    new: usize,
    /// Whether it is the column of a list's dashes, which may be that of the key above.
    dashes: bool,
}

/// A line that is placed when the next one with a value is known.
enum Waiting<'t> {
    Blank,
    Comment(usize, &'t str),
}

/// A block scalar under way.
struct Scalar {
    /// The column that its lines are deeper than.
    parent: usize,
    /// The column of its lines, once known.
    old: Option<usize>,
    new: usize,
    keep: bool,
    /// Empty lines of which it is not known yet whether they belong to it.
    blanks: Vec<usize>,
}

struct Walk<'t> {
    out: String,
    comments: Vec<&'t str>,
    levels: Vec<Level>,
    waiting: Vec<Waiting<'t>>,
    open: Open,
    /// How far the line moved that the open value began on: from this column to that one.
    moved: (usize, usize),
    scalar: Option<Scalar>,
}

impl<'t> Walk<'t> {
    /// The text laid out, and its comments in order.
    fn over(text: &'t str) -> (String, Vec<&'t str>) {
        let mut walk = Walk {
            out: String::with_capacity(text.len()),
            comments: Vec::new(),
            levels: Vec::new(),
            waiting: Vec::new(),
            open: Open::NOTHING,
            moved: (0, 0),
            scalar: None,
        };
        text.lines().for_each(|line| walk.line(line));
        walk.end_scalar();
        while let Some(Waiting::Blank) = walk.waiting.last() {
            walk.waiting.pop();
        }
        walk.flush(0, 0);
        (walk.out, walk.comments)
    }

    fn line(&mut self, line: &'t str) {
        let column = line.len() - line.trim_start_matches(' ').len();
        if self.belongs_to_scalar(line, column) {
            return;
        }
        let ends_clean = line.trim_end_matches([' ', '\t']);
        let text = ends_clean.trim_start_matches([' ', '\t']);
        if self.open.goes_on() {
            self.go_on(line, column, text);
        } else if text.is_empty() {
            self.waiting.push(Waiting::Blank);
        } else if text.starts_with('#') {
            self.comments.push(text);
            self.waiting.push(Waiting::Comment(column, text));
        } else {
            self.content(column, text);
        }
    }

    /// A line inside braces or quotes keeps its place relative to the line on which they began.
    fn go_on(&mut self, line: &'t str, column: usize, text: &'t str) {
        let quoted = self.open.quoted();
        let read = scan(text, self.open);
        self.comments.extend(read.comment.map(|at| &text[at..]));
        // A blank before the end of a line within quotes may have been escaped.
        let whole = if read.open.quoted() { line.trim_start_matches([' ', '\t']) } else { text };
        self.open = read.open;
        if text.is_empty() {
            if quoted || !self.out.ends_with("\n\n") {
                self.out.push('\n');
            }
            return;
        }
        let (old, new) = self.moved;
        self.put((column + new).saturating_sub(old), whole);
    }

    /// A line with a value, at a level of its own or a known one.
    fn content(&mut self, column: usize, text: &'t str) {
        let is_marker = column == 0 && (text.starts_with('%') || ["---", "..."].contains(&text.get(..3).unwrap_or_default()));
        if is_marker {
            self.flush(0, 0);
            self.levels.clear();
            self.comments.extend(scan(text, Open::NOTHING).comment.map(|at| &text[at..]));
            return self.put(0, text);
        }
        let dashes = dashed(text);
        let kept = |level: &&Level| level.old < column || level.old == column && (dashes || !level.dashes);
        let keep = self.levels.iter().take_while(kept).count();
        let top = keep.checked_sub(1).and_then(|at| self.levels.get(at)).copied();
        let known = top.filter(|level| level.old == column && level.dashes == dashes);
        let new = match (known, top) {
            (Some(level), _) => level.new,
            (None, Some(above)) => above.new + STEP,
            (None, None) => 0,
        };
        self.flush(column, new);
        self.levels.truncate(keep);
        if known.is_none() {
            self.levels.push(Level { old: column, new, dashes });
        }
        self.value(column, new, text);
    }

    /// The dashes of a line, one blank after each, and what comes after them.
    fn value(&mut self, column: usize, new: usize, text: &'t str) {
        let (mut rest, mut old, mut at) = (text, column, new);
        let mut line = String::new();
        while dashed(rest) {
            let inner = rest[1..].trim_start_matches([' ', '\t']);
            if inner.is_empty() || inner.starts_with('#') {
                self.comments.extend(Some(inner).filter(|comment| !comment.is_empty()));
                line.push_str(rest);
                return self.put(new, &line);
            }
            line.push_str("- ");
            old += rest.len() - inner.len();
            at += STEP;
            rest = inner;
            if dashed(rest) {
                self.levels.push(Level { old, new: at, dashes: true });
            }
        }
        let read = scan(rest, Open::NOTHING);
        if !line.is_empty() && read.key {
            self.levels.push(Level { old, new: at, dashes: false });
        }
        self.comments.extend(read.comment.map(|at| &rest[at..]));
        self.open = read.open;
        self.moved = (old, at);
        self.scalar = read.header.and_then(|header| self.levels.last().map(|level| Scalar::under(*level, header)));
        line.push_str(rest);
        self.put(new, &line);
    }

    /// Places what waits: a comment stands with the line below it, unless it is as deep as something above.
    fn flush(&mut self, column: usize, new: usize) {
        for waiting in std::mem::take(&mut self.waiting) {
            match waiting {
                Waiting::Blank if self.out.is_empty() || self.out.ends_with("\n\n") => {}
                Waiting::Blank => self.out.push('\n'),
                Waiting::Comment(at, text) => {
                    let above = self.levels.iter().rev().find(|level| level.old > column && level.old <= at);
                    let place = match above {
                        // Where editors put a line that is taken out for a while.
                        _ if at == 0 => 0,
                        Some(level) => level.new + at - level.old,
                        None => new + at.saturating_sub(column),
                    };
                    self.put(place, text);
                }
            }
        }
    }

    fn put(&mut self, column: usize, text: &str) {
        self.out.extend(std::iter::repeat_n(' ', column));
        self.out.push_str(text);
        self.out.push('\n');
    }

    /// Writes the line where it belongs to the block scalar under way, or ends that.
    fn belongs_to_scalar(&mut self, line: &str, column: usize) -> bool {
        let Some(scalar) = &mut self.scalar else { return false };
        if column == line.len() {
            scalar.blanks.push(column);
            return true;
        }
        let old = *scalar.old.get_or_insert(column.max(scalar.parent + 1));
        if column < old {
            self.end_scalar();
            return false;
        }
        let (new, blanks) = (scalar.new, std::mem::take(&mut scalar.blanks));
        self.empty(&blanks, old, new);
        self.put(new + column - old, &line[column..]);
        true
    }

    fn end_scalar(&mut self) {
        let Some(Scalar { old, new, keep, blanks, .. }) = self.scalar.take() else { return };
        match keep {
            true => self.empty(&blanks, old.unwrap_or(usize::MAX), new),
            false => self.waiting.extend(blanks.iter().map(|_| Waiting::Blank)),
        }
    }

    /// Empty lines of a block scalar; blanks beyond its column belong to its text.
    fn empty(&mut self, blanks: &[usize], old: usize, new: usize) {
        for blank in blanks {
            if *blank > old {
                self.put(new + blank - old, "");
            } else {
                self.out.push('\n');
            }
        }
    }
}

impl Scalar {
    fn under(level: Level, Header { indent, keep }: Header) -> Scalar {
        let old = indent.map(|indent| level.old + indent);
        Scalar { parent: level.old, old, new: level.new + indent.unwrap_or(STEP), keep, blanks: Vec::new() }
    }
}

#[cfg(test)]
mod tests;
