//! Events of Intercom as events of Brevo: what people did, and how their conversations went. Brevo knows no duplicate of
//! an event, so each is claimed in the ledger before it is sent, and one of unknown outcome is never sent again.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};
use tajo_brevo::{Event, Who};
use tajo_core::{Error, Kind, Result, codes};
use tajo_state::{LinkState, SentState};

use super::Pair;
use super::apply::{Applied, Run, is_about_the_record, is_unknown};
use super::engagement::is_from_brevo;
use super::entry::Act;
use super::left::LeftReader;
use super::links::Notes;
use super::mapping::Mapping;
use super::plan::Planned;
use crate::warehouse::moment;

/// Intercom keeps events for 90 days.
const KEPT_SECS: i64 = 90 * 86_400;
/// Read again from a little before the last time: two events may share a second.
const OVERLAP_SECS: i64 = 60;
/// Events in one call to Brevo.
const BATCH: usize = 100;
/// Mark: when conversations began to be sent as events. What happened before makes no event.
const SINCE: &str = "events_since";

/// One event that is to be sent, and its name in the ledger.
struct Due {
    key: String,
    event: Event,
}

impl Pair {
    /// Sends the events of every contact that the plan looked at.
    pub(super) async fn send_events(&self, planned: &Planned, run: &Run, applied: &mut Applied) -> Result<()> {
        let now = self.intercom.me().await?.date;
        let since = self.conversations_since(now).await?;
        let mut contacts = BTreeSet::new();
        for entry in planned.file.entries()? {
            let entry = entry?;
            if let Act::Contact(_) = &entry.act
                && !entry.id.is_empty()
            {
                contacts.insert(entry.id);
            }
        }
        contacts.extend(self.touched(planned).await?);
        for id in contacts {
            if run.stop.load(std::sync::atomic::Ordering::Relaxed) {
                break;
            }
            self.send_events_of(&id, now, since, applied).await?;
        }
        Ok(())
    }

    /// Linked contacts whose row in the mirror was written since the last pass, though nothing of it is mapped.
    async fn touched(&self, planned: &Planned) -> Result<Vec<String>> {
        let (pair, mark) = (self.clone(), planned.left_before);
        // Conversations make events whether or not anything of them is mapped.
        let mut mapping = Mapping::clone(&self.mapping);
        mapping.wanted.facts = true;
        self.ledger
            .apart(move |_| match mark {
                Some(mark) => LeftReader::open(&pair.mirror, &mapping)?.changed_since(mark),
                None => Ok(Vec::new()),
            })
            .await
    }

    async fn conversations_since(&self, now: i64) -> Result<i64> {
        let known = self.ledger.apart(|ledger| ledger.mark(SINCE)).await?.and_then(|at| at.parse().ok());
        if let Some(at) = known {
            return Ok(at);
        }
        self.ledger.apart(move |ledger| ledger.write(|write| write.set_mark(SINCE, &now.to_string()))).await?;
        Ok(now)
    }

