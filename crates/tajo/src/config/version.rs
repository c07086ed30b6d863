//! The pinned API version, and the trap of writing 2.10 as a number.

use tajo_core::codes;

use super::block::{Block, did_you_mean, wrong_kind};
use super::finding::{Finding, Report};
use super::known::Known;
use super::mask;

/// Reads `api_version`. A number counts where its text is a known version: `2.11`, and even `2.10`.
pub(super) fn read(block: &mut Block<'_>, known: &Known<'_>, report: &mut Report) -> Option<String> {
    let path = block.path("api_version");
    let node = block.get("api_version")?;
    let Some(text) = node.scalar().map(str::trim) else {
        report.push(wrong_kind(node, &path, "a version such as \"2.14\""));
        return None;
    };
    if !known.versions.contains(&text) {
        let cause = match text {
            // What other tools make of an unquoted 2.10 when they write YAML.
            "2.1" => "2.10 unquoted reads as 2.1; quote it".to_string(),
            _ => did_you_mean(text, known.versions),
        };
        let what = match node.variables.is_empty() {
            true => format!("There is no Intercom API version {}", mask::value(text)),
            false => format!("There is no Intercom API version like {}", node.shown()),
        };
        report.push(
            Finding::error(&codes::CFG_VERSION, node.place, what)
                .cause(cause)
                .help(format!("use one of: {}; in quotes", known.versions.join(", "))),
        );
        return None;
    }
    if let Some(caution) = caution(text) {
        report.push(
            Finding::warning(&codes::CFG_VERSION, node.place, format!("Intercom API version {text} works with limits"))
                .cause(caution)
                .help(format!(
                    "use {} unless you need this one; `tajo connectors describe intercom` lists what each can do",
                    known.version
                )),
        );
    }
    Some(text.to_string())
}

/// What to know about a version before pinning it.
fn caution(version: &str) -> Option<&'static str> {
    let minor: u32 = version.strip_prefix("2.")?.parse().ok()?;
    match minor {
        0..=10 => Some("older than what Tajo is tested against"),
        11..=16 => None,
        _ => Some("has no published description"),
    }
}
