//! What goes back: one envelope for every answer, and the same headers on all of them.
//!
//! The actor's reply is JSON text already; it is put into the envelope as it is, never read again.

use crate::config::Config;
use crate::http::{Request, Response};
use schema::{Code, Reject};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// A year, as browsers are told to use HTTPS only.
const HSTS: &str = "max-age=31536000; includeSubDomains";
/// What a browser may do with an answer: nothing.
const POLICY: &str = "default-src 'none'; base-uri 'none'; frame-ancestors 'none'";
const METHODS: &str = "GET, POST, PUT, PATCH, DELETE";
const ALLOWED_HEADERS: &str =
    "authorization, content-type, idempotency-key, if-match, x-workspace-id";
const EXPOSED_HEADERS: &str = "etag, location, retry-after, x-request-id, idempotent-replayed, \
     x-images-blocked, server-timing";

/// The first header that is of one response alone.
pub const REQUEST_ID: &str = "x-request-id";

/// A reply on its way into the envelope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// What goes under `data`: JSON text.
    pub data: Vec<u8>,
    /// Of a list: where the next page begins, if there is one.
    pub next_cursor: Option<Option<String>>,
    /// Where the thing that was made can be read.
    pub location: Option<String>,
    /// The version of the thing.
    pub version: Option<i64>,
    /// Whether it is the stored answer to an earlier request with the same key.
    pub replayed: bool,
}

#[derive(Deserialize)]
struct Mark {
    #[serde(default)]
    id: Option<String>,
    #[serde(default)]
    version: Option<i64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Page<'a> {
    #[serde(borrow)]
    items: &'a RawValue,
    #[serde(default)]
    next_cursor: Option<String>,
}

impl Reply {
    /// A reply of JSON text.
    #[must_use]
    pub const fn json(data: Vec<u8>) -> Self {
        Self {
            status: 200,
            data,
            next_cursor: None,
            location: None,
            version: None,
            replayed: false,
        }
    }

    /// A reply of a value.
    ///
    /// # Errors
    /// `internal` where the value is no JSON.
    pub fn of<T: Serialize>(value: &T) -> Result<Self, Reject> {
        let data = serde_json::to_vec(value);
        data.map(Self::json).map_err(|error| Reject::internal(format!("reply: {error}")))
    }

    /// A reply of a list.
    ///
    /// # Errors
    /// As [`Reply::of`].
    pub fn list<T: Serialize>(items: &[T], next: Option<String>) -> Result<Self, Reject> {
        Ok(Self { next_cursor: Some(next), ..Self::of(&items)? })
    }

    /// The same reply, as the answer to a request that made something which stands at `path` and
    /// its id.
    #[must_use]
    pub fn created(mut self, path: &str) -> Self {
        self.status = 201;
        let mark: Option<Mark> = serde_json::from_slice(&self.data).ok();
        self.location = mark.and_then(|mark| mark.id).map(|id| format!("{path}/{id}"));
        self
    }

    /// The same reply with the version of the thing in it as its ETag.
    #[must_use]
    pub fn tagged(mut self) -> Self {
        let mark: Option<Mark> = serde_json::from_slice(&self.data).ok();
        self.version = mark.and_then(|mark| mark.version);
        self
    }

    /// The same reply as a list: the page's items are the data, its cursor is in `meta`.
    ///
    /// # Errors
    /// `internal` where it is no page.
    pub fn paged(self) -> Result<Self, Reject> {
        let page: Page<'_> = serde_json::from_slice(&self.data)
            .map_err(|error| Reject::internal(format!("not a page: {error}")))?;
        let next_cursor = Some(page.next_cursor);
        let data = page.items.get().as_bytes().to_vec();
        Ok(Self { data, next_cursor, ..self })
    }
}

#[derive(Serialize)]
struct Failed<'a> {
    success: bool,
    error: Failure<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Failure<'a> {
    code: Code,
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    details: Option<&'a serde_json::Value>,
    request_id: &'a str,
}

/// What every response of one request has in common.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Common {
    /// Names the request, in the log too.
    pub request_id: String,
    /// The origin that may read the response, where the request came from a page.
    pub origin: Option<String>,
}

impl Common {
    /// Reads what is needed of a request.
    #[must_use]
    pub fn of(request: &Request, config: Option<&Config>, request_id: String) -> Self {
        let allowed = |origin: &String| config.is_some_and(|config| config.origins.has(origin));
        let origin = request.headers.get("origin").filter(allowed);
        Self { request_id, origin }
    }

