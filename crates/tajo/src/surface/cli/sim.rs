//! `tajo sim`: both twins on one port, and the size of a synthetic workspace, which `tajo demo` shares.

use std::net::{Ipv4Addr, SocketAddr};

use clap::{Args, ValueEnum};
use serde_json::json;
use tajo_core::{Error, codes};
use tajo_sim::{BrevoOptions, Options, Tier, Town};

use super::exit::{Exit, Failure};
use super::globals::Globals;
use super::out::{FORMAT_VERSION, Out};
use super::session;

/// How large a synthetic workspace is. Whatever is absent keeps the twin's own default.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Workspace")]
pub struct Population {
    /// Number of contacts
    #[arg(long, value_name = "N")]
    pub contacts: Option<u64>,
    /// Number of companies
    #[arg(long, value_name = "N")]
    pub companies: Option<u64>,
    /// Number of conversations
    #[arg(long, value_name = "N")]
    pub conversations: Option<u64>,
    /// Number of tags
    #[arg(long, value_name = "N")]
    pub tags: Option<u64>,
    /// Seed of the people and their history; the same seed gives the same workspace
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
}

/// Arguments of `tajo sim`.
#[derive(Debug, Clone, Args)]
pub struct SimArgs {
    /// Port to listen on, on 127.0.0.1; 0 takes a free one
    #[arg(long, value_name = "N", default_value_t = 8100)]
    pub port: u16,
    /// Size of the workspace.
    #[command(flatten)]
    pub population: Population,
    /// Wait this long before each answer
    #[arg(long, value_name = "MS")]
    pub latency_ms: Option<u64>,
    /// Requests allowed in 10 seconds
    #[arg(long, value_name = "N")]
    pub rate_limit: Option<u32>,
    /// Spread the last changes of the records over this many days
    #[arg(long, value_name = "DAYS")]
    pub spread_days: Option<u32>,
    /// Timezone of the workspace, such as Europe/Berlin
    #[arg(long, value_name = "TZ")]
    pub timezone: Option<String>,
    /// Seconds until a change shows up in search
    #[arg(long, value_name = "S")]
    pub index_lag: Option<u64>,
    /// Answer now and then as the platforms do on a bad day: 429, 500, cut bodies
    #[arg(long)]
    pub faults: bool,
    /// Rate limits of Brevo: those of the contract's tier
    #[arg(long, value_enum, value_name = "TIER", default_value_t)]
    pub brevo_tier: BrevoTier,
}

/// The tiers of Brevo's rate limits.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum BrevoTier {
    /// Every plan: contacts 10 a second, most other calls 100 an hour
    General,
    /// Professional and Enterprise: twice as much
    Advanced,
    /// By contract: contacts 60 a second, other calls 600 an hour
    #[default]
    Extended,
    /// No limit at all
    Unlimited,
}

impl BrevoTier {
    fn tier(self) -> Tier {
        match self {
            BrevoTier::General => Tier::General,
            BrevoTier::Advanced => Tier::Advanced,
            BrevoTier::Extended => Tier::Extended,
            BrevoTier::Unlimited => Tier::Unlimited,
        }
    }
}

impl Population {
    /// The twin's options of this size; what is absent is as in `plain`.
    pub fn options(&self, plain: Options) -> Options {
        let count = |asked: Option<u64>, usual: usize| asked.map_or(usual, |n| usize::try_from(n).unwrap_or(usize::MAX));
        Options {
            contacts: count(self.contacts, plain.contacts),
            companies: count(self.companies, plain.companies),
            conversations: count(self.conversations, plain.conversations),
            tags: count(self.tags, plain.tags),
            seed: self.seed.unwrap_or(plain.seed),
            ..plain
        }
    }
}

/// How many of a thousand answers each kind of fault of `--faults` takes.
const FAULTS_PER_MILLE: u32 = 2;
/// The same for all kinds of Brevo's faults together.
const BREVO_FAULTS_PER_MILLE: u32 = 10;

/// Runs the command.
pub async fn run(args: SimArgs, _globals: &Globals, out: &mut Out) -> Result<Exit, Failure> {
    let plain = args.population.options(Options::default());
    let options = Options {
        latency_ms: args.latency_ms.unwrap_or(plain.latency_ms),
        rate_limit: args.rate_limit.unwrap_or(plain.rate_limit),
        spread_days: args.spread_days.unwrap_or(plain.spread_days),
        timezone: args.timezone.unwrap_or(plain.timezone),
        index_lag_max: args.index_lag.unwrap_or(plain.index_lag_max),
        brevo: BrevoOptions {
            tier: args.brevo_tier.tier(),
            latency_ms: args.latency_ms.unwrap_or(plain.brevo.latency_ms),
            ..plain.brevo
        },
        ..plain
    };
    if jiff::tz::TimeZone::get(&options.timezone).is_err() {
        let error = Error::new(&codes::USAGE, "The timezone is unknown").help("Use an IANA name, such as Europe/Berlin.");
        return Err(error.into());
    }
    let town = Town::new(options);
    if args.faults {
        town.faults().swarm(FAULTS_PER_MILLE);
        town.brevo().faults().storm(BREVO_FAULTS_PER_MILLE);
    }
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, args.port));
    let (bound, serving) = tajo_sim::serve(town, address).await.map_err(|cause| {
        let what = format!("The twin cannot listen on port {}", args.port);
        Error::new(&codes::USAGE, what).because(cause).help("Choose another port; 0 takes a free one.")
    })?;
    let url = format!("http://{bound}");
    let brevo_url = format!("{url}/v3");
    if out.json() {
        out.line(json!({"format_version": FORMAT_VERSION, "url": url, "brevo_url": brevo_url}).to_string());
    } else {
        out.line(format!("An Intercom twin listens on {url}. Any token is good. Stop it with Ctrl-C."));
        out.line(format!("A Brevo twin answers under {brevo_url}: nobody in it, and the lists 35, 36, 37 and 40."));
        out.line("In another terminal:");
        out.line(format!("  export TAJO_INTERCOM_BASE_URL={url} INTERCOM_ACCESS_TOKEN=any"));
        out.line(format!("  export TAJO_BREVO_BASE_URL={brevo_url} BREVO_API_KEY=any"));
        out.line("  tajo connectors test intercom");
        out.line("  tajo connectors sync intercom --to sqlite:trial.db");
    }
    out.flush();
    tokio::select! {
        served = serving => served.map_err(|cause| Error::new(&codes::BUG, "The twin stopped").because(cause))?,
        () = session::interrupted() => {}
    }
    Ok(Exit::OK)
}
