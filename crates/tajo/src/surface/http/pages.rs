//! All pages of a list in one answer: collected up to a limit, or streamed as lines of JSON.

use std::convert::Infallible;
use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use http::header;
use serde_json::{Value, json};
use tajo_core::{Error, codes};
use tokio::sync::mpsc;

use super::Server;
use super::ask::COLLECTED_MAX;
use super::refusal::{Refusal, body};
use crate::actions::{Ask, Entry, Outcome, every_page};

/// The type of lines of JSON.
pub const LINES: &str = "application/x-ndjson";
/// Rows on their way to a slow reader; the list waits beyond.
const ROWS_WAITING_MAX: usize = 256;

/// Every row, up to [`COLLECTED_MAX`].
pub async fn collected(server: &Arc<Server>, ask: Ask) -> Result<Outcome, Refusal> {
    let mut rows = Vec::new();
    let outcome = every_page(&server.app, ask, |row| {
        if rows.len() == COLLECTED_MAX {
            let what = format!("The list has more than {COLLECTED_MAX} rows");
            return Err(Error::new(&codes::INPUT, what).help(format!("Send `Accept: {LINES}`: rows then come one by one.")));
        }
        rows.push(row);
        Ok(())
    })
    .await?;
    let result = json!({"data": rows, "count": outcome.result["count"]});
    Ok(Outcome { result, ..outcome })
}

/// Every row as it comes, a line each. An error, once rows have left, is the last line.
pub fn streamed(server: &Arc<Server>, entry: &Entry, ask: Ask, id: String) -> Result<Response, Refusal> {
    if entry.facts.paged.is_none() {
        return Err(Error::new(&codes::INPUT, format!("{} has no pages to follow", entry.id())).into());
    }
    let (to, lines) = mpsc::channel::<Bytes>(ROWS_WAITING_MAX);
    let app = Arc::clone(&server.app);
    tokio::spawn(async move {
        let each = |row: Value| {
            // Rows are handed over one by one from within the list, which must not run ahead of the reader.
            let sent = tokio::task::block_in_place(|| to.blocking_send(line(&row)));
            sent.map_err(|_| Error::new(&codes::INTERRUPTED, "The reader of the list has gone"))
        };
        if let Err(error) = every_page(&app, ask, each).await {
            let mut last = body(&Refusal::from(error).told(), &id);
            last.push(b'\n');
            // The reader may have gone, which is what the error says then.
            let _ = to.send(last.into()).await;
        }
    });
    let rows = stream::unfold(lines, |mut lines| async move { lines.recv().await.map(|row| (Ok::<_, Infallible>(row), lines)) });
    Ok(([(header::CONTENT_TYPE, LINES)], Body::from_stream(rows)).into_response())
}

fn line(row: &Value) -> Bytes {
    let mut text = row.to_string();
    text.push('\n');
    text.into()
}
