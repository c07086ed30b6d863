//! What a stream remembers between runs, stored in the destination with the rows it speaks of.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use tajo_core::{Error, Result, StateNote, codes};

use super::window::Window;

/// Version of this form.
const FORMAT: u32 = 1;

/// State of a stream.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StreamState {
    /// Version of this form.
    #[serde(default)]
    pub format: u32,
    /// Everything that changed up to this second is in the destination in that version or a later one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub watermark: Option<i64>,
    /// The same for child tables, which may have been switched on later.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub children: BTreeMap<String, i64>,
    /// Where the user let history begin; absent where it is whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<i64>,
    /// API version of the last run.
    #[serde(default)]
    pub release: String,
    /// A run that has not come to its end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<Unfinished>,
}

/// How far an unfinished run came.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unfinished {
    /// The platform's clock at its start.
    pub t: i64,
    /// Where it began to read.
    pub from: i64,
    /// Whether it reads everything again.
    pub full: bool,
    /// Child tables it reads along.
    pub with: Vec<String>,
    /// Windows read and committed.
    pub done: Vec<Window>,
}

impl StreamState {
    /// Reads stored state; refuses what is damaged, newer, or impossible at the platform's time `now`.
    pub fn read(stream: &str, text: &str, now: i64) -> Result<StreamState> {
        let corrupt = |why: String| {
            Error::new(&codes::STA_CORRUPT, format!("The stored state of `{stream}` cannot be used"))
                .note("reason", why)
                .note("not done", "nothing was read or changed")
                .help("Restore the destination from a backup, or run with `--type full` into a new file.")
        };
        let state: StreamState =
            serde_json::from_str(text).map_err(|e| corrupt("it is not valid JSON of its form".into()).because(e))?;
        if state.format > FORMAT {
            return Err(Error::new(
                &codes::STA_NEWER,
                format!("The state of `{stream}` has format {}, this version knows {FORMAT}", state.format),
            ));
        }
        let tomorrow = now + 86_400;
        if let Some(ahead) = [state.watermark, state.run.as_ref().map(|r| r.t)].into_iter().flatten().find(|at| *at > tomorrow) {
            return Err(corrupt(format!("it speaks of {ahead}, which lies in the future of the platform's clock ({now})")));
        }
        if let Some(run) = &state.run {
            let ordered = run.done.windows(2).all(|pair| pair[0].hi < pair[1].lo) && run.done.iter().all(|w| w.lo <= w.hi);
            if !ordered {
                return Err(corrupt("its windows overlap".into()));
            }
        }
        Ok(state)
    }

    /// The note to commit with the data.
    pub fn note(&self, stream: &str) -> StateNote {
        let state = StreamState { format: FORMAT, ..self.clone() };
        StateNote { stream: stream.into(), state: serde_json::to_string(&state).expect("plain data serialises") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn abnormal_state_is_refused_never_reset() {
        let now = 1_800_000_000;
        for (text, code) in [
            ("", "TJ-STA-CORRUPT"),
            ("{\"watermark\":\"x\"}", "TJ-STA-CORRUPT"),
            ("{\"format\":2}", "TJ-STA-NEWER"),
            ("{\"format\":1,\"watermark\":1900000000}", "TJ-STA-CORRUPT"),
            (r#"{"run":{"t":1,"from":0,"full":true,"with":[],"done":[[5,9],[9,12]]}}"#, "TJ-STA-CORRUPT"),
            (r#"{"run":{"t":1,"from":0,"full":true,"with":[],"done":[[5,4]]}}"#, "TJ-STA-CORRUPT"),
        ] {
            assert_eq!(StreamState::read("contacts", text, now).unwrap_err().code().id, code, "{text}");
        }
        let state = StreamState { watermark: Some(now - 900), ..StreamState::default() };
        let again = StreamState::read("contacts", &state.note("contacts").state, now).unwrap();
        assert_eq!(again.watermark, state.watermark);
    }
}
