//! The file of an import of companies, without I/O. Its columns are Tajo's own attributes, so that what people keep in
//! Brevo's standard ones is never written over.

use std::fmt::Write;

use super::mirror::Company;

/// Attributes of a Brevo company that Tajo keeps: label and type.
pub const COLUMNS: [(&str, &str); 8] = [
    ("Intercom ID", "text"),
    ("Tajo state", "text"),
    ("Intercom company ID", "text"),
    ("Intercom plan", "text"),
    ("Intercom size", "number"),
    ("Intercom website", "text"),
    ("Intercom industry", "text"),
    ("Intercom monthly spend", "number"),
];
/// Position of the attribute that holds the Intercom id: what is looked for before anything is created again.
pub const ID: usize = 0;
/// Position of the attribute that holds the hash of what was written: a row that shows it has arrived.
pub const STATE: usize = 1;
/// Brevo's own columns: which company is updated, its name, its contacts.
const OWN: [&str; 3] = ["company_id", "name", "associated_contact"];

/// A company that is to be written.
#[derive(Debug, Clone)]
pub struct Due {
    /// As Intercom shows it.
    pub company: Company,
    /// Brevo's ids of its contacts, ascending.
    pub contacts: Vec<i64>,
    /// Of all this.
    pub hash: String,
    /// Brevo's id, where it is known.
    pub brevo_id: Option<String>,
    /// Whether a creation was tried before, with an outcome that is not known.
    pub tried: bool,
}

/// What Brevo would have to show, as one number.
pub fn hash(company: &Company, contacts: &[i64]) -> String {
    let text = format!("{:?} {:?} {contacts:?}", company.name, company.values);
    format!("{:016x}", xxhash_rust::xxh3::xxh3_64(text.as_bytes()))
}

/// As many rows as fit into `bytes_max`, at least one, and how many those are. `names` are the internal names of
/// [`COLUMNS`], in their order.
pub fn csv(due: &[Due], names: &[String], bytes_max: usize) -> (String, usize) {
    let mut text = format!("{},{},{},{}\n", OWN[0], OWN[1], names.join(","), OWN[2]);
    for (n, one) in due.iter().enumerate() {
        let before = text.len();
        line(&mut text, one);
        if text.len() > bytes_max && n > 0 {
            text.truncate(before);
            return (text, n);
        }
    }
    (text, due.len())
}

fn line(text: &mut String, due: &Due) {
    let mut cell = |value: &str| {
        // Writing into a String cannot fail.
        let _ = match value.contains(['"', ',', ';', '\n', '\r']) {
            true => write!(text, "\"{}\",", value.replace('"', "\"\"")),
            false => write!(text, "{value},"),
        };
    };
    cell(due.brevo_id.as_deref().unwrap_or_default());
    cell(&due.company.name);
    cell(&due.company.id);
    cell(&due.hash);
    due.company.values.iter().for_each(|value| cell(value));
    let contacts: Vec<String> = due.contacts.iter().map(i64::to_string).collect();
    cell(&contacts.join(","));
    text.pop();
    text.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn due(name: &str, contacts: &[i64]) -> Due {
        let values = ["c-1", "Pro", "12", "", "", ""].map(String::from).to_vec();
        let company = Company { id: "6a1".into(), values, name: name.into(), contacts: Vec::new() };
        let hash = hash(&company, contacts);
        Due { company, contacts: contacts.to_vec(), hash, brevo_id: Some("62a4c1".into()), tried: false }
    }

    #[test]
    fn cells_are_quoted_where_they_have_to_be() {
        let names = COLUMNS.map(|(label, _)| label.replace(' ', "_").to_lowercase());
        let one = due("Mills, \"Fisher\"\nand Sons", &[3, 7]);
        let (text, rows) = csv(std::slice::from_ref(&one), &names, 10_000);
        let header = "company_id,name,intercom_id,tajo_state,intercom_company_id,intercom_plan,intercom_size,intercom_website,\
                      intercom_industry,intercom_monthly_spend,associated_contact\n";
        let row = format!("62a4c1,\"Mills, \"\"Fisher\"\"\nand Sons\",6a1,{},c-1,Pro,12,,,,\"3,7\"\n", one.hash);
        assert_eq!((text, rows), (format!("{header}{row}"), 1));
    }

    #[test]
    fn a_file_ends_before_it_grows_too_large() {
        let names: Vec<String> = vec!["x".into(); COLUMNS.len()];
        let many: Vec<Due> = (0..100).map(|n| due(&format!("Mill {n}"), &[n])).collect();
        let (text, rows) = csv(&many, &names, 2_000);
        assert!((10..60).contains(&rows) && text.len() <= 2_000 && text.lines().count() == rows + 1, "{rows}");
        assert_eq!(csv(&many, &names, 1).1, 1, "one row is always taken");
    }

    #[test]
    fn the_hash_knows_every_value_and_every_contact() {
        let one = due("Fisher Mills", &[3]);
        assert_ne!(one.hash, due("Fisher Mill", &[3]).hash);
        assert_ne!(one.hash, due("Fisher Mills", &[3, 4]).hash);
        assert_eq!(one.hash, due("Fisher Mills", &[3]).hash);
    }
}
