//! `tajo connectors test`, asked for by a program.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;
use tajo_core::{Action, Call, Effect, Result};
use tajo_intercom::actions::Record;

use super::Session;
use super::connectors_sync::{Connector, apart};
use crate::surface::cli::out::Out;
use crate::surface::cli::test;

/// Check credentials, region and permissions of a connector against its live API.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Test {
    /// The platform to test.
    pub connector: Connector,
}

/// What a test found.
#[derive(Debug, JsonSchema)]
#[allow(dead_code, reason = "a shape for the reference pages: the document itself is passed on as it is")]
pub struct TestReport {
    /// The platform.
    pub connector: String,
    /// Check by check: `check`, `status` (`ok`, `failed` or `unknown`) and `reason`.
    pub checks: Vec<Value>,
    /// Why there is no connection, if there is none.
    pub error: Option<Value>,
}

impl Action for Test {
    const NAME: &'static str = "connectors.test";
    const ALIAS: &'static str = "test_connector";
    const EFFECT: Effect = Effect::Read;
    const NEEDS: &'static [&'static str] = &[];
    const EXAMPLE: &'static str = r#"{"connector": "intercom"}"#;
    const RARE: bool = true;
    type On = Session;
    type Out = Record<TestReport>;

    async fn run(self, call: &Call<'_, Session>) -> Result<Record<TestReport>> {
        let settings = call.on.app.settings(call.on.connection.as_deref())?;
        let platform = self.connector.platform();
        let tested = apart(async move |out: &mut Out| test::with(platform, settings, &|_| None, out).await);
        Ok(tested.await?.into())
    }
}
