//! What a contact did with the e-mails of campaigns: part of the answer about one contact, and of no list.

use serde::Deserialize;
use serde_json::Value;
use tajo_core::Result;
use tajo_core::rest::Request;

use crate::client::{Brevo, found};
use crate::who::Who;

/// What became of a campaign's e-mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reaction {
    /// It was opened.
    Opened,
    /// A link in it was clicked.
    Clicked,
    /// It came back, for good or for now.
    Bounced,
}

/// One reaction to one campaign.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Engagement {
    /// When, as Brevo writes it: ISO 8601.
    pub at: String,
    /// What.
    pub what: Reaction,
    /// Of which campaign.
    pub campaign: u64,
}

#[derive(Deserialize)]
struct Body {
    #[serde(default)]
    statistics: Value,
}

impl Brevo {
    /// What a contact did with campaigns in the last 90 days, oldest first; `None` where there is no such contact.
    /// <https://developers.brevo.com/reference/getcontactinfo-1>
    pub async fn engagement(&self, contact: i64) -> Result<Option<Vec<Engagement>>> {
        let body: Option<Body> = found(self.fetch(Request::get(Who::Id(contact).path()?), "a contact").await)?;
        Ok(body.map(|body| reactions(&body.statistics)))
    }
}

/// What of the statistics can be read: an entry without its campaign or its time is none, and hides no other.
fn reactions(statistics: &Value) -> Vec<Engagement> {
    fn entries<'a>(of: &'a Value, key: &str) -> impl Iterator<Item = &'a Value> {
        of.get(key).and_then(Value::as_array).into_iter().flatten()
    }
    let told = |what: Reaction, of: &Value, at: &Value| {
        let campaign = of.get("campaignId")?.as_u64()?;
        Some(Engagement { at: at.get("eventTime")?.as_str()?.to_owned(), what, campaign })
    };
    let plain = [("opened", Reaction::Opened), ("hardBounces", Reaction::Bounced), ("softBounces", Reaction::Bounced)];
    let mut all = Vec::new();
    for (key, what) in plain {
        all.extend(entries(statistics, key).filter_map(|one| told(what, one, one)));
    }
    for one in entries(statistics, "clicked") {
        all.extend(entries(one, "links").filter_map(|link| told(Reaction::Clicked, one, link)));
    }
    all.sort();
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reaction_is_listed_and_what_is_missing_is_none() {
        let body = r#"{"id":7,"statistics":{"opened":[{"campaignId":3,"count":2,"eventTime":"2026-11-20T10:00:02Z","ip":"x"}],
            "clicked":[{"campaignId":3,"links":[{"count":1,"eventTime":"2026-11-20T10:00:05Z","ip":"x","url":"u"}]}],
            "hardBounces":null,"softBounces":[{"campaignId":2,"eventTime":"2026-11-19T10:00:00Z"}],"delivered":[]}}"#;
        let list = |body: &str| reactions(&serde_json::from_str::<Body>(body).expect("it can be read").statistics);
        let all: Vec<(Reaction, u64)> = list(body).into_iter().map(|one| (one.what, one.campaign)).collect();
        assert_eq!(all, [(Reaction::Bounced, 2), (Reaction::Opened, 3), (Reaction::Clicked, 3)]);
        assert!(list(r#"{"id":7}"#).is_empty() && list(r#"{"statistics":{}}"#).is_empty());
    }
}
