//! Events of Intercom as events of Brevo: what people did, and how their conversations went. Brevo knows no duplicate of
//! an event, so each is claimed in the ledger before it is sent, and one of unknown outcome is never sent again.
//!
//! This lane has a mark of its own: what fails here is no reason to plan anybody again.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};
use tajo_brevo::{Event, Who};
use tajo_core::{Error, Kind, Result, codes};
use tajo_state::{Ledger, Link, LinkState, SentState};
use tokio::task::JoinSet;

use super::Pair;
use super::apply::{Applied, Run, STRIKES_MAX, is_about_the_record, is_of_one, is_unknown};
use super::engagement::is_from_brevo;
use super::entry::Act;
use super::left::LeftReader;
use super::links::Notes;
use super::mapping::{Direction, Mapping};
use super::plan::Planned;
use crate::warehouse::moment;

/// Intercom keeps events for 90 days.
const KEPT_SECS: i64 = 90 * 86_400;
/// Read again from so much before the last time: servers hand events in late, with the time at which they happened.
const OVERLAP_SECS: i64 = 86_400;
/// Events in one call to Brevo.
const BATCH: usize = 100;
/// Longest name of an event or a property.
const NAME_MAX: usize = 255;
/// Mark: when conversations began to be sent as events. What happened before makes no event.
const SINCE: &str = "events_since";
/// Mark: rows of the mirror written before this second had their events sent.
const SEEN: &str = "events_seen";
/// Mark: when the round that is under way began, unix seconds; empty for none.
const ROUND: &str = "events_round";

/// One event that is to be sent, and its name in the ledger.
struct Due {
    key: String,
    event: Event,
}

/// The contacts whose events are to be sent.
struct Round {
    /// Intercom's clock.
    now: i64,
    /// Since when conversations make events.
    since: i64,
    /// Who was looked at since then is done, unless changed again; none where the round is a new one.
    resumed: Option<i64>,
    /// Those whose row was written.
    touched: BTreeSet<String>,
    /// Those that the plan looked at for another reason.
    planned: BTreeSet<String>,
    /// Those whose row was written after the round began.
    again: BTreeSet<String>,
}

/// What is known of a contact before anything of it is sent.
struct Looked {
    link: Link,
    due: Vec<Due>,
}

impl Pair {
    /// Sends the events of every contact that the plan looked at, and of those whose row was written since the last round.
    pub(super) async fn send_events(
        &self,
        planned: &Planned,
        run: &Run,
        applied: &mut Applied,
        warnings: &mut Vec<String>,
    ) -> Result<()> {
        if self.mapping.direction == Direction::BrevoToIntercom {
            return Ok(());
        }
        let round = self.round(planned).await?;
        let ended = self.send_round(&round, run, applied).await;
        let (mark, whole) = (planned.file.heading.left_mark, ended.is_ok());
        self.ledger
            .apart(move |ledger| {
                if whole {
                    let seen = mark.max(number(ledger, SEEN)?).unwrap_or(0);
                    return ledger.write(|write| {
                        write.set_mark(SEEN, &seen.to_string())?;
                        write.set_mark(ROUND, "")
                    });
                }
                // No row of the mirror leads to these, so their links have to.
                let begun = round.resumed.unwrap_or(round.now);
                let owed = |id: &&String| -> Result<bool> {
                    let link = ledger.link(id)?.filter(|link| link.state == LinkState::Live);
                    Ok(link.is_some_and(|link| Notes::of(&link).events_at.is_none_or(|at| at < begun)))
                };
                let ids = round.planned.iter().map(|id| Ok(owed(&id)?.then_some(id)));
                let ids: Vec<&String> = ids.collect::<Result<Vec<_>>>()?.into_iter().flatten().collect();
                ledger.write(|write| ids.iter().try_for_each(|id| write.set_dirty(id, true)))
            })
            .await?;
        match ended {
            Err(error) if error.code() == &codes::BRV_THROTTLED => {
                warnings.push("events: Brevo's calls are used up; the next pass goes on".into());
                Ok(())
            }
            other => other,
        }
    }

    async fn round(&self, planned: &Planned) -> Result<Round> {
        let now = self.intercom.me().await?.date;
        let (pair, file) = (self.clone(), planned.file.clone());
        self.ledger
            .apart(move |ledger| {
                // Conversations make events whether or not anything of them is mapped.
                let mut mapping = Mapping::clone(&pair.mapping);
                mapping.wanted.facts = true;
                let reader = LeftReader::open(&pair.mirror, &mapping)?;
                let written = |since: i64| Ok::<_, Error>(reader.changed_since(since)?.into_iter().collect::<BTreeSet<_>>());
                let resumed = number(ledger, ROUND)?;
                let touched = written(number(ledger, SEEN)?.unwrap_or(0))?;
                let again = resumed.map(written).transpose()?.unwrap_or_default();
                let mut planned = BTreeSet::new();
                for entry in file.entries()? {
                    let entry = entry?;
                    if matches!(&entry.act, Act::Contact(_)) && !entry.id.is_empty() && !touched.contains(&entry.id) {
                        planned.insert(entry.id);
                    }
                }
                let since = number(ledger, SINCE)?;
                ledger.write(|write| {
                    if resumed.is_none() {
                        write.set_mark(ROUND, &now.to_string())?;
                    }
                    if since.is_none() { write.set_mark(SINCE, &now.to_string()) } else { Ok(()) }
                })?;
                Ok(Round { now, since: since.unwrap_or(now), resumed, touched, planned, again })
            })
            .await
    }

