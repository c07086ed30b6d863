//! A mapping being read: typed access to its keys, and a finding for each key that nobody asked for.

use secrecy::SecretString;
use tajo_core::codes;

use super::finding::{Finding, Place, Report};
use super::mask;
use super::nearest::nearest;
use super::tree::{Key, Node, Shape};

/// A value that was read, and where it stands.
#[derive(Debug, Clone)]
pub(super) struct At<T> {
    pub value: T,
    pub place: Place,
}

/// A mapping being read.
pub(super) struct Block<'n> {
    path: String,
    entries: &'n [(Key, Node)],
    asked: Vec<&'static str>,
}

impl<'n> Block<'n> {
    /// Opens a mapping; an empty value is an empty mapping, anything else a finding. `path` is for messages.
    pub fn open(node: &'n Node, path: &str, report: &mut Report) -> Option<Block<'n>> {
        let entries: &[(Key, Node)] = match &node.shape {
            Shape::Map(entries) => entries,
            Shape::Empty => &[],
            _ => {
                let what = if path.is_empty() {
                    "The configuration is not a mapping".to_string()
                } else {
                    format!("`{path}` is not a mapping")
                };
                report.push(
                    Finding::error(&codes::CFG_VALUE, node.place, what)
                        .cause(format!("this is {}", node.kind()))
                        .help("write `key: value` lines, indented below it"),
                );
                return None;
            }
        };
        Some(Block { path: path.to_string(), entries, asked: Vec::new() })
    }
    /// The value of that key, unless it lacks a variable. Keys that were asked for are the keys that may stand here.
    pub fn get(&mut self, key: &'static str) -> Option<&'n Node> {
        self.asked.push(key);
        let found = self.entries.iter().find(|(k, _)| k.name == key).map(|(_, node)| node);
        found.filter(|node| !matches!(node.shape, Shape::Unset))
    }
    /// Whether the key stands here, readable or not.
    pub fn has(&self, key: &str) -> bool {
        self.entries.iter().any(|(k, _)| k.name == key)
    }
    /// Where the key stands, readable or not.
    pub fn place(&self, key: &str) -> Option<Place> {
        self.entries.iter().find(|(k, _)| k.name == key).map(|(key, _)| key.place)
    }
    /// Whether some key here is probably meant to be this one; then it is not called missing as well.
    pub fn misspells(&self, key: &str) -> bool {
        self.entries.iter().any(|(k, _)| !self.asked.contains(&k.name.as_str()) && !nearest(&k.name, &[key]).is_empty())
    }
    /// The entries of a mapping whose keys are free.
    pub fn entries(&self) -> &'n [(Key, Node)] {
        self.entries
    }
    /// The path of a key of this mapping.
    pub fn path(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_string() } else { format!("{}.{key}", self.path) }
    }
    /// Text that is not empty. Numbers and words like `no` count as the text they were written as.
    pub fn text(&mut self, key: &'static str, report: &mut Report) -> Option<At<String>> {
        let node = self.get(key)?;
        match node.scalar() {
            Some(text) if !text.trim().is_empty() => Some(At { value: text.trim().to_string(), place: node.place }),
            Some(_) => {
                let what = format!("`{}` is empty", self.path(key));
                report.push(
                    Finding::error(&codes::CFG_VALUE, node.place, what)
                        .cause(from_environment(node))
                        .help("give it a value, or remove the line"),
                );
                None
            }
            None => self.expected(node, key, "text", report),
        }
    }
    /// A secret, and whether it stands in the file itself.
    pub fn secret(&mut self, key: &'static str, report: &mut Report) -> Option<(At<SecretString>, bool)> {
        let inline = self.entries.iter().any(|(k, n)| k.name == key && n.variables.is_empty());
        let found = self.text(key, report)?;
        if found.value.chars().any(|c| c.is_whitespace() || c.is_control() || !c.is_ascii()) {
            report.push(
                Finding::error(&codes::CFG_VALUE, found.place, format!("`{}` cannot be a token", self.path(key)))
                    .cause("it has a space, a line break or a character that no token has")
                    .help("copy the token again, without quotes or line breaks"),
            );
            return None;
        }
        Some((At { value: found.value.into(), place: found.place }, inline))
    }
    /// `true` or `false`.
    pub fn flag(&mut self, key: &'static str, report: &mut Report) -> Option<At<bool>> {
        let node = self.get(key)?;
        flag(node, &self.path(key), report)
    }
    /// One of the choices.
    pub fn choice<T: Copy>(&mut self, key: &'static str, choices: &[(&'static str, T)], report: &mut Report) -> Option<At<T>> {
        let node = self.get(key)?;
        let written = node.scalar().map(str::trim).unwrap_or_default();
        if let Some((_, value)) = choices.iter().find(|(name, _)| name.eq_ignore_ascii_case(written)) {
            return Some(At { value: *value, place: node.place });
        }
        let names: Vec<&str> = choices.iter().map(|(name, _)| *name).collect();
        let what = format!("`{}` cannot be {}", self.path(key), node.shown());
        report
            .push(Finding::error(&codes::CFG_VALUE, node.place, what).cause(did_you_mean(written, &names)).help(one_of(&names)));
        None
    }
    /// A finding for a value of the wrong kind.
    pub fn expected<T>(&self, node: &Node, key: &str, kind: &str, report: &mut Report) -> Option<T> {
        report.push(wrong_kind(node, &self.path(key), kind));
        None
    }
    /// A finding for each key that nobody asked for.
    pub fn finish(self, report: &mut Report) {
        for (key, _) in self.entries {
            if !self.asked.contains(&key.name.as_str()) {
                report.push(unknown(&key.name, key.place, &self.path, &self.asked));
            }
        }
    }
}

