//! What a Brevo account is made of.

/// The contract's rate limits. Source: facts §3.1 (developers.brevo.com/docs/api-limits).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tier {
    /// Every plan: contacts and events 10 per second and 36,000 per hour, the rest 100 per hour.
    General,
    /// Professional and Enterprise: 20 per second and 72,000 per hour, the rest 200 per hour.
    Advanced,
    /// By contract: 60 per second, the rest 600 per hour.
    Extended,
    /// No limiter and no rate headers.
    Unlimited,
}

/// What becomes of a value for an attribute that does not exist; reports differ (facts §4.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnknownAttribute {
    /// The value is lost, the answer is a success.
    Drop,
    /// 400 `invalid_parameter`. Imports drop all the same.
    Refuse,
}

/// The limits, the quirks and the furniture of one account.
#[derive(Debug, Clone)]
pub struct BrevoOptions {
    /// The only `api-key` let in; `None` lets any non-empty one in.
    pub api_key: Option<String>,
    /// The key's name: `api_key_name` in webhooks about its writes.
    pub key_name: String,
    /// Id and secret of the OAuth app; `None` lets any non-empty pair in.
    pub client: Option<(String, String)>,
    /// Seconds that an OAuth token lives.
    pub token_secs: u64,
    /// The rate limits.
    pub tier: Tier,
    /// The bare `/contacts` counts against the hourly bucket; the vendor's table does not say.
    pub bare_contacts_slow: bool,
    /// What becomes of unknown attributes in single writes.
    pub unknown_attribute: UnknownAttribute,
    /// Milliseconds of the twin's clock that one process takes; they run one after the other.
    pub import_ms: u64,
    /// Webhooks report what an import changes. The vendor does not say.
    pub import_fires: bool,
    /// Failure files begin with a line that names the identifier. The vendor does not say.
    pub report_header: bool,
    /// `POST /contacts/batch` answers 410, as announced on 2026-10-30.
    pub batch_gone: bool,
    /// `page` of `GET /companies` counts pages from 1; otherwise it is an offset, as described.
    pub page_is_number: bool,
    /// Collisions on update say `invalid_parameter`, as in 2026; otherwise `duplicate_parameter`.
    pub collision_code_new: bool,
    /// 401 for every call, as from an address that the account does not know.
    pub blocked_ip: bool,
    /// Longer text is cut, in characters.
    pub text_max: usize,
    /// Text is trimmed and its blanks are collapsed: what comes back is not what was sent.
    pub trims_text: bool,
    /// Lists at the start, all in folder 1.
    pub lists: Vec<(u64, String)>,
    /// Attributes at the start beside the identifiers: name and type.
    pub attributes: Vec<(String, String)>,
    /// FIRSTNAME and LASTNAME are called PRENOM and NOM.
    pub localised: bool,
    /// Every answer takes this long (`tokio::time`, so a paused clock skips it).
    pub latency_ms: u64,
    /// Id of the account, as `GET /account` says it.
    pub organization: String,
    /// Chance (faults, identifiers of companies) follows from this number.
    pub seed: u64,
}

impl Default for BrevoOptions {
    fn default() -> BrevoOptions {
        let named = |pairs: &[(u64, &str)]| pairs.iter().map(|(id, name)| (*id, (*name).to_owned())).collect();
        let typed = |pairs: &[(&str, &str)]| pairs.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
        BrevoOptions {
            api_key: None,
            key_name: "tajo".to_owned(),
            client: None,
            token_secs: 3600,
            tier: Tier::Extended,
            bare_contacts_slow: false,
            unknown_attribute: UnknownAttribute::Drop,
            import_ms: 2000,
            import_fires: true,
            report_header: false,
            batch_gone: true,
            page_is_number: false,
            collision_code_new: true,
            blocked_ip: false,
            text_max: 500,
            trims_text: false,
            lists: named(&[(35, "all users"), (36, "active conversations"), (37, "leads"), (40, "vip")]),
            attributes: typed(&[
                ("FIRSTNAME", "text"),
                ("LASTNAME", "text"),
                ("JOB_TITLE", "text"),
                ("LINKEDIN", "text"),
                ("CONTACT_TIMEZONE", "text"),
                ("OPT_IN", "boolean"),
            ]),
            localised: false,
            latency_ms: 0,
            organization: "5fa2b8c123456789abcdef01".to_owned(),
            seed: 1,
        }
    }
}
