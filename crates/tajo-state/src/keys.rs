//! Keys of the HTTP API: shown once, kept as a hash.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use rusqlite::{Connection, OptionalExtension, Row};
use serde::Serialize;
use subtle::ConstantTimeEq;
use tajo_core::codes;
use tajo_core::error::{Error, Result};

use crate::digest;
use crate::file::{self, fault};

/// What every key begins with.
pub const PREFIX: &str = "tajo_sk_";
/// Random bytes of an id: it only has to be unique.
const ID_BYTES: usize = 6;
/// Random bytes of the secret part: 256 bits.
const SECRET_BYTES: usize = 32;
/// A longer text is no key.
const KEY_CHARS: usize = PREFIX.len() + 2 * ID_BYTES + 1 + 2 * SECRET_BYTES;
/// As far as moments are written: `2026-11-20T10:30` of `2026-11-20T10:30:00Z`.
const MINUTE_CHARS: usize = 16;

const COLUMNS: &str = "id, name, scopes, connection, created_at, expires_at, last_used_at, revoked_at";

/// A key, without its secret part. Moments are RFC 3339 in UTC, to the second.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Key {
    /// The part that may be shown: twelve hexadecimal digits.
    pub id: String,
    /// What it is for, in its owner's words.
    pub name: String,
    /// What it may do.
    pub scopes: Vec<String>,
    /// The only connection it may ask of; any where absent.
    pub connection: Option<String>,
    /// When it was made.
    pub created_at: String,
    /// From when on it is refused.
    pub expires_at: Option<String>,
    /// When it was last accepted, to the minute.
    pub last_used_at: Option<String>,
    /// When it was revoked.
    pub revoked_at: Option<String>,
}

/// What a new key shall be.
#[derive(Debug, Clone, Default)]
pub struct Wish {
    /// What it is for.
    pub name: String,
    /// What it may do.
    pub scopes: Vec<String>,
    /// The only connection it may ask of.
    pub connection: Option<String>,
    /// From when on it is refused.
    pub expires_at: Option<String>,
}

/// The keys of this installation, in `state.db`.
pub struct Keys {
    path: PathBuf,
    connection: Mutex<Connection>,
}

impl Keys {
    /// Opens `state.db` in `home`; creates both, for their owner alone, where missing.
    pub fn open(home: &Path) -> Result<Keys> {
        let path = home.join("state.db");
        let connection = Mutex::new(file::open(home, &path)?);
        Ok(Keys { path, connection })
    }
    /// Makes a key. The text is returned here and nowhere else.
    pub fn create(&self, wish: &Wish, now: &str) -> Result<(Key, String)> {
        let id = random_hex::<ID_BYTES>()?;
        let text = format!("{PREFIX}{id}_{}", random_hex::<SECRET_BYTES>()?);
        let hash = digest::plain(text.as_bytes());
        let key = Key {
            id,
            name: wish.name.clone(),
            scopes: wish.scopes.clone(),
            connection: wish.connection.clone(),
            created_at: now.into(),
            expires_at: wish.expires_at.clone(),
            last_used_at: None,
            revoked_at: None,
        };
        self.with("Cannot store the key", |connection| {
            let sql = "INSERT INTO keys (id, hash, name, scopes, connection, created_at, expires_at) \
                VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
            let values = (&key.id, hash, &key.name, key.scopes.join(" "), &key.connection, now, &key.expires_at);
            connection.execute(sql, values)
        })?;
        Ok((key, text))
    }
    /// Every key, oldest first.
    pub fn list(&self) -> Result<Vec<Key>> {
        self.with("Cannot list the keys", |connection| {
            let mut statement = connection.prepare(&format!("SELECT {COLUMNS} FROM keys ORDER BY created_at, id"))?;
            statement.query_map([], read)?.collect()
        })
    }
    /// Refuses a key from now on; false where there is none of that id. Revoking twice keeps the first moment.
    pub fn revoke(&self, id: &str, now: &str) -> Result<bool> {
        self.with("Cannot revoke the key", |connection| {
            let sql = "UPDATE keys SET revoked_at = coalesce(revoked_at, ?2) WHERE id = ?1";
            connection.execute(sql, (id, now)).map(|rows| rows > 0)
        })
    }
    /// The key that this text is, unless it is unknown, revoked or expired: to the caller they are all the same.
    pub fn check(&self, text: &str, now: &str) -> Result<Option<Key>> {
        let Some(id) = id_of(text) else { return Ok(None) };
        let given = digest::plain(text.as_bytes());
        let found = self.with("Cannot look up the key", |connection| {
            let sql = format!("SELECT {COLUMNS}, hash FROM keys WHERE id = ?1");
            connection.prepare_cached(&sql)?.query_row([id], |row| Ok((read(row)?, row.get::<_, Vec<u8>>(8)?))).optional()
        })?;
        // An unknown id is compared too, with a hash that no text has.
        let (key, hash) = found.map_or((None, vec![0; given.len()]), |(key, hash)| (Some(key), hash));
        let same: bool = given.ct_eq(hash.as_slice()).into();
        let is_open = |key: &Key| key.revoked_at.is_none() && key.expires_at.as_deref().is_none_or(|end| now < end);
        let Some(key) = key.filter(|key| same && is_open(key)) else { return Ok(None) };
        self.note_use(&key, now)?;
        Ok(Some(key))
    }

