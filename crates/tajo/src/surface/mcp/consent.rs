//! The person's yes before a write: asked through the client, for exactly one tool with exactly one input.

use std::collections::BTreeMap;

use rmcp::RoleServer;
use rmcp::model::{
    CallToolRequestParams, ElicitRequest, ElicitRequestParams, ElicitationAction, ElicitationSchema, InputRequest,
    InputRequiredResult, ProtocolVersion,
};
use rmcp::service::RequestContext;
use serde_json::Value;
use tajo_core::{Effect, Error, Result, codes};

use crate::actions::Entry;

/// The name of the question among those of one call.
const QUESTION: &str = "consent";
/// More of an input is not shown.
const SHOWN_CHARS_MAX: usize = 1_500;

/// What a caller may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Writes {
    /// Read only.
    Never,
    /// After the person's yes, each time.
    Asking,
    /// Without a question; what destroys is asked about all the same.
    Freely,
}

/// What came of asking.
pub enum Said {
    /// Go on.
    Yes,
    /// The client has to ask first, and calls again with the answer.
    AskFirst(Box<InputRequiredResult>),
}

/// Whether the call may go on, must be asked about, or is refused with [`codes::SEC_CONSENT`].
pub async fn consent(
    entry: &Entry,
    effect: Effect,
    writes: Writes,
    connection: Option<&str>,
    request: &CallToolRequestParams,
    context: &RequestContext<RoleServer>,
    seal: &Seal,
) -> Result<Said> {
    match (effect, writes) {
        (Effect::Read, _) => return Ok(Said::Yes),
        (_, Writes::Never) => {
            let what = format!("{} writes, and this server is read-only; nothing was sent", entry.facts.alias);
            return Err(Error::new(&codes::SEC_CONSENT, what));
        }
        (Effect::Assign | Effect::Once, Writes::Freely) => return Ok(Said::Yes),
        _ => {}
    }
    let input = request.arguments.clone().map(Value::Object).unwrap_or_default();
    let mark = seal.of(entry.facts.alias, connection, &input);
    if let Some(answer) = request.input_responses.as_ref().and_then(|answers| answers.get(QUESTION)) {
        // Without our own mark the answer belongs to another question, or to none.
        let is_ours = request.request_state.as_deref() == Some(mark.as_str());
        let is_yes = answer.get("action").and_then(Value::as_str) == Some("accept") && confirmed(answer.get("content"));
        return if is_ours && is_yes { Ok(Said::Yes) } else { Err(declined(entry)) };
    }
    if context.client_capabilities().is_none_or(|client| client.elicitation.is_none()) {
        let what = format!("{} writes, and this client cannot ask the person; nothing was sent", entry.facts.alias);
        return Err(Error::new(&codes::SEC_CONSENT, what));
    }
    let params = question(entry, effect, connection, &input)?;
    let is_new = context.protocol_version().is_some_and(|version| version.as_str() >= ProtocolVersion::V_2026_07_28.as_str());
    if is_new {
        let asked = BTreeMap::from([(QUESTION.to_owned(), InputRequest::Elicitation(ElicitRequest::new(params)))]);
        return Ok(Said::AskFirst(Box::new(InputRequiredResult::new(Some(asked), Some(mark)))));
    }
    let answer = context.peer.create_elicitation(params).await.map_err(|e| {
        let what = format!("{} writes, and the person could not be asked; nothing was sent", entry.facts.alias);
        Error::new(&codes::SEC_CONSENT, what).because(e)
    })?;
    match answer.action {
        ElicitationAction::Accept if confirmed(answer.content.as_ref()) => Ok(Said::Yes),
        _ => Err(declined(entry)),
    }
}

/// A form whose one box is ticked; a client that shows no form accepts as a whole.
fn confirmed(content: Option<&Value>) -> bool {
    content.and_then(|content| content.get("confirm")).is_none_or(|tick| tick == &Value::Bool(true))
}

fn declined(entry: &Entry) -> Error {
    Error::new(&codes::SEC_CONSENT, format!("The person did not agree to {}; nothing was sent", entry.facts.alias))
        .help("Do not ask again unless the person brings it up.")
}

fn question(entry: &Entry, effect: Effect, connection: Option<&str>, input: &Value) -> Result<ElicitRequestParams> {
    let on = connection.map(|name| format!(" on the connection `{name}`")).unwrap_or_default();
    let weight = match effect {
        Effect::Destroy => "It takes away what cannot be brought back.",
        Effect::Once => "It is sent once; it cannot be unsent.",
        _ => "It changes data in Intercom.",
    };
    let mut shown: String = input.to_string().chars().take(SHOWN_CHARS_MAX).collect();
    if shown.len() < input.to_string().len() {
        shown.push('…');
    }
    let message = format!("Run {}{on}? {weight}\n\n{shown}", entry.facts.alias);
    let schema = ElicitationSchema::builder().required_bool("confirm").build();
    let requested_schema = schema.map_err(|why| Error::new(&codes::BUG, format!("The question cannot be built: {why}")))?;
    Ok(ElicitRequestParams::FormElicitationParams { meta: None, message, requested_schema })
}

/// Marks questions as asked by this very process, under keys that nobody else has, so that an answer cannot be carried over to another call.
#[derive(Debug, Default)]
pub struct Seal(std::hash::RandomState);

impl Seal {
    fn of(&self, tool: &str, connection: Option<&str>, input: &Value) -> String {
        use std::hash::BuildHasher;
        let words = (tool, connection, input.to_string());
        // SipHash under a random key is a message authentication code; two of them make 128 bits.
        format!("{:016x}{:016x}", self.0.hash_one((0_u8, &words)), self.0.hash_one((1_u8, &words)))
    }
}
