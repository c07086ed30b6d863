//! What a contact did with the e-mails of campaigns: part of the answer about one contact, and of no list.

use serde::{Deserialize, Deserializer};
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
    #[serde(default, deserialize_with = "or_default")]
    statistics: Statistics,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Statistics {
    #[serde(deserialize_with = "or_default")]
    opened: Vec<Told>,
    #[serde(deserialize_with = "or_default")]
    clicked: Vec<Clicked>,
    #[serde(deserialize_with = "or_default")]
    hard_bounces: Vec<Told>,
    #[serde(deserialize_with = "or_default")]
    soft_bounces: Vec<Told>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Told {
    campaign_id: u64,
    event_time: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Clicked {
    campaign_id: u64,
    #[serde(default, deserialize_with = "or_default")]
    links: Vec<Link>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Link {
    event_time: String,
}

fn or_default<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(from: D) -> std::result::Result<T, D::Error> {
    Ok(Option::deserialize(from)?.unwrap_or_default())
}

impl Brevo {
    /// What a contact did with campaigns in the last 90 days, oldest first; `None` where there is no such contact.
    /// <https://developers.brevo.com/reference/getcontactinfo-1>
    pub async fn engagement(&self, contact: i64) -> Result<Option<Vec<Engagement>>> {
        let body: Option<Body> = found(self.fetch(Request::get(Who::Id(contact).path()?), "a contact").await)?;
        Ok(body.map(|body| body.statistics.list()))
    }
}

impl Statistics {
    fn list(self) -> Vec<Engagement> {
        let told = |what, list: Vec<Told>| {
            list.into_iter().map(move |one| Engagement { at: one.event_time, what, campaign: one.campaign_id })
        };
        let clicks = self.clicked.into_iter().flat_map(|clicked| {
            let at = clicked.campaign_id;
            clicked.links.into_iter().map(move |link| Engagement { at: link.event_time, what: Reaction::Clicked, campaign: at })
        });
        let mut all: Vec<Engagement> = told(Reaction::Opened, self.opened)
            .chain(clicks)
            .chain(told(Reaction::Bounced, self.hard_bounces))
            .chain(told(Reaction::Bounced, self.soft_bounces))
            .collect();
        all.sort();
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reaction_is_listed_and_what_is_missing_is_none() {
        let body = r#"{"id":7,"statistics":{"opened":[{"campaignId":3,"count":2,"eventTime":"2026-11-20T10:00:02Z","ip":"x"}],
            "clicked":[{"campaignId":3,"links":[{"count":1,"eventTime":"2026-11-20T10:00:05Z","ip":"x","url":"u"}]}],
            "hardBounces":null,"softBounces":[{"campaignId":2,"eventTime":"2026-11-19T10:00:00Z"}],"delivered":[]}}"#;
        let list = |body: &str| serde_json::from_str::<Body>(body).expect("it can be read").statistics.list();
        let all: Vec<(Reaction, u64)> = list(body).into_iter().map(|one| (one.what, one.campaign)).collect();
        assert_eq!(all, [(Reaction::Bounced, 2), (Reaction::Opened, 3), (Reaction::Clicked, 3)]);
        assert!(list(r#"{"id":7}"#).is_empty() && list(r#"{"statistics":{}}"#).is_empty());
    }
}
