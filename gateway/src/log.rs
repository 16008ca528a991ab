//! Lines of the log, each a JSON object: what happened, to which request, and ids. Never what a
//! person wrote, never an address or a secret: a field is a name of ours, an id or a number.

use crate::platform::{Platform, Point};
use crate::router;
use schema::Millis;
use schema::sort::collect_small;
use serde_json::{Map, Value};

/// Writes that something went wrong.
pub fn error<P: Platform>(platform: &P, event: &str, fields: &[(&str, &str)]) {
    platform.log(&line("error", event, fields));
}

/// A line: its level, its event, its fields.
#[must_use]
pub fn line(level: &str, event: &str, fields: &[(&str, &str)]) -> String {
    let head = [("level", level), ("event", event)];
    let all = head.iter().chain(fields);
    let object: Map<String, Value> =
        collect_small(all.map(|(name, value)| ((*name).to_owned(), Value::from(*value))));
    Value::Object(object).to_string()
}

/// A request that was answered.
#[derive(Debug, Clone, Copy)]
pub struct Answered<'a> {
    /// Its name.
    pub request_id: &'a str,
    /// Its method, as the client wrote it.
    pub method: &'a str,
    /// Its path, as the client wrote it.
    pub path: &'a str,
    /// The status of the answer.
    pub status: u16,
    /// How long it took.
    pub took_ms: Millis,
}

/// Counts a request, and writes a line about it where `LOG` is `requests` or it has failed. The
/// path is not in it, only the route: a path may be anything.
pub fn answered<P: Platform>(platform: &P, request: &Answered<'_>) {
    let Answered { request_id, method, path, status, took_ms } = *request;
    let (method, route) = router::name(method, path);
    let status_text = status.to_string();
    platform.count(&Point {
        event: "request",
        labels: &[route, method, &status_text],
        numbers: &[took_ms as f64],
    });
    let every = platform.var("LOG").is_some_and(|text| text == "requests");
    if status < 500 && !every {
        return;
    }
    let took = took_ms.to_string();
    let fields = [
        ("requestId", request_id),
        ("route", route),
        ("method", method),
        ("status", &status_text),
        ("tookMs", &took),
    ];
    platform.log(&line(if status < 500 { "info" } else { "error" }, "request", &fields));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_one_line_of_json_whatever_is_in_it() {
        let text = line("error", "x", &[("why", "a\n\"b\"\u{2028}")]);
        assert!(!text.contains('\n'));
        let value: Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!(value["event"], "x");
        assert_eq!(value["why"], "a\n\"b\"\u{2028}");
    }
}
