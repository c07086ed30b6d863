//! The files in which Brevo lists the identifiers that an import refused. They lie elsewhere, so no credentials go there.

use std::time::Duration;

use bytes::Bytes;
use http::Uri;
use http::header::{HeaderValue, USER_AGENT};
use serde_json::{Map, Value};
use tajo_core::rest::Origin;
use tajo_core::{Error, Result, codes};
use tokio::time::{sleep, timeout};

use crate::client::{AGENT, Brevo};
use crate::imports::Process;

/// Bytes of one file at most; the transport has a cap of its own.
const FILE_MAX: usize = 32 << 20;
/// Attempts per file.
const ATTEMPTS: u32 = 3;
const WAIT: Duration = Duration::from_millis(500);

/// Why an import refused rows.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum FailureKind {
    /// Not an e-mail address.
    InvalidEmails,
    /// Two rows with one contact id.
    DuplicateContactId,
    /// The external id belongs to another contact.
    DuplicateExtId,
    /// The e-mail address does.
    DuplicateEmailId,
    /// The phone number does.
    DuplicatePhoneId,
    /// The WhatsApp number does.
    DuplicateWhatsappId,
    /// The landline number does.
    DuplicateLandlineNumberId,
    /// One that this client does not know.
    Other(String),
}

impl FailureKind {
    fn read(key: &str) -> FailureKind {
        match key {
            "invalid_emails" => FailureKind::InvalidEmails,
            "duplicate_contact_id" => FailureKind::DuplicateContactId,
            "duplicate_ext_id" => FailureKind::DuplicateExtId,
            "duplicate_email_id" => FailureKind::DuplicateEmailId,
            "duplicate_phone_id" => FailureKind::DuplicatePhoneId,
            "duplicate_whatsapp_id" => FailureKind::DuplicateWhatsappId,
            "duplicate_landline_number_id" => FailureKind::DuplicateLandlineNumberId,
            other => FailureKind::Other(other.to_owned()),
        }
    }

    /// The columns that hold such an identifier, best first.
    fn columns(&self) -> &'static [&'static str] {
        match self {
            FailureKind::InvalidEmails | FailureKind::DuplicateEmailId => &["EMAIL"],
            FailureKind::DuplicateContactId => &["CONTACT_ID", "CONTACT ID", "ID"],
            FailureKind::DuplicateExtId => &["EXT_ID"],
            FailureKind::DuplicatePhoneId => &["SMS", "PHONE"],
            FailureKind::DuplicateWhatsappId => &["WHATSAPP"],
            FailureKind::DuplicateLandlineNumberId => &["LANDLINE_NUMBER"],
            FailureKind::Other(_) => &[],
        }
    }
}

/// Every name that a column of identifiers may have.
const NAMES: &[&str] = &["EMAIL", "SMS", "PHONE", "WHATSAPP", "LANDLINE_NUMBER", "EXT_ID", "CONTACT_ID", "CONTACT ID", "ID"];

/// The files of a process; `null` and counts are none.
pub(crate) fn listed(import: &Map<String, Value>) -> Vec<(FailureKind, String)> {
    let urls = import.iter().filter_map(|(key, url)| Some((key, url.as_str().filter(|url| url.contains("://"))?)));
    urls.map(|(key, url)| (FailureKind::read(key), url.to_owned())).collect()
}

impl Brevo {
    /// Reads the files of a process: the identifiers refused, by reason. No credentials are sent, redirects are not
    /// followed, and only https is read, or a loopback address by a client of one.
    ///
    /// Each file for itself: addresses expire, and one that is gone keeps back neither the others nor the import.
    pub async fn failures(&self, process: &Process) -> Vec<(FailureKind, Result<Vec<String>>)> {
        let mut out = Vec::with_capacity(process.failures.len());
        for (kind, url) in &process.failures {
            let file = match address(url, self.is_at_home()) {
                Ok(uri) => self.file(&uri).await,
                Err(error) => Err(error),
            };
            out.push((kind.clone(), file.map(|file| identifiers(kind, &String::from_utf8_lossy(&file)))));
        }
        out
    }

    async fn file(&self, uri: &Uri) -> Result<Bytes> {
        let mut tried = 1;
        loop {
            let error = match self.file_once(uri).await {
                Err(error) if error.kind().advice().retry && tried < ATTEMPTS => error,
                done => return done,
            };
            sleep(error.asked_wait().unwrap_or(WAIT * tried)).await;
            tried += 1;
        }
    }

    async fn file_once(&self, uri: &Uri) -> Result<Bytes> {
        let what = |text: &'static str| format!("The file of rows that an import refused {text}");
        let mut request = http::Request::new(Bytes::new());
        *request.uri_mut() = uri.clone();
        request.headers_mut().insert(USER_AGENT, HeaderValue::from_static(AGENT));
        let answer = match timeout(self.limits().answer_timeout, self.via().send(request)).await {
            Err(_) => return Err(Error::new(&codes::NET_TIMEOUT, what("did not come in time"))),
            Ok(Err(broken)) => return Err(Error::new(&codes::NET_CONNECT, what("cannot be fetched")).because(broken.cause)),
            Ok(Ok(answer)) => answer,
        };
        let status = answer.status().as_u16();
        match status {
            200..=299 if answer.body().len() > FILE_MAX => {
                Err(Error::new(&codes::BRV_DRIFT, what("is larger than the cap")).note("cap", format!("{FILE_MAX} bytes")))
            }
            200..=299 => Ok(answer.into_body()),
            300..=399 => Err(Error::new(&codes::BRV_DRIFT, what("is elsewhere; redirects are never followed"))),
            408 | 429 | 500.. => {
                Err(Error::new(&codes::NET_SERVER, what("cannot be fetched")).note("status", status.to_string()))
            }
            _ => Err(Error::new(&codes::BRV_MISSING, what("is not there (any more)")).note("status", status.to_string())),
        }
    }
}

