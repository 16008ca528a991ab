//! What a row is as text, and what many rows are as one checksum.

use crate::ids::hex;
use anyhow::{Context, Result};
use schema::room::transfer::ImportRow;
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// A row as text: JSON with sorted keys and no spaces, without what is absent. It is what an export
/// has in a line.
///
/// # Errors
/// Where it is no JSON.
pub fn canonical(row: &ImportRow) -> Result<String> {
    // Through a value, whose maps are sorted.
    Ok(serde_json::to_value(row)?.to_string())
}

/// The kind and id of a row, as text. What a workspace has one of has none; what it has one of each
/// kind of has that.
///
/// # Errors
/// Where it is no row.
pub fn name(row: &Value) -> Result<(&str, &str)> {
    let (kind, fields) = row.as_object().and_then(|row| row.iter().next()).context("no row")?;
    let id = fields.get("id").or_else(|| fields.get("kind"));
    Ok((kind, id.and_then(Value::as_str).unwrap_or_default()))
}

/// Rows by what they are, each as the hash of its text: 48 bytes a row, however long the rows are.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Rows(BTreeMap<u128, [u8; 32]>);

impl Rows {
    /// Takes a row of a kind and id in.
    pub fn insert(&mut self, name: (&str, &str), text: &str) {
        self.0.insert(number(name), Sha256::digest(text).into());
    }

    /// Whether there is a row of a kind and id.
    pub fn has(&self, name: (&str, &str)) -> bool {
        self.0.contains_key(&number(name))
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The checksum: the SHA-256 of the rows' own, in an order that is theirs.
    pub fn checksum(&self) -> String {
        let mut whole = Sha256::new();
        for hash in self.0.values() {
            whole.update(hash);
        }
        hex(&whole.finalize())
    }
}

fn number((kind, id): (&str, &str)) -> u128 {
    let digest = Sha256::digest(format!("{kind} {id}"));
    digest.iter().take(16).fold(0, |number, byte| (number << 8) | u128::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_checksum_goes_by_what_is_there_not_by_the_order_in_which_it_came() {
        let ids = ["00000000-0000-8000-8000-000000000001", "00000000-0000-8000-8000-000000000002"];
        let (mut one, mut other) = (Rows::default(), Rows::default());
        for id in ids {
            one.insert(("user", id), id);
        }
        for id in ids.iter().rev() {
            other.insert(("user", id), id);
        }
        assert_eq!(one.checksum(), other.checksum());
        assert!(other.has(("user", ids[0])) && !other.has(("agent", ids[0])));
        other.insert(("user", ids[0]), "changed");
        assert_ne!(one.checksum(), other.checksum());
    }

    #[test]
    fn the_keys_of_a_row_are_sorted() {
        let text = r#"{"user":{"updatedAt":2,"id":"00000000-0000-8000-8000-000000000001",
            "email":"a@b.example","name":null,"createdAt":1}}"#;
        let row: ImportRow = serde_json::from_str(text).expect("a row");
        let id = "00000000-0000-8000-8000-000000000001";
        let expected = format!(
            r#"{{"user":{{"createdAt":1,"email":"a@b.example","id":"{id}","updatedAt":2}}}}"#
        );
        assert_eq!(canonical(&row).expect("text"), expected);
    }
}
