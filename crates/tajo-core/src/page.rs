//! The envelope of a listing: the list itself as raw records, and where the next page is.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::codes;
use crate::error::{Error, Result};

/// A page of a listing, borrowed from the answer's bytes.
#[derive(Debug)]
pub struct Page<'a> {
    /// The records as they were sent.
    pub items: Vec<&'a RawValue>,
    /// Where the next page is; `None` on the last.
    pub next: Option<Next>,
    /// How many records the platform counts in the whole listing.
    pub total: Option<u64>,
    /// Number of pages, on numbered listings.
    pub pages: Option<u64>,
    /// Token of a scroll.
    pub scroll: Option<String>,
}

/// `pages.next` in the forms that platforms send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// A cursor.
    After(String),
    /// A page number.
    Number(u64),
    /// A URL to follow (its path and query).
    Url(String),
}

impl<'a> Page<'a> {
    /// Reads an envelope whose list stands under `items`. A body that is not such an envelope is a fault of transport
    /// ([`codes::NET_BODY`]), never an empty page.
    pub fn read(body: &'a [u8], items: &str) -> Result<Page<'a>> {
        let broken = |why: String| {
            Error::new(&codes::NET_BODY, format!("An answer that should list `{items}` cannot be read")).note("reason", why)
        };
        let text = std::str::from_utf8(body).map_err(|_| broken("not UTF-8".into()))?;
        let mut page = Page { items: Vec::new(), next: None, total: None, pages: None, scroll: None };
        let mut listed = false;
        let mut reader = serde_json::Deserializer::from_str(text);
        let fields = serde::Deserializer::deserialize_map(&mut reader, Fields { page: &mut page, items, listed: &mut listed });
        fields.and_then(|()| reader.end()).map_err(|e| broken(position(&e)))?;
        if !listed {
            return Err(broken(format!("no `{items}`")));
        }
        Ok(page)
    }
}

/// Where reading stopped, without the text around it: bodies stay out of messages.
fn position(error: &serde_json::Error) -> String {
    let what = if error.is_eof() { "it ends early" } else { "it is not valid JSON of that shape" };
    format!("{what} (line {}, column {})", error.line(), error.column())
}

struct Fields<'p, 'a, 'k> {
    page: &'p mut Page<'a>,
    items: &'k str,
    listed: &'p mut bool,
}

impl<'a> serde::de::Visitor<'a> for Fields<'_, 'a, '_> {
    type Value = ();
    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a listing")
    }
    fn visit_map<M: serde::de::MapAccess<'a>>(self, mut map: M) -> Result<(), M::Error> {
        while let Some(key) = map.next_key::<std::borrow::Cow<'a, str>>()? {
            match key.as_ref() {
                key if key == self.items => {
                    self.page.items = map.next_value()?;
                    *self.listed = true;
                }
                "pages" => {
                    let pages: Option<Pages> = map.next_value()?;
                    if let Some(pages) = pages {
                        self.page.pages = pages.total_pages;
                        self.page.next = pages.next.and_then(Raw::read);
                    }
                }
                "total_count" => self.page.total = map.next_value()?,
                "scroll_param" => self.page.scroll = map.next_value()?,
                _ => {
                    map.next_value::<serde::de::IgnoredAny>()?;
                }
            }
        }
        Ok(())
    }
}

#[derive(Deserialize)]
struct Pages {
    #[serde(default)]
    total_pages: Option<u64>,
    #[serde(default)]
    next: Option<Raw>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Raw {
    Url(String),
    Object {
        #[serde(default)]
        page: Option<u64>,
        #[serde(default)]
        starting_after: Option<String>,
    },
    Number(u64),
}

impl Raw {
    fn read(self) -> Option<Next> {
        match self {
            Raw::Url(url) if url.is_empty() => None,
            Raw::Url(url) => Some(Next::Url(url)),
            Raw::Number(page) => Some(Next::Number(page)),
            Raw::Object { starting_after: Some(after), .. } if !after.is_empty() => Some(Next::After(after)),
            Raw::Object { page: Some(page), .. } => Some(Next::Number(page)),
            Raw::Object { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn next_in_every_form() {
        for (next, expect) in [
            (r#"null"#, None),
            (r#""https://api.intercom.io/companies?page=2""#, Some(Next::Url("https://api.intercom.io/companies?page=2".into()))),
            (r#"{"page":2,"starting_after":"abc"}"#, Some(Next::After("abc".into()))),
            (r#"{"page":2}"#, Some(Next::Number(2))),
            (r#"{"page":2,"starting_after":null}"#, Some(Next::Number(2))),
            (r#"{}"#, None),
        ] {
            let body = format!(
                r#"{{"type":"list","data":[{{"id":"1"}}],"total_count":7,"pages":{{"type":"pages","per_page":"5","next":{next}}}}}"#
            );
            let page = Page::read(body.as_bytes(), "data").unwrap();
            assert_eq!((page.next, page.total, page.items.len()), (expect, Some(7), 1), "{next}");
        }
        assert_eq!(
            Page::read(br#"{"data":[],"pages":null,"total_count":null,"scroll_param":"x"}"#, "data").unwrap().scroll.as_deref(),
            Some("x")
        );
    }

    #[test]
    fn what_is_not_a_listing_is_never_an_empty_page() {
        for body in [
            "",
            "null",
            "[]",
            "{}",
            "<html>",
            r#"{"data":[{"id":"1"}"#,
            r#"{"data":null}"#,
            r#"{"type":"error.list","errors":[]}"#,
            r#"{"data":[]} x"#,
        ] {
            assert_eq!(Page::read(body.as_bytes(), "data").unwrap_err().code().id, "TJ-NET-BODY", "{body}");
        }
    }
}
