//! `connectors:`: what to do with each platform.

use tajo_core::codes;

use super::block::{At, Block, did_you_mean, flag, one_of, unknown, whole};
use super::connections::{brevo_credentials, brevo_url, credentials, twice};
use super::every::Every;
use super::finding::{Finding, Report};
use super::known::Known;
use super::mapping::Wishes;
use super::mask;
use super::normal::{Brevo, Config, Connection, LogLevel, RatePreset};
use super::tree::{Node, Shape};

/// The keys of `sync` that are not resources.
const SYNC_KEYS: [&str; 3] = ["direction", "lists", "field_mapping"];

/// Reads the block, and joins it with what stands at the root of the file.
pub(super) fn read(node: Option<&Node>, top: Wishes<'_>, known: &Known<'_>, report: &mut Report, config: &mut Config) {
    let block = node.and_then(|node| Block::open(node, "connectors", report));
    let mut wishes = top;
    if let Some(mut block) = block {
        let (intercom_node, brevo_node) = (block.get("intercom"), block.get("brevo"));
        block.finish(report);
        if let Some(node) = intercom_node {
            intercom(node, &mut wishes, known, report, config);
        }
        if let Some(node) = brevo_node {
            brevo(node, report, config);
        }
    }
    wishes.settle(report, &mut config.intercom);
    if config.connections.is_empty() {
        config.connections.push(Connection::named("intercom"));
    }
    if config.intercom.connection.is_none() && config.connections.len() == 1 {
        config.intercom.connection = config.connections.first().map(|c| c.name.clone());
    }
}

fn intercom<'n>(node: &'n Node, wishes: &mut Wishes<'n>, known: &Known<'_>, report: &mut Report, config: &mut Config) {
    let Some(mut block) = Block::open(node, "connectors.intercom", report) else { return };
    if let Some(enabled) = block.flag("enabled", report) {
        config.intercom.enabled = enabled.value;
    }
    let named = block.text("connection", report);
    let mut own = Connection { place: node.place, ..Connection::named("intercom") };
    credentials(&mut block, known, report, config, &mut own);
    let sync = block.get("sync");
    wishes.add(&mut block, report);
    if let Some(debug) = block.flag("debug", report) {
        config.intercom.debug = debug.value;
    }
    config.intercom.log_level = block.choice("log_level", LogLevel::CHOICES, report).map(|level| level.value);
    if let Some(log) = block.flag("log_webhooks", report) {
        config.intercom.log_webhooks = log.value;
    }
    config.intercom.rate_limit = block.get("rate_limit").and_then(|node| rate_limit(node, report));
    config.intercom.search_rate_limit = block.get("search_rate_limit").and_then(|node| search_rate_limit(node, report));
    config.intercom.sync_every = block.text("sync_every", report).and_then(|text| sync_every(&text, report));
    block.finish(report);
    if let Some(node) = sync {
        config.intercom.resources = resources(node, wishes, known, report);
    }
    connect(named, own, report, config);
}

/// A plan's name, or a number of requests in ten seconds.
fn rate_limit(node: &Node, report: &mut Report) -> Option<u32> {
    let text = node.scalar().map(str::trim).unwrap_or_default();
    let number = text.parse::<u32>().ok().filter(|number| *number > 0);
    let found = RatePreset::find(text).map(RatePreset::per_window).or(number);
    if found.is_none() {
        let what = format!("`connectors.intercom.rate_limit` cannot be {}", node.shown());
        report.push(
            Finding::error(&codes::CFG_VALUE, node.place, what)
                .cause("neither a plan nor a number of requests in ten seconds")
                .help("use starter (20), pro (50), premium (100) or a number such as 166"),
        );
    }
    found
}

/// A number of searches in one second.
fn search_rate_limit(node: &Node, report: &mut Report) -> Option<u32> {
    let found = whole(node, "connectors.intercom.search_rate_limit", report)?;
    // More than the number can hold is no ceiling.
    Some(u32::try_from(found.value).unwrap_or(u32::MAX))
}

/// A period with its unit.
fn sync_every(written: &At<String>, report: &mut Report) -> Option<Every> {
    let read = written.value.parse::<Every>();
    if read.is_err() {
        let what = format!("`connectors.intercom.sync_every` cannot be {}", mask::value(&written.value));
        report.push(
            Finding::error(&codes::CFG_VALUE, written.place, what)
                .cause("not a period between a minute and a day")
                .help("use a number and its unit, such as 15m or 2h"),
        );
    }
    read.ok()
}

