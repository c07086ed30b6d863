//! What became of a write whose answer we never saw.

use serde_json::Value;

use super::looks_like;

/// What to do about a field of a write with unknown outcome, now that the target was read again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recovery {
    /// It arrived: the base takes what the target shows.
    Confirm,
    /// It did not arrive: it is decided and sent again.
    Again,
    /// Somebody else wrote since: the effect is dropped and the record is decided from what both sides show now.
    Replan,
}

/// Judges one field by what was to be written, what was there before, and what is there now.
pub fn recover(intended: &Value, before: &Value, now: &Value) -> Recovery {
    if looks_like(intended, now) {
        Recovery::Confirm
    } else if before == now {
        Recovery::Again
    } else {
        Recovery::Replan
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_write_is_judged_by_what_the_target_shows() {
        for (intended, before, now, expect) in [
            ("Ada Byron", "Ada", "Ada Byron", Recovery::Confirm),
            ("Ada Byron", "Ada", "ADA BYRON", Recovery::Confirm),
            ("Ada Byron", "Ada", "Ada", Recovery::Again),
            ("Ada Byron", "Ada", "Eve", Recovery::Replan),
        ] {
            assert_eq!(recover(&json!(intended), &json!(before), &json!(now)), expect, "{now}");
        }
    }
}
