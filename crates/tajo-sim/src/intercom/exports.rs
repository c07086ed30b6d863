//! The export of content data: one job at a time, done after some seconds, kept for two days.
//! Source: spec, `POST /export/content/data`, `GET` of it, `/export/cancel`, `/download/content/data`.

use super::body::{object, wrong};
use super::errors::Refusal;
use super::pages::host;
use super::{Answer, Ask};
use crate::json::Json;
use crate::world::World;
use crate::world::ids::Kind;
use crate::world::ledger::Export;

/// How long a job waits and works; not documented.
const PENDING_MS: i64 = 2_000;
const WORKING_MS: i64 = 5_000;
/// Source: docs, "Data export": the file is there for two days.
const KEPT_MS: i64 = 2 * 86_400_000;
/// Rows of a file.
const ROWS_MAX: u32 = 1_000;

impl Export {
    fn status(&self, now_ms: i64) -> &'static str {
        let age = now_ms - self.made_ms;
        match () {
            () if self.is_canceled => "canceled",
            () if age < PENDING_MS => "pending",
            () if age < WORKING_MS => "in_progress",
            // Nothing was sent in days to come.
            () if self.range.0 * 1000 > self.made_ms => "no_data",
            () => "completed",
        }
    }

    fn is_active(&self, now_ms: i64) -> bool {
        matches!(self.status(now_ms), "pending" | "in_progress")
    }

    fn expires_ms(&self) -> i64 {
        self.made_ms + WORKING_MS + KEPT_MS
    }
}

fn show(world: &World, ask: &Ask<'_>, job: &Export) -> Vec<u8> {
    let status = job.status(ask.now_ms);
    let is_there = status == "completed" && ask.now_ms < job.expires_ms();
    let url = format!("https://{}/download/content/data/{}", host(&world.options.region), job.id);
    Json::object(|j| {
        j.put("job_identifier", &job.id);
        j.put("status", status);
        j.put("download_url", if is_there { url } else { String::new() });
        j.put("download_expires_at", if is_there { (job.expires_ms() / 1000).to_string() } else { String::new() });
    })
}

fn known<'a>(world: &'a World, id: &str) -> Result<&'a Export, Refusal> {
    let job = world.ledger.exports.iter().find(|job| job.id == id);
    job.ok_or_else(|| Refusal::new(404, "job_not_found", "Export job not found"))
}

pub(super) fn start(world: &mut World, ask: &Ask<'_>) -> Answer {
    let body = object(ask)?;
    let bound = |key: &str| {
        let value = body.get(key).filter(|value| !value.is_null());
        let value = value.ok_or_else(|| Refusal::new(400, "parameter_not_found", format!("{key} not specified")))?;
        value.as_i64().or_else(|| value.as_str()?.parse().ok()).ok_or_else(|| wrong(key, "a unix timestamp"))
    };
    let range = (bound("created_at_after")?, bound("created_at_before")?);
    if range.0 > range.1 {
        return Err(Refusal::invalid("created_at_after must not be after created_at_before"));
    }
    if world.ledger.exports.iter().any(|job| job.is_active(ask.now_ms)) {
        let message = "Exceeded rate limit of 1 pending message data export jobs";
        return Err(Refusal::new(429, "rate_limit_exceeded", message));
    }
    let id = world.stamp.uuid().replace('-', "").chars().take(16).collect();
    let job = Export { id, made_ms: ask.now_ms, range, is_canceled: false };
    world.ledger.exports.push(job.clone());
    Ok(show(world, ask, &job))
}

pub(super) fn one(world: &World, ask: &Ask<'_>, id: &str) -> Answer {
    Ok(show(world, ask, known(world, id)?))
}

/// A job that is done stays done.
pub(super) fn cancel(world: &mut World, ask: &Ask<'_>, id: &str) -> Answer {
    known(world, id)?;
    for job in world.ledger.exports.iter_mut().filter(|job| job.id == id && job.is_active(ask.now_ms)) {
        job.is_canceled = true;
    }
    one(world, ask, id)
}

/// Gzipped CSV, once the job is done and as long as the file is kept.
pub(super) fn download(world: &World, ask: &Ask<'_>, id: &str) -> Answer {
    let job = known(world, id)?;
    if job.status(ask.now_ms) != "completed" || ask.now_ms >= job.expires_ms() {
        return Err(Refusal::not_found("Resource Not Found"));
    }
    Ok(gzipped(csv(world, job).as_bytes()))
}

/// One row a contact of the first thousand, as if each had got one message.
fn csv(world: &World, job: &Export) -> String {
    let mut text =
        "user_id,user_external_id,content_id,content_type,content_title,received_at,first_open,first_click\n".to_owned();
    for row in world.contacts.live().take(ROWS_MAX as usize) {
        let id = Kind::Contact.id(row.serial);
        let own = world.author(row.serial).and_then(|person| person.external_id).unwrap_or_default();
        let at = job.range.0 + i64::from(row.serial % 3600);
        text.push_str(&format!("{id},{own},{},email,\"Spring, at last\",{at},,\n", 7_000 + row.serial % 5));
    }
    text
}

/// The gzip form without compression: blocks that are stored as they are (RFC 1951, 3.2.4; RFC 1952).
fn gzipped(data: &[u8]) -> Vec<u8> {
    let mut out = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
    let blocks: Vec<&[u8]> = if data.is_empty() { vec![data] } else { data.chunks(0xffff).collect() };
    for (n, block) in blocks.iter().enumerate() {
        let len = u16::try_from(block.len()).unwrap_or(u16::MAX);
        out.push(u8::from(n + 1 == blocks.len()));
        out.extend(len.to_le_bytes());
        out.extend((!len).to_le_bytes());
        out.extend_from_slice(block);
    }
    out.extend(crc32(data).to_le_bytes());
    out.extend(u32::try_from(data.len()).unwrap_or(u32::MAX).to_le_bytes());
    out
}

fn crc32(data: &[u8]) -> u32 {
    let step = |crc: u32| if crc & 1 == 1 { (crc >> 1) ^ 0xEDB8_8320 } else { crc >> 1 };
    !data.iter().fold(!0u32, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), |crc, _| step(crc)))
}

/// Whether a request says that it takes octets, as downloads want.
/// Source: docs, "Octet header required"; docs, "HTTP responses", 406.
pub(super) fn check_accept(path: &str, accept: Option<&str>) -> Result<(), Refusal> {
    let takes = accept.is_some_and(|accept| accept.contains("application/octet-stream"));
    if !path.starts_with("/download/") || takes {
        return Ok(());
    }
    Err(Refusal::new(406, "not_acceptable", "The Accept header must be application/octet-stream"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_the_published_one() {
        assert_eq!(crc32(b"123456789"), 0xCBF4_3926);
        let whole = gzipped(&[7; 70_000]);
        assert_eq!(whole.len(), 10 + 2 * 5 + 70_000 + 8);
    }
}
