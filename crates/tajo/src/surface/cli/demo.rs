//! `tajo demo`.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use serde_json::json;
use tajo_core::rest::Limits;
use tajo_core::{Error, codes};
use tajo_dest::SqliteDestination;
use tajo_engine::extract::Wanted;
use tajo_intercom::{Intercom, Region, Version};
use tajo_sim::{Options, Town};

use super::exit::{Exit, Failure};
use super::globals::Globals;
use super::out::{Out, Tone};
use super::progress::{Progress, Style, grouped};
use super::sim::Population;
use super::{results, session};
use crate::config;
use crate::twin::InProcess;
use crate::warehouse::{self, Receipt};

/// Arguments of `tajo demo`.
#[derive(Debug, Clone, Args)]
pub struct DemoArgs {
    /// Put the demo's database into this directory instead of $TAJO_HOME/demo
    #[arg(long, value_name = "DIR")]
    pub home: Option<PathBuf>,
    /// Show Intercom and Brevo in step, both ways, instead of the warehouse
    #[arg(long)]
    pub brevo: bool,
    /// Size of the workspace.
    #[command(flatten)]
    pub population: Population,
}

/// A question somebody might ask of the result.
const QUESTION: &str = "Which plans do open conversations come from, and how long did the first reply take?";
const QUERY: &str = "\
SELECT coalesce(companies.plan_name, '(no plan)') AS plan,
       count(DISTINCT conversations.id) AS open_conversations,
       round(avg(conversations.statistics_time_to_admin_reply) / 60.0, 1) AS minutes_to_first_reply
FROM conversations
JOIN conversation_contacts ON conversation_contacts.conversation_id = conversations.id
LEFT JOIN contact_companies ON contact_companies.contact_id = conversation_contacts.contact_id
LEFT JOIN companies ON companies.id = contact_companies.company_id
WHERE conversations.state = 'open'
GROUP BY plan ORDER BY open_conversations DESC";
/// The demo's database; nothing but a demo lives there.
const FILE: &str = "tajo-demo.db";

/// Runs the command.
pub async fn run(args: DemoArgs, globals: &Globals, out: &mut Out) -> Result<Exit, Failure> {
    if args.brevo {
        let home = place(&args, globals)?.parent().map(std::path::Path::to_path_buf).unwrap_or_default();
        let seed = args.population.options(Options::default()).seed;
        return Ok(Box::pin(super::demo_brevo::run(&home, seed, out)).await?);
    }
    let usual = Options {
        contacts: 2_000,
        companies: 250,
        conversations: 400,
        tickets: 90,
        tags: 12,
        articles: 40,
        ..Options::default()
    };
    let path = place(&args, globals)?;
    let town = Town::new(args.population.options(usual));
    let via = Arc::new(InProcess::new(town.router()));
    let intercom =
        Intercom::new(via, "demo".into(), Region::Us, Version::DEFAULT, Some("http://127.0.0.1:1"), Limits::default())?;
    let to = SqliteDestination::open(&path)?;

    title(out, "1. A workspace of invented people, read for the first time");
    let first = load(&intercom, &to, out).await?;
    results::told(out, &first);

    title(out, "2. Somebody works in it for a while");
    for line in edits(&town) {
        out.note(format!("   {line}"));
    }

    title(out, "3. What changed since, and only that");
    let second = load(&intercom, &to, out).await?;
    results::told(out, &second);

    let (names, rows) = to.query(QUERY, 20).await?;
    if out.json() {
        out.document(&json!({
            "database": path, "first": first, "second": second,
            "sample": {"question": QUESTION, "sql": QUERY, "columns": names, "rows": rows},
        }));
        return Ok(Exit(first.exit.max(second.exit)));
    }
    title(out, &format!("4. {QUESTION}"));
    let rows: Vec<[String; 3]> = rows.into_iter().filter_map(|row| row.try_into().ok()).collect();
    out.table(["plan", "open conversations", "minutes to first reply"], rows);
    out.note(format!("\nAll of it lies in {}: open it with any SQLite program.", path.display()));
    out.note("Your own workspace: export INTERCOM_ACCESS_TOKEN=…, then `tajo connectors test intercom` and `tajo connectors sync intercom`.");
    Ok(Exit(first.exit.max(second.exit)))
}

fn title(out: &mut Out, text: &str) {
    let painted = out.paint(Tone::Strong, text);
    out.note(format!("\n{painted}"));
}

/// Where the demo's file goes; the last demo's is replaced.
fn place(args: &DemoArgs, globals: &Globals) -> Result<PathBuf, Error> {
    let home = match &args.home {
        Some(directory) => globals.directory.join(directory),
        None => config::home(&|name| globals.env.var(name))?.join("demo"),
    };
    for suffix in ["", "-wal", "-shm"] {
        let old = home.join(format!("{FILE}{suffix}"));
        match std::fs::remove_file(&old) {
            Err(cause) if cause.kind() != std::io::ErrorKind::NotFound => {
                return Err(Error::new(&codes::DST_OPEN, "The last demo's database cannot be replaced").because(cause));
            }
            _ => {}
        }
    }
    Ok(home.join(FILE))
}

async fn load(intercom: &Intercom, to: &SqliteDestination, out: &Out) -> Result<Receipt, Error> {
    let wanted = Wanted { resources: warehouse::resources(None)?, ..Wanted::default() };
    let style = if out.terminal() && !out.json() { Style::Bars } else { Style::Quiet };
    let mut progress = None;
    let live = |live| progress = Some(Progress::start(live, style));
    Box::pin(warehouse::load(intercom, "demo", &wanted, to, live, session::interrupted())).await
}

/// What happens between the two runs.
fn edits(town: &Town) -> Vec<String> {
    let contacts = town.ids("contacts");
    let conversations = town.ids("conversations");
    let mut told = Vec::new();
    for id in contacts.iter().take(3) {
        town.rename_contact(id, "Renamed Person");
    }
    told.push(format!("{} contacts are renamed", contacts.len().min(3)));
    town.add_contact();
    told.push("one person signs up".to_string());
    for id in conversations.iter().take(4) {
        town.reply(id, "Thank you, that solved it!");
    }
    for id in conversations.iter().take(2) {
        town.close_conversation(id);
    }
    told.push(format!("{} conversations get a reply, two of them are closed", conversations.len().min(4)));
    if let Some(tag) = town.ids("tags").first() {
        town.rename_tag(tag, "renamed tag");
        told.push("a tag is renamed".to_string());
    }
    told.push(format!("the other {} contacts stay as they are", grouped(contacts.len().saturating_sub(3) as u64)));
    told
}
