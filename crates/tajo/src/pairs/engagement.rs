//! What contacts did with Brevo's e-mails, as events of Intercom.
//!
//! Brevo tells it with a single contact and in no list, so the contacts that changed are asked for one by one, in the order
//! of their change and a bounded number in one pass. Intercom takes a second event of the same contact, name and second for
//! the same, so an event of unknown outcome may be sent again.

use serde_json::{Map, Value, json};
use tajo_brevo::{Engagement, Reaction};
use tajo_core::{Error, Kind, Result, codes};
use tajo_state::{Ledger, Link, LinkState, SentState};
use tokio::task::JoinSet;

use super::Pair;
use super::apply::{Applied, Run, STRIKES_MAX, is_of_one};
use super::links::Notes;
use super::refresh::SEEN;
use super::right::utc;

/// Mark: since when engagement is sent, unix seconds. What happened before makes no event.
const SINCE: &str = "engagement_since";
/// Mark: up to which change the contacts were asked for, `[modified_at, id]`.
const AT: &str = "engagement_at";
/// Contacts asked for in one pass.
const ASKED_MAX: usize = 500;
/// Rows of the ledger looked at in one go.
const ROWS: usize = 500;
/// Changes may show up in lists this much later than they were made, seconds.
const LAG_SECS: i64 = 300;
/// Whoever is not linked yet, or could not be asked, is waited for so long at most, seconds.
const HELD_SECS: i64 = 86_400;
/// Before the names of these events in Intercom.
const PREFIX: &str = "brevo_email_";

/// Whether an event of Intercom came from Brevo, so that it must not go back there.
pub fn is_from_brevo(name: &str) -> bool {
    name.starts_with(PREFIX)
}

fn name(what: Reaction) -> String {
    let word = match what {
        Reaction::Opened => "opened",
        Reaction::Clicked => "clicked",
        Reaction::Bounced => "bounced",
    };
    format!("{PREFIX}{word}")
}

/// A contact to ask for.
#[derive(Debug, Clone)]
struct Asked {
    intercom_id: String,
    brevo_id: i64,
    modified_at: String,
}

/// A place in the order of changes.
type Place = (String, i64);

/// A contact of Brevo, and when it changed.
type Changed = (i64, String);

/// How far a pass came.
struct Way {
    /// Everybody up to here was looked at.
    at: Place,
    /// The first of those that have to be looked at again.
    held: Option<Place>,
    /// Contacts in a row that could not be asked for.
    strikes: u32,
}

impl Way {
    /// Comes back to this contact in the next pass.
    fn hold(&mut self, id: i64, modified_at: &str) {
        let place = (modified_at.to_string(), id - 1);
        self.held = Some(self.held.take().map_or(place.clone(), |held| held.min(place)));
    }
}

impl Pair {
    /// Sends what changed contacts did with e-mails since this is on at all.
    pub(super) async fn send_engagement(&self, run: &Run, applied: &mut Applied, warnings: &mut Vec<String>) -> Result<()> {
        if !self.mapping.engagement {
            return Ok(());
        }
        let known = self.ledger.apart(|ledger| Ok((ledger.mark(SINCE)?, ledger.mark(AT)?, ledger.mark(SEEN)?))).await?;
        let (Some(since), Some(at)) = (known.0.and_then(|at| at.parse().ok()), known.1.and_then(|at| place(&at))) else {
            return self.begin_engagement().await;
        };
        // A change that lists show late must still come after the place that is kept.
        let seen = known.2.and_then(|at| at.parse::<i64>().ok()).unwrap_or(0);
        let floor = (utc(seen - LAG_SECS), i64::MAX);
        let mut way = Way { at: at.clone(), held: None, strikes: 0 };
        let done = self.ask_all(&mut way, since, run, applied, warnings).await;
        let held = way.held.map_or_else(|| way.at.clone(), |held| held.max((utc(seen - HELD_SECS), i64::MAX)));
        let kept = at.max(way.at.min(floor).min(held));
        let text = json!([kept.0, kept.1]).to_string();
        self.ledger.apart(move |ledger| ledger.write(|write| write.set_mark(AT, &text))).await?;
        match done {
            Err(error) if error.code() == &codes::BRV_THROTTLED => {
                warnings.push("engagement: Brevo's calls are used up; the next pass goes on".into());
                Ok(())
            }
            other => other,
        }
    }

    async fn begin_engagement(&self) -> Result<()> {
        let now = self.intercom.me().await?.date;
        let at = json!([utc(now), 0]).to_string();
        self.ledger
            .apart(move |ledger| {
                ledger.write(|write| {
                    write.set_mark(SINCE, &now.to_string())?;
                    write.set_mark(AT, &at)
                })
            })
            .await
    }

