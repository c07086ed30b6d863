//! What is known without asking a platform: the ledger, the mirror, and the mapping as it was last in force.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::{Value, json};
use tajo_brevo::Brevo;
use tajo_core::trip::Trip;
use tajo_core::{Error, Result, codes};
use tajo_intercom::Intercom;
use tajo_state::{BrevoRow, Ledger};

use super::left::{Left, LeftReader};
use super::mapping::{LeftAttribute, Mapping};
use super::open;
use crate::config::{Direction, Settings};

/// Mark: the attributes that the workspace defined, as they were when both sides were last opened.
const SCHEMA: &str = "left_schema";

/// What is known without asking a platform. Clones share the ledger.
#[derive(Clone)]
pub struct Known {
    /// Links, journal, mirror of Brevo.
    pub ledger: Ledger,
    /// What becomes of what.
    pub mapping: Arc<Mapping>,
    /// The database that Intercom was extracted into; it may not be there yet.
    pub mirror: PathBuf,
}

/// Somebody, as far as both mirrors know of them.
#[derive(Debug, Clone, Default)]
pub struct Person {
    /// As asked for.
    pub asked: String,
    /// Their contacts in Intercom, by id.
    pub lefts: Vec<String>,
    /// Their contact in Brevo, where it is known by itself.
    pub row: Option<BrevoRow>,
    /// Whether they were erased: nothing else is known then.
    pub erased: bool,
}

impl Person {
    /// Whether nobody is meant.
    pub fn is_nobody(&self) -> bool {
        self.lefts.is_empty() && self.row.is_none() && !self.erased
    }
    /// The only contact of Intercom that is meant; an error says why there is none, or which to choose from.
    pub fn only(&self) -> Result<&str> {
        match self.lefts.as_slice() {
            [one] => Ok(one),
            [] => Err(Error::new(&codes::USAGE, "No contact of Intercom is known by that id or address")
                .help("Run `tajo plan` if it is new (that loads Intercom and writes nothing), or check the spelling.")),
            many => Err(Error::new(&codes::USAGE, "Several contacts of Intercom have that address")
                .note("contacts", many.join(", "))
                .help("Give the id of the one you mean.")),
        }
    }
}

/// Notes the attributes that the workspace defined, so that later questions need no network.
pub fn keep_schema(ledger: &Ledger, schema: &[LeftAttribute]) -> Result<()> {
    let rows: Vec<Value> = schema
        .iter()
        .map(|a| json!({"name": a.name, "type": a.data_type, "archived": a.archived, "options": a.options, "company": a.of_company}))
        .collect();
    let text = Value::Array(rows).to_string();
    if ledger.mark(SCHEMA)?.as_ref() == Some(&text) {
        return Ok(());
    }
    ledger.write(|write| write.set_mark(SCHEMA, &text))
}

/// What [`keep_schema`] noted; nothing where it never did.
fn schema(ledger: &Ledger) -> Result<Vec<LeftAttribute>> {
    let rows: Vec<Value> = ledger.mark(SCHEMA)?.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_string();
    let one = |row: &Value| LeftAttribute {
        name: text(&row["name"]),
        data_type: text(&row["type"]),
        archived: row["archived"] == true,
        of_company: row["company"] == true,
        options: row["options"].as_array().into_iter().flatten().map(text).collect(),
    };
    Ok(rows.iter().map(one).collect())
}

impl Known {
    /// Opens what the settings' connection has left on this machine. Asks nobody.
    pub fn open(settings: &Settings, to: Option<&str>) -> Result<Known> {
        let ledger = Ledger::open(&settings.home, &settings.connection.name, Trip::default())?;
        let asked = &settings.config.intercom;
        let direction = asked.direction.unwrap_or(Direction::IntercomToBrevo);
        let mapping = Arc::new(Mapping::of(asked, direction, &schema(&ledger)?));
        let mirror = open::mirror(&settings.destination(to)?.url())?;
        Ok(Known { ledger, mapping, mirror })
    }

    /// Reads the mirror; `None` where there is none.
    pub fn reader(&self) -> Result<Option<LeftReader>> {
        if !Path::new(&self.mirror).is_file() {
            return Ok(None);
        }
        LeftReader::open(&self.mirror, &self.mapping).map(Some)
    }

    /// A contact of Intercom as the mirror holds it.
    pub fn left(&self, id: &str) -> Result<Option<Left>> {
        self.reader()?.map(|reader| reader.one(id)).transpose().map(Option::flatten)
    }

    /// Who is meant by an e-mail address, Intercom's id or Brevo's id.
    pub fn person(&self, asked: &str) -> Result<Person> {
        let asked = asked.trim();
        let mut person = Person { asked: asked.to_string(), ..Person::default() };
        let reader = self.reader()?;
        if asked.contains('@') {
            let email = asked.to_lowercase();
            if let Some(reader) = &reader {
                person.lefts = reader.by_email(&email)?.into_iter().map(|(id, _)| id).collect();
            }
            person.row = self.ledger.brevo_by_email(&email)?;
        } else if self.ledger.link(asked)?.is_some() || reader.map(|reader| reader.one(asked)).transpose()?.flatten().is_some() {
            person.lefts = vec![asked.to_string()];
        } else if let Ok(id) = asked.parse::<i64>() {
            person.row = self.ledger.brevo(id)?;
        }
        // The link leads further than an address, which may differ on both sides.
        if let Some(row) = &person.row
            && let Some(link) = self.ledger.link_of_brevo(row.id)?
            && !person.lefts.contains(&link.intercom_id)
        {
            person.lefts.push(link.intercom_id);
        }
        if person.is_nobody() {
            person.erased = self.ledger.is_erased(asked)?;
        }
        Ok(person)
    }
}

/// Both platforms, and what is known of them: for what is done for one person at their own wish.
#[derive(Clone)]
pub struct Reach {
    /// The left side.
    pub intercom: Intercom,
    /// The right side.
    pub brevo: Brevo,
    /// What is known of both.
    pub known: Known,
    /// Failpoints.
    pub trip: Trip,
}

impl Reach {
    /// Every contact of Intercom with this address: those that its search shows, and those that the mirror knows.
    pub async fn lefts(&self, email: &str) -> Result<Vec<String>> {
        let mut ids = Vec::new();
        let lower = email.to_lowercase();
        let spellings = if lower == email { vec![lower] } else { vec![lower, email.to_string()] };
        for spelling in &spellings {
            for contact in self.intercom.contacts_by_email(spelling).await? {
                ids.extend(contact.get("id").and_then(Value::as_str).map(str::to_string));
            }
        }
        let (known, email) = (self.known.clone(), email.to_string());
        ids.extend(self.known.ledger.apart(move |_| Ok(known.person(&email)?.lefts)).await?);
        ids.sort();
        ids.dedup();
        Ok(ids)
    }
}
