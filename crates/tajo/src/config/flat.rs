//! Text that lost its indentation, as happens when YAML is copied from a page.

use tajo_core::codes;

use super::finding::{Finding, Report};
use super::tree::{Node, Shape};

/// Keys that hold a block, and what belongs inside them.
const BLOCKS: [(&str, &[&str]); 3] = [
    ("connectors", &["intercom", "brevo", "enabled", "access_token", "sync", "debug", "log_level"]),
    ("connections", &["intercom", "brevo", "name", "access_token", "region"]),
    ("field_mapping", &["email", "name", "phone", "role", "signed_up_at", "last_seen_at"]),
];

/// Whether the inner keys stand at the outer level. Then one finding says so, and no other would help.
pub(super) fn lost_indentation(root: &Node, report: &mut Report) -> bool {
    let Shape::Map(entries) = &root.shape else { return false };
    for (name, inside) in BLOCKS {
        let Some((key, _)) = entries.iter().find(|(k, v)| k.name == name && matches!(v.shape, Shape::Empty)) else { continue };
        let Some((stray, _)) = entries.iter().find(|(k, _)| inside.contains(&k.name.as_str()) && k.place > key.place) else {
            continue;
        };
        report.only(
            Finding::error(&codes::CFG_SYNTAX, key.place, "The indentation was lost")
                .cause(format!("`{}` on line {} belongs inside `{name}`", stray.name, stray.place.line))
                .help(format!("indent what belongs to `{name}` by two spaces per level; `tajo init` writes a complete example")),
        );
        return true;
    }
    false
}