/// `true` or `false`; text counts where a variable supplied it.
pub(super) fn flag(node: &Node, path: &str, report: &mut Report) -> Option<At<bool>> {
    let value = match &node.shape {
        Shape::Flag(flag, _) => Some(*flag),
        Shape::Text(text) if !node.variables.is_empty() => text.trim().parse().ok(),
        _ => None,
    };
    if value.is_none() {
        let finding = wrong_kind(node, path, "true or false");
        let quoted = matches!(&node.shape, Shape::Text(text) if matches!(text.as_str(), "true" | "false"));
        report.push(if quoted { finding.help("remove the quotes") } else { finding });
    }
    value.map(|value| At { value, place: node.place })
}

/// A whole number above zero; text counts where a variable supplied it.
pub(super) fn whole(node: &Node, path: &str, report: &mut Report) -> Option<At<u64>> {
    let text = match &node.shape {
        Shape::Number(text) => text.as_str(),
        Shape::Text(text) if !node.variables.is_empty() => text.trim(),
        _ => "",
    };
    match text.parse().ok().filter(|n| *n > 0) {
        Some(value) => Some(At { value, place: node.place }),
        None => {
            report.push(wrong_kind(node, path, "a whole number above 0"));
            None
        }
    }
}

/// A finding for a key that nothing reads.
pub(super) fn unknown(key: &str, place: Place, path: &str, known: &[&str]) -> Finding {
    let at = if path.is_empty() { "the configuration".to_string() } else { format!("`{path}`") };
    Finding::error(&codes::CFG_KEY, place, format!("There is no key {} in {at}", mask::value(key)))
        .cause(did_you_mean(key, known))
        .help(format!("known keys: {}", known.join(", ")))
        .hide_rest()
}

/// A finding for a value of the wrong kind.
pub(super) fn wrong_kind(node: &Node, path: &str, kind: &str) -> Finding {
    let cause = match &node.shape {
        Shape::Empty | Shape::List(_) | Shape::Map(_) => format!("this is {}", node.kind()),
        _ => format!("this is {}: {}", node.kind(), node.shown()),
    };
    Finding::error(&codes::CFG_VALUE, node.place, format!("`{path}` must be {kind}"))
        .cause(cause)
        .help(format!("give it {kind}, or remove the line"))
}

/// `did you mean …?`, or nothing.
pub(super) fn did_you_mean(word: &str, known: &[&str]) -> String {
    match nearest(word, known).as_slice() {
        [] => String::new(),
        near => format!("did you mean {}?", near.iter().map(|n| format!("`{n}`")).collect::<Vec<_>>().join(" or ")),
    }
}

/// `use one of: …`.
pub(super) fn one_of(names: &[&str]) -> String {
    format!("use one of: {}", names.join(", "))
}

fn from_environment(node: &Node) -> String {
    node.variables.first().map(|name| format!("{name} is set, but empty")).unwrap_or_default()
}
