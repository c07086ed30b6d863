//! <https://developers.intercom.com/docs/references/rest-api/api.intercom.io/companies/scrolloverallcompanies>

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;
use tajo_core::{Action, Call, Effect, Paged, Result};

use super::paths::{is_missing, with_query};
use super::{Rows, needs};
use crate::client::Intercom;
use crate::resources::Company;

/// Read every company, those without contacts too, page by page.
///
/// One scroll may be open in a workspace. It closes at its end, or when it was not read for a minute: read to the end, or
/// others wait.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Scroll {
    /// Where the page begins: `next_cursor` of the page before, at most a minute old; nothing opens a new scroll.
    pub scroll_param: Option<String>,
}

impl Action for Scroll {
    const NAME: &'static str = "companies.scroll";
    const ALIAS: &'static str = "scroll_companies";
    const EFFECT: Effect = Effect::Read;
    const NEEDS: &'static [&'static str] = &[needs::READ_PEOPLE];
    const EXAMPLE: &'static str = "{}";
    const ALSO: &'static [(&'static str, &'static str)] = &[("starting_after", "scroll_param")];
    const PAGED: Option<Paged> = Some(Paged { next: "next_cursor", after: "scroll_param" });
    const RARE: bool = true;
    type On = Intercom;
    type Out = Rows<Company>;

    async fn run(self, call: &Call<'_, Intercom>) -> Result<Rows<Company>> {
        let is_first = self.scroll_param.is_none();
        let path = with_query("/companies/scroll", &[("scroll_param", self.scroll_param)]);
        let page = call.on.read_object(path).await.map_err(|error| match is_missing(&error) && !is_first {
            true => error.help("The scroll was not read for a minute and is closed: begin again without `scroll_param`."),
            false => error,
        })?;
        let param = page.get("scroll_param").and_then(Value::as_str).filter(|param| !param.is_empty()).map(str::to_owned);
        let rows: Rows<Company> = Rows::page(page, "data")?;
        // Only an empty page is the end.
        let next_cursor = param.filter(|_| !rows.data.is_empty());
        Ok(Rows { next_cursor, next_page: None, ..rows })
    }
}