/// Where a file may lie. An answer of the real Brevo must not make us call something on this machine or in its network.
fn address(url: &str, at_home: bool) -> Result<Uri> {
    let refuse = || Error::new(&codes::BRV_DRIFT, "Brevo names an address for a file that is not fetched from");
    let uri: Uri = url.parse().map_err(|_| refuse())?;
    let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else { return Err(refuse()) };
    if authority.as_str().contains('@') {
        return Err(refuse());
    }
    if Origin::loopback(&format!("{scheme}://{authority}")).is_ok() {
        return if at_home { Ok(uri) } else { Err(refuse()) };
    }
    // A name with a letter after the last dot: no address in any of its spellings, no host of a local network.
    let host = authority.host().trim_end_matches('.');
    let top = host.rsplit_once('.').map_or("", |(_, top)| top);
    let is_public = top.len() >= 2 && top.bytes().all(|b| b.is_ascii_alphabetic() || b == b'-');
    let is_local = ["local", "internal", "localhost", "lan", "home"].iter().any(|name| top.eq_ignore_ascii_case(name));
    if scheme == "https" && is_public && !is_local { Ok(uri) } else { Err(refuse()) }
}

/// The cells of the column for that reason: by the first row's names, else the first column.
fn identifiers(kind: &FailureKind, csv: &str) -> Vec<String> {
    let mut lines = csv.trim_start_matches('\u{feff}').lines().map(str::trim).filter(|line| !line.is_empty()).peekable();
    let Some(first) = lines.peek().copied() else { return Vec::new() };
    let separator = if first.contains(';') { ';' } else { ',' };
    let names: Vec<String> = cells(first, separator).iter().map(|cell| cell.to_ascii_uppercase()).collect();
    let has_names = names.iter().any(|name| NAMES.contains(&name.as_str()));
    let find = |wanted: &[&str]| wanted.iter().find_map(|w| names.iter().position(|name| name == w));
    let column = find(kind.columns()).or_else(|| find(NAMES)).unwrap_or(0);
    let rows = lines.skip(usize::from(has_names));
    rows.filter_map(|line| cells(line, separator).into_iter().nth(column)).filter(|cell| !cell.is_empty()).collect()
}

/// The cells of one line, quoted or not.
fn cells(line: &str, separator: char) -> Vec<String> {
    let (mut out, mut cell, mut quoted) = (Vec::new(), String::new(), false);
    let mut chars = line.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' if quoted && chars.next_if_eq(&'"').is_some() => cell.push('"'),
            '"' => quoted = !quoted,
            c if c == separator && !quoted => out.push(std::mem::take(&mut cell).trim().to_owned()),
            c => cell.push(c),
        }
    }
    out.push(cell.trim().to_owned());
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_column_of_the_reason_is_read() {
        for (kind, csv, expect) in [
            (FailureKind::InvalidEmails, "EMAIL\nada@\n\nbob@town\n", vec!["ada@", "bob@town"]),
            (FailureKind::InvalidEmails, "ada@\nbob@town", vec!["ada@", "bob@town"]),
            (FailureKind::DuplicatePhoneId, "\u{feff}email;SMS\r\na@b.example;491511\r\nc@d.example;\r\n", vec!["491511"]),
            (FailureKind::DuplicatePhoneId, "EMAIL,FIRSTNAME\n\"x,y@b.example\",\"Ada \"\"A\"\"\"", vec!["x,y@b.example"]),
            (FailureKind::DuplicateExtId, "", vec![]),
            (FailureKind::Other("new".into()), "u1\nu2", vec!["u1", "u2"]),
        ] {
            assert_eq!(identifiers(&kind, csv), expect, "{csv}");
        }
    }

    #[test]
    fn files_are_fetched_from_public_hosts_over_https_or_by_a_twin_from_this_machine() {
        for url in ["https://s3.eu-west-1.amazonaws.com/x/y.csv?X-Sig=1", "https://files.brevo.example:8443/a.csv"] {
            assert!(address(url, false).is_ok() && address(url, true).is_ok(), "{url}");
        }
        for url in ["http://127.0.0.1:8080/imports/1.csv", "http://localhost/a.csv"] {
            assert!(address(url, true).is_ok() && address(url, false).is_err(), "{url}");
        }
        for url in [
            "http://files.brevo.example/a.csv",
            "https://169.254.169.254/latest",
            "https://10.0.0.1/a",
            "https://[fd00::1]/a",
            "https://0x7f.1/a",
            "https://2130706433/a",
            "https://intranet/a",
            "https://db.internal/a",
            "https://x@files.brevo.example/a",
            "ftp://files.brevo.example/a",
            "/a.csv",
            "",
        ] {
            assert!(address(url, false).is_err() && address(url, true).is_err(), "{url}");
        }
    }
}
