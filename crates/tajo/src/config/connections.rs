//! `connections:`: names, credentials and addresses.

use secrecy::SecretString;
use tajo_core::codes;

use super::block::{Block, wrong_kind};
use super::finding::{Finding, Place, Report};
use super::known::Known;
use super::loopback::Loopback;
use super::normal::{Brevo, BrevoApp, Config, Connection, Region};
use super::tree::{Node, Shape};
use super::version;

/// A longer name fits no table and no file name.
const NAME_CHARS_MAX: usize = 64;

/// Reads the block: one list per platform.
pub(super) fn read(node: &Node, known: &Known<'_>, report: &mut Report, config: &mut Config) {
    let Some(mut block) = Block::open(node, "connections", report) else { return };
    let (intercom, brevo) = (block.get("intercom"), block.get("brevo"));
    block.finish(report);
    for item in items(intercom, "connections.intercom", report) {
        let Some(connection) = connection(item, known, report, config) else { continue };
        match config.connections.iter().find(|c| c.name == connection.name) {
            Some(first) => report.push(twice("A connection of the same name stands twice", connection.place, first.place)),
            None => config.connections.push(connection),
        }
    }
    let brevo = items(brevo, "connections.brevo", report);
    if let [first, second, ..] = brevo {
        let finding = twice("There are two connections to Brevo", first.place, second.place);
        report.push(finding.help("keep one: one account is kept in step with one workspace"));
    }
    for item in brevo {
        let Some(mut block) = Block::open(item, "connections.brevo", report) else { continue };
        let _ = name(&mut block, item.place, report);
        let (api_key, app) = brevo_credentials(&mut block, report, config);
        let read = Brevo { enabled: true, api_key, app, base_url: brevo_url(&mut block, report) };
        block.finish(report);
        config.brevo.get_or_insert(read);
    }
}

fn items<'n>(node: Option<&'n Node>, path: &str, report: &mut Report) -> &'n [Node] {
    match node.map(|node| (&node.shape, node)) {
        None | Some((Shape::Empty, _)) => &[],
        Some((Shape::List(items), _)) => items,
        Some((_, node)) => {
            let finding = wrong_kind(node, path, "a list of connections");
            report.push(finding.help("start each connection with `- name: …`"));
            &[]
        }
    }
}

fn connection(node: &Node, known: &Known<'_>, report: &mut Report, config: &mut Config) -> Option<Connection> {
    let path = "connections.intercom";
    let mut block = Block::open(node, path, report)?;
    let name = name(&mut block, node.place, report);
    let mut connection = Connection { place: name.as_ref().map_or(node.place, |(_, place)| *place), ..Connection::named("") };
    credentials(&mut block, known, report, config, &mut connection);
    // With an app's id, the token comes by OAuth and is kept in the store.
    if !block.has("access_token") && !block.misspells("access_token") && !block.has("client_id") {
        report.push(
            Finding::error(&codes::CFG_MISSING, node.place, "A connection has no access token")
                .cause("`access_token` is missing")
                .help("add `access_token: ${INTERCOM_ACCESS_TOKEN}`"),
        );
    }
    block.finish(report);
    connection.name = name?.0;
    Some(connection)
}

/// The keys that say who we are and where to; the same in both blocks.
pub(super) fn credentials(
    block: &mut Block<'_>,
    known: &Known<'_>,
    report: &mut Report,
    config: &mut Config,
    connection: &mut Connection,
) {
    if let Some((token, inline)) = block.secret("access_token", report) {
        connection.token_place = Some(token.place);
        connection.token = Some(token.value);
        if inline {
            config.inline_secrets.push(token.place);
        }
    }
    connection.region = region(block, report);
    connection.api_version = version::read(block, known, report);
    connection.base_url = base_url(block, report);
    connection.client_id = block.text("client_id", report).map(|id| id.value);
    if let Some((secret, inline)) = block.secret("client_secret", report) {
        if inline {
            config.inline_secrets.push(secret.place);
        }
        connection.client_secret = Some(secret.value);
    }
}

