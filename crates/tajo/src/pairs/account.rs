//! What was noted of Brevo's contacts belongs to one account. In another one the same numbers are other people.

use secrecy::ExposeSecret;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tajo_brevo::Brevo;
use tajo_core::{Error, Result, codes};
use tajo_state::Ledger;

use crate::config::{BrevoAccess, Settings};

/// Mark: the account that the links lead to, and the credentials it was seen by; hashes of both.
const ACCOUNT: &str = "brevo_account";

fn hashed(text: &str) -> String {
    Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Makes sure that the links of this machine are those of the account behind the credentials.
///
/// Asks Brevo whose credentials they are when they are not those of the last time: that call comes out of its scarcest
/// bucket. [`codes::BRV_ACCOUNT`] where they are another account's.
pub async fn hold(settings: &Settings, ledger: &Ledger, brevo: &Brevo) -> Result<()> {
    let url = settings.brevo.as_ref().and_then(|brevo| brevo.base_url.as_ref()).map(|url| url.as_str()).unwrap_or_default();
    let who = match settings.brevo_access()? {
        BrevoAccess::Key(key) => key.expose_secret(),
        BrevoAccess::App(app) => &app.client_id,
    };
    let credentials = hashed(&format!("{url}\n{who}"));
    let noted = ledger.apart(|ledger| ledger.mark(ACCOUNT)).await?;
    let noted: Value = noted.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
    if noted["credentials"] == credentials.as_str() {
        return Ok(());
    }
    let asked = brevo.account().await?;
    let account = hashed(asked.organization.as_deref().unwrap_or(&asked.email));
    if noted["account"].as_str().is_some_and(|before| before != account) {
        return Err(another(&asked.company));
    }
    let mark = json!({"account": account, "credentials": credentials}).to_string();
    ledger.apart(move |ledger| ledger.write(|write| write.set_mark(ACCOUNT, &mark))).await
}

fn another(company: &str) -> Error {
    Error::new(&codes::BRV_ACCOUNT, "Brevo's credentials belong to another account than the one that was synced before")
        .note("account now", company.to_string())
        .note("not done", "nothing was read from Brevo or written to it: the links would lead to other people")
}
