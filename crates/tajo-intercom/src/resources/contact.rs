//! Contacts: users and leads. <https://developers.intercom.com/docs/references/rest-api/api.intercom.io/contacts>

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tajo_core::{Epoch, Id, Link, Read, Resource, Row, Spec};

use crate::client::Intercom;
use crate::search::{contact_grain, updated_between};


/// A person in the workspace: a user or a lead.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Contact {
    /// Intercom's id.
    pub id: Id,
    /// Always `contact`.
    #[serde(rename = "type", default)]
    pub kind: Option<String>,
    /// Workspace the contact belongs to.
    #[serde(default)]
    pub workspace_id: Option<Id>,
    /// Your own id of the person.
    #[serde(default)]
    pub external_id: Option<Id>,
    /// `user` or `lead`.
    #[serde(default)]
    pub role: Option<String>,
    /// E-mail address. Leads may have none; it is not unique.
    #[serde(default)]
    pub email: Option<String>,
    /// Domain of the e-mail address.
    #[serde(default)]
    pub email_domain: Option<String>,
    /// Phone number as entered.
    #[serde(default)]
    pub phone: Option<String>,
    /// Phone number as Intercom formats it.
    #[serde(default)]
    pub formatted_phone: Option<String>,
    /// Full name.
    #[serde(default)]
    pub name: Option<String>,
    /// URL of the picture, as text or object by version.
    #[serde(default)]
    pub avatar: Option<Value>,
    /// Admin who owns the contact.
    #[serde(default)]
    pub owner_id: Option<Id>,
    /// Known social profiles.
    #[serde(default)]
    pub social_profiles: Option<Value>,
    /// Whether e-mail to the contact bounced for good.
    #[serde(default)]
    pub has_hard_bounced: Option<bool>,
    /// Whether the contact marked an e-mail as spam.
    #[serde(default)]
    pub marked_email_as_spam: Option<bool>,
    /// Whether the contact opted out of e-mail.
    #[serde(default)]
    pub unsubscribed_from_emails: Option<bool>,
    /// When the contact was created.
    #[serde(default)]
    pub created_at: Option<Epoch>,
    /// When anything on the contact last changed.
    #[serde(default)]
    pub updated_at: Option<Epoch>,
    /// When the person signed up.
    #[serde(default)]
    pub signed_up_at: Option<Epoch>,
    /// When the person was last active.
    #[serde(default)]
    pub last_seen_at: Option<Epoch>,
    /// When the person last replied.
    #[serde(default)]
    pub last_replied_at: Option<Epoch>,
    /// When the person was last contacted.
    #[serde(default)]
    pub last_contacted_at: Option<Epoch>,
    /// When the person last opened an e-mail.
    #[serde(default)]
    pub last_email_opened_at: Option<Epoch>,
    /// When the person last clicked in an e-mail.
    #[serde(default)]
    pub last_email_clicked_at: Option<Epoch>,
    /// Language chosen for the person.
    #[serde(default)]
    pub language_override: Option<String>,
    /// Browser last used.
    #[serde(default)]
    pub browser: Option<String>,
    /// Version of that browser.
    #[serde(default)]
    pub browser_version: Option<String>,
    /// Language of that browser.
    #[serde(default)]
    pub browser_language: Option<String>,
    /// Operating system last used.
    #[serde(default)]
    pub os: Option<String>,
    /// Where the person was last seen.
    #[serde(default)]
    pub location: Option<Location>,
    /// Name of the Android app.
    #[serde(default)]
    pub android_app_name: Option<String>,
    /// Version of the Android app.
    #[serde(default)]
    pub android_app_version: Option<String>,
    /// Android device.
    #[serde(default)]
    pub android_device: Option<String>,
    /// Android version.
    #[serde(default)]
    pub android_os_version: Option<String>,
    /// Version of the SDK in the Android app.
    #[serde(default)]
    pub android_sdk_version: Option<String>,
    /// When last seen on Android.
    #[serde(default)]
    pub android_last_seen_at: Option<Epoch>,
    /// Name of the iOS app.
    #[serde(default)]
    pub ios_app_name: Option<String>,
    /// Version of the iOS app.
    #[serde(default)]
    pub ios_app_version: Option<String>,
    /// iOS device.
    #[serde(default)]
    pub ios_device: Option<String>,
    /// iOS version.
    #[serde(default)]
    pub ios_os_version: Option<String>,
    /// Version of the SDK in the iOS app.
    #[serde(default)]
    pub ios_sdk_version: Option<String>,
    /// When last seen on iOS.
    #[serde(default)]
    pub ios_last_seen_at: Option<Epoch>,
    /// Attributes the workspace defined.
    #[serde(default)]
    pub custom_attributes: Option<Row>,
    /// Campaign of the first visit.
    #[serde(default)]
    pub utm_campaign: Option<String>,
    /// Content of the first visit.
    #[serde(default)]
    pub utm_content: Option<String>,
    /// Medium of the first visit.
    #[serde(default)]
    pub utm_medium: Option<String>,
    /// Source of the first visit.
    #[serde(default)]
    pub utm_source: Option<String>,
    /// Term of the first visit.
    #[serde(default)]
    pub utm_term: Option<String>,
    /// Page the person came from.
    #[serde(default)]
    pub referrer: Option<String>,
    /// Whether push messages are on.
    #[serde(default)]
    pub enabled_push_messaging: Option<bool>,
}

/// Where somebody is.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Location {
    /// Country.
    #[serde(default)]
    pub country: Option<String>,
    /// Region or state.
    #[serde(default)]
    pub region: Option<String>,
    /// City.
    #[serde(default)]
    pub city: Option<String>,
    /// ISO 3166-1 alpha-3 code of the country.
    #[serde(default)]
    pub country_code: Option<String>,
    /// Code of the continent.
    #[serde(default)]
    pub continent_code: Option<String>,
}

impl Resource for Contact {
    type On = Intercom;
    const SPEC: Spec = Spec::of::<Self>(
        "contacts",
        Read::Search { path: "/contacts/search", items: "data", grain: contact_grain, page_max: 150, body: updated_between },
    )
    .newest("updated_at")
    .links(&[
        Link { table: "contact_tags", at: "tags", items: "data", columns: ["contact_id", "tag_id"], rest: Some("/contacts/{id}/tags") },
        Link {
            table: "contact_companies",
            at: "companies",
            items: "data",
            columns: ["contact_id", "company_id"],
            rest: Some("/contacts/{id}/companies"),
        },
    ])
    .permission("Read and list users and companies")
    .caveat(
        "Visitors are not contacts in the API and are not read. Contacts that were archived, deleted or merged away stay in the \
         table: the API does not list them. A new contact can take minutes to show in the search: the watermark trails by 15.",
    );
}
