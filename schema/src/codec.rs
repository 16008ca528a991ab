//! Reading what clients send, strictly, and turning JSON into MessagePack for those who asked for
//! it.

use crate::reject::{Code, Reject};
use crate::tree::{Flaw, Tree};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// The largest whole number that is the same everywhere: in JavaScript, in JSON and in SQLite as
/// workerd binds it.
pub const INTEGER_MAX: i64 = (1 << 53) - 1;

/// A whole number from 0 to [`INTEGER_MAX`], as it is written here: no sign, no leading zeros.
#[must_use]
pub fn whole(text: &str) -> Option<i64> {
    let value: i64 = text.parse().ok()?;
    ((0..=INTEGER_MAX).contains(&value) && value.to_string() == text).then_some(value)
}

/// Reads a JSON body into `T`: no unknown field, no duplicate field, no whole number beyond
/// [`INTEGER_MAX`], nothing after the end.
///
/// # Errors
/// `bad_request` for text that is no JSON (duplicate keys and nesting over 128 levels included),
/// `invalid_input` for a wrong type, a missing field, an unknown field or such a number, by name.
pub fn from_json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Reject> {
    let tree = json_tree(bytes)?;
    strictly(tree.read_strictly())
}

/// Reads a JSON body as the input of the command `name` of `T`, as strictly; what is wrong is named
/// by its path in the body.
///
/// # Errors
/// As [`from_json`].
pub fn command_from_json<T: DeserializeOwned>(name: &str, bytes: &[u8]) -> Result<T, Reject> {
    let (name, tree) = (Tree::Text(name.into()), json_tree(bytes)?);
    strictly(tree.read_variant(&name))
}

fn strictly<T>(read: Result<(T, Option<String>), Flaw>) -> Result<T, Reject> {
    match read.map_err(Flaw::into_reject)? {
        (_, Some(path)) => Err(Reject::field(&path, "is not a known field")),
        (value, None) => Ok(value),
    }
}

/// Reads what Postroom itself has written, perhaps by a newer build: unknown fields are ignored.
///
/// # Errors
/// `bad_request` or `invalid_input` where it is no `T`.
pub fn read_json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Reject> {
    let tree = json_tree(bytes)?;
    tree.read(true).map(|(value, _)| value).map_err(Flaw::into_reject)
}

/// Reads a reply as the type that its command promises.
///
/// # Errors
/// `internal` where it has another shape.
pub fn read_reply<T: DeserializeOwned>(json: &[u8]) -> Result<T, Reject> {
    read_json(json)
        .map_err(|error| Reject::internal(format!("unexpected reply: {}", error.message)))
}

/// The value as JSON text: how commands travel and how notes to oneself are kept.
#[must_use]
pub fn to_json<T: Serialize>(value: &T) -> Vec<u8> {
    serde_json::to_vec(value).expect("the wire types hold nothing that JSON cannot")
}

#[inline(never)]
fn json_tree(bytes: &[u8]) -> Result<Tree<'_>, Reject> {
    Tree::from_json(bytes).map_err(|why| Reject::new(Code::BadRequest, why))
}

#[inline(never)]
fn msgpack_tree(bytes: &[u8]) -> Result<Tree<'_>, Reject> {
    Tree::from_msgpack(bytes)
        .map_err(|why| Reject::new(Code::BadRequest, format!("not MessagePack: {why}")))
}

/// Reads MessagePack that Postroom itself has written; unknown fields are ignored.
///
/// # Errors
/// `bad_request` or `invalid_input` where it is no `T`.
pub fn read_msgpack<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Reject> {
    let tree = msgpack_tree(bytes)?;
    tree.read(false).map(|(value, _)| value).map_err(Flaw::into_reject)
}

/// The same value as MessagePack with named fields.
///
/// # Errors
/// `internal` where the text is no JSON: it is always text that this code wrote.
pub fn json_to_msgpack(json: &[u8]) -> Result<Vec<u8>, Reject> {
    let tree = Tree::from_json(json)
        .map_err(|why| Reject::internal(format!("stored JSON is broken: {why}")))?;
    rmp_serde::to_vec_named(&tree)
        .map_err(|error| Reject::internal(format!("MessagePack: {error}")))
}

/// The same value as JSON text.
///
/// # Errors
/// `bad_request` where the bytes are no MessagePack, or hold what JSON cannot.
pub fn msgpack_to_json(bytes: &[u8]) -> Result<Vec<u8>, Reject> {
    serde_json::to_vec(&msgpack_tree(bytes)?)
        .map_err(|error| Reject::new(Code::BadRequest, format!("not JSON: {error}")))
}
