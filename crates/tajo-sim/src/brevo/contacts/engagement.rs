//! What contacts did with campaigns: `statistics` of the single answer. Source: 2025 description, `getContactCampaignStats`.

use crate::brevo::account::Account;
use crate::brevo::handle::Brevo;
use crate::brevo::stamp::iso;
use crate::json::Json;

/// What became of a campaign's e-mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::brevo) enum Kind {
    Opened,
    Clicked,
    HardBounce,
    SoftBounce,
    /// By the link in the e-mail.
    Unsubscribed,
}

/// One contact's reaction to one campaign; repeated ones are counted and keep the last time.
#[derive(Debug, Clone)]
pub(in crate::brevo) struct Reaction {
    pub(in crate::brevo) contact: i64,
    campaign: u64,
    kind: Kind,
    count: u64,
    at: i64,
}

/// Where every link of a campaign leads.
const URL: &str = "https://shop.example/";
/// The campaign in whose e-mail people unsubscribe.
const FAREWELL: u64 = 1;
const IP: &str = "192.0.2.7";

impl Brevo {
    /// The contact opens the e-mail of a campaign. `modifiedAt` moves; the vendor does not say whether it does.
    pub fn opened(&self, id: i64, campaign: u64) {
        self.react(id, campaign, Kind::Opened);
    }

    /// The contact clicks the link in the e-mail of a campaign.
    pub fn clicked(&self, id: i64, campaign: u64) {
        self.react(id, campaign, Kind::Clicked);
    }

    /// The e-mail of a campaign comes back, for good or for now. The blocklist stays as it is.
    pub fn bounced(&self, id: i64, campaign: u64, hard: bool) {
        self.react(id, campaign, if hard { Kind::HardBounce } else { Kind::SoftBounce });
    }

    fn react(&self, contact: i64, campaign: u64, kind: Kind) {
        self.account().react(contact, campaign, kind);
    }
}

impl Account {
    /// Notes that a contact unsubscribed by the link in an e-mail.
    pub(in crate::brevo) fn note_unsubscription(&mut self, contact: i64) {
        self.react(contact, FAREWELL, Kind::Unsubscribed);
    }

    /// Notes what a contact did with a campaign.
    pub(in crate::brevo) fn react(&mut self, contact: i64, campaign: u64, kind: Kind) {
        let account = self;
        let now = account.now;
        let Some(row) = account.people.get_mut(contact) else { return };
        row.modified = now;
        let same = |known: &&mut Reaction| (known.contact, known.campaign, known.kind) == (contact, campaign, kind);
        match account.reactions.iter_mut().find(same) {
            Some(known) => (known.count, known.at) = (known.count + 1, now),
            None => account.reactions.push(Reaction { contact, campaign, kind, count: 1, at: now }),
        }
    }
}

/// The members of `statistics`; kinds without a reaction are left out.
pub(in crate::brevo) fn show(account: &Account, contact: i64, j: &mut Json) {
    for (key, kind) in [
        ("hardBounces", Kind::HardBounce),
        ("softBounces", Kind::SoftBounce),
        ("opened", Kind::Opened),
        ("clicked", Kind::Clicked),
    ] {
        let of = |known: &&Reaction| known.contact == contact && known.kind == kind;
        let mut found = account.reactions.iter().filter(of).peekable();
        if found.peek().is_some() {
            j.list(key, found, one);
        }
    }
    let of = |known: &&Reaction| known.contact == contact && known.kind == Kind::Unsubscribed;
    let mut found = account.reactions.iter().filter(of).peekable();
    if found.peek().is_some() {
        // Both are required where the object is there (2025 description).
        j.sub("unsubscriptions", |j| {
            j.list("userUnsubscription", found, one);
            j.list("adminUnsubscription", [(); 0], |_, ()| {});
        });
    }
}

fn one(j: &mut Json, known: &Reaction) {
    j.put("campaignId", known.campaign);
    let told = |j: &mut Json| {
        j.put("count", known.count);
        j.put("eventTime", iso(known.at));
        j.put("ip", IP);
    };
    match known.kind {
        Kind::Opened => told(j),
        Kind::Clicked => j.list("links", [()], |j, ()| {
            told(j);
            j.put("url", URL);
        }),
        Kind::HardBounce | Kind::SoftBounce => j.put("eventTime", iso(known.at)),
        Kind::Unsubscribed => {
            j.put("eventTime", iso(known.at));
            j.put("ip", IP);
        }
    }
}
