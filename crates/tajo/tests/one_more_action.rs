//! One more action, declared in this file and nowhere else, is on every surface.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::path::{Path, PathBuf};
use std::process::Command as Process;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tajo::actions::{App, Entry, entries};
use tajo::surface::cli::actions::{command, direct, page};
use tajo::surface::mcp::{Agent, Choice, Grant, Seal, Writes};
use tajo::surface::openapi;
use tajo_core::{Action, Call, Command, Effect, Result};
use tajo_intercom::Intercom;

/// Ring a bell in the inbox.
#[derive(Deserialize, JsonSchema)]
struct Ring {
    /// How often it rings.
    times: u32,
}

/// A bell that rang.
#[derive(Serialize, JsonSchema)]
struct Rung {
    /// How often it rang.
    rang: u32,
}

impl Action for Ring {
    const NAME: &'static str = "bells.ring";
    const ALIAS: &'static str = "ring_bell";
    const EFFECT: Effect = Effect::Once;
    const NEEDS: &'static [&'static str] = &["Write conversations"];
    const EXAMPLE: &'static str = r#"{"times": 3}"#;
    type On = Intercom;
    type Out = Rung;

    async fn run(self, _: &Call<'_, Intercom>) -> Result<Rung> {
        Ok(Rung { rang: self.times })
    }
}

static RING: Command<Intercom> = Command::of::<Ring>();

fn with_ring() -> Vec<Entry> {
    let mut all = entries();
    all.push(Entry::intercom(&RING));
    all
}

#[test]
fn one_file_puts_an_action_on_every_surface() {
    let all = with_ring();
    // The command line: help, and a command of its own.
    let line = ["tajo", "bells", "ring", "--times", "3"];
    let matches = command(&all).try_get_matches_from(line).unwrap();
    assert!(direct(&all, &matches).unwrap().is_some());
    let help = command(&all).try_get_matches_from(["tajo", "bells", "ring", "--help"]).unwrap_err().to_string();
    assert!(
        help.contains("Ring a bell in the inbox") && help.contains("--times") && help.contains("How often it rings"),
        "{help}"
    );
    // OpenAPI.
    let document = openapi::document(&all);
    let operation = &document["paths"]["/api/v1/bells/ring"]["post"];
    assert_eq!(operation["x-effect"], "write once", "{operation}");
    // The tools of agents.
    let app = Arc::new(App::new(|_| panic!("nothing is asked")).with(Entry::intercom(&RING)));
    let grant = Grant { writes: Writes::Never, connection: None, scopes: None, by: "test".into() };
    let tools = Agent::new(app, Choice::default(), grant, Arc::<Seal>::default()).tools();
    let tool = tools.iter().find(|tool| tool.name == "ring_bell").unwrap();
    assert_eq!(tool.annotations.as_ref().unwrap().read_only_hint, Some(false));
    assert_eq!(tool.input_schema["required"], serde_json::json!(["times"]));
    // The reference page.
    let text = page(&all, "");
    assert!(text.contains("### intercom.bells.ring") && text.contains("tajo bells ring --times 3"));
    // The SDK: its own generator, over the document.
    generated(&document);
}

/// Runs the generator of the SDK where its packages are installed (`sdk/typescript/ci install`), in a copy.
fn generated(document: &Value) {
    let modules = std::env::current_exe().unwrap().ancestors().nth(3).unwrap().join("sdk-typescript/node_modules");
    if !modules.join(".bin/openapi-ts").exists() {
        eprintln!("SKIPPED: the SDK's generator is not installed; run sdk/typescript/ci install");
        return;
    }
    let sdk = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../sdk/typescript");
    let place = tempfile::tempdir().unwrap();
    for name in ["package.json", "openapi-ts.config.ts", "scripts/actions.mjs"] {
        let to: PathBuf = place.path().join(name);
        std::fs::create_dir_all(to.parent().unwrap()).unwrap();
        std::fs::copy(sdk.join(name), to).unwrap();
    }
    #[cfg(unix)]
    std::os::unix::fs::symlink(&modules, place.path().join("node_modules")).unwrap();
    let openapi = place.path().join("openapi.json");
    std::fs::write(&openapi, document.to_string()).unwrap();
    for args in [&["node_modules/.bin/openapi-ts"][..], &["scripts/actions.mjs"]] {
        let done = Process::new("node").args(args).current_dir(place.path()).env("TAJO_OPENAPI", &openapi).output().unwrap();
        assert!(done.status.success(), "{}{}", String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
    }
    let actions = std::fs::read_to_string(place.path().join("src/generated/actions.ts")).unwrap();
    assert!(actions.contains("'bells.ring': { input:") && actions.contains("  'bells.ring',\n"), "{actions}");
    let types = std::fs::read_to_string(place.path().join("src/generated/types.gen.ts")).unwrap();
    assert!(types.contains("times: number") && types.contains("rang: number"));
}
