//! The API described for programs: OpenAPI 3.1, folded from the entries. The same entries give the same bytes.

use schemars::SchemaGenerator;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};
use tajo_core::{Effect, Facts};

use crate::actions::Entry;
use crate::surface::http::Scope;

/// Where named schemas stand.
const SCHEMAS: &str = "/components/schemas";
const JSON: &str = "application/json";

/// The description as text, as it is served and kept in docs/reference/openapi.json.
pub fn text(entries: &[Entry]) -> String {
    let mut text = serde_json::to_string_pretty(&document(entries)).unwrap_or_default();
    text.push('\n');
    text
}

/// The description.
pub fn document(entries: &[Entry]) -> Value {
    let mut parts = SchemaSettings::draft2020_12().with(|settings| settings.definitions_path = SCHEMAS.into()).into_generator();
    // Answers first: they fill the named parts, which then are told apart from what only one action answers.
    let answers: Vec<Value> = entries.iter().map(|entry| answer(entry, &mut parts)).collect();
    let named = parts.take_definitions(true);
    let mut schemas = named.clone();
    let mut paths = Map::new();
    for (entry, answer) in entries.iter().zip(answers) {
        let name = pascal(entry.facts.alias);
        let known = named.iter().find(|(_, schema)| **schema == answer).map(|(name, _)| name.clone());
        let result = known.unwrap_or_else(|| format!("{name}Result"));
        schemas.entry(result.clone()).or_insert(answer);
        schemas.insert(format!("{name}Input"), input(&entry.facts));
        let path = format!("/api/v1/{}/{}", entry.facts.noun(), entry.facts.verb());
        paths.insert(path, json!({"post": operation(entry, &name, &result)}));
    }
    schemas.insert("Error".into(), error());
    paths.extend(plain());
    let mut tags: Vec<Value> = Vec::new();
    for noun in entries.iter().map(|entry| entry.facts.noun()).chain(["server"]) {
        if !tags.iter().any(|tag| tag["name"] == noun) {
            tags.push(json!({"name": noun}));
        }
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Tajo",
            "version": env!("CARGO_PKG_VERSION"),
            "summary": "Intercom, its warehouse and Brevo, kept in step.",
            "description": "Every action of Tajo over HTTP. Ask with POST and a JSON object; the key says who asks.",
            "license": {"name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "security": [{"key": []}],
        "tags": tags,
        "paths": paths,
        "components": {
            "schemas": schemas,
            "responses": {"Refused": refused("What went wrong, and what to do about it.")},
            "securitySchemes": {"key": {
                "type": "http", "scheme": "bearer", "description": "A key of `tajo keys create`.",
            }},
        },
    })
}

fn operation(entry: &Entry, name: &str, result: &str) -> Value {
    let facts = &entry.facts;
    let mut parameters = vec![json!({
        "name": "connection", "in": "query", "schema": {"type": "string"},
        "description": "The connection to ask of, where there are several.",
    })];
    let flag =
        |name: &str, about: &str| json!({"name": name, "in": "query", "schema": {"type": "boolean"}, "description": about});
    if facts.effect == Effect::Destroy || facts.noun() == "requests" {
        parameters.push(flag("allow_destructive", "Leave to take away what cannot be brought back."));
    }
    if facts.effect == Effect::Once || facts.noun() == "requests" {
        parameters.push(flag("resend", "Send again what an earlier request may have carried out already."));
        parameters.push(json!({
            "name": "Idempotency-Key", "in": "header", "schema": {"type": "string", "maxLength": 255},
            "description": "Your own name for this request: asked twice under one name, it is carried out once.",
        }));
    }
    let envelope = json!({
        "type": "object",
        "required": ["result", "warnings"],
        "properties": {
            "result": {"$ref": format!("#{SCHEMAS}/{result}")},
            "warnings": {"type": "array", "items": {"type": "string"}, "description": "What has to be said beside the answer."},
            "found": {"type": "boolean", "description": "True where an earlier request had done it already: nothing was sent now."},
        },
    });
    let mut content = json!({JSON: {"schema": envelope}});
    if facts.paged.is_some() {
        parameters.push(flag("fetch_all", "Follow all pages. With `Accept: application/x-ndjson` rows come line by line."));
        content["application/x-ndjson"] = json!({"schema": {"type": "object", "description": "A row a line."}});
    }
    let example: Value = serde_json::from_str(facts.example).unwrap_or_default();
    let mut responses = json!({"200": {"description": "Done.", "content": content}});
    for status in ["400", "401", "403", "404", "409", "415", "422", "429", "503", "default"] {
        responses[status] = json!({"$ref": "#/components/responses/Refused"});
    }
    json!({
        "operationId": camel(facts.alias),
        "summary": facts.about(),
        "description": description(entry),
        "tags": [facts.noun()],
        "x-action": entry.id(),
        "x-effect": facts.effect.word(),
        "x-scope": Scope::needed(entry, facts.effect).word(),
        "x-permissions": facts.needs,
        "parameters": parameters,
        "requestBody": {
            "required": true,
            "content": {JSON: {"schema": {"$ref": format!("#{SCHEMAS}/{name}Input")}, "example": example}},
        },
        "responses": responses,
    })
}