    /// Once a minute: each note is a write to disk.
    fn note_use(&self, key: &Key, now: &str) -> Result<()> {
        let minute = |at: &str| at.get(..MINUTE_CHARS).map(str::to_owned);
        if key.last_used_at.as_deref().and_then(minute) == minute(now) {
            return Ok(());
        }
        self.with("Cannot note the use of the key", |connection| {
            connection.execute("UPDATE keys SET last_used_at = ?2 WHERE id = ?1", (&key.id, now)).map(drop)
        })
    }
    fn with<T>(&self, what: &str, work: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T> {
        let connection = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        work(&connection).map_err(|e| fault(format!("{what} in {}", self.path.display()), e))
    }
}

/// The id inside a text that looks like a key.
fn id_of(text: &str) -> Option<&str> {
    let (id, secret) = text.strip_prefix(PREFIX).filter(|_| text.len() == KEY_CHARS)?.split_once('_')?;
    let is_hex = |part: &str| part.bytes().all(|byte| byte.is_ascii_hexdigit());
    (id.len() == 2 * ID_BYTES && is_hex(id) && is_hex(secret)).then_some(id)
}

fn random_hex<const N: usize>() -> Result<String> {
    let mut bytes = [0_u8; N];
    getrandom::fill(&mut bytes).map_err(|e| Error::new(&codes::BUG, "The system gives no random numbers").because(e))?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

fn read(row: &Row<'_>) -> rusqlite::Result<Key> {
    let scopes: String = row.get(2)?;
    Ok(Key {
        id: row.get(0)?,
        name: row.get(1)?,
        scopes: scopes.split_whitespace().map(str::to_owned).collect(),
        connection: row.get(3)?,
        created_at: row.get(4)?,
        expires_at: row.get(5)?,
        last_used_at: row.get(6)?,
        revoked_at: row.get(7)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: &str = "2026-11-20T12:00:00Z";
    const LATER: &str = "2026-11-20T12:00:59Z";

    fn keys() -> (tempfile::TempDir, Keys) {
        let folder = tempfile::tempdir().unwrap();
        let keys = Keys::open(folder.path()).unwrap();
        (folder, keys)
    }

    fn wish(expires_at: Option<&str>) -> Wish {
        let scopes = vec!["read".to_owned(), "sync".to_owned()];
        Wish { name: "trial".into(), scopes, connection: Some("acme".into()), expires_at: expires_at.map(Into::into) }
    }

    #[test]
    fn a_key_is_known_by_its_whole_text_and_no_file_holds_it() {
        let (folder, keys) = keys();
        let (key, text) = keys.create(&wish(None), NOON).unwrap();
        assert_eq!((text.len(), key.id.len()), (KEY_CHARS, 12));
        let found = keys.check(&text, NOON).unwrap().unwrap();
        assert_eq!((found.scopes, found.connection), (vec!["read".to_owned(), "sync".to_owned()], Some("acme".into())));
        let last = text.chars().last().unwrap();
        let other = if last == '0' { '1' } else { '0' };
        let wrong = format!("{}{other}", &text[..text.len() - 1]);
        let swapped = text.replace(&key.id, "000000000000");
        for wrong in [wrong.as_str(), &swapped, &text[..40], &text.to_uppercase(), "", "tajo_sk_", &format!("{text} ")] {
            assert_eq!(keys.check(wrong, NOON).unwrap(), None, "{wrong}");
        }
        drop(keys);
        let secret = text.rsplit('_').next().unwrap();
        for entry in std::fs::read_dir(folder.path()).unwrap() {
            let bytes = std::fs::read(entry.unwrap().path()).unwrap();
            assert!(!bytes.windows(secret.len()).any(|window| window == secret.as_bytes()));
        }
    }

    #[test]
    fn a_revoked_key_and_an_expired_one_are_refused() {
        let (_folder, keys) = keys();
        let (key, text) = keys.create(&wish(None), NOON).unwrap();
        assert!(keys.revoke(&key.id, LATER).unwrap() && keys.revoke(&key.id, "2027-01-01T00:00:00Z").unwrap());
        assert!(!keys.revoke("000000000000", LATER).unwrap());
        assert_eq!(keys.check(&text, LATER).unwrap(), None);
        assert_eq!(keys.list().unwrap()[0].revoked_at.as_deref(), Some(LATER));
        let (_, short) = keys.create(&wish(Some(LATER)), NOON).unwrap();
        assert!(keys.check(&short, "2026-11-20T12:00:58Z").unwrap().is_some());
        assert_eq!(keys.check(&short, LATER).unwrap(), None);
    }

    #[test]
    fn its_use_is_noted_once_a_minute() {
        let (_folder, keys) = keys();
        let (_, text) = keys.create(&wish(None), NOON).unwrap();
        for (now, noted) in [(NOON, NOON), (LATER, NOON), ("2026-11-20T12:01:00Z", "2026-11-20T12:01:00Z")] {
            keys.check(&text, now).unwrap().unwrap();
            assert_eq!(keys.list().unwrap()[0].last_used_at.as_deref(), Some(noted));
        }
    }
}