    /// Looks at several contacts at once and sends one's events after the other's.
    async fn send_round(&self, round: &Round, run: &Run, applied: &mut Applied) -> Result<()> {
        let mut ids = round.touched.iter().chain(&round.planned);
        let (mut looking, mut strikes) = (JoinSet::new(), 0);
        loop {
            while looking.len() < self.bounds.singles.max(1)
                && let Some(id) = ids.next()
            {
                let (pair, id, now, since) = (self.clone(), id.clone(), round.now, round.since);
                let done_since = round.resumed.filter(|_| !round.again.contains(&id));
                looking.spawn(async move { (pair.look(&id, now, since, done_since).await, id) });
            }
            let Some(done) = looking.join_next().await else { return Ok(()) };
            run.go_on()?;
            let (found, id) = done.map_err(|e| Error::new(&codes::BUG, "A look at a contact's events broke off").because(e))?;
            match found {
                Ok(None) => {}
                Ok(Some(looked)) => {
                    strikes = 0;
                    for batch in looked.due.chunks(BATCH) {
                        self.send_batch(batch, applied).await?;
                    }
                    self.note_sent(&looked.link, round.now).await?;
                }
                Err(error) if strikes < STRIKES_MAX && is_of_one(&error) => {
                    strikes += 1;
                    applied.unread(&id, &error);
                    self.ledger.apart(move |ledger| ledger.write(|write| write.set_dirty(&id, true))).await?;
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// What there is to send of a contact; `None` where it is not linked, or was looked at since that moment.
    async fn look(&self, id: &str, now: i64, since: i64, done_since: Option<i64>) -> Result<Option<Looked>> {
        let own = id.to_string();
        let Some(link) = self.ledger.apart(move |ledger| ledger.link(&own)).await? else { return Ok(None) };
        let Some(brevo_id) = link.brevo_id.filter(|_| link.state == LinkState::Live) else { return Ok(None) };
        let sent_at = Notes::of(&link).events_at;
        if done_since.zip(sent_at).is_some_and(|(since, at)| at >= since) {
            return Ok(None);
        }
        let from = sent_at.map_or(now - KEPT_SECS, |at| at - OVERLAP_SECS);
        let mut due = Vec::new();
        match self.intercom.events(id, Some(from)).await {
            Ok(events) => due.extend(events.iter().filter_map(|event| custom(brevo_id, event))),
            Err(error) if error.code() == &codes::INT_MISSING => {}
            Err(error) => return Err(error),
        }
        due.extend(self.conversations_of(id, brevo_id, since).await?);
        Ok(Some(Looked { link, due }))
    }

    async fn note_sent(&self, link: &Link, now: i64) -> Result<()> {
        let id = link.intercom_id.clone();
        self.ledger
            .apart(move |ledger| {
                let Some(link) = ledger.link(&id)? else { return Ok(()) };
                let detail = Notes { events_at: Some(now), ..Notes::of(&link) }.text();
                ledger.write(|write| write.put_link(&Link { detail, ..link.clone() }))
            })
            .await
    }

    async fn send_batch(&self, batch: &[Due], applied: &mut Applied) -> Result<()> {
        let keys: Vec<String> = batch.iter().map(|due| due.key.clone()).collect();
        let new: Vec<bool> = self
            .ledger
            .apart(move |ledger| ledger.write(|write| keys.iter().map(|key| write.claim_event(key)).collect()))
            .await?;
        let due: Vec<&Due> = batch.iter().zip(new).filter(|(_, new)| *new).map(|(due, _)| due).collect();
        if !due.is_empty() && !self.deliver(&due, applied).await? {
            // Brevo does not say which of them it means.
            for one in &due {
                self.deliver(&[one], applied).await?;
            }
        }
        Ok(())
    }

    /// Sends claimed events and notes what became of them; `false` where several were refused in one and nothing is noted.
    async fn deliver(&self, due: &[&Due], applied: &mut Applied) -> Result<bool> {
        self.trip.step("before events are sent")?;
        let events: Vec<Event> = due.iter().map(|due| due.event.clone()).collect();
        let sent = match events.as_slice() {
            [one] => self.brevo.send_event(one).await.map(|()| vec![Ok(())]),
            many => self.brevo.send_events(many).await,
        };
        self.trip.step("after events were sent")?;
        let all = |state: SentState| due.iter().map(|due| (due.key.clone(), state)).collect();
        let states: Vec<(String, SentState)> = match &sent {
            Ok(outcomes) => {
                let state = |ok: bool| if ok { SentState::Sent } else { SentState::Failed };
                due.iter().zip(outcomes).map(|(due, outcome)| (due.key.clone(), state(outcome.is_ok()))).collect()
            }
            Err(error) if is_unsent(error) => {
                let keys: Vec<String> = due.iter().map(|due| due.key.clone()).collect();
                self.ledger
                    .apart(move |l| l.write(|write| keys.iter().try_for_each(|key| write.release_event(key).map(drop))))
                    .await?;
                Vec::new()
            }
            Err(error) if is_about_the_record(error) && due.len() > 1 => return Ok(false),
            Err(error) if is_about_the_record(error) => all(SentState::Failed),
            // It may have arrived: it is never sent a second time.
            Err(_) => all(SentState::Unknown),
        };
        let count = |state: SentState| states.iter().filter(|(_, is)| *is == state).count() as u64;
        applied.events += count(SentState::Sent);
        applied.unknown += count(SentState::Unknown);
        applied.failed += count(SentState::Failed);
        self.ledger
            .apart(move |l| l.write(|write| states.iter().try_for_each(|(key, state)| write.settle_event(key, *state))))
            .await?;
        match sent {
            Err(error) if is_unsent(&error) => Err(error),
            _ => Ok(true),
        }
    }

    /// How the conversations of a contact went since events are sent at all.
    async fn conversations_of(&self, id: &str, brevo_id: i64, since: i64) -> Result<Vec<Due>> {
        let (pair, own) = (self.clone(), id.to_string());
        let told =
            self.ledger.apart(move |_| LeftReader::open(&pair.mirror, &pair.mapping)?.conversations_of(&own, since)).await?;
        let mut due = Vec::new();
        for one in told {
            let mut add = |name: &str, at: Option<i64>, sign: Option<i64>, more: Value| {
                if let Some((at, sign)) = at.filter(|at| *at >= since).zip(sign) {
                    let mut properties = Map::new();
                    properties.insert("conversation_id".into(), one.id.clone().into());
                    properties.extend(more.as_object().cloned().unwrap_or_default());
                    let key = format!("conversation:{}:{name}:{sign}:{}", one.id, whose(brevo_id));
                    due.push(Due { key, event: event(name, brevo_id, at, properties) });
                }
            };
            add("conversation_created", Some(one.created_at), Some(one.created_at), json!({"channel": one.channel}));
            add("conversation_closed", one.closed_at, one.closed_at, json!({}));
            // A remark that is added later moves the time, and is no other rating.
            add("conversation_rating_added", one.rated_at, one.rating, json!({"rating": one.rating}));
        }
        Ok(due)
    }
}

/// Whether a batch certainly did not arrive, so that its events may be sent another time.
fn is_unsent(error: &Error) -> bool {
    let refused = matches!(error.kind(), Kind::Auth | Kind::Denied | Kind::Throttled) || error.code() == &codes::NET_CONNECT;
    refused && !is_unknown(error)
}

/// The Brevo contact in the name of an event: it stays when a lead becomes a user, who has another id in Intercom.
fn whose(brevo_id: i64) -> String {
    format!("brevo-{brevo_id}")
}

fn number(ledger: &Ledger, mark: &str) -> Result<Option<i64>> {
    Ok(ledger.mark(mark)?.and_then(|at| at.parse().ok()))
}

fn custom(brevo_id: i64, event: &Map<String, Value>) -> Option<Due> {
    let name = event.get("event_name")?.as_str().filter(|name| !is_from_brevo(name))?;
    let at = event.get("created_at")?.as_i64()?;
    let mut properties = Map::new();
    properties.insert("intercom_event".into(), name.into());
    for (key, value) in event.get("metadata").and_then(Value::as_object).into_iter().flatten() {
        properties.insert(free(&properties, &plain(key)), value.clone());
    }
    // Intercom itself takes contact, name and second for an event's identity.
    Some(Due { key: format!("event:{}:{name}:{at}", whose(brevo_id)), event: self::event(name, brevo_id, at, properties) })
}

fn event(name: &str, brevo_id: i64, at: i64, properties: Map<String, Value>) -> Event {
    Event { name: plain(name), who: Who::Id(brevo_id), date: Some(moment(at)), properties }
}

/// A name as Brevo takes it: letters, digits, `_` and `-`, 1 to 255.
fn plain(name: &str) -> String {
    let one = |c: char| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' };
    let plain: String = name.chars().map(one).take(NAME_MAX).collect();
    if plain.is_empty() { "_".into() } else { plain }
}

/// The name, or with a number behind it where another property has it already.
fn free(taken: &Map<String, Value>, name: &str) -> String {
    let short = &name[..name.len().min(NAME_MAX - 4)];
    let others = (2..).map(|n| format!("{short}_{n}"));
    std::iter::once(name.to_string()).chain(others).find(|name| !taken.contains_key(name)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_made_fit_for_brevo() {
        assert_eq!(plain("Ordered item / größe"), "Ordered_item___gr__e");
        assert_eq!((plain(&"x".repeat(300)).len(), plain("").as_str()), (255, "_"));
        let taken = [("a".repeat(255), Value::Null)].into_iter().collect();
        assert_eq!(free(&taken, &"a".repeat(255)), format!("{}_2", "a".repeat(251)));
    }
}
