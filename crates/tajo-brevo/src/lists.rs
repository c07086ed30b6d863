//! Lists, folders and membership.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json as value};
use tajo_core::rest::Request;
use tajo_core::{Error, Result, codes};

use crate::anchored::{Anchored, Key, Step};
use crate::client::{Brevo, found, json};

/// Lists or folders per page at most. <https://developers.brevo.com/reference/get-lists>
const PAGE_MAX: u32 = 50;
/// Contacts that one request can add to a list or remove from it.
pub const MEMBERS_MAX: usize = 150;

/// A list of contacts.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct List {
    /// Its id in this account.
    pub id: u64,
    /// Its name; others may have the same.
    pub name: String,
    /// The folder it lies in.
    pub folder_id: Option<u64>,
    /// How many contacts it has, by Brevo's count.
    pub unique_subscribers: Option<u64>,
}

/// A folder of lists.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Folder {
    /// Its id in this account.
    pub id: u64,
    /// Its name.
    pub name: String,
}

/// What came of a change of membership.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Moved {
    /// Contacts that joined or left.
    pub success: Vec<i64>,
    /// Contacts for whom nothing changed: they were in the list (or out of it) already, or do not exist.
    pub failure: Vec<i64>,
}

#[derive(Deserialize)]
struct New {
    id: u64,
}

impl Brevo {
    /// All lists, oldest first.
    pub async fn lists(&self) -> Result<Vec<List>> {
        #[derive(Deserialize)]
        struct Page {
            #[serde(default)]
            lists: Vec<List>,
        }
        self.all("/contacts/lists", "a page of lists", |page: Page| page.lists, |list| list.id).await
    }

    /// A list, or `None` where there is none of that id.
    pub async fn list(&self, id: u64) -> Result<Option<List>> {
        found(self.fetch(Request::get(format!("/contacts/lists/{id}")), "a list").await)
    }

    /// Creates a list and says its id. Not repeated after a fault: names are not unique.
    pub async fn create_list(&self, name: &str, folder: u64) -> Result<u64> {
        let body = json(&value!({"name": name, "folderId": folder}))?;
        let New { id } = self.fetch(Request::post("/contacts/lists", body), "the id of a new list").await?;
        Ok(id)
    }

    /// All folders, oldest first.
    pub async fn folders(&self) -> Result<Vec<Folder>> {
        #[derive(Deserialize)]
        struct Page {
            #[serde(default)]
            folders: Vec<Folder>,
        }
        self.all("/contacts/folders", "a page of folders", |page: Page| page.folders, |folder| folder.id).await
    }

    /// Creates a folder and says its id. Not repeated after a fault.
    pub async fn create_folder(&self, name: &str) -> Result<u64> {
        let body = json(&value!({"name": name}))?;
        let New { id } = self.fetch(Request::post("/contacts/folders", body), "the id of a new folder").await?;
        Ok(id)
    }

    /// Adds contacts to a list, at most [`MEMBERS_MAX`]. [`codes::BRV_MISSING`] where the list does not exist.
    pub async fn add_to_list(&self, list: u64, ids: &[i64]) -> Result<Moved> {
        self.change_list(list, "add", ids).await
    }

    /// Removes contacts from a list, at most [`MEMBERS_MAX`]; never all that it has.
    pub async fn remove_from_list(&self, list: u64, ids: &[i64]) -> Result<Moved> {
        self.change_list(list, "remove", ids).await
    }

    async fn change_list(&self, list: u64, verb: &str, ids: &[i64]) -> Result<Moved> {
        if ids.is_empty() {
            return Ok(Moved::default());
        }
        if ids.len() > MEMBERS_MAX {
            return Err(Error::new(&codes::BUG, format!("A change of a list names more than {MEMBERS_MAX} contacts")));
        }
        #[derive(Deserialize)]
        struct Body {
            contacts: Outcome,
        }
        #[derive(Deserialize)]
        struct Outcome {
            #[serde(default)]
            success: Vec<Value>,
            #[serde(default)]
            failure: Vec<Value>,
        }
        let request = Request::post(format!("/contacts/lists/{list}/contacts/{verb}"), json(&value!({"ids": ids}))?).repeatable();
        match self.fetch::<Body>(request, "the outcome of a change of a list").await {
            Ok(Body { contacts }) => Ok(Moved { success: numbers(&contacts.success), failure: numbers(&contacts.failure) }),
            // "Contact already in list and/or does not exist", where it holds for every one of them.
            Err(error) if error.code() == &codes::BRV_INVALID && is_no_change(&error) => {
                Ok(Moved { success: Vec::new(), failure: ids.to_vec() })
            }
            Err(error) => Err(error),
        }
    }

    /// Every page of a list of lists.
    async fn all<P: DeserializeOwned, T>(
        &self,
        path: &str,
        what: &'static str,
        rows: impl Fn(P) -> Vec<T>,
        id: impl Fn(&T) -> u64,
    ) -> Result<Vec<T>> {
        let mut at = Anchored::new(PAGE_MAX);
        let mut out = Vec::new();
        loop {
            let (limit, offset) = at.next();
            let page = rows(self.fetch(Request::get(format!("{path}?limit={limit}&offset={offset}&sort=asc")), what).await?);
            let keys = page.iter().map(|row| Key { id: id(row).cast_signed(), sort: "", version: "" });
            let (fresh, is_end) = match at.took(keys, None) {
                Step::More(fresh) => (fresh, false),
                Step::End(fresh) => (fresh, true),
                Step::Back => continue,
                Step::Lost => return Err(Error::new(&codes::BRV_DRIFT, "Brevo's lists change faster than they can be read")),
            };
            let mut wanted = fresh.into_iter().peekable();
            out.extend(page.into_iter().enumerate().filter_map(|(n, row)| wanted.next_if_eq(&n).map(|_| row)));
            if is_end {
                return Ok(out);
            }
        }
    }
}

/// Ids as numbers or as text.
fn numbers(values: &[Value]) -> Vec<i64> {
    values.iter().filter_map(|v| v.as_i64().or_else(|| v.as_str()?.trim().parse().ok())).collect()
}

fn is_no_change(error: &Error) -> bool {
    let said = error.noted("Brevo says").unwrap_or_default().to_ascii_lowercase();
    said.contains("already in list")
        || said.contains("not in list")
        || said.contains("already removed")
        || said.contains("does not exist") && said.contains("contact")
}