    pub(crate) fn headers(&self) -> Vec<(&'static str, String)> {
        let mut headers: Vec<(&'static str, String)> = vec![
            ("content-type", "application/json; charset=utf-8".into()),
            ("cache-control", "no-store".into()),
            ("x-content-type-options", "nosniff".into()),
            ("strict-transport-security", HSTS.into()),
            ("content-security-policy", POLICY.into()),
            ("referrer-policy", "no-referrer".into()),
            ("vary", "origin".into()),
            (REQUEST_ID, self.request_id.clone()),
        ];
        if let Some(origin) = &self.origin {
            headers.push(("access-control-allow-origin", origin.clone()));
            headers.push(("access-control-expose-headers", EXPOSED_HEADERS.into()));
        }
        headers
    }

    /// A reply in its envelope.
    #[must_use]
    pub fn success(&self, reply: Reply) -> Response {
        let mut headers = self.headers();
        if let Some(location) = reply.location {
            headers.push(("location", location));
        }
        if let Some(version) = reply.version {
            headers.push(("etag", format!("\"{version}\"")));
        }
        if reply.replayed {
            headers.push(("idempotent-replayed", "true".into()));
        }
        let mut body = Vec::with_capacity(reply.data.len() + 128);
        body.extend_from_slice(br#"{"success":true,"data":"#);
        body.extend_from_slice(&reply.data);
        body.extend_from_slice(br#","meta":{"requestId":"#);
        body.extend_from_slice(quote(&self.request_id).as_bytes());
        if let Some(next) = reply.next_cursor {
            let next = next.map_or_else(|| "null".into(), |cursor| quote(&cursor));
            body.extend_from_slice(format!(",\"nextCursor\":{next}").as_bytes());
        }
        body.extend_from_slice(b"}}");
        Response { status: reply.status, headers, body }
    }

    /// A refusal in its envelope. What is internal stays in the log.
    #[must_use]
    pub fn failure(&self, reject: &Reject) -> Response {
        let mut headers = self.headers();
        let hidden = reject.code == Code::Internal;
        let message = if hidden { "internal error" } else { reject.message.as_str() };
        let details = reject.details.as_ref().filter(|_| !hidden);
        if let Some(seconds) = retry_after_s(reject) {
            headers.push(("retry-after", seconds.to_string()));
        }
        if reject.code == Code::Unauthorized {
            headers.push(("www-authenticate", "Bearer".into()));
        }
        if reject.code == Code::MethodNotAllowed {
            let allow = details.and_then(|details| details.get("allow")?.as_str());
            headers.push(("allow", allow.unwrap_or_default().to_owned()));
        }
        let request_id = &self.request_id;
        let error = Failure { code: reject.code, message, details, request_id };
        let body = serde_json::to_vec(&Failed { success: false, error })
            .expect("texts and a JSON value are JSON");
        Response { status: reject.code.status(), headers, body }
    }

    /// The answer to a browser that asks whether its page may call.
    #[must_use]
    pub fn preflight(&self) -> Response {
        let mut headers = self.headers();
        if self.origin.is_some() {
            headers.push(("access-control-allow-methods", METHODS.into()));
            headers.push(("access-control-allow-headers", ALLOWED_HEADERS.into()));
            headers.push(("access-control-max-age", "86400".into()));
        }
        Response { status: 204, headers, body: Vec::new() }
    }

    /// Lines of JSON that come one after another, to be saved under a name of ours.
    #[must_use]
    pub fn lines(&self, name: &str) -> Response {
        let mut headers = self.headers();
        headers[0].1 = "application/x-ndjson".into();
        headers.push(("content-disposition", format!("attachment; filename=\"{name}\"")));
        Response { status: 200, headers, body: Vec::new() }
    }

    /// What goes before a file's bytes. A browser saves it, unless it is an image that was asked to
    /// be shown; what is in it runs nowhere.
    #[must_use]
    pub fn file(&self, file: &FileHead) -> Response {
        let mut headers = self.headers();
        let FileHead { name, shown, sha256, range, total } = file;
        set(&mut headers, "accept-ranges", "bytes".into());
        if file.is_unsatisfiable() {
            set(&mut headers, "content-range", format!("bytes */{total}"));
            return Response { status: 416, headers, body: Vec::new() };
        }
        let plain: String = name
            .chars()
            .map(|c| if c.is_ascii_alphanumeric() || "._-".contains(c) { c } else { '_' })
            .take(100)
            .collect();
        let kind = if shown.is_some() { "inline" } else { "attachment" };
        let media = shown.clone().unwrap_or_else(|| "application/octet-stream".into());
        set(&mut headers, "content-type", media);
        let disposition =
            format!("{kind}; filename=\"{plain}\"; filename*=UTF-8''{}", escape(name));
        set(&mut headers, "content-disposition", disposition);
        set(&mut headers, "content-security-policy", FILE_POLICY.into());
        set(&mut headers, "etag", format!("\"{sha256}\""));
        if shown.is_some() {
            // A page of the team's own shows it; who has the link has the file.
            set(&mut headers, "cross-origin-resource-policy", "cross-origin".into());
        }
        let mut status = 200;
        if let Some((from, to)) = range {
            set(&mut headers, "content-range", format!("bytes {from}-{to}/{total}"));
            status = 206;
        }
        Response { status, headers, body: Vec::new() }
    }

    /// Plain text.
    #[must_use]
    pub fn text(&self, status: u16, text: String) -> Response {
        let mut headers = self.headers();
        set(&mut headers, "content-type", "text/plain; charset=utf-8".to_owned());
        Response { status, headers, body: text.into_bytes() }
    }

    /// A page of ours, in which nothing runs, and whose form goes nowhere else.
    #[must_use]
    pub fn html(&self, text: String) -> Response {
        let mut headers = self.headers();
        let policy =
            "default-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
        set(&mut headers, "content-type", "text/html; charset=utf-8".to_owned());
        set(&mut headers, "content-security-policy", policy.to_owned());
        Response { status: 200, headers, body: text.into_bytes() }
    }

    /// A table of ours, as a file to save.
    #[must_use]
    pub fn csv(&self, name: &str, text: String) -> Response {
        let (name, sha256) = (name.to_owned(), "csv".to_owned());
        let file = FileHead { name, shown: None, sha256, range: None, total: 0 };
        let mut response = self.file(&file);
        response.headers.retain(|(name, _)| !matches!(*name, "etag" | "accept-ranges"));
        for (name, value) in &mut response.headers {
            if *name == "content-type" {
                *value = "text/csv; charset=utf-8; header=present".into();
            }
        }
        Response { body: text.into_bytes(), ..response }
    }
}

/// Puts a header in place of the one of its name.
pub(crate) fn set(headers: &mut Vec<(&'static str, String)>, name: &'static str, value: String) {
    headers.retain(|(known, _)| *known != name);
    headers.push((name, value));
}

/// What a file in a window of its own may do: nothing.
const FILE_POLICY: &str = "default-src 'none'; sandbox; base-uri 'none'; frame-ancestors 'none'";

/// A file, before its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileHead {
    /// What it is called.
    pub name: String,
    /// What it is, where a browser may show it in its place.
    pub shown: Option<String>,
    /// The hash of its content; empty where no part of it can be given.
    pub sha256: String,
    /// The first and the last byte that are given, where that is not all.
    pub range: Option<(u64, u64)>,
    /// Its size.
    pub total: u64,
}

impl FileHead {
    /// There is no such part of it.
    #[must_use]
    pub const fn unsatisfiable(total: u64) -> Self {
        Self { name: String::new(), shown: None, sha256: String::new(), range: None, total }
    }

    const fn is_unsatisfiable(&self) -> bool {
        self.sha256.is_empty()
    }
}

/// RFC 5987: what may stand in `filename*`.
fn escape(name: &str) -> String {
    let mut out = String::new();
    for byte in name.bytes().take(300) {
        if byte.is_ascii_alphanumeric() || b"._-".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

/// Whole seconds, rounded up: who waits so long is let in. What is away may be back in a moment.
fn retry_after_s(reject: &Reject) -> Option<i64> {
    let told = reject.details.as_ref().and_then(|details| details.get("retryAfterMs")?.as_i64());
    let usual = (reject.code == Code::Unavailable).then_some(1_000);
    Some((told.or(usual)?.max(0) + 999) / 1_000)
}

fn quote(text: &str) -> String {
    serde_json::Value::String(text.to_owned()).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn common() -> Common {
        Common { request_id: "r\"1".into(), origin: None }
    }

    fn body(response: &Response) -> Value {
        serde_json::from_slice(&response.body).expect("JSON")
    }

    fn header<'a>(response: &'a Response, name: &str) -> Option<&'a str> {
        let found = response.headers.iter().find(|(key, _)| *key == name);
        found.map(|(_, value)| value.as_str())
    }

    #[test]
    fn a_reply_is_spliced_into_its_envelope() {
        let reply =
            Reply::json(br#"{"id":"a","version":3}"#.to_vec()).created("/v1/things").tagged();
        let response = common().success(reply);
        assert_eq!(response.status, 201);
        let expected = json!({
            "success": true, "data": { "id": "a", "version": 3 }, "meta": { "requestId": "r\"1" }
        });
        assert_eq!(body(&response), expected);
        assert_eq!(header(&response, "location"), Some("/v1/things/a"));
        assert_eq!(header(&response, "etag"), Some("\"3\""));
    }

    #[test]
    fn a_page_becomes_a_list_with_its_cursor_in_meta() {
        let page = br#"{"items":[1,2],"nextCursor":"c"}"#.to_vec();
        let response = common().success(Reply::json(page).paged().expect("page"));
        assert_eq!(body(&response)["data"], json!([1, 2]));
        assert_eq!(body(&response)["meta"]["nextCursor"], "c");
        let last = br#"{"items":[],"nextCursor":null}"#.to_vec();
        let response = common().success(Reply::json(last).paged().expect("page"));
        assert_eq!(body(&response)["meta"]["nextCursor"], Value::Null);
    }

    #[test]
    fn a_fault_tells_its_cause_to_nobody() {
        let reject = Reject::internal("password hunter2").with(json!({ "sql": "hunter2" }));
        let response = common().failure(&reject);
        assert_eq!(response.status, 500);
        assert!(!String::from_utf8_lossy(&response.body).contains("hunter2"));
        assert_eq!(body(&response)["error"]["requestId"], "r\"1");
    }

    #[test]
    fn waiting_is_told_in_whole_seconds_rounded_up() {
        let response = common().failure(&Reject::rate_limited("slow down", 1_001));
        assert_eq!((response.status, header(&response, "retry-after")), (429, Some("2")));
        let response = common().failure(&Reject::rate_limited("slow down", 1_000));
        assert_eq!(header(&response, "retry-after"), Some("1"));
        let response = common().failure(&Reject::overloaded());
        assert_eq!((response.status, header(&response, "retry-after")), (503, Some("1")));
        let away = Reject::new(Code::Unavailable, "the room does not answer: try again");
        assert_eq!(header(&common().failure(&away), "retry-after"), Some("1"));
        let response = common().failure(&Reject::not_found("page"));
        assert_eq!(header(&response, "retry-after"), None);
    }

    #[test]
    fn every_response_has_the_security_headers() {
        let responses = [
            common().success(Reply::json(b"{}".to_vec())),
            common().failure(&Reject::not_found("page")),
            common().preflight(),
            common().file(&head("x.html", None)),
            common().file(&FileHead::unsatisfiable(3)),
        ];
        for response in responses {
            for name in [
                "x-content-type-options",
                "strict-transport-security",
                "content-security-policy",
                "referrer-policy",
                "cache-control",
                "x-request-id",
            ] {
                assert!(header(&response, name).is_some(), "{name} of {}", response.status);
            }
            assert_eq!(header(&response, "access-control-allow-origin"), None);
        }
    }

    fn head(name: &str, shown: Option<&str>) -> FileHead {
        let shown = shown.map(str::to_owned);
        FileHead { name: name.into(), shown, sha256: "ab".into(), range: None, total: 10 }
    }

    /// Bad inputs C68.
    #[test]
    fn a_file_is_saved_under_a_harmless_name() {
        let response = common().file(&head("../../a\r\nb\"ä.html", None));
        let disposition = header(&response, "content-disposition").expect("there");
        assert!(!disposition.contains(['\r', '\n']) && disposition.starts_with("attachment; "));
        assert!(disposition.contains("filename=\".._.._a__b__.html\""), "{disposition}");
        assert!(disposition.ends_with("filename*=UTF-8''..%2F..%2Fa%0D%0Ab%22%C3%A4.html"));
        assert_eq!(header(&response, "content-type"), Some("application/octet-stream"));
        let policy = header(&response, "content-security-policy").expect("there");
        assert!(policy.contains("sandbox"), "{policy}");
        assert_eq!(response.headers.iter().filter(|(name, _)| *name == "content-type").count(), 1);
    }

    #[test]
    fn an_image_that_may_be_shown_is_and_a_part_says_which_it_is() {
        let mut image = head("a.png", Some("image/png"));
        image.range = Some((2, 5));
        let response = common().file(&image);
        assert_eq!((response.status, header(&response, "content-type")), (206, Some("image/png")));
        assert_eq!(header(&response, "content-range"), Some("bytes 2-5/10"));
        assert!(
            header(&response, "content-disposition").is_some_and(|it| it.starts_with("inline"))
        );
        let none = common().file(&FileHead::unsatisfiable(10));
        assert_eq!((none.status, header(&none, "content-range")), (416, Some("bytes */10")));
    }
}