fn description(entry: &Entry) -> String {
    let facts = &entry.facts;
    let needs = match facts.needs {
        [] => String::new(),
        needs => format!("\n\nPermission in Intercom: {}.", needs.join(", ")),
    };
    format!(
        "{}\n\nEffect: {}. Scope of the key: `{}`.{needs}",
        facts.doc(),
        facts.effect.word(),
        Scope::needed(entry, facts.effect).word()
    )
}

/// The schema of the input. Names that no field has are refused.
fn input(facts: &Facts) -> Value {
    let mut schema = facts.input().to_value();
    if let Some(fields) = schema.as_object_mut() {
        fields.remove("description");
        fields.insert("additionalProperties".into(), false.into());
    }
    schema
}

fn answer(entry: &Entry, parts: &mut SchemaGenerator) -> Value {
    entry.facts.output_with(parts).to_value()
}

/// What is no action.
fn plain() -> Map<String, Value> {
    let get = |id: &str, summary: &str, schema: Value| {
        json!({"get": {
            "operationId": id, "summary": summary, "tags": ["server"],
            "responses": {"200": {"description": "Done.", "content": {JSON: {"schema": schema}}}, "default": {"$ref": "#/components/responses/Refused"}},
        }})
    };
    let list = json!({"type": "object", "required": ["actions"], "properties": {"actions": {"type": "array", "items": {"type": "object"}}}});
    let mut health =
        get("getHealth", "Whether the server answers.", json!({"type": "object", "properties": {"status": {"const": "ok"}}}));
    let mut own = get("getOpenApi", "This description.", json!({"type": "object"}));
    health["get"]["security"] = json!([]);
    own["get"]["security"] = json!([]);
    let mut out = Map::new();
    out.insert("/api/v1/actions".into(), get("listActions", "Everything that can be asked for.", list));
    out.insert("/api/v1/health".into(), health);
    out.insert("/api/v1/openapi.json".into(), own);
    out.insert("/webhooks/intercom".into(), json!({"post": {
        "operationId": "receiveIntercomWebhook",
        "summary": "Takes a notification of Intercom's.",
        "description": "Verified over the raw bytes with the app's client secret, kept, and answered. Nothing of it is believed.",
        "tags": ["server"],
        "security": [],
        "parameters": [
            {"name": "X-Hub-Signature", "in": "header", "required": true, "schema": {"type": "string", "pattern": "^sha1=[0-9a-fA-F]{40}$"}, "description": "HMAC-SHA-1 of the body under the client secret."},
            {"name": "connection", "in": "query", "schema": {"type": "string"}, "description": "The connection it is for, where there are several."},
        ],
        "requestBody": {"required": true, "content": {JSON: {"schema": {"type": "object"}}}},
        "responses": {
            "200": {"description": "Kept."},
            "401": {"$ref": "#/components/responses/Refused"},
            "503": {"$ref": "#/components/responses/Refused"},
            "default": {"$ref": "#/components/responses/Refused"},
        },
    }}));
    out
}

fn refused(about: &str) -> Value {
    let body = json!({
        "type": "object",
        "required": ["error", "request_id"],
        "properties": {
            "error": {"$ref": format!("#{SCHEMAS}/Error")},
            "request_id": {"type": "string", "description": "The request's name in the log; also in the header `X-Request-Id`."},
        },
    });
    json!({"description": about, "content": {JSON: {"schema": body}}})
}

fn error() -> Value {
    json!({
        "type": "object",
        "description": "An error of Tajo's: `tajo explain CODE` describes it.",
        "required": ["code", "message", "notes", "causes", "help", "exit"],
        "properties": {
            "code": {"type": "string", "examples": ["TJ-CFG-INPUT"], "description": "A published code."},
            "message": {"type": "string", "description": "What was tried, on what."},
            "notes": {"type": "object", "additionalProperties": {"type": "string"}, "description": "Labelled facts, such as `field`, `request`, `permission`."},
            "causes": {"type": "array", "items": {"type": "string"}, "description": "Causes, outermost first."},
            "help": {"type": "string", "description": "What to do next."},
            "exit": {"type": "integer", "description": "The exit code of the command line for the same error."},
        },
    })
}

/// `archiveContact` of "archive_contact".
fn camel(alias: &str) -> String {
    let name = pascal(alias);
    let mut rest = name.chars();
    rest.next().map(|first| first.to_lowercase().chain(rest).collect()).unwrap_or_default()
}

/// `ArchiveContact` of "archive_contact".
fn pascal(alias: &str) -> String {
    let word = |word: &str| {
        let mut rest = word.chars();
        rest.next().map(|first| first.to_uppercase().chain(rest).collect::<String>()).unwrap_or_default()
    };
    alias.split('_').map(word).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_operations_and_types() {
        assert_eq!((camel("archive_contact").as_str(), pascal("archive_contact").as_str()), ("archiveContact", "ArchiveContact"));
        assert_eq!((camel("raw").as_str(), pascal("").as_str()), ("raw", ""));
    }
}
