//! `tajo connectors describe`: Intercom here, Brevo in a file of its own.

mod brevo;

use clap::Args;
use serde_json::{Map, Value, json};
use tajo_engine::extract::guarantee;
use tajo_intercom::resources::RESOURCES;
use tajo_intercom::{Region, Version};

use super::connectors::{Name, Platform};
use super::exit::{Exit, Failure};
use super::globals::Globals;
use super::out::Out;
use crate::connections::hub;

/// How the connector keeps to Intercom's rate limit.
const RATE_LIMITING: &str = "Intercom's own limit is learned from its answers and shared by all that runs on a connection; \
    `rate_limit` and `search_rate_limit` set lower ceilings.";

/// Arguments of `tajo connectors describe`.
#[derive(Debug, Clone, Args)]
pub struct DescribeArgs {
    /// Platform to describe
    #[command(flatten)]
    pub platform: Name,
    /// Show what each API version can do
    #[arg(long)]
    pub versions: bool,
}

/// Runs the command.
pub async fn run(args: DescribeArgs, _globals: &Globals, out: &mut Out) -> Result<Exit, Failure> {
    if args.platform.name == Platform::Brevo {
        brevo::run(out);
        return Ok(Exit::OK);
    }
    if out.json() {
        out.document(&described());
        return Ok(Exit::OK);
    }
    if args.versions {
        let rows = Version::all().flat_map(|v| {
            let mut name = Some(v.to_string());
            v.capabilities().told().map(|(what, how)| [name.take().unwrap_or_default(), what.to_string(), how])
        });
        out.table(["version", "capability", ""], rows.collect::<Vec<_>>());
        return Ok(Exit::OK);
    }
    let regions = Region::ALL.map(|r| r.name()).join(", ");
    out.line(
        "Intercom: contacts, companies, conversations with their parts, tickets, Help Center and catalogue. Category: Support.",
    );
    out.line(format!("Regions {regions}; API version {} unless pinned (`--versions` shows what each can do).", Version::DEFAULT));
    out.line("Two-way sync: yes, with Brevo. Webhooks: yes, `tajo serve` takes them. Polling: yes, with `sync_every`.");
    out.line(format!("Rate limiting: {RATE_LIMITING}"));
    out.line("This connector is not endorsed by Intercom.");
    out.line(format!("REST reference: {}", hub::REST_REFERENCE));
    out.line(format!("OAuth guide:    {}", hub::OAUTH_GUIDE));
    out.line(format!("Developer Hub:  {}", hub::DEVELOPER_HUB));
    out.line("");
    for spec in RESOURCES {
        out.line(format!("{}  (key {}, {})", spec.name, spec.key.join(" + "), spec.strategy()));
        out.line(format!("  promise     {}", guarantee(spec)));
        out.line(format!("  permission  {}", spec.permission));
        if !spec.caveat.is_empty() {
            out.line(format!("  note        {}", spec.caveat));
        }
    }
    Ok(Exit::OK)
}

fn described() -> Value {
    let mut resources: Vec<Value> = RESOURCES
        .iter()
        .map(|spec| {
            json!({
                "name": spec.name, "key": spec.key, "strategy": spec.strategy(), "incremental_by": spec.newest,
                "guarantee": guarantee(spec), "permission": spec.permission, "caveat": spec.caveat,
                "links": spec.links.iter().map(|l| l.table).collect::<Vec<_>>(),
            })
        })
        .collect();
    // No table: the API lists events per contact and keeps them for 90 days.
    resources.push(json!({
        "name": "events", "key": ["contact_id", "event_name", "created_at"], "strategy": "to Brevo",
        "guarantee": "every event of a linked contact of the last 90 days is sent to Brevo at most once",
        "permission": "Read events", "caveat": "Read for contacts that changed; written to no table.", "links": [],
    }));
    json!({
        "platform": "Intercom", "category": "Support", "setup_complexity": "medium",
        "two_way": true, "webhooks": true, "polling": true, "rate_limiting": RATE_LIMITING,
        "official": false,
        "official_note": "Not endorsed by Intercom. The documentation this connector follows says \"Official Integration: Yes\".",
        "regions": Region::ALL.map(|r| json!({"region": r.name(), "api_base_url": r.origin().to_string()})),
        "api_base_url": Region::default().origin().to_string(),
        "default_api_version": Version::DEFAULT.to_string(),
        "docs": {"rest_reference": hub::REST_REFERENCE, "oauth_guide": hub::OAUTH_GUIDE, "developer_hub": hub::DEVELOPER_HUB},
        "resources": resources,
        "versions": Version::all().map(version).collect::<Vec<_>>(),
    })
}

fn version(version: Version) -> Value {
    let mut value: Map<String, Value> = Map::new();
    value.insert("version".into(), version.to_string().into());
    value.extend(version.capabilities().told().into_iter().map(|(what, how)| (what.to_string(), how.into())));
    value.into()
}
