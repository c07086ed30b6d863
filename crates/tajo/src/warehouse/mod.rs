//! The main job: one Intercom workspace into one destination.

mod receipt;

use std::sync::Arc;

use jiff::tz::TimeZone;
use tajo_core::rest::Pace;
use tajo_core::{Claim, Destination, Error, Release, Result, Spec, codes};
use tajo_engine::extract::{Extraction, Gauge, Report, Source, Wanted};
use tajo_intercom::{Intercom, resources};

pub use receipt::{Receipt, moment};

/// What a run shows while it works.
pub struct Live {
    /// Counters of each resource.
    pub gauges: Vec<Arc<Gauge>>,
    /// The shared rate budget.
    pub pace: Pace,
}

/// The resources of these names with their parents, or all.
pub fn resources(names: Option<&[String]>) -> Result<Vec<&'static Spec>> {
    let Some(names) = names else { return Ok(resources::RESOURCES.iter().collect()) };
    let mut wanted: Vec<&'static Spec> = Vec::new();
    for name in names {
        let spec = resources::find(name).ok_or_else(|| {
            let known: Vec<_> = resources::RESOURCES.iter().map(|s| s.name).collect();
            Error::new(&codes::CFG_RESOURCE, format!("There is no resource `{name}`")).note("known", known.join(", "))
        })?;
        let parent = match spec.read {
            tajo_core::Read::Each { parent, .. } => resources::find(parent),
            _ => None,
        };
        for spec in parent.into_iter().chain([spec]) {
            if !wanted.iter().any(|w| w.name == spec.name) {
                wanted.push(spec);
            }
        }
    }
    Ok(wanted)
}

/// Those of the resources that this release of the API has. One that it lacks is passed over where nobody named it, else
/// [`codes::INT_VERSION`].
pub fn offered(mut resources: Vec<&'static Spec>, release: Release, are_named: bool) -> Result<Vec<&'static Spec>> {
    let lacking = resources.iter().find(|spec| are_named && release < spec.since);
    if let Some(Spec { name, since: (major, minor), .. }) = lacking {
        let what = format!("Intercom has `{name}` from API version {major}.{minor} on; {}.{} is in use", release.0, release.1);
        return Err(Error::new(&codes::INT_VERSION, what));
    }
    resources.retain(|spec| release >= spec.since);
    Ok(resources)
}

/// Runs one extraction: reads what `wanted` asks for into `to`, until done or until `stop` resolves.
///
/// `Err` means that nothing was read; once reading began, failures stand in the receipt.
pub async fn load(
    intercom: &Intercom,
    connection: &str,
    wanted: &Wanted,
    to: &dyn Destination,
    live: impl FnOnce(Live),
    stop: impl Future<Output = ()>,
) -> Result<Receipt> {
    let me = intercom.me().await?;
    let claim: Claim = to.claim(connection, &me.id_code).await?;
    let alive = intercom.apart();
    let source = Source {
        client: intercom.client().clone(),
        release: intercom.version().release(),
        release_name: intercom.version().to_string(),
        zone: me.timezone.as_deref().and_then(|name| TimeZone::get(name).ok()).unwrap_or(TimeZone::UTC),
        now: me.date,
        alive: Box::new(move || {
            let intercom = alive.clone();
            Box::pin(async move { intercom.me().await.is_ok() })
        }),
    };
    let extraction = Extraction::prepare(&source, wanted, to, &claim).await?;
    live(Live { gauges: extraction.gauges(), pace: source.client.pace().clone() });
    let (reports, ended): (Vec<Report>, Result<()>) = extraction.run(stop).await;
    Ok(Receipt::new(connection, &me, reports, ended))
}
