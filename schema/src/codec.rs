//! Reading what clients send, strictly, and turning JSON into MessagePack for those who asked for
//! it.

use crate::reject::{Code, Reject};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_ignored::Path;

/// Reads a JSON body into `T`: no unknown field, no duplicate field, nothing after the end.
///
/// # Errors
/// `bad_request` for text that is no JSON (duplicate keys and nesting over 128 levels included),
/// `invalid_input` for a wrong type, a missing field or an unknown field, which is named.
pub fn from_json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Reject> {
    let (value, unknown) = read(bytes)?;
    match unknown {
        Some(path) => Err(Reject::field(&path, "is not a known field")),
        None => Ok(value),
    }
}

/// Reads what Postroom itself has written, perhaps by a newer build: unknown fields are ignored.
///
/// # Errors
/// `bad_request` or `invalid_input` where it is no `T`.
pub fn read_json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Reject> {
    read(bytes).map(|(value, _)| value)
}

/// The value as JSON text: how commands travel and how notes to oneself are kept.
#[must_use]
pub fn to_json<T: Serialize>(value: &T) -> Vec<u8> {
    serde_json::to_vec(value).expect("the wire types hold nothing that JSON cannot")
}

/// The value, and the path of the first field that it does not know.
///
/// One reader for everything, with one type of callback: each further kind of reader, and each
/// further type of callback, would be compiled once more for every type that is read.
fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<(T, Option<String>), Reject> {
    let mut unknown: Option<String> = None;
    let mut note = |path: Path<'_>| {
        if unknown.is_none() {
            unknown = Some(path.to_string());
        }
    };
    let note: &mut dyn FnMut(Path<'_>) = &mut note;
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value: T = serde_ignored::deserialize(&mut reader, note).map_err(|error| refuse(&error))?;
    reader.end().map_err(|error| refuse(&error))?;
    Ok((value, unknown))
}

fn refuse(error: &serde_json::Error) -> Reject {
    let message = error.to_string();
    let data = error.is_data() && !message.starts_with("duplicate field");
    let code = if data { Code::InvalidInput } else { Code::BadRequest };
    Reject::new(code, message)
}

/// The same value as MessagePack with named fields.
///
/// # Errors
/// `internal` where the text is no JSON: it is always text that this code wrote.
pub fn json_to_msgpack(json: &[u8]) -> Result<Vec<u8>, Reject> {
    let value: serde_json::Value = serde_json::from_slice(json)
        .map_err(|error| Reject::internal(format!("stored JSON is broken: {error}")))?;
    rmp_serde::to_vec_named(&value)
        .map_err(|error| Reject::internal(format!("MessagePack: {error}")))
}

/// The same value as JSON text.
///
/// # Errors
/// `bad_request` where the bytes are no MessagePack, or hold what JSON cannot.
pub fn msgpack_to_json(bytes: &[u8]) -> Result<Vec<u8>, Reject> {
    let bad = |error: String| Reject::new(Code::BadRequest, format!("not MessagePack: {error}"));
    let mut reader = rmp_serde::Deserializer::from_read_ref(bytes);
    reader.set_max_depth(64);
    let value = <serde_json::Value as serde::Deserialize>::deserialize(&mut reader)
        .map_err(|error| bad(error.to_string()))?;
    serde_json::to_vec(&value).map_err(|error| bad(error.to_string()))
}
