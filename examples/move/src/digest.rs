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

/// The kind and id of a row, as text.
///
/// # Errors
/// Where it has none.
pub fn name(row: &Value) -> Result<(&str, &str)> {
    let (kind, fields) = row.as_object().and_then(|row| row.iter().next()).context("no row")?;
    let id = fields.get("id").and_then(Value::as_str).context("a row without an id")?;
    Ok((kind, id))
}

/// Rows by their ids, each as the hash of its text: 48 bytes a row, however long the rows are.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Rows(BTreeMap<u128, [u8; 32]>);

impl Rows {
    /// Takes a row in.
    ///
    /// # Errors
    /// Where the id is none.
    pub fn insert(&mut self, id: &str, text: &str) -> Result<()> {
        self.0.insert(number(id)?, Sha256::digest(text).into());
        Ok(())
    }

    /// Whether there is a row of an id.
    ///
    /// # Errors
    /// Where the id is none.
    pub fn has(&self, id: &str) -> Result<bool> {
        Ok(self.0.contains_key(&number(id)?))
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The checksum: the SHA-256 of the rows' own, in the order of their ids.
    pub fn checksum(&self) -> String {
        let mut whole = Sha256::new();
        for hash in self.0.values() {
            whole.update(hash);
        }
        hex(&whole.finalize())
    }
}

fn number(id: &str) -> Result<u128> {
    Ok(uuid::Uuid::try_parse(id).with_context(|| format!("no id: {id}"))?.as_u128())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_checksum_goes_by_what_is_there_not_by_the_order_in_which_it_came() {
        let ids = ["00000000-0000-8000-8000-000000000001", "00000000-0000-8000-8000-000000000002"];
        let (mut one, mut other) = (Rows::default(), Rows::default());
        for id in ids {
            one.insert(id, id).expect("an id");
        }
        for id in ids.iter().rev() {
            other.insert(id, id).expect("an id");
        }
        assert_eq!(one.checksum(), other.checksum());
        other.insert(ids[0], "changed").expect("an id");
        assert_ne!(one.checksum(), other.checksum());
        assert!(one.insert("1", "x").is_err());
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
