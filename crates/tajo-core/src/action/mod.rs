//! Something that can be asked for: declared once as a type, erased into a [`Command`], folded into every surface.

mod facts;
mod input;

use std::sync::{Mutex, PoisonError};

use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::codes;
use crate::destination::BoxFuture;
use crate::error::{Error, Result};

pub use facts::{Effect, Facts, Paged};
pub use input::{Field, Shape, checked, fields, from_text, refused};

/// Something that can be asked for. The fields of the type are the input, and their doc comments its documentation; the
/// type's doc comment says what it does. Inputs are flat by rule, so that every surface can show them.
pub trait Action: DeserializeOwned + JsonSchema + Send + 'static {
    /// Plural noun and verb: "conversations.close".
    const NAME: &'static str;
    /// Verb and noun, as the seeds and Intercom's own tools say it: "close_conversation". Tools of MCP bear this name.
    const ALIAS: &'static str;
    /// What running it twice would do.
    const EFFECT: Effect;
    /// Permissions of the platform that it needs, as the platform's settings call them.
    const NEEDS: &'static [&'static str];
    /// A complete input as JSON, for help, docs and errors. A test runs each of them.
    const EXAMPLE: &'static str;
    /// Other spellings of input fields: `(spelling, field)`.
    const ALSO: &'static [(&'static str, &'static str)] = &[];
    /// How its pages follow each other, if it lists.
    const PAGED: Option<Paged> = None;
    /// Whether agents get it only where it is asked for by name: a hundred tools would drown a model.
    const RARE: bool = false;
    /// What it is asked of: a platform's client, or a session of the whole program.
    type On: Sync + 'static;
    /// What it answers.
    type Out: Serialize + JsonSchema;

    /// What this input would do, where that depends on the input.
    fn effect_of(input: &Value) -> Effect {
        let _ = input;
        Self::EFFECT
    }

    /// Does it. Input that fits the schema and is wrong all the same is refused with [`refused`] before any call.
    fn run(self, call: &Call<'_, Self::On>) -> impl Future<Output = Result<Self::Out>> + Send;

    /// Looks whether an earlier attempt, begun at `since` (unix seconds of this machine) and without a known outcome, was
    /// carried out. Only asked of [`Effect::Once`]; `None` means that nothing was found, not that nothing happened.
    fn look(self, call: &Call<'_, Self::On>, since: i64) -> impl Future<Output = Result<Option<Self::Out>>> + Send {
        let _ = (call, since);
        async { Ok(None) }
    }
}

/// One call of an action: what it is asked of, and what has to be said beside the answer.
pub struct Call<'a, C> {
    /// The platform's client, or the program.
    pub on: &'a C,
    warnings: Mutex<Vec<String>>,
}

impl<'a, C> Call<'a, C> {
    /// A call on `on`.
    pub fn new(on: &'a C) -> Call<'a, C> {
        Call { on, warnings: Mutex::default() }
    }
    /// Says something beside the answer: the action goes on.
    pub fn warn(&self, text: impl Into<String>) {
        self.warnings.lock().unwrap_or_else(PoisonError::into_inner).push(text.into());
    }
    /// What was said so far.
    pub fn warnings(self) -> Vec<String> {
        self.warnings.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}

type Erased<C, T> = for<'a> fn(&'a Call<'a, C>, Value) -> BoxFuture<'a, Result<T>>;
type ErasedLook<C> = for<'a> fn(&'a Call<'a, C>, Value, i64) -> BoxFuture<'a, Result<Option<Value>>>;

/// An [`Action`] without its type.
pub struct Command<C: 'static> {
    /// Everything that surfaces show.
    pub facts: Facts,
    run: Erased<C, Value>,
    look: ErasedLook<C>,
}

impl<C: Sync + 'static> Command<C> {
    /// The action as a record.
    pub const fn of<A: Action<On = C>>() -> Command<C> {
        Command { facts: Facts::of::<A>(), run: run::<A>, look: look::<A> }
    }
    /// Runs it with an input that [`checked`] has passed.
    pub fn run<'a>(&self, call: &'a Call<'a, C>, input: Value) -> BoxFuture<'a, Result<Value>> {
        (self.run)(call, input)
    }
    /// Looks for the outcome of an earlier attempt: see [`Action::look`].
    pub fn look<'a>(&self, call: &'a Call<'a, C>, input: Value, since: i64) -> BoxFuture<'a, Result<Option<Value>>> {
        (self.look)(call, input, since)
    }
}

fn run<'a, A: Action>(call: &'a Call<'a, A::On>, input: Value) -> BoxFuture<'a, Result<Value>> {
    Box::pin(async move { written(read::<A>(input)?.run(call).await?) })
}

fn look<'a, A: Action>(call: &'a Call<'a, A::On>, input: Value, since: i64) -> BoxFuture<'a, Result<Option<Value>>> {
    Box::pin(async move { read::<A>(input)?.look(call, since).await?.map(written).transpose() })
}

fn read<A: Action>(input: Value) -> Result<A> {
    let kept = input.clone();
    // Serde's message names the value's type at most; what a person typed stays out of it.
    serde_json::from_value(input).map_err(|e| {
        let help = format!("An input that works: {}", A::EXAMPLE);
        match culprit::<A>(&kept) {
            Some(field) => {
                Error::new(&codes::INPUT, format!("`{field}` of {} cannot be used: {e}", A::NAME)).note("field", field).help(help)
            }
            None => Error::new(&codes::INPUT, format!("The input of {} cannot be used: {e}", A::NAME)).help(help),
        }
    })
}

/// The field without which the input could be read: serde does not say which one it stumbled over.
fn culprit<A: Action>(input: &Value) -> Option<String> {
    let names = input.as_object()?.keys();
    let reads = |name: &&String| {
        let mut rest = input.clone();
        rest.as_object_mut().is_some_and(|fields| fields.remove(*name).is_some()) && serde_json::from_value::<A>(rest).is_ok()
    };
    names.into_iter().find(reads).cloned()
}

fn written(out: impl Serialize) -> Result<Value> {
    serde_json::to_value(out).map_err(|e| Error::new(&codes::BUG, "An answer cannot be written as JSON").because(e))
}
