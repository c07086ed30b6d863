//! Where a workspace lives. <https://developers.intercom.com/docs/build-an-integration/learn-more/rest-apis>

use std::fmt;
use std::str::FromStr;

use tajo_core::rest::Origin;
use tajo_core::{Error, codes};

/// The region of a workspace; each has an API host of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Region {
    /// United States, `api.intercom.io`.
    #[default]
    Us,
    /// European Union, `api.eu.intercom.io`.
    Eu,
    /// Australia, `api.au.intercom.io`.
    Au,
}

impl Region {
    /// Every region, in the order of messages.
    pub const ALL: [Region; 3] = [Region::Us, Region::Eu, Region::Au];

    /// `us`, `eu` or `au`.
    pub const fn name(self) -> &'static str {
        match self {
            Region::Us => "us",
            Region::Eu => "eu",
            Region::Au => "au",
        }
    }

    /// The API's host, over https.
    pub fn origin(self) -> Origin {
        Origin::vendor(match self {
            Region::Us => "api.intercom.io",
            Region::Eu => "api.eu.intercom.io",
            Region::Au => "api.au.intercom.io",
        })
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Reads `us`, `eu`, `au` in any case, as a user writes it or as `/me` answers it (`"US"`); [`codes::CFG_REGION`] otherwise.
impl FromStr for Region {
    type Err = Error;

    fn from_str(text: &str) -> Result<Region, Error> {
        let text = text.trim();
        Region::ALL.into_iter().find(|region| region.name().eq_ignore_ascii_case(text)).ok_or_else(|| {
            let shown: String = text.chars().filter(|c| c.is_ascii_alphanumeric()).take(20).collect();
            Error::new(&codes::CFG_REGION, format!("There is no Intercom region {shown:?}; regions are us, eu and au"))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regions_are_read_in_any_case_and_others_refused_with_the_list() {
        for (text, region) in [("us", Region::Us), ("EU", Region::Eu), (" au ", Region::Au)] {
            assert_eq!(text.parse::<Region>().unwrap(), region);
        }
        for text in ["", "uk", "api.eu.intercom.io", "https://api.intercom.io"] {
            let error = text.parse::<Region>().unwrap_err();
            assert_eq!(error.code(), &codes::CFG_REGION);
            assert!(error.what().contains("us, eu and au"), "{error}");
        }
    }

    #[test]
    fn every_region_has_its_host() {
        let hosts = Region::ALL.map(|region| region.origin().to_string());
        assert_eq!(hosts, ["https://api.intercom.io", "https://api.eu.intercom.io", "https://api.au.intercom.io"]);
    }
}
