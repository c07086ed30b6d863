//! Companies and notes of Brevo's CRM: 100 calls an hour on most plans, so import rather than create.

use bytes::{Bytes, BytesMut};
use http::HeaderValue;
use serde::Deserialize;
use serde_json::{Map, Value, json as value};
use tajo_core::rest::Request;
use tajo_core::{Error, Result, codes};

use crate::client::{Brevo, json};
use crate::imports::Started;

/// A company as Brevo holds it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Company {
    /// 24 hex digits.
    pub id: String,
    /// Attributes by internal name, `name` among them.
    #[serde(default)]
    pub attributes: Map<String, Value>,
    /// Its contacts.
    #[serde(default, rename = "linkedContactsIds")]
    pub linked_contacts: Vec<i64>,
}

/// A company to create.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct NewCompany {
    /// Its name; others may have the same.
    pub name: String,
    /// Attributes by internal name.
    pub attributes: Map<String, Value>,
    /// Its contacts.
    pub linked_contacts: Vec<i64>,
}

#[derive(Deserialize)]
struct New {
    id: String,
}

impl Brevo {
    /// Companies, oldest first. What `page` counts (pages or companies) the vendor does not say; it is sent as it is.
    pub async fn companies(&self, page: u32, limit: u32) -> Result<Vec<Company>> {
        #[derive(Deserialize)]
        struct Body {
            #[serde(default)]
            items: Vec<Company>,
        }
        let path = format!("/companies?page={page}&limit={limit}&sort=asc");
        let Body { items } = self.fetch(Request::get(path), "a page of companies").await?;
        Ok(items)
    }

    /// Creates a company and says its id. Not repeated after a fault: nothing about a company is unique.
    pub async fn create_company(&self, company: &NewCompany) -> Result<String> {
        let mut body = value!({"name": company.name});
        if !company.attributes.is_empty() {
            body["attributes"] = Value::Object(company.attributes.clone());
        }
        if !company.linked_contacts.is_empty() {
            body["linkedContactsIds"] = value!(company.linked_contacts);
        }
        let New { id } = self.fetch(Request::post("/companies", json(&body)?), "the id of a new company").await?;
        Ok(id)
    }

    /// Starts an import of companies from CSV, whose first row holds internal names of attributes, and says its process.
    /// `mapping` is sent as it is: `{"update_existing_records": true, …}`. Not repeated after a fault: rows without a
    /// company's id are created each time.
    pub async fn import_companies(&self, csv: Bytes, mapping: Value) -> Result<u64> {
        let boundary = boundary(&csv);
        let mut body = BytesMut::with_capacity(csv.len() + 512);
        body.extend_from_slice(
            format!(
                "--{boundary}\r\nContent-Disposition: form-data; name=\"mapping\"\r\n\r\n{mapping}\r\n\
                 --{boundary}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"companies.csv\"\r\n\
                 Content-Type: text/csv\r\n\r\n"
            )
            .as_bytes(),
        );
        body.extend_from_slice(&csv);
        body.extend_from_slice(format!("\r\n--{boundary}--\r\n").as_bytes());
        let kind = HeaderValue::try_from(format!("multipart/form-data; boundary={boundary}"))
            .map_err(|_| Error::new(&codes::BUG, "A boundary is not fit for a header"))?;
        let request = Request::post("/companies/import", body.freeze()).typed(kind);
        let Started { process_id } = self.fetch(request, "the process of an import of companies").await?;
        Ok(process_id)
    }

    /// Links contacts to a company and unlinks others; those it does not name stay.
    pub async fn link_company(&self, id: &str, link: &[i64], unlink: &[i64]) -> Result<()> {
        if id.is_empty() || !id.bytes().all(|b| b.is_ascii_alphanumeric()) {
            return Err(Error::new(&codes::BUG, "That is not the id of a company"));
        }
        let body = json(&value!({"linkContactIds": link, "unlinkContactIds": unlink}))?;
        self.tell(Request::patch(format!("/companies/link-unlink/{id}"), body).repeatable()).await
    }

    /// Writes a note about contacts and companies, and says its id. Not repeated after a fault.
    pub async fn create_note(&self, text: &str, contacts: &[i64], companies: &[String]) -> Result<String> {
        let mut body = value!({"text": text});
        if !contacts.is_empty() {
            body["contactIds"] = value!(contacts);
        }
        if !companies.is_empty() {
            body["companyIds"] = value!(companies);
        }
        let New { id } = self.fetch(Request::post("/crm/notes", json(&body)?), "the id of a new note").await?;
        Ok(id)
    }
}

/// A line that does not occur in the content.
fn boundary(content: &[u8]) -> String {
    (0_u64..)
        .map(|n| format!("tajo-{n:016x}"))
        .find(|line| !content.windows(line.len()).any(|part| part == line.as_bytes()))
        .unwrap_or_else(|| "tajo".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_boundary_is_not_part_of_the_content() {
        assert_eq!(boundary(b"name\nAcme"), "tajo-0000000000000000");
        assert_eq!(boundary(b"name\ntajo-0000000000000000"), "tajo-0000000000000001");
    }
}
