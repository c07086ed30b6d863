//! What a town is made of.

use crate::brevo::BrevoOptions;

/// The size, the clock and the quirks of one synthetic workspace.
#[derive(Debug, Clone)]
pub struct Options {
    /// Everything random follows from this number.
    pub seed: u64,
    /// Number of contacts.
    pub contacts: usize,
    /// Number of companies; about 3 % of them have no user.
    pub companies: usize,
    /// Number of conversations, each with 2 to 25 parts.
    pub conversations: usize,
    /// Number of tags.
    pub tags: usize,
    /// Number of segments.
    pub segments: usize,
    /// Number of admins.
    pub admins: usize,
    /// Number of teams.
    pub teams: usize,
    /// Number of articles.
    pub articles: usize,
    /// Number of tickets; they need contacts.
    pub tickets: usize,
    /// `updated_at` of the records is spread evenly over this many days before `now`.
    pub spread_days: u32,
    /// IANA name of the workspace's time zone (`GET /me`, contact date search).
    pub timezone: String,
    /// `US`, `EU` or `AU`.
    pub region: String,
    /// The workspace's id (`app.id_code`); `None` makes one of the seed. Give two towns two of them.
    pub workspace: Option<String>,
    /// What the workspace is called (`app.name`).
    pub workspace_name: String,
    /// The clock at start, in unix seconds; `None` starts at the real time.
    pub now: Option<i64>,
    /// When set, any other bearer token is refused with 401, but for those that OAuth issued.
    pub token: Option<String>,
    /// The app that may ask for tokens at `/oauth`; `None` takes any client id and secret, and any
    /// address on loopback to return to.
    pub oauth: Option<OauthApp>,
    /// Scopes that every token lacks, as [`crate::Faults::deny`] takes them: `write_conversations`.
    pub denied: Vec<String>,
    /// API version for requests that send no `Intercom-Version`.
    pub app_version: String,
    /// Every answer takes this long (`tokio::time`, so a paused clock skips it).
    pub latency_ms: u64,
    /// Requests per 10-second window; 0 means no limiter and no rate headers.
    pub rate_limit: u32,
    /// An edit shows up in lists and searches after a random lag of at most this many seconds.
    pub index_lag_max: u64,
    /// Conversation search reads `>` and `<` as "or equal", as one reading of the spec allows.
    pub inclusive_ops: bool,
    /// Send `Retry-After` with 429, which the vendor's pages do not document.
    pub retry_after: bool,
    /// What `pages.next` looks like on company lists.
    pub company_next: CompanyNext,
    /// A lead without an e-mail address shows `null`; otherwise the empty string of the spec's
    /// examples (the schema does not allow `null`).
    pub null_emails: bool,
    /// `pages.per_page` comes back as a string, which the pagination page shows.
    pub per_page_as_text: bool,
    /// The synthetic contacts, companies and conversations have no tags, companies, notes, ratings
    /// and AI answers: nothing hangs on anything but what is put there. Every count may be 0 too.
    pub blank: bool,
    /// Adds an undocumented key to every contact, company and conversation.
    pub unknown_fields: bool,
    /// The town's Brevo account.
    pub brevo: BrevoOptions,
}

/// An app as its developer registered it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OauthApp {
    /// The public id.
    pub client_id: String,
    /// The secret that goes with a code.
    pub client_secret: String,
    /// Where people may be sent back to, compared letter by letter; the first is the default.
    pub redirect_uris: Vec<String>,
}

/// The forms of `pages.next` met on company lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CompanyNext {
    /// A URL until 2.10, an object from 2.11 on.
    ByVersion,
    /// Always `null`: the reader has to stop on `total_pages`.
    Null,
    /// The address of the next page.
    Url,
    /// `{page, starting_after}`.
    Object,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            seed: 1,
            contacts: 40,
            companies: 24,
            conversations: 30,
            tags: 14,
            segments: 5,
            admins: 6,
            teams: 3,
            articles: 18,
            tickets: 0,
            spread_days: 90,
            timezone: "America/Los_Angeles".to_owned(),
            region: "US".to_owned(),
            workspace: None,
            workspace_name: "Town".to_owned(),
            now: None,
            token: None,
            oauth: None,
            denied: Vec::new(),
            app_version: "2.14".to_owned(),
            latency_ms: 0,
            rate_limit: 1666,
            index_lag_max: 0,
            inclusive_ops: false,
            retry_after: false,
            company_next: CompanyNext::ByVersion,
            null_emails: true,
            per_page_as_text: false,
            blank: false,
            unknown_fields: false,
            brevo: BrevoOptions::default(),
        }
    }
}
