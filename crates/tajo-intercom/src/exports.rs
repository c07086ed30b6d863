//! Exports of content data: who got which message, and what they did with it; bytes, mostly gzipped CSV.
//! <https://developers.intercom.com/docs/references/rest-api/api.intercom.io/data-export>
//!
//! A workspace has one export under way at a time, and a second one is refused with 429. The client would ask again and
//! again, so each request here is sent once: every answer is judged in this file, and every wait is the caller's to make.

use std::time::Duration;

use http::Method;
use http::header::{ACCEPT, HeaderValue};
use serde_json::{Map, Value, json};
use tajo_core::rest::{Answer, Asked, Raw, RawAnswer, RawRetry};
use tajo_core::{Error, Kind, Result, codes};

use crate::client::Intercom;
use crate::dialect::INTERCOM;
use crate::told::{body, drift, in_path, object};

/// The first wait for a job, and for another export to end; each is half as long again as the one before.
const JOB_WAIT: Duration = Duration::from_secs(2);
const JOB_WAIT_MAX: Duration = Duration::from_secs(30);
const TURN_WAIT: Duration = Duration::from_secs(15);
const TURN_WAIT_MAX: Duration = Duration::from_secs(120);
/// Questions that fail in a row before the export counts as lost, and attempts at its file.
const FAULTS_MAX: u32 = 5;
const FAULT_WAIT: Duration = Duration::from_secs(3);
/// The longest time for one answer, and for the file; its size is capped by the transport.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(60);
const FILE_TIMEOUT: Duration = Duration::from_secs(600);
/// What Intercom says where another export is under way.
/// <https://developers.intercom.com/docs/references/rest-api/api.intercom.io/data-export/createdataexport>
const PENDING: &str = "pending message data export";

/// How long an export may take.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// For another export of the workspace to end; nothing where a second one is to fail at once.
    pub turn: Duration,
    /// For our own to end.
    pub job: Duration,
}

impl Default for Patience {
    fn default() -> Patience {
        Patience { turn: Duration::from_secs(600), job: Duration::from_secs(1800) }
    }
}

/// How far an export is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Another export of this workspace is under way; we waited so long for it.
    Queued(Duration),
    /// The export began, or is under way since.
    Running {
        /// Its name.
        job: String,
        /// Since when.
        since: Duration,
    },
    /// It is done, and being downloaded.
    Loading {
        /// Its name.
        job: String,
    },
}

/// An export that came to its end.
#[derive(Debug)]
pub struct Content {
    /// Intercom's name of the job.
    pub job: String,
    answer: RawAnswer,
}

impl Content {
    /// The bytes as Intercom gave them.
    pub fn bytes(&self) -> &[u8] {
        &self.answer.body
    }
}

impl Intercom {
    /// What was sent from `from` to `to` (unix seconds; Intercom counts whole days, both included), or nothing where there
    /// was nothing. `pause` waits; `tell` hears how far it is.
    ///
    /// Where another export is under way it is waited for, with growing pauses, up to [`Patience::turn`]; after that, and
    /// where ours fails or does not end in time, [`codes::INT_EXPORT`]. An export that did not end in time is cancelled:
    /// it would be in the way of the next.
    pub async fn export_content<P: Future<Output = ()>>(
        &self,
        from: i64,
        to: i64,
        patience: Patience,
        pause: impl Fn(Duration) -> P,
        mut tell: impl FnMut(&Step),
    ) -> Result<Option<Content>> {
        let mut state = self.begin_export((from, to), patience.turn, &pause, &mut tell).await?;
        let (mut since, mut wait, mut faults) = (Duration::ZERO, JOB_WAIT, 0);
        loop {
            let job = state.job.clone();
            match state.stands()? {
                Stands::Nothing => return Ok(None),
                Stands::Ready => {
                    tell(&Step::Loading { job: job.clone() });
                    return self.download_export(job, &pause).await.map(Some);
                }
                Stands::Running => tell(&Step::Running { job: job.clone(), since }),
            }
            if since + wait > patience.job {
                // Whether it can be cancelled or not, it did not end in time.
                let _ = self.cancel_export(&job).await;
                let what = format!("Intercom's data export did not end in {} minutes", patience.job.as_secs() / 60);
                return Err(Error::new(&codes::INT_EXPORT, what).note("job", job).help("Run again, or ask for fewer days."));
            }
            pause(wait).await;
            (since, wait) = (since + wait, longer(wait, JOB_WAIT_MAX));
            match self.ask_export(Method::GET, format!("/export/content/data/{}", in_path(&job)?), None).await {
                Ok(told) => (state, faults) = (told, 0),
                Err(error) if error.kind().advice().retry && faults + 1 < FAULTS_MAX => faults += 1,
                Err(error) => return Err(error.note("job", job)),
            }
        }
    }

    /// Stops an export. One that has ended stays ended.
    pub async fn cancel_export(&self, job: &str) -> Result<()> {
        self.ask_export(Method::POST, format!("/export/cancel/{}", in_path(job)?), None).await.map(drop)
    }

