//! What is known about an action without running it.

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::Value;

use super::Action;

/// What running an action does, and what running it twice would do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Effect {
    /// It only reads, and is repeated freely.
    Read,
    /// It sets what it names, or creates under a key of its own: a second time changes nothing more.
    Assign,
    /// It says or creates something each time: a message, a note, a ticket. Sent at most once.
    Once,
    /// It takes away what cannot be brought back.
    Destroy,
}

impl Effect {
    /// Whether it changes anything.
    pub const fn writes(self) -> bool {
        !matches!(self, Effect::Read)
    }
    /// Whether a second time does no more than the first.
    pub const fn repeats(self) -> bool {
        !matches!(self, Effect::Once)
    }
    /// One word for tables and schemas.
    pub const fn word(self) -> &'static str {
        match self {
            Effect::Read => "read",
            Effect::Assign => "write",
            Effect::Once => "write once",
            Effect::Destroy => "destroy",
        }
    }
}

/// How the pages of a list follow each other: which field of the answer goes into which field of the next input. The rows
/// are under `data`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Paged {
    /// The field of the answer that names the next page; absent or null on the last one.
    pub next: &'static str,
    /// The field of the input that takes it.
    pub after: &'static str,
}

impl Paged {
    /// By an opaque cursor.
    pub const CURSOR: Option<Paged> = Some(Paged { next: "next_cursor", after: "starting_after" });
    /// By page number.
    pub const NUMBER: Option<Paged> = Some(Paged { next: "next_page", after: "page" });
}

/// What surfaces show of an action.
#[derive(Clone, Copy)]
pub struct Facts {
    /// [`Action::NAME`].
    pub name: &'static str,
    /// [`Action::ALIAS`].
    pub alias: &'static str,
    /// [`Action::EFFECT`].
    pub effect: Effect,
    /// [`Action::NEEDS`].
    pub needs: &'static [&'static str],
    /// [`Action::EXAMPLE`].
    pub example: &'static str,
    /// [`Action::ALSO`].
    pub also: &'static [(&'static str, &'static str)],
    /// [`Action::PAGED`].
    pub paged: Option<Paged>,
    /// [`Action::RARE`].
    pub rare: bool,
    effect_of: fn(&Value) -> Effect,
    input: fn(&mut SchemaGenerator) -> Schema,
    output: fn(&mut SchemaGenerator) -> Schema,
}

impl Facts {
    pub(super) const fn of<A: Action>() -> Facts {
        Facts {
            name: A::NAME,
            alias: A::ALIAS,
            effect: A::EFFECT,
            needs: A::NEEDS,
            example: A::EXAMPLE,
            also: A::ALSO,
            paged: A::PAGED,
            rare: A::RARE,
            effect_of: A::effect_of,
            input: <A as JsonSchema>::json_schema,
            output: <A::Out as JsonSchema>::json_schema,
        }
    }
    /// What this input would do: [`Action::effect_of`].
    pub fn effect_of(&self, input: &Value) -> Effect {
        (self.effect_of)(input)
    }
    /// The schema of the input, everything in place (draft 2020-12).
    pub fn input(&self) -> Schema {
        (self.input)(&mut inline())
    }
    /// The schema of the answer, everything in place.
    pub fn output(&self) -> Schema {
        (self.output)(&mut inline())
    }
    /// The schema of the answer, named parts of it kept in the generator.
    pub fn output_with(&self, parts: &mut SchemaGenerator) -> Schema {
        (self.output)(parts)
    }
    /// What it does, in one sentence: the first paragraph of the type's documentation.
    pub fn about(&self) -> String {
        let doc = self.doc();
        doc.split("\n\n").next().unwrap_or_default().replace('\n', " ")
    }
    /// The whole documentation of the type.
    pub fn doc(&self) -> String {
        self.input().get("description").and_then(|text| text.as_str()).unwrap_or_default().to_owned()
    }
    /// "conversations" of "conversations.close".
    pub fn noun(&self) -> &'static str {
        self.name.split_once('.').map_or(self.name, |(noun, _)| noun)
    }
    /// "close" of "conversations.close".
    pub fn verb(&self) -> &'static str {
        self.name.split_once('.').map_or("", |(_, verb)| verb)
    }
}

fn inline() -> SchemaGenerator {
    SchemaSettings::draft2020_12().with(|settings| settings.inline_subschemas = true).into_generator()
}
