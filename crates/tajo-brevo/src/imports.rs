//! Imports, and the processes that carry them out.

use std::fmt;

use bytes::{Bytes, BytesMut};
use serde::Deserialize;
use serde_json::{Value, json as value};
use tajo_core::rest::Request;
use tajo_core::{Error, Result, codes};

use crate::client::{Brevo, found, json};
use crate::failures::{FailureKind, listed};
use crate::told::printable;

/// Bytes of one import's body at most; Brevo recommends to stay below 8 MB.
/// <https://developers.brevo.com/reference/import-contacts>
pub const IMPORT_BYTES_MAX: usize = 10_000_000;
/// Processes per page at most.
const PROCESSES_MAX: u32 = 50;

/// Contacts to create or update in one go.
#[derive(Clone, PartialEq, Eq)]
pub struct Import {
    /// A JSON array of `{"email": …, "attributes": {…}}`. A row is known by its e-mail address, or by one of the
    /// identifiers among its attributes. Unknown attributes are dropped without a word.
    pub rows: Bytes,
    /// Lists that all rows join; one at least.
    pub lists: Vec<u64>,
    /// Whether contacts that exist are changed.
    pub update_existing: bool,
    /// Blocklists all rows. An import never subscribes anybody again: `false` is not sent.
    pub blacklist_email: bool,
    /// Whether an empty value erases what is there.
    pub empty_contacts_attributes: bool,
}

/// Without the rows.
impl fmt::Debug for Import {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Import({} bytes, lists {:?}, blacklist: {})", self.rows.len(), self.lists, self.blacklist_email)
    }
}

/// Something that Brevo does by and by.
#[derive(Clone, PartialEq, Eq)]
pub struct Process {
    /// Its id.
    pub id: u64,
    /// What it does: `IMPORTUSER`.
    pub name: String,
    /// How far it is.
    pub status: ProcessStatus,
    /// Files of the identifiers that were refused, by reason; see [`Brevo::failures`].
    pub failures: Vec<(FailureKind, String)>,
    /// What Brevo says about a failure.
    pub error: Option<String>,
}

/// Without the URLs: they may be signed.
impl fmt::Debug for Process {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kinds: Vec<_> = self.failures.iter().map(|(kind, _)| kind).collect();
        write!(f, "Process({} {}, {:?}, {kinds:?})", self.id, self.name, self.status)
    }
}

/// How far a process is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum ProcessStatus {
    /// Not begun.
    Queued,
    /// Under way.
    Running,
    /// Done; rows may have been refused.
    Completed,
    /// Given up.
    Failed,
    /// Stopped by somebody.
    Cancelled,
    /// One that this client does not know.
    Other(String),
}

impl ProcessStatus {
    fn read(word: &str) -> ProcessStatus {
        match word {
            "queued" => ProcessStatus::Queued,
            "in_process" | "processing" => ProcessStatus::Running,
            "completed" => ProcessStatus::Completed,
            "failed" => ProcessStatus::Failed,
            "cancelled" => ProcessStatus::Cancelled,
            other => ProcessStatus::Other(other.to_owned()),
        }
    }
}

/// `{"processId": 78}`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Started {
    pub(crate) process_id: u64,
}

impl Import {
    /// The body around the rows, which are not parsed: they can be megabytes.
    fn body(&self) -> Result<Bytes> {
        if self.lists.is_empty() {
            return Err(Error::new(&codes::BUG, "An import names no list, and Brevo takes none without"));
        }
        let rows = self.rows.trim_ascii();
        if !rows.starts_with(b"[") || !rows.ends_with(b"]") {
            return Err(Error::new(&codes::BUG, "The rows of an import are not a JSON array"));
        }
        let mut rest = value!({
            "listIds": self.lists,
            "updateExistingContacts": self.update_existing,
            "emptyContactsAttributes": self.empty_contacts_attributes,
            "disableNotification": true,
        });
        if self.blacklist_email {
            rest["emailBlacklist"] = true.into();
        }
        let rest = json(&rest)?;
        let mut body = BytesMut::with_capacity(rows.len() + rest.len() + 16);
        body.extend_from_slice(b"{\"jsonBody\":");
        body.extend_from_slice(rows);
        body.extend_from_slice(b",");
        body.extend_from_slice(&rest[1..]);
        if body.len() > IMPORT_BYTES_MAX {
            return Err(Error::new(&codes::BUG, format!("An import is larger than {IMPORT_BYTES_MAX} bytes")));
        }
        Ok(body.freeze())
    }
}

