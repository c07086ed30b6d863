//! What a key may do.

use clap::ValueEnum;
use tajo_core::{Effect, Error, codes};

use crate::actions::Entry;

/// What a key may do. `write` and `sync` include `read`; `admin` includes everything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Scope {
    /// Read
    Read,
    /// Run syncs and take webhooks; read
    Sync,
    /// Change things in Intercom; read
    Write,
    /// Connect and disconnect workspaces, and everything else
    Admin,
}

impl Scope {
    /// Its name.
    pub const fn word(self) -> &'static str {
        match self {
            Scope::Read => "read",
            Scope::Sync => "sync",
            Scope::Write => "write",
            Scope::Admin => "admin",
        }
    }
    /// What the action needs when it does that.
    pub fn needed(entry: &Entry, effect: Effect) -> Scope {
        let facts = &entry.facts;
        match (entry.is_intercom(), facts.noun(), facts.verb()) {
            (false, "connectors", "sync" | "handle_webhook") => Scope::Sync,
            (false, "connectors" | "keys", _) if effect.writes() => Scope::Admin,
            _ if effect.writes() => Scope::Write,
            _ => Scope::Read,
        }
    }
    /// Whether a key of these scopes may do what needs this one.
    pub fn is_within(self, held: &[String]) -> bool {
        held.iter().any(|held| match held.as_str() {
            "admin" => true,
            "write" => matches!(self, Scope::Write | Scope::Read),
            "sync" => matches!(self, Scope::Sync | Scope::Read),
            "read" => self == Scope::Read,
            _ => false,
        })
    }
    /// Says what is missing.
    pub fn refusal(self, what: &str) -> Error {
        let text = format!("The key may not do this: {what} needs the scope `{}`", self.word());
        Error::new(&codes::SEC_SCOPE, text).note("scope", self.word())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_include_reading_and_admin_includes_all() {
        let all = [Scope::Read, Scope::Sync, Scope::Write, Scope::Admin];
        for (held, expect) in [
            ("read", vec![Scope::Read]),
            ("sync", vec![Scope::Read, Scope::Sync]),
            ("write", vec![Scope::Read, Scope::Write]),
            ("admin", all.to_vec()),
            ("everything", vec![]),
        ] {
            let may: Vec<Scope> = all.into_iter().filter(|scope| scope.is_within(&[held.to_owned()])).collect();
            assert_eq!(may, expect, "{held}");
        }
    }
}
