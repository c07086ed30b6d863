//! The API versions and what differs between them.
//!
//! Source: docs, "Update your API version"; spec, `intercom_version`; spec diffs 2.11 to 2.16.

use super::errors::Refusal;

/// A version of the API, in order of age.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Version(u16);

impl Version {
    pub(crate) const V2_10: Version = Version(10);
    pub(crate) const V2_11: Version = Version(11);
    pub(crate) const V2_12: Version = Version(12);
    pub(crate) const V2_13: Version = Version(13);
    pub(crate) const V2_14: Version = Version(14);
    pub(crate) const V2_15: Version = Version(15);
    pub(crate) const V2_16: Version = Version(16);
    pub(crate) const V2_17: Version = Version(17);
    const PREVIEW: Version = Version(1000);

    /// An unknown version is refused. Source: docs, error codes, `intercom_version_invalid`.
    pub(crate) fn parse(text: &str) -> Result<Version, Refusal> {
        if matches!(text, "Preview" | "Unstable") {
            return Ok(Version::PREVIEW);
        }
        let minor = text.strip_prefix("2.").filter(|minor| !minor.starts_with(['0', '+'])).and_then(|minor| minor.parse().ok());
        match minor {
            Some(minor @ 7..=17) => Ok(Version(minor)),
            _ => Err(Refusal::new(400, "intercom_version_invalid", "The requested version could not be found")),
        }
    }

    /// An endpoint that a version lacks. Source: spec 2.16, `GET /conversations/deleted`.
    pub(crate) fn require(self, since: Version) -> Result<(), Refusal> {
        let message = "Requested resource is not available in current API version.";
        if self >= since { Ok(()) } else { Err(Refusal::new(400, "intercom_version_invalid", message)) }
    }

    /// Contact dates compare by the second only from 2.17 on.
    /// Source: docs, 2.17 changelog; spec 2.16, contacts/search, "Searching for Timestamp Fields".
    pub(crate) fn contact_dates_are_exact(self) -> bool {
        self >= Version::V2_17
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_versions_are_ordered_and_others_refused() {
        assert!(Version::parse("2.9").unwrap() < Version::parse("2.11").unwrap());
        assert!(Version::parse("Preview").unwrap() > Version::V2_17);
        for wrong in ["2.6", "2.18", "1.4", "2.011", "", "two"] {
            assert_eq!(Version::parse(wrong).unwrap_err().code, "intercom_version_invalid", "{wrong}");
        }
    }
}
