//! One row of the destination.

use schemars::JsonSchema;
use serde::Deserialize;
use tajo_core::action::refused;
use tajo_core::{Action, Call, Effect, Error, Result, Row, codes};
use tajo_dest::sqlite::{Param, column_name, quoted};

use super::Session;
use super::connectors_status::{blocking, reader};
use super::data_list::{Look, declared};

/// Get one row of a table that a sync wrote.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Get {
    /// The table: the name of a resource, such as `contacts`.
    pub resource: String,
    /// The row's id.
    pub id: String,
}

impl Action for Get {
    const NAME: &'static str = "data.get";
    const ALIAS: &'static str = "get_data";
    const EFFECT: Effect = Effect::Read;
    const NEEDS: &'static [&'static str] = &[];
    const EXAMPLE: &'static str = r#"{"resource": "contacts", "id": "6762f0dd1bb69f9f2193bb83"}"#;
    type On = Session;
    type Out = Row;

    async fn run(self, call: &Call<'_, Session>) -> Result<Row> {
        let spec = declared(&self.resource)?;
        let &[key] = spec.key else {
            return Err(refused("resource", format!("cannot be {}: its rows have no single id; list them", spec.name)));
        };
        let settings = call.on.app.settings(call.on.connection.as_deref())?;
        let id = self.id;
        let found = blocking(move || {
            let Some(reader) = reader(&settings)? else { return Ok(None) };
            let Some(look) = Look::at(&reader, spec)? else { return Ok(None) };
            let mut found = None;
            let sql = look.sql(&format!("WHERE {} = ?1", quoted(&column_name(key))));
            reader.each(&sql, &[Param::Text(&id)], &mut |held| {
                found = Some(look.row(held));
                Ok(())
            })?;
            Ok(found)
        });
        found.await?.ok_or_else(|| {
            Error::new(&codes::INT_MISSING, format!("The destination has no such row in {}", spec.name))
                .help("Sync first, or look at the id again.")
        })
    }
}
