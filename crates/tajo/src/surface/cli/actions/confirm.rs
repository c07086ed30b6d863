//! What would go, shown before it does.

use std::sync::Arc;

use serde_json::Value;
use tajo_core::action::fields;

use super::super::out::{Out, Tone};
use super::super::scrub;
use crate::actions::{App, Ask, Entry};

/// What is told of an object before it goes, first things first.
const TOLD: [&str; 7] = ["id", "name", "title", "email", "external_id", "company_id", "user_count"];

/// Shows what the request would take away and asks. The object is read by the `get` of its noun, where there is one.
pub(super) async fn agreed(app: &Arc<App>, entry: &Entry, ask: &Ask, out: &mut Out) -> bool {
    let mark = out.paint(Tone::Bad, "-");
    let told = Box::pin(told(app, entry, ask)).await;
    let told = told.unwrap_or_else(|| format!("{} with {}", entry.facts.name, named(&ask.input)));
    // The name or address of the person who would go is the very thing to look at: it is asked, not logged.
    out.ask(&format!("  {mark} {}\n", scrub::secrets(&told)));
    out.confirm(&format!("{} This cannot be taken back. Go on?", entry.facts.about()))
}

async fn told(app: &Arc<App>, entry: &Entry, ask: &Ask) -> Option<String> {
    let get = app.find(&format!("{}.{}.get", entry.platform(), entry.facts.noun())).ok()?;
    let takes = fields(&get.facts.input());
    let same = |(name, _): &(&String, &Value)| takes.iter().any(|field| field.name == **name);
    let input: Value = ask.input.as_object()?.iter().filter(same).map(|(name, value)| (name.clone(), value.clone())).collect();
    let ask = Ask { action: get.id(), input, connection: ask.connection.clone(), by: ask.by.clone(), ..Ask::default() };
    // What cannot be read is asked about by its id: the request itself will say what is wrong.
    let found = Box::pin(app.run(ask)).await.ok()?.result;
    Some(summary(entry.facts.noun(), &found))
}

/// "companies: id 5f…, name Analytical Engines, 12 contacts".
fn summary(noun: &str, found: &Value) -> String {
    let part = |key: &str| {
        let value = found.get(key).filter(|value| !value.is_null())?;
        let text = value.as_str().map_or_else(|| value.to_string(), |text| text.replace(char::is_control, " "));
        Some(match key {
            "user_count" => format!("{text} contacts"),
            _ => format!("{} {text}", key.replace('_', " ")),
        })
    };
    format!("{noun}: {}", TOLD.iter().filter_map(|key| part(key)).collect::<Vec<_>>().join(", "))
}

/// The input in short: names with scalar values.
fn named(input: &Value) -> String {
    let pairs = input.as_object().into_iter().flatten().filter(|(_, value)| !value.is_object() && !value.is_array());
    pairs.map(|(name, value)| format!("{name} {value}")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_would_go_is_told_by_its_names_and_counts() {
        let found =
            json!({"type": "company", "name": "Analytical\u{1b}[2J Engines", "id": "5f", "user_count": 12, "title": null});
        assert_eq!(summary("companies", &found), "companies: id 5f, name Analytical [2J Engines, 12 contacts");
        assert_eq!(named(&json!({"url": "/me", "query": {"a": 1}})), "url \"/me\"");
    }
}
