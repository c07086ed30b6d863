//! Sealed secrets: XChaCha20-Poly1305 with a random nonce, bound to the connection and the field that they belong to.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use tajo_core::{Error, Result, codes};

use super::key::Key;

/// Bytes of a nonce: so many that random ones do not meet.
const NONCE: usize = 24;
/// Of the container.
const FORMAT: u32 = 1;

/// The sealed secrets of one connection.
#[derive(Default, Serialize, Deserialize)]
pub struct Sealed {
    format: u32,
    fields: BTreeMap<String, String>,
}

impl Sealed {
    /// What lies in the store; [`codes::SEC_SEAL`] where it is nothing that we sealed.
    pub fn read(bytes: &[u8]) -> Result<Sealed> {
        let read: Option<Sealed> = serde_json::from_slice(bytes).ok();
        read.filter(|sealed| sealed.format == FORMAT)
            .ok_or_else(|| Error::new(&codes::SEC_SEAL, "A stored secret is damaged, or was sealed by a newer version"))
    }
    /// For the store.
    pub fn bytes(&self) -> Result<Vec<u8>> {
        serde_json::to_vec(self).map_err(|e| Error::new(&codes::BUG, "Sealed secrets cannot be written").because(e))
    }
    /// Seals one secret and puts it in.
    pub fn put(&mut self, key: &Key, connection: &str, field: &str, secret: &SecretString) -> Result<()> {
        let nonce = super::random::<NONCE>()?;
        let bound = bound_to(connection, field);
        let payload = Payload { msg: secret.expose_secret().as_bytes(), aad: &bound };
        let sealed = cipher(key).encrypt(&XNonce::from(nonce), payload);
        // The cipher refuses nothing but texts of hundreds of gigabytes.
        let sealed = sealed.map_err(|_| Error::new(&codes::BUG, "A secret could not be sealed"))?;
        self.format = FORMAT;
        self.fields.insert(field.to_owned(), STANDARD.encode([&nonce[..], &sealed].concat()));
        Ok(())
    }
    /// Opens one secret, if it is there. [`codes::SEC_SEAL`] with another key, and where it was sealed for another
    /// connection or field.
    pub fn open(&self, key: &Key, connection: &str, field: &str) -> Result<Option<SecretString>> {
        let Some(text) = self.fields.get(field) else { return Ok(None) };
        let broken = || Error::new(&codes::SEC_SEAL, format!("The {field} of the connection `{connection}` cannot be opened"));
        let bytes = STANDARD.decode(text).map_err(|_| broken())?;
        let (nonce, sealed) = bytes.split_at_checked(NONCE).ok_or_else(broken)?;
        let nonce: [u8; NONCE] = nonce.try_into().map_err(|_| broken())?;
        let bound = bound_to(connection, field);
        let plain = cipher(key).decrypt(&XNonce::from(nonce), Payload { msg: sealed, aad: &bound }).map_err(|_| broken())?;
        Ok(Some(String::from_utf8(plain).map_err(|_| broken())?.into()))
    }
}

fn cipher(key: &Key) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new(key.expose_secret().into())
}

/// A sealed token moved to another row or field must not open there. Names have no NUL.
fn bound_to(connection: &str, field: &str) -> Vec<u8> {
    format!("tajo\0{connection}\0{field}").into_bytes()
}

#[cfg(test)]
mod tests {
    use secrecy::SecretBox;

    use super::*;

    fn key(byte: u8) -> Key {
        SecretBox::new(Box::new([byte; 32]))
    }

    #[test]
    fn what_is_sealed_opens_with_the_same_key_name_and_field_only() {
        let mut sealed = Sealed::default();
        sealed.put(&key(1), "acme", "access_token", &"tok-canary".into()).unwrap();
        let stored = sealed.bytes().unwrap();
        let read = Sealed::read(&stored).unwrap();
        assert_eq!(read.open(&key(1), "acme", "access_token").unwrap().unwrap().expose_secret(), "tok-canary");
        assert!(read.open(&key(1), "acme", "client_secret").unwrap().is_none());
        for (with, name) in [(key(2), "acme"), (key(1), "acme2")] {
            assert_eq!(read.open(&with, name, "access_token").unwrap_err().code(), &codes::SEC_SEAL);
        }
        let moved = String::from_utf8(stored).unwrap().replace("access_token", "client_secret");
        let moved = Sealed::read(moved.as_bytes()).unwrap();
        assert_eq!(moved.open(&key(1), "acme", "client_secret").unwrap_err().code(), &codes::SEC_SEAL);
    }

    #[test]
    fn the_same_secret_is_never_sealed_to_the_same_bytes() {
        let mut one = Sealed::default();
        one.put(&key(1), "acme", "a", &"tok".into()).unwrap();
        let mut two = Sealed::default();
        two.put(&key(1), "acme", "a", &"tok".into()).unwrap();
        assert_ne!(one.bytes().unwrap(), two.bytes().unwrap());
    }

    #[test]
    fn damage_is_noticed_whatever_the_byte() {
        let mut sealed = Sealed::default();
        sealed.put(&key(1), "acme", "a", &"tok-canary".into()).unwrap();
        let whole = STANDARD.decode(&sealed.fields["a"]).unwrap();
        for at in 0..whole.len() {
            let mut beaten = whole.clone();
            beaten[at] ^= 1;
            sealed.fields.insert("a".into(), STANDARD.encode(&beaten));
            assert_eq!(sealed.open(&key(1), "acme", "a").unwrap_err().code(), &codes::SEC_SEAL, "byte {at}");
        }
        for text in ["", "AAAA", "not base64!"] {
            sealed.fields.insert("a".into(), text.into());
            assert!(sealed.open(&key(1), "acme", "a").is_err());
        }
        for bytes in [&b""[..], b"{}", b"{\"format\":9,\"fields\":{}}", b"tok"] {
            assert!(Sealed::read(bytes).is_err());
        }
    }
}
