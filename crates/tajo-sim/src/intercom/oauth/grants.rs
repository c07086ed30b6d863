//! Codes and tokens that were given out.

use std::collections::BTreeSet;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE;

use crate::dice::Dice;

/// How long a code is good. The docs do not say; ten minutes is the most that RFC 6749 recommends.
const CODE_MS: i64 = 600_000;
/// Codes remembered, spent ones included.
const CODES_MAX: usize = 1000;

/// What OAuth gave out.
#[derive(Debug)]
pub(crate) struct Grants {
    dice: Dice,
    workspace: String,
    codes: Vec<Code>,
    issued: BTreeSet<String>,
    revoked: BTreeSet<String>,
}

#[derive(Debug)]
struct Code {
    text: String,
    client: String,
    at_ms: i64,
    spent: bool,
}

impl Grants {
    pub(crate) fn new(seed: u64, workspace: &str) -> Grants {
        Grants {
            dice: Dice::of(seed, 63, 0),
            workspace: workspace.to_owned(),
            codes: Vec::new(),
            issued: BTreeSet::new(),
            revoked: BTreeSet::new(),
        }
    }

    /// A code for one exchange; its text ends in `=`.
    pub(super) fn grant(&mut self, client: &str, at_ms: i64) -> String {
        // 32 digits leave two bytes over, hence one `=`.
        let text = URL_SAFE.encode(self.dice.uuid().replace('-', ""));
        if self.codes.len() >= CODES_MAX {
            self.codes.remove(0);
        }
        self.codes.push(Code { text: text.clone(), client: client.to_owned(), at_ms, spent: false });
        text
    }

    /// The token for a code, once, in time and for the client that asked for it.
    pub(super) fn redeem(&mut self, code: &str, client: &str, now_ms: i64) -> Option<String> {
        let fits = |at: &&mut Code| at.text == code && at.client == client && !at.spent && now_ms - at.at_ms < CODE_MS;
        self.codes.iter_mut().find(fits)?.spent = true;
        let token = URL_SAFE.encode(format!("tok:{}_{}:1:0", self.dice.uuid().replace('-', "_"), self.workspace));
        self.issued.insert(token.clone());
        Some(token)
    }

    pub(crate) fn is_issued(&self, token: &str) -> bool {
        self.issued.contains(token)
    }

    pub(crate) fn is_revoked(&self, token: &str) -> bool {
        self.revoked.contains(token)
    }

    pub(crate) fn revoke(&mut self, token: &str) {
        self.issued.remove(token);
        self.revoked.insert(token.to_owned());
    }

    pub(crate) fn living(&self) -> Vec<String> {
        self.issued.iter().cloned().collect()
    }
}