    /// Goes on from a place, which moves with each contact that is done.
    async fn ask_all(
        &self,
        way: &mut Way,
        since: i64,
        run: &Run,
        applied: &mut Applied,
        warnings: &mut Vec<String>,
    ) -> Result<()> {
        let mut left = ASKED_MAX;
        loop {
            let from = way.at.clone();
            let rows = self.ledger.apart(move |ledger| ledger.brevo_modified(&from.0, from.1, ROWS)).await?;
            if rows.is_empty() {
                return Ok(());
            }
            for chunk in rows.chunks(self.bounds.singles.max(1)) {
                if run.stop.load(std::sync::atomic::Ordering::Relaxed) {
                    return Ok(());
                }
                let of = chunk.to_vec();
                let (asked, waiting) = self.ledger.apart(move |ledger| asked(ledger, &of)).await?;
                if asked.len() > left {
                    warnings
                        .push(format!("engagement: more than {ASKED_MAX} contacts changed; the rest stays for the next pass"));
                    return Ok(());
                }
                left -= asked.len();
                waiting.iter().for_each(|(id, modified_at)| way.hold(*id, modified_at));
                self.ask(asked, since, way, applied).await?;
                if let Some((id, modified_at)) = chunk.last() {
                    way.at = (modified_at.clone(), *id);
                }
            }
        }
    }

    async fn ask(&self, asked: Vec<Asked>, since: i64, way: &mut Way, applied: &mut Applied) -> Result<()> {
        let mut asking = JoinSet::new();
        for one in asked {
            let brevo = self.brevo.clone();
            asking.spawn(async move { (brevo.engagement(one.brevo_id).await, one) });
        }
        let mut told = Vec::new();
        while let Some(done) = asking.join_next().await {
            told.push(done.map_err(|e| Error::new(&codes::BUG, "A look at a contact broke off").because(e))?);
        }
        for (found, one) in told {
            let sent = match found {
                Ok(found) => self.send_reactions(&one, found.unwrap_or_default(), since, applied).await,
                Err(error) => Err(error),
            };
            match sent {
                Ok(()) => way.strikes = 0,
                Err(error) if way.strikes < STRIKES_MAX && is_of_one(&error) => {
                    way.strikes += 1;
                    applied.unread(&one.intercom_id, &error);
                    way.hold(one.brevo_id, &one.modified_at);
                    continue;
                }
                Err(error) => return Err(error),
            }
            self.ledger
                .apart(move |ledger| {
                    let Some(link) = ledger.link(&one.intercom_id)? else { return Ok(()) };
                    let detail = Notes { engaged_at: Some(one.modified_at), ..Notes::of(&link) }.text();
                    ledger.write(|write| write.put_link(&Link { detail, ..link.clone() }))
                })
                .await?;
        }
        Ok(())
    }

    async fn send_reactions(&self, to: &Asked, reactions: Vec<Engagement>, since: i64, applied: &mut Applied) -> Result<()> {
        for reaction in reactions {
            let Some(at) = reaction.at.parse::<jiff::Timestamp>().ok().map(|at| at.as_second()).filter(|at| *at >= since) else {
                continue;
            };
            let name = name(reaction.what);
            let key = format!("engagement:{}:{name}:{at}", to.intercom_id);
            let claimed = key.clone();
            let is_due = self.ledger.apart(move |ledger| claim(ledger, &claimed)).await?;
            if !is_due {
                continue;
            }
            self.trip.step("before engagement is sent")?;
            let metadata: Map<String, Value> = [("campaign_id".to_string(), reaction.campaign.into())].into_iter().collect();
            let state = match self.intercom.submit_event(&to.intercom_id, &name, at, &metadata).await {
                Ok(()) => SentState::Sent,
                Err(error) if matches!(error.kind(), Kind::Missing | Kind::Invalid) => SentState::Failed,
                // Claimed it stays: the next pass sends it again, and Intercom knows it if it arrived.
                Err(error) => return Err(error),
            };
            self.trip.step("after engagement was sent")?;
            applied.engagement += u64::from(state == SentState::Sent);
            self.ledger.apart(move |ledger| ledger.write(|write| write.settle_event(&key, state))).await?;
        }
        Ok(())
    }
}

/// Whether an event is to be sent: new, or claimed before without being settled.
fn claim(ledger: &Ledger, key: &str) -> Result<bool> {
    match ledger.was_sent(key)? {
        Some(SentState::Sent | SentState::Failed) => Ok(false),
        Some(SentState::Planned | SentState::Unknown) => Ok(true),
        None => ledger.write(|write| write.claim_event(key)),
    }
}

/// Those of the changed contacts that are linked and were not asked for since that change; and those that are not linked
/// and wait for it.
fn asked(ledger: &Ledger, changed: &[Changed]) -> Result<(Vec<Asked>, Vec<Changed>)> {
    let (mut asked, mut waiting) = (Vec::new(), Vec::new());
    for (id, modified_at) in changed {
        let Some(link) = ledger.link_of_brevo(*id)? else {
            if ledger.brevo(*id)?.is_some_and(|row| row.dirty) {
                waiting.push((*id, modified_at.clone()));
            }
            continue;
        };
        if link.state == LinkState::Live && Notes::of(&link).engaged_at.as_ref() != Some(modified_at) {
            asked.push(Asked { intercom_id: link.intercom_id, brevo_id: *id, modified_at: modified_at.clone() });
        }
    }
    Ok((asked, waiting))
}

fn place(text: &str) -> Option<Place> {
    serde_json::from_str(text).ok()
}
