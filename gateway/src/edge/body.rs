//! Bodies of requests as the runtime gives them.

use crate::http::Chunks;
use futures_util::StreamExt;
use js_sys::Uint8Array;
use schema::{Code, Reject};
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;
use worker::web_sys::Request;

/// A request's body as it comes.
///
/// # Errors
/// `bad_request` where it cannot be read.
pub fn chunks(request: Request) -> Result<Chunks, Reject> {
    if request.body().is_none() {
        return Ok(Chunks::Bytes(None));
    }
    worker::Request::from(request).stream().map(Chunks::Js).map_err(broken)
}

/// The next piece of a body.
///
/// # Errors
/// `bad_request` where it breaks off.
pub async fn next_chunk(stream: &mut worker::ByteStream) -> Result<Option<Vec<u8>>, Reject> {
    stream.next().await.transpose().map_err(broken)
}

fn broken(error: worker::Error) -> Reject {
    Reject::new(Code::BadRequest, format!("the body could not be read: {error}"))
}

fn thrown(error: JsValue) -> Reject {
    broken(error.into())
}

/// How much of a body that is too long is read to its end all the same.
const DRAINED_BYTES_MAX: usize = 32 * 1024 * 1024;

/// Reads a request's body, and keeps no more of it than it may have.
///
/// # Errors
/// `bad_request` where it breaks off; `too_large`.
pub async fn read(request: Request, bytes_max: usize) -> Result<Vec<u8>, Reject> {
    if request.body().is_none() {
        return Ok(Vec::new());
    }
    // A length that the runtime has checked lets it be read in one go.
    if request.headers().has("content-length").unwrap_or_default() {
        let read = request.array_buffer().map_err(thrown)?;
        let buffer = JsFuture::from(read).await.map_err(thrown)?;
        return Ok(Uint8Array::new(&buffer).to_vec());
    }
    let mut stream = worker::Request::from(request).stream().map_err(broken)?;
    let (mut bytes, mut length) = (Vec::new(), 0);
    while let Some(chunk) = stream.next().await {
        let chunk = chunk.map_err(broken)?;
        length += chunk.len();
        if length <= bytes_max {
            bytes.extend(chunk);
        } else {
            // A client that is still sending when it is answered may see the connection break and
            // not the answer: the rest is read, and forgotten, as far as that is bearable.
            bytes = Vec::new();
            if length > DRAINED_BYTES_MAX {
                break;
            }
        }
    }
    if length > bytes_max {
        let text = format!("the body must have at most {bytes_max} bytes");
        return Err(Reject::new(Code::TooLarge, text));
    }
    Ok(bytes)
}