    /// Starts an export as soon as no other is under way.
    async fn begin_export<P: Future<Output = ()>>(
        &self,
        (from, to): (i64, i64),
        patience: Duration,
        pause: &impl Fn(Duration) -> P,
        tell: &mut impl FnMut(&Step),
    ) -> Result<Job> {
        let span = body(&json!({"created_at_after": from, "created_at_before": to}))?;
        let (mut waited, mut wait) = (Duration::ZERO, TURN_WAIT);
        loop {
            let error = match self.ask_export(Method::POST, "/export/content/data".to_owned(), Some(span.clone())).await {
                Err(error) if error.kind() == Kind::Throttled => error,
                done => return done,
            };
            let in_the_way = error.noted("Intercom says").is_some_and(|said| said.contains(PENDING));
            if waited + wait > patience {
                return Err(if in_the_way { no_turn(&error, waited) } else { error });
            }
            if in_the_way {
                tell(&Step::Queued(waited));
            }
            pause(wait).await;
            (waited, wait) = (waited + wait, longer(wait, TURN_WAIT_MAX));
        }
    }

    async fn ask_export(&self, method: Method, target: String, told: Option<Vec<u8>>) -> Result<Job> {
        let json = HeaderValue::from_static("application/json");
        let body = told.map(|told| (told.into(), json));
        let answer = self.export_once(Raw { body, ..raw(method, target, ANSWER_TIMEOUT) }).await?;
        let RawAnswer { status, headers, body, .. } = answer;
        Job::read(&object(&Answer { status, headers, body, date: None })?)
    }

    /// The file. Its address is put together from the job's name: whatever address an answer gives is not followed.
    async fn download_export<P: Future<Output = ()>>(&self, job: String, pause: &impl Fn(Duration) -> P) -> Result<Content> {
        let target = format!("/download/content/data/{}", in_path(&job)?);
        // <https://developers.intercom.com/docs/references/rest-api/api.intercom.io/data-export/downloaddataexport>
        let headers = vec![(ACCEPT.to_string(), "application/octet-stream".to_owned())];
        let mut faults = 0;
        loop {
            let request = Raw { headers: headers.clone(), ..raw(Method::GET, target.clone(), FILE_TIMEOUT) };
            let error = match self.export_once(request).await {
                Ok(answer) if !answer.body.is_empty() => return Ok(Content { job, answer }),
                Ok(_) => Error::new(&codes::NET_BODY, "The file of a data export came empty"),
                Err(error) => error,
            };
            faults += 1;
            if error.code() == &codes::INT_LARGE {
                return Err(too_large(error).note("job", job));
            }
            if !error.kind().advice().retry || faults >= FAULTS_MAX {
                return Err(error.note("job", job));
            }
            pause(FAULT_WAIT * faults).await;
        }
    }

    /// One request, once; anything but a success is an error.
    async fn export_once(&self, request: Raw) -> Result<RawAnswer> {
        let (method, path) = (request.method.clone(), request.target.clone());
        let answer = self.client().raw(request).await?;
        if (200..300).contains(&answer.status) {
            return Ok(answer);
        }
        let asked = Asked { method: &method, path: &path };
        Err((INTERCOM.refuse)(&asked, answer.status, &answer.headers, &answer.body).note("request", asked.to_string()))
    }
}

/// A request that is sent once.
fn raw(method: Method, target: String, timeout: Duration) -> Raw {
    Raw { method, target, query: Vec::new(), headers: Vec::new(), body: None, timeout, retry: RawRetry::default() }
}

/// Half as long again.
fn longer(wait: Duration, most: Duration) -> Duration {
    (wait * 3 / 2).min(most)
}

fn no_turn(error: &Error, waited: Duration) -> Error {
    let said = error.noted("Intercom says").unwrap_or_default().to_string();
    Error::new(&codes::INT_EXPORT, "Another data export of this workspace is under way, and Intercom runs one at a time")
        .note("Intercom says", said)
        .note("waited", format!("{} s", waited.as_secs()))
}

fn too_large(cause: Error) -> Error {
    Error::new(&codes::INT_EXPORT, "The file of a data export is larger than the cap")
        .because(cause)
        .help("Ask for fewer days at a time.")
}

/// Where a job stands.
enum Stands {
    Running,
    Ready,
    Nothing,
}

/// A job as Intercom tells of it.
struct Job {
    job: String,
    status: String,
}

impl Job {
    fn read(told: &Map<String, Value>) -> Result<Job> {
        let text = |key: &str| told.get(key).and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned);
        let job = text("job_identifier").ok_or_else(|| drift("A data export has no job_identifier"))?;
        let status = text("status").ok_or_else(|| drift("A data export has no status"))?;
        in_path(&job)?;
        Ok(Job { job, status })
    }

    fn stands(&self) -> Result<Stands> {
        match self.status.as_str() {
            "pending" | "in_progress" => Ok(Stands::Running),
            "completed" | "complete" => Ok(Stands::Ready),
            "no_data" => Ok(Stands::Nothing),
            "failed" | "canceled" => {
                let what = format!("Intercom's data export ended as {}", self.status);
                Err(Error::new(&codes::INT_EXPORT, what).note("job", self.job.clone()))
            }
            _ => {
                Err(drift("A data export has a status that Intercom's documentation does not know").note("job", self.job.clone()))
            }
        }
    }
}

#[cfg(test)]
mod tests;