impl Brevo {
    /// Starts an import and says its process. Repeated after a fault: the rows are upserts.
    ///
    /// Only the request as a whole is checked now; what becomes of the rows shows in the process.
    pub async fn import(&self, import: &Import) -> Result<u64> {
        let request = Request::post("/contacts/import", import.body()?).repeatable();
        let Started { process_id } = self.fetch(request, "the process of an import").await?;
        Ok(process_id)
    }

    /// Processes, newest first, at most 50. One call of the slowest bucket for all of them: ask for these, not one by one.
    pub async fn processes(&self, limit: u32, offset: u32) -> Result<Vec<Process>> {
        #[derive(Deserialize)]
        struct Body {
            #[serde(default)]
            processes: Vec<Value>,
        }
        let path = format!("/processes?limit={}&offset={offset}&sort=desc", limit.clamp(1, PROCESSES_MAX));
        let Body { processes } = self.fetch(Request::get(path), "a page of processes").await?;
        Ok(processes.iter().filter_map(Process::read).collect())
    }

    /// A process, or `None` where there is none of that id.
    pub async fn process(&self, id: u64) -> Result<Option<Process>> {
        let one: Option<Value> = found(self.fetch(Request::get(format!("/processes/{id}")), "a process").await)?;
        let drift = || Error::new(&codes::BRV_DRIFT, "Brevo's answer about a process has no id");
        one.map(|one| Process::read(&one).ok_or_else(drift)).transpose()
    }
}

impl Process {
    /// `None` where it has no id. All but that is taken as it comes: what other programs do is listed in the same place.
    fn read(one: &Value) -> Option<Process> {
        let text = |key: &str| one.get(key).and_then(Value::as_str).unwrap_or_default();
        let import = one.get("info").and_then(|info| info.get("import")).and_then(Value::as_object);
        Some(Process {
            id: one.get("id")?.as_u64()?,
            name: text("name").to_owned(),
            status: ProcessStatus::read(text("status")),
            failures: import.map(listed).unwrap_or_default(),
            error: Some(text("error")).filter(|text| !text.is_empty()).map(printable),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn import(rows: &'static str) -> Import {
        Import {
            rows: Bytes::from_static(rows.as_bytes()),
            lists: vec![35],
            update_existing: true,
            blacklist_email: false,
            empty_contacts_attributes: false,
        }
    }

    #[test]
    fn an_import_blocklists_or_says_nothing_about_it() {
        let rows = r#" [{"email":"ada@town.example"}] "#;
        let body: Value = serde_json::from_slice(&import(rows).body().unwrap()).unwrap();
        let expect = value!({"jsonBody": [{"email": "ada@town.example"}], "listIds": [35], "updateExistingContacts": true,
            "emptyContactsAttributes": false, "disableNotification": true});
        assert_eq!(body, expect);
        let body = Import { blacklist_email: true, ..import(rows) }.body().unwrap();
        assert_eq!(serde_json::from_slice::<Value>(&body).unwrap()["emailBlacklist"], true);
        assert!(!format!("{:?}", import(rows)).contains("ada"));
    }

    #[test]
    fn an_import_that_brevo_would_refuse_is_not_sent() {
        let large = Import { rows: format!("[{}]", " ".repeat(IMPORT_BYTES_MAX)).into(), ..import("[]") };
        for wrong in [Import { lists: Vec::new(), ..import("[]") }, import("{}"), import(""), large] {
            assert_eq!(wrong.body().unwrap_err().code(), &codes::BUG);
        }
    }
}
