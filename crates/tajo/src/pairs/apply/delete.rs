//! A contact that an allowed plan takes away again, on one side.

use serde_json::json;
use tajo_brevo::Who;
use tajo_core::Result;
use tajo_intercom::Found;
use tajo_state::{EffectState, LinkState};

use super::super::Pair;
use super::super::entry::{Entry, Side};
use super::super::left::LeftReader;
use super::super::planner::Planner;
use super::super::verify::UNDONE;
use super::journal::planned;
use super::{Outcome, Run};

/// Kind of the effect.
pub const DELETE: &str = "contact.delete";

impl Pair {
    /// Deletes a contact that still is what it was when that was decided, makes sure that it is gone, and leaves a
    /// tombstone, so that no sync brings it back.
    pub(super) async fn delete(&self, entry: &Entry, side: Side, ground: &str, run: &Run) -> Result<Outcome> {
        if self.ground_of(&entry.id).await?.as_deref() != Some(ground) {
            return Ok(Outcome::Moved);
        }
        let (name, target) = match (side, entry.brevo) {
            (Side::Intercom, _) => ("intercom", entry.id.clone()),
            (Side::Brevo, Some(id)) => ("brevo", id.to_string()),
            (Side::Brevo, None) => return Ok(Outcome::Gone),
        };
        let mut effect = planned(run, entry, DELETE, name, target, &Default::default());
        effect.detail = Some(json!({"who": entry.who}).to_string());
        let id = effect.effect_id.clone();
        self.begin(effect).await?;
        self.trip.step("before a contact is deleted")?;
        let done = match (side, entry.brevo) {
            (Side::Brevo, Some(contact)) => self.brevo.delete_contact(&Who::Id(contact)).await,
            _ => self.intercom.delete_contact(&entry.id).await,
        };
        self.trip.step("after a contact was deleted")?;
        if let Err(error) = done {
            return self.refused(entry, &id, error).await;
        }
        let gone = match (side, entry.brevo) {
            (Side::Brevo, Some(contact)) => self.reread(contact).await?.is_none(),
            _ => !matches!(self.intercom.contact(&entry.id).await?, Found::Here(_)),
        };
        if !gone {
            self.end(&id, EffectState::Failed, Some("still there".into())).await?;
            return Ok(Outcome::Moved);
        }
        self.end(&id, EffectState::Confirmed, None).await?;
        let state = if side == Side::Brevo { LinkState::Gone } else { LinkState::Merged };
        self.bury(entry, state, UNDONE).await?;
        Ok(Outcome::Done)
    }

    /// Fingerprint of what both sides show of a linked contact now.
    async fn ground_of(&self, id: &str) -> Result<Option<String>> {
        let (pair, id) = (self.clone(), id.to_string());
        self.ledger
            .apart(move |ledger| {
                let reader = LeftReader::open(&pair.mirror, &pair.mapping)?;
                let planner = Planner::new(&pair.mapping, ledger, &reader, pair.laws, false);
                let standing = reader.one(&id)?.map(|left| planner.standing(&left)).transpose()?.flatten();
                Ok(standing.map(|standing| standing.ground))
            })
            .await
    }
}
