//! The body of a request: its type and length are checked before it is read, and what is read is
//! taken strictly.

use crate::http::{Body, Headers};
use schema::{Code, Reject};

/// The longest body of most routes.
pub const BYTES_MAX: usize = 256 * 1024;
/// The longest body of an import.
pub const IMPORT_BYTES_MAX: usize = 5 * 1024 * 1024;

/// What belongs to a command but stands in the path or a header: a name and its JSON text.
pub type Extra<'a> = (&'a str, String);

/// How a body may come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// There must be one, of at most so many bytes.
    AtMost(usize),
    /// There need be none, which is read as `{}`.
    Optional,
}

/// Reads a JSON object as text, with what stands elsewhere added to it; not yet parsed.
///
/// # Errors
/// `unsupported_media_type`, `too_large`, `bad_request`.
pub async fn read(
    headers: &Headers,
    body: Body,
    rule: Rule,
    extras: &[Extra<'_>],
) -> Result<Vec<u8>, Reject> {
    let bytes_max = match rule {
        Rule::AtMost(bytes_max) => bytes_max,
        Rule::Optional => BYTES_MAX,
    };
    let check_type = || check_type(headers.get("content-type").as_deref());
    if rule != Rule::Optional {
        check_type()?;
    }
    check_length(headers.get("content-length").as_deref(), bytes_max)?;
    let mut bytes = bytes(body, bytes_max).await?;
    if rule == Rule::Optional {
        if bytes.is_empty() {
            bytes.extend_from_slice(b"{}");
        } else {
            check_type()?;
        }
    }
    complete(bytes, extras)
}

/// Reads a body that is no JSON.
///
/// # Errors
/// `unsupported_media_type`, `too_large`, `bad_request`.
pub async fn raw(
    headers: &Headers,
    body: Body,
    kind: &str,
    bytes_max: usize,
) -> Result<Vec<u8>, Reject> {
    let given = headers.get("content-type").unwrap_or_default();
    if !given.eq_ignore_ascii_case(kind) {
        let why = format!("content-type must be {kind}");
        return Err(Reject::new(Code::UnsupportedMediaType, why));
    }
    check_length(headers.get("content-length").as_deref(), bytes_max)?;
    bytes(body, bytes_max).await
}

/// Checks that text is an object, and adds `extras` at its end. A client that sends one of them
/// itself has sent it twice, and is refused like for any field sent twice.
fn complete(mut bytes: Vec<u8>, extras: &[Extra<'_>]) -> Result<Vec<u8>, Reject> {
    if let Err(error) = std::str::from_utf8(&bytes) {
        let at = error.valid_up_to();
        return Err(Reject::new(Code::BadRequest, format!("the body is not UTF-8 at byte {at}")));
    }
    bytes.truncate(bytes.trim_ascii_end().len());
    match bytes.trim_ascii_start().first() {
        Some(b'{') => {}
        Some(_) => return Err(Reject::new(Code::BadRequest, "the body must be a JSON object")),
        None => return Err(Reject::new(Code::BadRequest, "the body is empty")),
    }
    if !extras.is_empty() {
        add(&mut bytes, extras)?;
    }
    Ok(bytes)
}

/// Writes the extras before the last brace: what stands before it keeps its place in messages.
fn add(bytes: &mut Vec<u8>, extras: &[Extra<'_>]) -> Result<(), Reject> {
    if bytes.pop() != Some(b'}') {
        return Err(Reject::new(Code::BadRequest, "the body must be a JSON object"));
    }
    let mut comma = !bytes.trim_ascii_end().ends_with(b"{");
    for (name, json) in extras {
        if comma {
            bytes.push(b',');
        }
        comma = true;
        bytes.extend_from_slice(format!("\"{name}\":{json}").as_bytes());
    }
    bytes.push(b'}');
    Ok(())
}

fn check_type(value: Option<&str>) -> Result<(), Reject> {
    let kind = value.unwrap_or_default().to_ascii_lowercase();
    let mut parts = kind.split(';').map(str::trim);
    let json = parts.next() == Some("application/json");
    let utf8 = parts.all(|part| {
        part.is_empty() || matches!(part, "charset=utf-8" | "charset=\"utf-8\"" | "charset=utf8")
    });
    if json && utf8 {
        return Ok(());
    }
    Err(Reject::new(Code::UnsupportedMediaType, "content-type must be application/json (UTF-8)"))
}

/// Refuses a body by the length that it says it has.
///
/// # Errors
/// `too_large`, `bad_request`.
pub fn check_length(value: Option<&str>, bytes_max: usize) -> Result<(), Reject> {
    match value.map(str::parse::<u64>) {
        None => Ok(()),
        Some(Ok(length)) if length > bytes_max as u64 => Err(too_large(bytes_max)),
        Some(Ok(_)) => Ok(()),
        Some(Err(_)) => Err(Reject::new(Code::BadRequest, "content-length is not a number")),
    }
}

fn too_large(bytes_max: usize) -> Reject {
    Reject::new(Code::TooLarge, format!("the body must have at most {bytes_max} bytes"))
}

/// The bytes of a body, read no further than it may be long.
async fn bytes(body: Body, bytes_max: usize) -> Result<Vec<u8>, Reject> {
    #[cfg_attr(not(target_arch = "wasm32"), expect(clippy::infallible_destructuring_match))]
    let bytes = match body {
        Body::Bytes(bytes) => bytes,
        #[cfg(target_arch = "wasm32")]
        Body::Js(request) => crate::edge::read(request, bytes_max).await?,
    };
    if bytes.len() > bytes_max { Err(too_large(bytes_max)) } else { Ok(bytes) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use schema::codec;
    use serde::Deserialize;

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Input {
        ticket_id: String,
        #[serde(default)]
        body: Option<String>,
        #[serde(default)]
        nested: Option<Box<Input>>,
    }

    fn parsed(text: &str) -> Result<Input, Reject> {
        let extras = [("ticketId", "\"path\"".into())];
        complete(text.as_bytes().to_vec(), &extras).and_then(|bytes| codec::from_json(&bytes))
    }

    #[test]
    fn what_stands_in_the_path_is_added() {
        for text in ["{\"body\":\"x\"}", " {\"body\":\"x\" } \n", "{\"body\":\"x\"}\t"] {
            let input = parsed(text).expect(text);
            assert_eq!((input.ticket_id.as_str(), input.body.as_deref()), ("path", Some("x")));
        }
        assert_eq!(parsed("{}").expect("empty").ticket_id, "path");
        assert_eq!(parsed("{ }").expect("empty").ticket_id, "path");
    }

    #[test]
    fn nobody_can_put_another_thing_in_the_place_of_the_path() {
        for text in [
            "{\"ticketId\":\"mine\"}",
            "{\"ticketId\":\"mine\",\"nested\":{}",
            "{\"ticketId\":\"mine\",\"nested\":{}}",
            "{\"ticketId\":\"mine\",\"body\":\"}",
            "{\"ticketId\":\"mine\",\"body\":\"\\}",
            "{\"ticketId\":\"mine\",\"body\":\"{}",
            "{\"ticketId\":\"mine\"} {}",
            "{\"ticketId\":\"mine\"}}",
        ] {
            assert!(parsed(text).is_err(), "{text}");
        }
    }

    #[test]
    fn bodies_that_are_no_object_are_refused() {
        for text in ["", " ", "null", "[]", "1", "\"{}\"", "{", "}", "{\"a\"", "{}x", "{}{}"] {
            assert!(parsed(text).is_err(), "{text}");
        }
        let deep = format!("{{\"nested\":{}", "[".repeat(10_000));
        assert_eq!(parsed(&deep).map_err(|reject| reject.code.status()), Err(400));
        let surrogate = parsed("{\"body\":\"\\ud800\"}").expect_err("lone surrogate");
        assert_eq!(surrogate.code.status(), 400);
        let broken = complete(vec![b'{', b'"', 0xff, b'"', b'}'], &[]);
        assert_eq!(broken.map_err(|reject| reject.code.status()), Err(400));
    }

    #[test]
    fn unknown_fields_are_refused_by_name_and_double_ones_as_no_json() {
        let unknown = parsed("{\"tenant_id\":1}").expect_err("unknown");
        assert_eq!(unknown.code.status(), 422);
        assert!(unknown.message.contains("tenant_id"), "{}", unknown.message);
        let twice = parsed("{\"body\":\"a\",\"body\":\"b\"}").expect_err("twice");
        assert_eq!(twice.code.status(), 400);
    }

    #[test]
    fn only_json_in_utf8_is_taken() {
        for good in ["application/json", "Application/JSON; charset=UTF-8", "application/json;"] {
            assert_eq!(check_type(Some(good)), Ok(()), "{good}");
        }
        for bad in ["text/plain", "application/json; charset=latin1", "application/jsonx", ""] {
            assert_eq!(check_type(Some(bad)).map_err(|r| r.code.status()), Err(415), "{bad}");
        }
        assert!(check_type(None).is_err());
    }

    #[test]
    fn a_length_that_is_announced_too_big_is_refused_unread() {
        assert_eq!(check_length(Some("11"), 10).map_err(|r| r.code.status()), Err(413));
        assert_eq!(check_length(Some("-1"), 10).map_err(|r| r.code.status()), Err(400));
        assert_eq!(check_length(Some("10"), 10), Ok(()));
    }
}
