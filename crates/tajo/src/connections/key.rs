//! The key that stored secrets are sealed with: given by its owner, or made here.

use std::fmt::Write as _;
use std::fs::OpenOptions;
use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use secrecy::{ExposeSecret, SecretBox, SecretString};
use tajo_core::{Error, Result, codes};

use super::command;

/// Bytes of a key.
pub const BYTES: usize = 32;
/// More is no key.
pub(super) const TEXT_MAX: usize = 4096;
/// The file under `TAJO_HOME` that holds a key made here, and the name of a systemd credential.
const OWN_FILE: &str = "master.key";
const CREDENTIAL: &str = "tajo_master_key";

/// A key; shown nowhere, wiped when dropped.
pub type Key = SecretBox<[u8; BYTES]>;

/// Where the key is to be found.
#[derive(Clone)]
enum Place {
    /// `TAJO_MASTER_KEY_FILE`, or a systemd credential: there, or an error.
    File(PathBuf, &'static str),
    /// `TAJO_MASTER_KEY`.
    Text(SecretString),
    /// `TAJO_MASTER_KEY_COMMAND`: the way to an OS keyring or a vault.
    Command(String),
    /// Under `TAJO_HOME`, made when first needed.
    Own(PathBuf),
}

/// The one key of this process, read when first needed.
pub struct KeyRing {
    place: Place,
    held: OnceLock<Key>,
}

impl KeyRing {
    /// Where the environment says that the key is. Nothing is read yet.
    pub fn new(home: &Path, env: &dyn Fn(&str) -> Option<String>) -> KeyRing {
        let set = |name: &str| env(name).filter(|value| !value.trim().is_empty());
        let credential =
            || set("CREDENTIALS_DIRECTORY").map(|folder| Path::new(&folder).join(CREDENTIAL)).filter(|path| path.exists());
        let place = if let Some(path) = set("TAJO_MASTER_KEY_FILE") {
            Place::File(path.into(), "TAJO_MASTER_KEY_FILE")
        } else if let Some(text) = set("TAJO_MASTER_KEY") {
            Place::Text(text.into())
        } else if let Some(line) = set("TAJO_MASTER_KEY_COMMAND") {
            Place::Command(line)
        } else if let Some(path) = credential() {
            Place::File(path, "the systemd credential tajo_master_key")
        } else {
            Place::Own(home.join(OWN_FILE))
        };
        KeyRing { place, held: OnceLock::new() }
    }
    /// The key that opens what is stored; [`codes::SEC_SEAL`] where there is none.
    pub fn for_opening(&self) -> Result<&Key> {
        self.hold(|| self.read())
    }
    /// The key to seal with; where nobody gave one, it is made, and the second part says in which file.
    pub fn for_sealing(&self) -> Result<(&Key, Option<PathBuf>)> {
        let made = match &self.place {
            Place::Own(path) if self.held.get().is_none() && !path.exists() => make(path)?,
            _ => None,
        };
        Ok((self.for_opening()?, made))
    }
    /// Where the key comes from, for people.
    pub fn told(&self) -> String {
        match &self.place {
            Place::File(path, from) => format!("{} ({from})", path.display()),
            Place::Text(_) => "TAJO_MASTER_KEY".into(),
            Place::Command(_) => "TAJO_MASTER_KEY_COMMAND".into(),
            Place::Own(path) => path.display().to_string(),
        }
    }

