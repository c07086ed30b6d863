//! `${NAME}` in values, filled in after parsing: what a variable holds can never become YAML.

use tajo_core::codes;

use super::finding::{Finding, Place, Report};
use super::tree::{Node, Shape};

/// Fills in all variables below this node. Each one that is not set gets a finding at its own place.
pub(super) fn expand(node: &mut Node, source: &str, env: &dyn Fn(&str) -> Option<String>, report: &mut Report) {
    match &mut node.shape {
        Shape::List(items) => items.iter_mut().for_each(|item| expand(item, source, env, report)),
        Shape::Map(entries) => entries.iter_mut().for_each(|(_, value)| expand(value, source, env, report)),
        Shape::Text(text) if text.contains("${") => {
            let text = std::mem::take(text);
            fill(node, &text, source, env, report);
        }
        _ => {}
    }
}

fn fill(node: &mut Node, text: &str, source: &str, env: &dyn Fn(&str) -> Option<String>, report: &mut Report) {
    let mut filled = String::new();
    let mut whole = true;
    let mut rest = text;
    for nth in 0.. {
        let Some(at) = rest.find("${") else { break };
        if rest[..at].ends_with('$') {
            filled.push_str(&rest[..at - 1]);
            filled.push_str("${");
            rest = &rest[at + 2..];
            continue;
        }
        filled.push_str(&rest[..at]);
        let inside = &rest[at + 2..];
        let end = inside.find('}');
        let name = &inside[..end.unwrap_or(0)];
        match env(name).filter(|_| is_name(name)) {
            Some(value) => filled.push_str(&value),
            None => {
                whole = false;
                let place = place_of(node, nth, 3 + name.chars().count(), source);
                report.push(missing(name, end.is_some(), place));
            }
        }
        node.variables.push(name.to_string());
        rest = end.map_or("", |end| &inside[end + 1..]);
    }
    filled.push_str(rest);
    node.shape = if whole { Shape::Text(filled) } else { Shape::Unset };
}

fn missing(name: &str, closed: bool, place: Place) -> Finding {
    if !closed {
        return Finding::error(&codes::CFG_ENV, place, "A variable starts with `${` and does not end")
            .cause("there is no `}`")
            .help("close it with `}`, or write `$${` where the text `${` itself is meant");
    }
    if !is_name(name) {
        return Finding::error(&codes::CFG_ENV, place, "This is not the name of a variable")
            .cause("names have letters, digits and `_`")
            .help("write ${NAME}, or `$${` where the text `${` itself is meant");
    }
    Finding::error(&codes::CFG_ENV, place, format!("The environment variable {name} is not set"))
        .cause("not set")
        .help(format!("export {name}=… before starting tajo; an unset variable is never taken as empty"))
}

fn is_name(name: &str) -> bool {
    let mut bytes = name.bytes();
    bytes.next().is_some_and(|b| b.is_ascii_alphabetic() || b == b'_') && bytes.all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

/// Where the n-th `${` of a value stands in the text; the value's own place where quoting hides it.
fn place_of(node: &Node, nth: usize, width: usize, source: &str) -> Place {
    let Some(written) = source.get(node.bytes.0..node.bytes.1) else { return node.place };
    let Some((offset, _)) = written.match_indices("${").nth(nth) else { return node.place };
    let before = &source[..node.bytes.0 + offset];
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    Place { line, column, width }
}
