//! Ids that follow from where a row stood, so that every run gives the same ones.

use schema::ids::WorkspaceId;
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// The id of a row: a UUIDv8 out of the workspace that it moves to, its table and its number.
/// `part` tells apart what one row becomes several of.
pub fn of(workspace: WorkspaceId, table: &str, number: i64, part: usize) -> Uuid {
    let digest = Sha256::digest(format!("postroom-move\n{workspace}\n{table}\n{number}\n{part}"));
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}

/// A SHA-256 as hexadecimal.
pub fn sha(bytes: impl AsRef<[u8]>) -> String {
    hex(&Sha256::digest(bytes))
}

/// Bytes as hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_the_same_in_every_run_and_no_other_rows() {
        let workspace = WorkspaceId(Uuid::from_u128(7));
        let id = of(workspace, "users", 1, 0);
        assert_eq!(id.to_string(), of(workspace, "users", 1, 0).to_string());
        assert_eq!(id.get_version_num(), 8);
        let other = WorkspaceId(Uuid::from_u128(8));
        let others = [
            of(other, "users", 1, 0),
            of(workspace, "agents", 1, 0),
            of(workspace, "users", 2, 0),
            of(workspace, "users", 1, 1),
            of(workspace, "users", 11, 0),
        ];
        assert!(!others.contains(&id));
    }
}