    fn hold(&self, read: impl FnOnce() -> Result<Key>) -> Result<&Key> {
        if let Some(key) = self.held.get() {
            return Ok(key);
        }
        let key = read()?;
        Ok(self.held.get_or_init(|| key))
    }
    fn read(&self) -> Result<Key> {
        let no_key = || {
            Error::new(&codes::SEC_SEAL, format!("What {} holds is no key", self.told()))
                .help("A key is 32 bytes: 64 hexadecimal digits or base64, as `openssl rand -hex 32` prints them.")
        };
        match &self.place {
            Place::Text(text) => parse(text.expose_secret().as_bytes()).ok_or_else(no_key),
            Place::Command(line) => parse(&command::output(line)?).ok_or_else(no_key),
            Place::File(path, _) => parse(&bytes(path)?).ok_or_else(no_key),
            Place::Own(path) => {
                is_private(path)?;
                parse(&bytes(path)?).ok_or_else(no_key)
            }
        }
    }
}

/// A key as text, in hex or base64, or as its bytes.
fn parse(text: &[u8]) -> Option<Key> {
    let trimmed = text.trim_ascii();
    let read = hex(trimmed).or_else(|| {
        let engines = [&STANDARD, &STANDARD_NO_PAD, &URL_SAFE, &URL_SAFE_NO_PAD];
        engines.iter().find_map(|engine| engine.decode(trimmed).ok().filter(|bytes| bytes.len() == BYTES))
    });
    // 32 printable characters are a passphrase, and a passphrase is no key.
    let is_raw = text.len() == BYTES && text.iter().any(|byte| !(b' '..=b'~').contains(byte));
    let bytes = read.or_else(|| is_raw.then(|| text.to_vec()))?;
    Some(SecretBox::new(Box::new(bytes.try_into().ok()?)))
}

fn hex(text: &[u8]) -> Option<Vec<u8>> {
    let digits = std::str::from_utf8(text).ok().filter(|text| text.len() == 2 * BYTES && text.is_ascii())?;
    (0..BYTES).map(|at| u8::from_str_radix(&digits[2 * at..2 * at + 2], 16).ok()).collect()
}

fn bytes(path: &Path) -> Result<Vec<u8>> {
    let mut out = Vec::new();
    let read = std::fs::File::open(path).and_then(|file| file.take(TEXT_MAX as u64 + 1).read_to_end(&mut out));
    match read {
        Ok(_) => Ok(out),
        Err(e) => Err(Error::new(&codes::SEC_SEAL, format!("The key in {} cannot be read", path.display())).because(e)),
    }
}

/// A key of our own that others can read has been read by others.
fn is_private(path: &Path) -> Result<()> {
    #[cfg(unix)]
    if let Ok(meta) = std::fs::metadata(path) {
        let mode = std::os::unix::fs::PermissionsExt::mode(&meta.permissions());
        if mode & 0o077 != 0 {
            let what = format!("{} can be read or written by other users", path.display());
            let help = format!("Run `chmod 600 {}`; if somebody may have read it, connect again with a new key.", path.display());
            return Err(Error::new(&codes::SEC_SEAL, what).help(help));
        }
    }
    Ok(())
}

/// Makes the file; `None` where another process was quicker.
fn make(path: &Path) -> Result<Option<PathBuf>> {
    let refused = |e: std::io::Error| Error::new(&codes::DST_OPEN, format!("Cannot write {}", path.display())).because(e);
    let mut text = String::with_capacity(2 * BYTES + 1);
    for byte in super::random::<BYTES>()? {
        // Writing into a String cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text.push('\n');
    let mut folder = std::fs::DirBuilder::new();
    folder.recursive(true);
    let mut file = OpenOptions::new();
    file.write(true).create_new(true);
    #[cfg(unix)]
    {
        std::os::unix::fs::DirBuilderExt::mode(&mut folder, 0o700);
        std::os::unix::fs::OpenOptionsExt::mode(&mut file, 0o600);
    }
    if let Some(parent) = path.parent() {
        folder.create(parent).map_err(refused)?;
    }
    // Written beside its place and put there whole: whoever looks meanwhile, or after a crash, finds all of it or nothing.
    let beside = path.with_extension(format!("{}.new", u64::from_le_bytes(super::random()?)));
    let mut draft = file.open(&beside).map_err(refused)?;
    // Before anything is sealed with it: a token that nobody can open is lost.
    let written = draft.write_all(text.as_bytes()).and_then(|()| draft.sync_all());
    let placed = written.and_then(|()| std::fs::hard_link(&beside, path));
    let removed = std::fs::remove_file(&beside);
    match placed {
        Err(e) if e.kind() == ErrorKind::AlreadyExists => Ok(None),
        other => other.and(removed).map(|()| Some(path.to_path_buf())).map_err(refused),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEX: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

    #[test]
    fn a_key_is_hex_base64_or_its_bytes_and_nothing_else() {
        let bytes: Vec<u8> = (0..32).collect();
        for text in
            [HEX.to_owned(), format!(" {}\n", HEX.to_uppercase()), STANDARD.encode(&bytes), URL_SAFE_NO_PAD.encode(&bytes)]
        {
            assert_eq!(parse(text.as_bytes()).map(|key| key.expose_secret().to_vec()), Some(bytes.clone()), "{text}");
        }
        assert_eq!(parse(&bytes).map(|key| key.expose_secret().to_vec()), Some(bytes));
        for text in ["", "secret", &HEX[2..], "correct horse battery staple 123", "0123456789abcdef0123456789abcdef"] {
            assert!(parse(text.as_bytes()).is_none(), "{text}");
        }
    }

    #[test]
    fn a_key_that_many_make_at_once_is_one_key_and_whole() {
        for _ in 0..50 {
            let home = tempfile::tempdir().unwrap();
            let keys: Vec<Vec<u8>> = std::thread::scope(|scope| {
                let make = || {
                    let ring = KeyRing::new(home.path(), &|_| None);
                    ring.for_sealing().unwrap().0.expose_secret().to_vec()
                };
                let makers: Vec<_> = (0..6).map(|_| scope.spawn(make)).collect();
                makers.into_iter().map(|maker| maker.join().unwrap()).collect()
            });
            assert!(keys.iter().all(|key| *key == keys[0]));
            assert_eq!(std::fs::read_dir(home.path()).unwrap().count(), 1, "nothing lies beside it");
        }
    }

    #[test]
    fn the_first_place_that_is_named_counts() {
        let named = |names: &[&str]| {
            let names: Vec<String> = names.iter().map(ToString::to_string).collect();
            KeyRing::new(Path::new("/home"), &move |name| names.iter().any(|n| n == name).then(|| HEX.to_owned())).told()
        };
        assert_eq!(named(&["TAJO_MASTER_KEY", "TAJO_MASTER_KEY_COMMAND"]), "TAJO_MASTER_KEY");
        assert_eq!(named(&["TAJO_MASTER_KEY", "TAJO_MASTER_KEY_FILE"]), format!("{HEX} (TAJO_MASTER_KEY_FILE)"));
        assert_eq!(named(&["TAJO_MASTER_KEY_COMMAND"]), "TAJO_MASTER_KEY_COMMAND");
        assert_eq!(named(&[]), "/home/master.key");
    }
}
