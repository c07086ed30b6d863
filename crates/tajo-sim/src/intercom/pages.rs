//! Page sizes and the `pages` object.

use super::Ask;
use super::cursor::Cursor;
use super::errors::Refusal;
use crate::json::Json;
use crate::options::CompanyNext;
use crate::world::World;
use crate::world::ids::Kind;

/// Default and greatest page size of an endpoint.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sizes(pub(crate) u32, pub(crate) u32);

impl Sizes {
    /// A page size over the cap is refused.
    pub(crate) fn check(self, asked: Option<&str>) -> Result<u32, Refusal> {
        let Some(asked) = asked else { return Ok(self.0) };
        match asked.parse::<u32>() {
            Ok(size) if size >= 1 && size <= self.1 => Ok(size),
            _ => Err(Refusal::invalid(format!("per_page must be between 1 and {}", self.1))),
        }
    }
}

/// The page number asked for, from 1.
pub(crate) fn page_number(ask: &Ask<'_>) -> Result<u64, Refusal> {
    match ask.query("page").map(str::parse::<u64>) {
        None => Ok(1),
        Some(Ok(page)) if page >= 1 => Ok(page),
        Some(_) => Err(Refusal::invalid("page must be a positive integer")),
    }
}

/// Writes `pages` of a cursor list; the last page has no `next`. The page on pagination shows
/// `{page, starting_after}`, the schema `{per_page, starting_after}`: `next` has all three.
/// Source: docs, "Pagination"; spec, `starting_after_paging`.
pub(crate) fn cursor_pages(
    j: &mut Json,
    world: &World,
    kind: Kind,
    page: u64,
    per_page: u32,
    total: usize,
    next: Option<Cursor>,
) {
    j.sub("pages", |j| {
        j.put("type", "pages");
        if let Some(next) = next {
            j.sub("next", |j| {
                j.put("page", next.page);
                j.put("per_page", per_page);
                j.put("starting_after", next.text(kind));
            });
        }
        j.put("page", page);
        put_size(j, world, per_page);
        j.put("total_pages", total.div_ceil(per_page as usize));
    });
}

fn put_size(j: &mut Json, world: &World, per_page: u32) {
    if world.options.per_page_as_text {
        j.put("per_page", per_page.to_string());
    } else {
        j.put("per_page", per_page);
    }
}

/// Writes `pages` of a page-number list without a next link.
pub(crate) fn plain_pages(j: &mut Json, world: &World, page: u64, per_page: u32, total: usize) {
    j.sub("pages", |j| {
        j.put("type", "pages");
        j.put("page", page);
        put_size(j, world, per_page);
        j.put("total_pages", total.div_ceil(per_page as usize));
    });
}

/// Writes `pages` of a page-number list; `next` is `null`, a URL or an object.
/// Source: docs, "Pagination"; spec `cursor_pages` against `pages_link`; intercom-ruby#543.
pub(crate) fn numbered_pages(j: &mut Json, world: &World, form: CompanyNext, path: &str, page: u64, per_page: u32, total: usize) {
    let pages = total.div_ceil(per_page as usize);
    let more = page < u64::try_from(pages).unwrap_or(0);
    j.sub("pages", |j| {
        j.put("type", "pages");
        match form {
            CompanyNext::Url if more => {
                j.put("next", format!("https://{}{path}?per_page={per_page}&page={}", host(&world.options.region), page + 1));
            }
            CompanyNext::Object if more => j.sub("next", |j| {
                j.put("page", page + 1);
                j.put("per_page", per_page);
                j.put("starting_after", Cursor { value: 0, serial: 0, page: page + 1 }.text(Kind::Company));
            }),
            _ => j.null("next"),
        }
        j.put("page", page);
        put_size(j, world, per_page);
        j.put("total_pages", pages);
    });
}

/// The API host of a region. Source: spec, `servers`.
pub(crate) fn host(region: &str) -> &'static str {
    match region {
        "EU" => "api.eu.intercom.io",
        "AU" => "api.au.intercom.io",
        _ => "api.intercom.io",
    }
}

/// One page of a list that is already in order.
pub(crate) fn slice<T>(all: &[T], page: u64, per_page: u32) -> &[T] {
    let from = usize::try_from(page - 1).unwrap_or(usize::MAX).saturating_mul(per_page as usize).min(all.len());
    let to = from.saturating_add(per_page as usize).min(all.len());
    all.get(from..to).unwrap_or(&[])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_a_default_and_a_cap() {
        assert_eq!(Sizes(50, 150).check(None), Ok(50));
        assert_eq!(Sizes(50, 150).check(Some("150")), Ok(150));
        for wrong in ["151", "0", "-1", "many"] {
            assert_eq!(Sizes(50, 150).check(Some(wrong)).unwrap_err().status, 400);
        }
        assert_eq!(slice(&[1, 2, 3], 2, 2), &[3]);
        assert_eq!(slice(&[1, 2, 3], 9, 2), &[] as &[i32]);
    }
}
