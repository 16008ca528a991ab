//! Which inbox an address of a workspace is.

use schema::ids::{InboxId, WorkspaceId};
use sha2::{Digest, Sha256};

/// The inbox of an address in a workspace: a UUIDv8 made of both.
#[must_use]
pub fn inbox_of(workspace: WorkspaceId, email: &str) -> InboxId {
    let hash = Sha256::new()
        .chain_update(b"postroom inbox\0")
        .chain_update(workspace.0.as_bytes())
        .chain_update(email.as_bytes())
        .finalize();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash[..16]);
    InboxId(uuid::Builder::from_custom_bytes(bytes).into_uuid())
}
