//! HTTP/1.1 as the driver writes and reads it: keep-alive, one request under way a connection.

use std::fmt::Write as _;

/// A response at the beginning of what was read.
#[derive(Debug, PartialEq, Eq)]
pub struct Response {
    /// Its status.
    pub status: u16,
    /// Where the next one begins.
    pub to: usize,
}

/// The response at the beginning of `bytes`; nothing while some of it is missing, and an error
/// where it is none.
pub fn read(bytes: &[u8]) -> Result<Option<Response>, httparse::Error> {
    let mut headers = [httparse::EMPTY_HEADER; 64];
    let mut response = httparse::Response::new(&mut headers);
    let httparse::Status::Complete(head) = response.parse(bytes)? else { return Ok(None) };
    let status = response.code.unwrap_or(0);
    let named = |name: &str| {
        let found = response.headers.iter().find(|it| it.name.eq_ignore_ascii_case(name));
        found.and_then(|it| std::str::from_utf8(it.value).ok())
    };
    let body = bytes.get(head..).unwrap_or_default();
    if named("transfer-encoding").is_some_and(|value| value.eq_ignore_ascii_case("chunked")) {
        return Ok(chunked(body)?.map(|length| Response { status, to: head + length }));
    }
    let bodiless = status < 200 || status == 204 || status == 304;
    let length = named("content-length").and_then(|value| value.trim().parse().ok());
    let length = if bodiless { 0 } else { length.unwrap_or(0_usize) };
    Ok((body.len() >= length).then_some(Response { status, to: head + length }))
}

/// The length of a chunked body, its last chunk and trailers included.
fn chunked(body: &[u8]) -> Result<Option<usize>, httparse::Error> {
    let mut at = 0;
    loop {
        let size = httparse::parse_chunk_size(body.get(at..).unwrap_or_default());
        let size = size.map_err(|_| httparse::Error::Token)?;
        let httparse::Status::Complete((line, size)) = size else { return Ok(None) };
        let size = usize::try_from(size).map_err(|_| httparse::Error::Token)?;
        at += line + size + 2;
        if body.len() < at {
            return Ok(None);
        }
        if size == 0 {
            return Ok(Some(at));
        }
    }
}

/// A request without a body.
pub fn get(path: &str, token: Option<&str>) -> Vec<u8> {
    let mut text = format!("GET {path} HTTP/1.1\r\nhost: bench\r\n");
    if let Some(token) = token {
        let _ = write!(text, "authorization: Bearer {token}\r\n");
    }
    text.push_str("\r\n");
    text.into_bytes()
}

/// A request with a JSON body, and a key where the target takes one.
pub fn post(path: &str, token: &str, key: Option<&str>, body: &str) -> Vec<u8> {
    let mut text = format!(
        "POST {path} HTTP/1.1\r\nhost: bench\r\nauthorization: Bearer {token}\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n",
        body.len()
    );
    if let Some(key) = key {
        let _ = write!(text, "idempotency-key: {key}\r\n");
    }
    text.push_str("\r\n");
    text.push_str(body);
    text.into_bytes()
}

/// A request to talk WebSocket. The key is always the same: the driver trusts its targets.
pub fn upgrade(path: &str, token: Option<&str>, protocol: Option<&str>) -> Vec<u8> {
    let mut text = format!(
        "GET {path} HTTP/1.1\r\nhost: bench\r\nconnection: Upgrade\r\nupgrade: websocket\r\n\
         sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    );
    if let Some(token) = token {
        let _ = write!(text, "authorization: Bearer {token}\r\n");
    }
    if let Some(protocol) = protocol {
        let _ = write!(text, "sec-websocket-protocol: {protocol}\r\n");
    }
    text.push_str("\r\n");
    text.into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole(text: &str) -> Option<(u16, usize)> {
        read(text.as_bytes()).expect("a response").map(|it| (it.status, it.to))
    }

    #[test]
    fn a_body_has_the_length_that_its_head_says() {
        let one = "HTTP/1.1 201 Created\r\nContent-Length: 5\r\n\r\nhello";
        assert_eq!(whole(one), Some((201, one.len())));
        let two = format!("{one}HTTP/1.1 200 OK\r\n");
        assert_eq!(whole(&two), Some((201, one.len())));
        for cut in 1..one.len() {
            assert_eq!(whole(&one[..cut]), None, "{cut}");
        }
    }

    #[test]
    fn chunks_are_read_to_the_last() {
        let one = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n\
                   5\r\nhello\r\na\r\n0123456789\r\n0\r\n\r\n";
        assert_eq!(whole(one), Some((200, one.len())));
        for cut in 1..one.len() {
            assert_eq!(whole(&one[..cut]), None, "{cut}");
        }
    }

    #[test]
    fn what_has_no_body_ends_with_its_head() {
        let switch = "HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\n\r\n";
        assert_eq!(whole(&format!("{switch}\u{1}\u{2}")), Some((101, switch.len())));
    }

    #[test]
    fn what_is_no_http_is_an_error() {
        assert!(read(b"\x81\x02hi\r\n\r\n").is_err());
        assert!(read(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n").is_err());
    }

    #[test]
    fn a_post_has_its_key_and_its_length() {
        let text = String::from_utf8(post("/x", "t", Some("k1"), "{}")).expect("text");
        assert!(text.contains("\r\nidempotency-key: k1\r\n"));
        assert!(text.ends_with("content-length: 2\r\nidempotency-key: k1\r\n\r\n{}"), "{text}");
    }
}
