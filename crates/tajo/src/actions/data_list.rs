//! Rows of the destination, for programs that cannot open it themselves.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tajo_core::action::refused;
use tajo_core::table::{HASH, Kind};
use tajo_core::{Action, Call, Effect, Error, Paged, Result, Row, Spec, Table, codes};
use tajo_dest::sqlite::{Param, Reader, Row as Held, column_name, quoted, table_name};
use tajo_intercom::actions::Moment;
use tajo_intercom::resources;

use super::Session;
use super::connectors_status::{blocking, reader};

/// What a page holds where nothing is said.
const LIMIT: u32 = 50;
/// The largest page.
const LIMIT_MAX: u32 = 500;
/// Longest cursor: the digits of the largest row number.
const CURSOR_CHARS_MAX: usize = 19;

/// List rows of a table that a sync wrote, in the order in which they were first written.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct List {
    /// The table: the name of a resource, such as `contacts`.
    pub resource: String,
    /// How many rows on a page, 1 to 500; 50 where nothing is said.
    pub limit: Option<u32>,
    /// Where the page begins: `next_cursor` of the page before.
    pub after: Option<String>,
    /// Only rows that changed on or after this moment; for resources that tell when they changed.
    pub since: Option<Moment>,
}

/// A page of rows.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "DataPage")]
pub struct Page {
    /// The rows: columns by name, times as RFC 3339 text.
    pub data: Vec<Row>,
    /// What to give as `after` for the next page; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

impl Action for List {
    const NAME: &'static str = "data.list";
    const ALIAS: &'static str = "list_data";
    const EFFECT: Effect = Effect::Read;
    const NEEDS: &'static [&'static str] = &[];
    const EXAMPLE: &'static str = r#"{"resource": "contacts", "limit": 100}"#;
    const PAGED: Option<Paged> = Some(Paged { next: "next_cursor", after: "after" });
    type On = Session;
    type Out = Page;

    async fn run(self, call: &Call<'_, Session>) -> Result<Page> {
        let spec = declared(&self.resource)?;
        let limit = self.limit.unwrap_or(LIMIT);
        if !(1..=LIMIT_MAX).contains(&limit) {
            return Err(refused("limit", format!("must be from 1 to {LIMIT_MAX}")));
        }
        let after = self.after.unwrap_or_else(|| "0".into());
        if after.is_empty() || after.len() > CURSOR_CHARS_MAX || !after.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(refused("after", "takes the `next_cursor` of a page of this list"));
        }
        if self.since.is_some() && spec.newest.is_none() {
            return Err(refused("since", format!("has no meaning for {}: its rows do not tell when they changed", spec.name)));
        }
        let settings = call.on.app.settings(call.on.connection.as_deref())?;
        let since = self.since.map(|moment| moment.0);
        blocking(move || match reader(&settings)? {
            Some(reader) => page(&reader, spec, limit, &after, since),
            None => Ok(Page { data: Vec::new(), next_cursor: None }),
        })
        .await
    }
}

/// The resource of that name.
pub(super) fn declared(name: &str) -> Result<&'static Spec> {
    resources::find(name).ok_or_else(|| {
        let known: Vec<&str> = resources::RESOURCES.iter().map(|spec| spec.name).collect();
        refused("resource", format!("must be one of {}", known.join(", ")))
    })
}

/// What is read of a table: the columns that both the declaration and the file have.
pub(super) struct Look {
    columns: Vec<(String, Kind)>,
    selected: String,
    table: String,
}

impl Look {
    /// None where the table was not written yet.
    pub(super) fn at(reader: &Reader, spec: &'static Spec) -> Result<Option<Look>> {
        let there = reader.columns(spec.name)?;
        if there.is_empty() {
            return Ok(None);
        }
        let is_there = |name: &str| there.iter().any(|held| held.eq_ignore_ascii_case(&column_name(name)));
        let table = Table::of(spec);
        let columns: Vec<(String, Kind)> = table
            .columns
            .into_iter()
            .filter(|column| column.name != HASH && is_there(&column.name))
            .map(|column| (column.name, column.kind))
            .collect();
        let selected = columns.iter().map(|(name, _)| quoted(&column_name(name))).collect::<Vec<_>>().join(", ");
        Ok(Some(Look { columns, selected, table: quoted(&table_name(spec.name)) }))
    }
    /// A statement: the row's number first, then the columns.
    pub(super) fn sql(&self, tail: &str) -> String {
        format!("SELECT rowid, {} FROM {} {tail}", self.selected, self.table)
    }
    /// The row under the statement.
    pub(super) fn row(&self, held: &Held<'_, '_>) -> Row {
        let values = self.columns.iter().enumerate();
        values.map(|(at, (name, kind))| (name.clone(), value(held, at + 1, *kind))).collect()
    }
}

fn value(row: &Held<'_, '_>, at: usize, kind: Kind) -> Value {
    let text = row.text(at);
    match kind {
        Kind::Boolean => row.integer(at).map(|n| n != 0).into(),
        Kind::Integer => row.integer(at).into(),
        Kind::Number => row.number(at).into(),
        Kind::Json => text.map(|text| serde_json::from_str(text).unwrap_or_else(|_| text.into())).unwrap_or_default(),
        Kind::Text | Kind::Timestamp => text.into(),
    }
}

fn page(reader: &Reader, spec: &'static Spec, limit: u32, after: &str, since: Option<i64>) -> Result<Page> {
    let Some(look) = Look::at(reader, spec)? else { return Ok(Page { data: Vec::new(), next_cursor: None }) };
    let newest = spec.newest.map(|column| quoted(&column_name(column)));
    let recent = since.zip(newest).map(|(_, column)| format!(" AND {column} >= ?2")).unwrap_or_default();
    // One more than asked for tells whether there is a next page.
    let sql = look.sql(&format!("WHERE rowid > CAST(?1 AS INTEGER){recent} ORDER BY rowid LIMIT {}", limit + 1));
    let params: Vec<Param<'_>> = std::iter::once(Param::Text(after)).chain(since.map(Param::Moment)).collect();
    let mut rows: Vec<(i64, Row)> = Vec::new();
    reader.each(&sql, &params, &mut |held| {
        let number = held.integer(0).ok_or_else(|| Error::new(&codes::STA_CORRUPT, "A row of the destination has no number"))?;
        rows.push((number, look.row(held)));
        Ok(())
    })?;
    let is_last = rows.len() <= limit as usize;
    rows.truncate(limit as usize);
    let next_cursor = if is_last { None } else { rows.last().map(|(number, _)| number.to_string()) };
    Ok(Page { data: rows.into_iter().map(|(_, row)| row).collect(), next_cursor })
}
