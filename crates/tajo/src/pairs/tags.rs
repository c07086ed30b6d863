//! Tags of the configuration against those of Intercom: a slip in a name would leave a list without anybody.

use tajo_core::{Result, codes};

use super::Pair;
use super::left::LeftReader;
use crate::config::{Finding, nearest};

/// More tags than this are not listed in a message.
const TAGS_SHOWN: usize = 10;

impl Pair {
    /// Tags that the configuration names and Intercom does not have; none where its tags are not known.
    pub(super) async fn unknown_tags(&self) -> Result<Vec<Finding>> {
        let pair = self.clone();
        if self.mapping.tags.is_empty() || !self.mapping.wanted.tags || !self.mirror.is_file() {
            return Ok(Vec::new());
        }
        self.ledger
            .apart(move |_| {
                let Some(there) = LeftReader::open(&pair.mirror, &pair.mapping)?.tag_names()? else { return Ok(Vec::new()) };
                let same = |a: &str, b: &str| a.trim().to_lowercase() == b.trim().to_lowercase();
                let unknown = pair.mapping.tags.iter().filter(|rule| !there.iter().any(|name| same(name, &rule.tag)));
                Ok(unknown.map(|rule| finding(rule, &there)).collect())
            })
            .await
    }
}

fn finding(rule: &crate::config::TagRule, there: &[String]) -> Finding {
    let names: Vec<&str> = there.iter().map(String::as_str).collect();
    let near = nearest(&rule.tag, &names);
    let list = |names: &[&str]| names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    let help = match (near.is_empty(), names.is_empty()) {
        (false, _) => format!("did you mean {}?", list(&near)),
        (true, false) => format!("its tags are {}", list(&names[..names.len().min(TAGS_SHOWN)])),
        (true, true) => "it has no tags".into(),
    };
    let what = format!("Intercom has no tag `{}`, so nobody counts as tagged with it", rule.tag);
    Finding::warning(&codes::CFG_VALUE, rule.place, what).help(help)
}
