//! `tajo.yml`: read, checked as a whole, and brought into one normal form.
//!
//! [`load`] is pure: text and environment in, a [`Config`] or all [`Findings`] out. Two ways of writing are
//! accepted, `connections:` (who we are) and `connectors:` (what to do), alone or together.

mod block;
mod choices;
mod chosen;
mod connections;
mod connectors;
mod dates;
mod destination;
pub(crate) mod dialling;
mod every;
mod expand;
mod field_mapping;
mod fields;
mod finding;
mod flat;
mod known;
mod layout;
mod lines;
mod loopback;
mod mapping;
mod mask;
mod nearest;
mod normal;
mod settings;
mod show;
mod snippet;
mod source;
mod tree;
mod version;

pub use dates::unix_seconds;
pub use destination::Destination;
pub use every::Every;
pub use field_mapping::NOT_ON_CONTACTS;
pub use fields::{ContactField, company_field, contact_field};
pub use finding::{Finding, Findings, Level, Place};
pub use known::{EVENTS, Known};
pub use layout::laid_out;
pub use loopback::Loopback;
pub use mask::{holds_secret, masked};
pub use nearest::nearest;
pub use normal::{
    BrakeLimits, Brevo, BrevoApp, Companies, CompanyRule, Config, Conflict, Connection, Direction, Engagement, FactGroup,
    Intercom, ListRule, LogLevel, Mapping, NewInIntercom, NoEmail, RatePreset, Region, TagRule, Transform,
};
pub use settings::{BrevoAccess, BrevoSettings, Overrides, Settings, home};
pub use show::Shown;
pub use source::{FILE_NAME, Source};

use block::Block;
use finding::Report;

/// Reads a configuration. Never touches anything outside its arguments.
///
/// Every mistake is found in one go; a text that is not YAML, or that lost its indentation, has one finding.
pub fn load(source: &Source, known: &Known<'_>, env: &dyn Fn(&str) -> Option<String>) -> Result<Config, Findings> {
    let mut report = Report::new(source);
    if let Some(config) = read(source, known, env, &mut report) {
        return report.finish(config);
    }
    Err(report.into_findings())
}

fn read(source: &Source, known: &Known<'_>, env: &dyn Fn(&str) -> Option<String>, report: &mut Report) -> Option<Config> {
    let mut root = tree::parse(&source.text, report)?;
    if flat::lost_indentation(&root, report) {
        return None;
    }
    expand::expand(&mut root, &source.text, env, report);
    let mut config = Config { path: source.path.clone(), ..Config::default() };
    let Some(mut block) = Block::open(&root, "", report) else { return Some(config) };
    let connections = block.get("connections");
    let connectors = block.get("connectors");
    let destination = block.get("destination");
    let top = mapping::Wishes::read(&mut block, report);
    block.finish(report);

    if let Some(node) = connections {
        connections::read(node, known, report, &mut config);
    }
    connectors::read(connectors, top, known, report, &mut config);
    config.fill_brevo_key(env);
    config.destination = destination.and_then(|node| destination::read(node, report));
    exposed(source, &config, report);
    Some(config)
}

/// A secret in a file that others can read is worth a warning, not a refusal: the file is the user's own.
fn exposed(source: &Source, config: &Config, report: &mut Report) {
    if !source.readable_by_others {
        return;
    }
    for place in config.inline_secrets.iter().copied() {
        report.push(
            Finding::warning(&tajo_core::codes::CFG_VALUE, place, "A secret stands in a file that other users can read")
                .cause("readable by group or others")
                .help(format!("run `chmod 600 {}`, or take the value from the environment with ${{NAME}}", source.path)),
        );
    }
}