fn name(block: &mut Block<'_>, place: Place, report: &mut Report) -> Option<(String, Place)> {
    let found = block.text("name", report);
    if !block.has("name") && !block.misspells("name") {
        report.push(
            Finding::error(&codes::CFG_MISSING, place, "A connection has no name")
                .cause("`name` is missing")
                .help("add `name: my_intercom`; `--connection NAME` chooses it"),
        );
    }
    let found = found?;
    if found.value.chars().count() > NAME_CHARS_MAX || found.value.chars().any(char::is_control) {
        report.push(
            Finding::error(&codes::CFG_VALUE, found.place, "This cannot be the name of a connection")
                .cause("it is longer than 64 characters, or has one that cannot be printed")
                .help("use a short name such as `my_intercom`"),
        );
        return None;
    }
    Some((found.value, found.place))
}

fn region(block: &mut Block<'_>, report: &mut Report) -> Option<Region> {
    let path = block.path("region");
    let node = block.get("region")?;
    let found = node.scalar().and_then(|text| Region::find(text.trim()));
    if found.is_none() {
        report.push(
            Finding::error(&codes::CFG_REGION, node.place, format!("`{path}` cannot be {}", node.shown()))
                .cause("there is no such region")
                .help("use one of: us, eu, au"),
        );
    }
    found
}

/// `base_url`, which may only point at this machine.
fn base_url(block: &mut Block<'_>, report: &mut Report) -> Option<Loopback> {
    url(block, report, Loopback::parse)
}

/// `base_url` of Brevo: the same, ending in `/v3`.
pub(super) fn brevo_url(block: &mut Block<'_>, report: &mut Report) -> Option<Loopback> {
    url(block, report, Loopback::parse_brevo)
}

fn url(block: &mut Block<'_>, report: &mut Report, parse: fn(&str) -> Result<Loopback, &'static str>) -> Option<Loopback> {
    let path = block.path("base_url");
    let found = block.text("base_url", report)?;
    parse(&found.value)
        .map_err(|why| {
            report.push(
                Finding::error(&codes::CFG_ORIGIN, found.place, format!("`{path}` does not point at this machine"))
                    .cause(why)
                    .help("use http://127.0.0.1:PORT for a twin or proxy of your own; otherwise remove the line, the region decides"),
            );
        })
        .ok()
}

/// `api_key` of Brevo, or `client_id` and `client_secret` of an app.
pub(super) fn brevo_credentials(
    block: &mut Block<'_>,
    report: &mut Report,
    config: &mut Config,
) -> (Option<SecretString>, Option<BrevoApp>) {
    let mut secret = |block: &mut Block<'_>, key: &'static str, report: &mut Report| {
        let (found, inline) = block.secret(key, report)?;
        if inline {
            config.inline_secrets.push(found.place);
        }
        Some(found.value)
    };
    let key = secret(block, "api_key", report);
    let id = block.text("client_id", report).map(|id| id.value);
    let client_secret = secret(block, "client_secret", report);
    let [at_key, at_id, at_secret] = ["api_key", "client_id", "client_secret"].map(|key| block.place(key));
    match (at_key, at_id, at_secret) {
        (Some(one), Some(two), _) | (Some(one), None, Some(two)) => {
            report
                .push(twice("Brevo is asked with an API key and with an app", one, two).help("keep `api_key`, or the app's two"));
        }
        (None, Some(place), None) if !block.misspells("client_secret") => {
            report.push(half(block, "client_id", "client_secret", place));
        }
        (None, None, Some(place)) if !block.misspells("client_id") => {
            report.push(half(block, "client_secret", "client_id", place));
        }
        _ => {}
    }
    (key, id.zip(client_secret).map(|(client_id, client_secret)| BrevoApp { client_id, client_secret }))
}

fn half(block: &Block<'_>, there: &str, missing: &str, place: Place) -> Finding {
    Finding::error(&codes::CFG_MISSING, place, format!("`{}` needs `{missing}` beside it", block.path(there)))
        .cause(format!("`{missing}` is missing"))
        .help(format!("add `{missing}: ${{BREVO_{}}}`", missing.to_uppercase()))
}

/// A finding about the same thing in two places; the later one is marked, the earlier one named.
pub(super) fn twice(what: &str, one: Place, two: Place) -> Finding {
    let (first, second) = if one < two { (one, two) } else { (two, one) };
    Finding::error(&codes::CFG_TWICE, second, what)
        .cause(format!("also on line {}, column {}", first.line, first.column))
        .help("keep one of the two")
        .and(first)
}
