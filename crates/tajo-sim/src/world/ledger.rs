//! What a workspace keeps beside people and talk: away admins, activities, subscriptions, merges,
//! messages, export jobs.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::World;
use crate::dice::Dice;

/// How an admin is away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Away {
    pub(crate) enabled: bool,
    pub(crate) reassign: bool,
    pub(crate) reason: Option<i64>,
}

/// Something that an admin did.
#[derive(Debug, Clone)]
pub(crate) struct Activity {
    pub(crate) id: String,
    pub(crate) at: i64,
    pub(crate) admin: u32,
    pub(crate) kind: &'static str,
    pub(crate) metadata: Map<String, Value>,
    pub(crate) description: String,
}

/// One contact merged into another.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Merge {
    pub(crate) from: u32,
    pub(crate) into: u32,
    pub(crate) was_lead: bool,
    pub(crate) at: i64,
}

/// A job that exports content data.
#[derive(Debug, Clone)]
pub(crate) struct Export {
    pub(crate) id: String,
    pub(crate) made_ms: i64,
    pub(crate) range: (i64, i64),
    pub(crate) is_canceled: bool,
}

/// All of it.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    pub(crate) away: BTreeMap<u32, Away>,
    /// Oldest first.
    pub(crate) activities: Vec<Activity>,
    /// The types that a contact chose, by contact: out of an opt-out one, into an opt-in one.
    pub(crate) subscriptions: BTreeMap<u32, Vec<u32>>,
    /// Oldest first.
    pub(crate) merges: Vec<Merge>,
    /// Messages that admins sent.
    pub(crate) messages: usize,
    pub(crate) exports: Vec<Export>,
}

/// A kind of mail that contacts choose.
#[derive(Debug)]
pub(crate) struct Subscription {
    pub(crate) name: &'static str,
    pub(crate) state: &'static str,
    pub(crate) consent: &'static str,
    pub(crate) content: &'static str,
}

pub(crate) static SUBSCRIPTIONS: [Subscription; 4] = [
    Subscription { name: "Newsletter", state: "live", consent: "opt_out", content: "email" },
    Subscription { name: "Product news", state: "live", consent: "opt_in", content: "email" },
    Subscription { name: "Delivery alerts", state: "live", consent: "opt_in", content: "sms_message" },
    Subscription { name: "Summer campaign", state: "archived", consent: "opt_out", content: "email" },
];

/// Activities at the start, one a day.
const DAYS: i64 = 45;

/// The last weeks of a workspace whose admins come and go.
pub(crate) fn settle(seed: u64, admins: usize, now: i64) -> Ledger {
    let mut dice = Dice::of(seed, 47, 0);
    let days = if admins == 0 { 0 } else { DAYS };
    let one = |day: i64| {
        let admin = dice.serial(admins);
        let (kind, description) = *dice.pick(&[
            ("admin_login_success", "An admin logged in."),
            ("admin_logout", "An admin logged out."),
            ("app_team_membership_modification", "An admin changed who is in a team."),
        ]);
        Activity {
            id: dice.uuid(),
            at: now - (days - day) * 86_400 + 3600,
            admin,
            kind,
            metadata: Map::new(),
            description: description.to_owned(),
        }
    };
    Ledger { activities: (0..days).map(one).collect(), ..Ledger::default() }
}

impl World {
    /// Every fifth admin is away until somebody says otherwise.
    pub(crate) fn away(&self, admin: u32) -> Away {
        let derived = Away { enabled: admin % 5 == 4, reassign: false, reason: None };
        self.ledger.away.get(&admin).copied().unwrap_or(derived)
    }

    /// The subscription types that a contact chose explicitly.
    pub(crate) fn subscriptions_of(&self, contact: u32) -> &[u32] {
        self.ledger.subscriptions.get(&contact).map_or(&[], Vec::as_slice)
    }
}
