//! Secrets at rest: AES-256-GCM under the deployment's key.
//!
//! The gateway seals what a client brings (an SMTP password), and only the transport that needs it
//! opens it. A sealed secret is bound to its owner (the inbox's instance name), so that one copied
//! to another row does not open. It begins with the id of its key, so that keys can be rotated.

use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, Nonce};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

/// The bytes of a nonce; never used twice with one key.
pub const NONCE_BYTES: usize = 12;

/// A key, with the byte that names it.
#[derive(Clone)]
pub struct SealKey {
    id: u8,
    cipher: Aes256Gcm,
}

/// Why a secret cannot be sealed or opened. It says nothing about the secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// The key is not 32 bytes in base64.
    #[error("the key must be 32 bytes in base64")]
    BadKey,
    /// The secret was sealed for somebody else, under another key, or was changed.
    #[error("the secret does not open")]
    DoesNotOpen,
}

impl SealKey {
    /// Reads a key: 32 bytes in standard base64, as `SECRETS_KEY` holds it. The byte that names it
    /// is made from it.
    ///
    /// # Errors
    /// [`SealError::BadKey`].
    pub fn parse(text: &str) -> Result<Self, SealError> {
        let bytes = STANDARD.decode(text.trim()).map_err(|_| SealError::BadKey)?;
        let cipher = Aes256Gcm::new_from_slice(&bytes).map_err(|_| SealError::BadKey)?;
        Ok(Self { id: Sha256::digest(&bytes)[0], cipher })
    }

    /// Seals a secret for an owner.
    ///
    /// # Errors
    /// [`SealError::BadKey`] where the cipher refuses, which it does for nothing of this size.
    pub fn seal(
        &self,
        owner: &str,
        nonce: [u8; NONCE_BYTES],
        secret: &[u8],
    ) -> Result<Vec<u8>, SealError> {
        let payload = Payload { msg: secret, aad: owner.as_bytes() };
        let sealed = self
            .cipher
            .encrypt(Nonce::from_slice(&nonce), payload)
            .map_err(|_| SealError::BadKey)?;
        Ok([&[self.id], &nonce[..], &sealed].concat())
    }
}

/// Opens a secret with the key that it names.
///
/// # Errors
/// [`SealError::DoesNotOpen`].
pub fn open(keys: &[SealKey], owner: &str, sealed: &[u8]) -> Result<Vec<u8>, SealError> {
    let (id, rest) = sealed.split_first().ok_or(SealError::DoesNotOpen)?;
    let (nonce, sealed) = rest.split_at_checked(NONCE_BYTES).ok_or(SealError::DoesNotOpen)?;
    let payload = Payload { msg: sealed, aad: owner.as_bytes() };
    keys.iter()
        .filter(|key| key.id == *id)
        .find_map(|key| key.cipher.decrypt(Nonce::from_slice(nonce), payload_of(&payload)).ok())
        .ok_or(SealError::DoesNotOpen)
}

fn payload_of<'a>(payload: &Payload<'a, 'a>) -> Payload<'a, 'a> {
    Payload { msg: payload.msg, aad: payload.aad }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=";

    #[test]
    fn a_secret_opens_only_for_its_owner_under_its_key_and_unchanged() {
        let key = SealKey::parse(KEY).expect("a key");
        let sealed = key.seal("w/inbox", [7; NONCE_BYTES], b"hunter2").expect("sealed");
        let keys = [key];
        assert_eq!(open(&keys, "w/inbox", &sealed).as_deref(), Ok(&b"hunter2"[..]));
        assert_eq!(open(&keys, "w/other", &sealed), Err(SealError::DoesNotOpen));
        for index in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[index] ^= 1;
            assert_eq!(open(&keys, "w/inbox", &changed), Err(SealError::DoesNotOpen), "{index}");
            assert!(open(&keys, "w/inbox", &sealed[..index]).is_err());
        }
    }

    #[test]
    fn a_key_of_another_length_is_refused() {
        for text in ["", "MDEy", "not base64!"] {
            assert!(matches!(SealKey::parse(text), Err(SealError::BadKey)), "{text}");
        }
    }
}
