//! How often something is done, as people write it.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use jiff::SignedDuration;
use serde::{Serialize, Serializer};
use tajo_core::{Error, codes};

/// Shortest and longest period.
const BOUNDS: (SignedDuration, SignedDuration) = (SignedDuration::from_mins(1), SignedDuration::from_hours(24));

/// A period between a minute and a day: `15m`, `1h 30m`, `PT2H`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Every(SignedDuration);

impl Every {
    /// As a duration.
    pub fn period(self) -> Duration {
        self.0.unsigned_abs()
    }
}

impl FromStr for Every {
    type Err = Error;

    fn from_str(text: &str) -> Result<Every, Error> {
        let read = text.trim().parse::<SignedDuration>().ok().filter(|period| BOUNDS.0 <= *period && *period <= BOUNDS.1);
        read.map(Every).ok_or_else(|| {
            Error::new(&codes::USAGE, "Not a period from 1m to 24h, such as 15m or 2h")
                .help("Give a number with its unit: 15m, 2h, 1h 30m.")
        })
    }
}

/// In one spelling, whatever the writer's: `1h 30m`.
impl fmt::Display for Every {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#}", self.0)
    }
}

impl Serialize for Every {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_of_a_minute_to_a_day_are_read_as_people_write_them() {
        for (text, secs, shown) in [
            ("15m", 900, "15m"),
            (" 2h ", 7_200, "2h"),
            ("1m", 60, "1m"),
            ("24h", 86_400, "24h"),
            ("90s", 90, "1m 30s"),
            ("1h 30m", 5_400, "1h 30m"),
            ("15 minutes", 900, "15m"),
            ("PT15M", 900, "15m"),
        ] {
            let every: Every = text.parse().unwrap();
            assert_eq!((every.period(), every.to_string().as_str()), (Duration::from_secs(secs), shown), "{text}");
            assert_eq!(shown.parse::<Every>().unwrap(), every);
        }
        for wrong in ["", "15", "59s", "24h 1s", "25h", "1d", "-15m", "15m ago", "soon", "1.5", "99999999999999h"] {
            let error = wrong.parse::<Every>().unwrap_err();
            assert!(error.code() == &codes::USAGE && error.remedy().contains("15m"), "{wrong}: {error:?}");
        }
    }
}