/// Joins the connector's own credentials with the connection it names, or makes them a connection of their own.
fn connect(named: Option<At<String>>, own: Connection, report: &mut Report, config: &mut Config) {
    let own_name = named.as_ref().map_or(own.name.as_str(), |name| name.value.as_str());
    if let Some(there) = config.connections.iter_mut().find(|c| c.name == own_name) {
        if let (Some(one), Some(two)) = (there.token_place, own.token_place) {
            report.push(twice("The access token of a connection stands in `connections` and in `connectors`", one, two));
        }
        there.token = there.token.take().or(own.token);
        there.region = there.region.or(own.region);
        there.api_version = there.api_version.take().or(own.api_version);
        there.base_url = there.base_url.take().or(own.base_url);
        there.client_id = there.client_id.take().or(own.client_id);
        there.client_secret = there.client_secret.take().or(own.client_secret);
        there.token_place = there.token_place.or(own.token_place);
        config.intercom.connection = Some(there.name.clone());
        return;
    }
    if let Some(name) = named.filter(|name| name.value != own.name) {
        let names: Vec<&str> = config.connections.iter().map(|c| c.name.as_str()).collect();
        let help = if names.is_empty() { "define it under `connections.intercom`".to_string() } else { one_of(&names) };
        report.push(
            Finding::error(&codes::CFG_VALUE, name.place, format!("There is no connection {}", mask::value(&name.value)))
                .cause(did_you_mean(&name.value, &names))
                .help(help),
        );
        return;
    }
    // Without credentials of its own, the connector uses whatever connections there are.
    if own.token.is_some() || own.client_id.is_some() || config.connections.is_empty() {
        config.intercom.connection = Some(own.name.clone());
        config.connections.push(own);
    } else if let [only] = config.connections.as_mut_slice() {
        only.region = only.region.or(own.region);
        only.api_version = only.api_version.take().or(own.api_version);
        only.base_url = only.base_url.take().or(own.base_url);
    }
}

/// `sync:` present means exactly the resources set true.
fn resources<'n>(node: &'n Node, wishes: &mut Wishes<'n>, known: &Known<'_>, report: &mut Report) -> Option<Vec<String>> {
    let path = "connectors.intercom.sync";
    let mut block = Block::open(node, path, report)?;
    wishes.add_canonical(&mut block, report);
    let mut wanted = Vec::new();
    for (key, value) in block.entries() {
        if SYNC_KEYS.contains(&key.name.as_str()) || matches!(value.shape, Shape::Unset) {
            continue;
        }
        if !known.resources.contains(&key.name.as_str()) {
            let names: Vec<&str> = known.resources.iter().chain(&SYNC_KEYS).copied().collect();
            let mut finding = unknown(&key.name, key.place, path, &names);
            finding.code = &codes::CFG_RESOURCE;
            finding.what = format!("There is no resource {}", mask::value(&key.name));
            finding.help = one_of(known.resources);
            report.push(finding);
        } else if flag(value, &block.path(&key.name), report).is_some_and(|on| on.value) {
            wanted.push(key.name.clone());
        }
    }
    // The order of the declarations, whatever the order of the file.
    wanted.sort_by_key(|name| known.resources.iter().position(|r| r == name));
    Some(wanted)
}

fn brevo(node: &Node, report: &mut Report, config: &mut Config) {
    let Some(mut block) = Block::open(node, "connectors.brevo", report) else { return };
    let enabled = block.flag("enabled", report).is_none_or(|on| on.value);
    let _ = block.text("connection", report);
    let (mut api_key, mut app) = brevo_credentials(&mut block, report, config);
    let url = brevo_url(&mut block, report);
    block.finish(report);
    let there = config.brevo.take();
    let base_url = url.or_else(|| there.as_ref().and_then(|brevo| brevo.base_url.clone()));
    if let Some(there) = there.filter(|_| api_key.is_none() && app.is_none()) {
        (api_key, app) = (there.api_key, there.app);
    }
    config.brevo = Some(Brevo { enabled, api_key, app, base_url });
}
