//! The name of an inbox, sealed for one use and written into an address or a field that others
//! bring back: who shows one that opens has it from us, and nobody needs to be asked which inbox
//! it is for.

use super::seal::{self, SealKey};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use schema::ids::{InboxId, WorkspaceId};
use uuid::Uuid;

/// The longest that one is.
pub const TEXT_BYTES_MAX: usize = 128;

/// The 32 bytes that name an inbox.
#[must_use]
pub fn name_of(instance: &str) -> Option<[u8; 32]> {
    let (workspace, inbox) = instance.split_once('/')?;
    let mut name = [0; 32];
    name[..16].copy_from_slice(Uuid::try_parse(workspace).ok()?.as_bytes());
    name[16..].copy_from_slice(Uuid::try_parse(inbox).ok()?.as_bytes());
    Some(name)
}

/// What was sealed, as text.
#[must_use]
pub fn written(sealed: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(sealed)
}

/// The inbox that a text names; none where it was not sealed here, for this use.
#[must_use]
pub fn read(keys: &[SealKey], owner: &str, text: &str) -> Option<(WorkspaceId, InboxId)> {
    if text.len() > TEXT_BYTES_MAX {
        return None;
    }
    let sealed = URL_SAFE_NO_PAD.decode(text).ok()?;
    let name = seal::open(keys, owner, &sealed).ok()?;
    let (workspace, inbox) = name.split_first_chunk::<16>()?;
    let inbox: [u8; 16] = inbox.try_into().ok()?;
    Some((WorkspaceId(Uuid::from_bytes(*workspace)), InboxId(Uuid::from_bytes(inbox))))
}