    async fn send_events_of(&self, id: &str, now: i64, conversations_since: i64, applied: &mut Applied) -> Result<()> {
        let own = id.to_string();
        let Some(link) = self.ledger.apart(move |ledger| ledger.link(&own)).await? else { return Ok(()) };
        let Some(brevo_id) = link.brevo_id.filter(|_| link.state == LinkState::Live) else { return Ok(()) };
        let notes = Notes::of(&link);
        let from = notes.events_at.map_or(now - KEPT_SECS, |at| at - OVERLAP_SECS);
        let mut due = Vec::new();
        match self.intercom.events(id, Some(from)).await {
            Ok(events) => due.extend(events.iter().filter_map(|event| custom(id, brevo_id, event))),
            Err(error) if error.code() == &codes::INT_MISSING => {}
            Err(error) => return Err(error),
        }
        due.extend(self.conversations_of(id, brevo_id, conversations_since).await?);
        for batch in due.chunks(BATCH) {
            self.send_batch(batch, applied).await?;
        }
        let notes = Notes { events_at: Some(now), ..notes };
        let text = notes.text();
        self.ledger
            .apart(move |ledger| match ledger.link(&link.intercom_id)? {
                Some(link) => ledger.write(|write| write.put_link(&tajo_state::Link { detail: text, ..link.clone() })),
                None => Ok(()),
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
        if due.is_empty() {
            return Ok(());
        }
        self.trip.step("before events are sent")?;
        let events: Vec<Event> = due.iter().map(|due| due.event.clone()).collect();
        let sent = match events.as_slice() {
            [one] => self.brevo.send_event(one).await.map(|()| vec![Ok(())]),
            many => self.brevo.send_events(many).await,
        };
        self.trip.step("after events were sent")?;
        let states: Vec<(String, SentState)> = match &sent {
            Ok(outcomes) => due
                .iter()
                .zip(outcomes)
                .map(|(due, outcome)| {
                    let state = if outcome.is_ok() { SentState::Sent } else { SentState::Failed };
                    (due.key.clone(), state)
                })
                .collect(),
            Err(error) if is_unsent(error) => {
                let keys: Vec<String> = due.iter().map(|due| due.key.clone()).collect();
                self.ledger
                    .apart(move |l| l.write(|write| keys.iter().try_for_each(|key| write.release_event(key).map(drop))))
                    .await?;
                Vec::new()
            }
            Err(error) if is_about_the_record(error) => due.iter().map(|due| (due.key.clone(), SentState::Failed)).collect(),
            // It may have arrived: it is never sent a second time.
            Err(_) => due.iter().map(|due| (due.key.clone(), SentState::Unknown)).collect(),
        };
        applied.events += states.iter().filter(|(_, state)| *state == SentState::Sent).count() as u64;
        applied.unknown += states.iter().filter(|(_, state)| *state == SentState::Unknown).count() as u64;
        applied.failed += states.iter().filter(|(_, state)| *state == SentState::Failed).count() as u64;
        self.ledger
            .apart(move |l| l.write(|write| states.iter().try_for_each(|(key, state)| write.settle_event(key, *state))))
            .await?;
        match sent {
            Err(error) if is_unsent(&error) => Err(error),
            _ => Ok(()),
        }
    }

    /// How the conversations of a contact went since events are sent at all.
    async fn conversations_of(&self, id: &str, brevo_id: i64, since: i64) -> Result<Vec<Due>> {
        let (pair, own) = (self.clone(), id.to_string());
        let told =
            self.ledger.apart(move |_| LeftReader::open(&pair.mirror, &pair.mapping)?.conversations_of(&own, since)).await?;
        let mut due = Vec::new();
        for one in told {
            let mut add = |name: &str, at: Option<i64>, more: Value| {
                if let Some(at) = at.filter(|at| *at >= since) {
                    let mut properties = Map::new();
                    properties.insert("conversation_id".into(), one.id.clone().into());
                    properties.extend(more.as_object().cloned().unwrap_or_default());
                    let key = format!("conversation:{}:{name}:{at}:{id}", one.id);
                    due.push(Due { key, event: event(name, brevo_id, at, properties) });
                }
            };
            add("conversation_created", Some(one.created_at), json!({"channel": one.channel}));
            add("conversation_closed", one.closed_at, json!({}));
            add("conversation_rating_added", one.rated_at, json!({"rating": one.rating}));
        }
        Ok(due)
    }
}

/// Whether a batch certainly did not arrive, so that its events may be sent another time.
fn is_unsent(error: &Error) -> bool {
    let refused = matches!(error.kind(), Kind::Auth | Kind::Denied | Kind::Throttled) || error.code() == &codes::NET_CONNECT;
    refused && !is_unknown(error)
}

fn custom(contact: &str, brevo_id: i64, event: &Map<String, Value>) -> Option<Due> {
    let name = event.get("event_name")?.as_str().filter(|name| !is_from_brevo(name))?;
    let at = event.get("created_at")?.as_i64()?;
    let mut properties = Map::new();
    properties.insert("intercom_event".into(), name.into());
    for (key, value) in event.get("metadata").and_then(Value::as_object).into_iter().flatten() {
        properties.insert(plain(key), value.clone());
    }
    // Intercom itself takes contact, name and second for an event's identity.
    Some(Due { key: format!("event:{contact}:{name}:{at}"), event: self::event(name, brevo_id, at, properties) })
}

fn event(name: &str, brevo_id: i64, at: i64, properties: Map<String, Value>) -> Event {
    Event { name: plain(name), who: Who::Id(brevo_id), date: Some(moment(at)), properties }
}

/// A name as Brevo takes it: letters, digits, `_` and `-`, at most 255.
fn plain(name: &str) -> String {
    let one = |c: char| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' };
    name.chars().map(one).take(255).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_made_fit_for_brevo() {
        assert_eq!(plain("Ordered item / größe"), "Ordered_item___gr__e");
        assert_eq!(plain(&"x".repeat(300)).len(), 255);
    }
}
