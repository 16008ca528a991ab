//! The query of a URL: every parameter is known, sent once, and of its type.

use schema::{Reject, codec};
use std::collections::BTreeMap;
use std::str::FromStr;

/// How many items a page has where the client does not say.
pub const LIMIT_DEFAULT: i64 = 50;
/// How many items a page has at most.
pub const LIMIT_MAX: i64 = 100;

const CURSOR_BYTES_MAX: usize = 512;

/// The parameters that were sent.
#[derive(Debug, Default)]
pub struct Query(BTreeMap<String, String>);

impl Query {
    /// Reads a query of which only `known` parameters may be there.
    ///
    /// # Errors
    /// `invalid_input` naming the parameter that is unknown, repeated, or broken.
    pub fn read(text: Option<&str>, known: &[&str]) -> Result<Self, Reject> {
        let mut found = BTreeMap::new();
        for pair in text.unwrap_or_default().split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let broken = || Reject::field("query", "is not percent-encoded UTF-8");
            let name = decode(name).ok_or_else(broken)?;
            let value = decode(value).ok_or_else(broken)?;
            if !known.contains(&name.as_str()) {
                return Err(Reject::field(&name, "is not a known parameter"));
            }
            if found.insert(name.clone(), value).is_some() {
                return Err(Reject::field(&name, "must be sent once"));
            }
        }
        Ok(Self(found))
    }

    /// A parameter as text.
    ///
    /// # Errors
    /// `invalid_input` where it is there and empty, or longer than anything sensible.
    pub fn text(&self, name: &str) -> Result<Option<String>, Reject> {
        self.long(name, 1_024)
    }

    /// A parameter as text that may have so many bytes.
    ///
    /// # Errors
    /// `invalid_input` where it is there and empty, or longer.
    pub fn long(&self, name: &str, bytes_max: usize) -> Result<Option<String>, Reject> {
        match self.0.get(name) {
            None => Ok(None),
            Some(value) if value.is_empty() => Err(Reject::field(name, "must not be empty")),
            Some(value) if value.len() > bytes_max => Err(Reject::field(name, "is too long")),
            Some(value) => Ok(Some(value.clone())),
        }
    }

    /// A parameter of a type that is read from text.
    ///
    /// # Errors
    /// `invalid_input` saying what it must be.
    pub fn parse<T: FromStr>(&self, name: &str, what: &str) -> Result<Option<T>, Reject> {
        let Some(value) = self.text(name)? else { return Ok(None) };
        let value = value.parse().map_err(|_| Reject::field(name, format!("must be {what}")))?;
        Ok(Some(value))
    }

    /// A parameter of a closed set, in the names that JSON has for it.
    ///
    /// # Errors
    /// `invalid_input` naming what is allowed.
    pub fn name<T: serde::de::DeserializeOwned>(&self, name: &str) -> Result<Option<T>, Reject> {
        let Some(value) = self.text(name)? else { return Ok(None) };
        let json = codec::to_json(&value);
        codec::read_json(&json).map(Some).map_err(|error| Reject::field(name, error.message))
    }

    /// `true` or `false`.
    ///
    /// # Errors
    /// `invalid_input` for anything else.
    pub fn flag(&self, name: &str) -> Result<Option<bool>, Reject> {
        self.parse(name, "true or false")
    }

    /// A whole number from 0 on.
    ///
    /// # Errors
    /// `invalid_input` for anything else, a sign and leading zeros included.
    pub fn count(&self, name: &str) -> Result<Option<i64>, Reject> {
        let Some(text) = self.text(name)? else { return Ok(None) };
        let value = codec::whole(&text);
        value.map(Some).ok_or_else(|| Reject::field(name, "must be a whole number"))
    }

    /// The page size.
    ///
    /// # Errors
    /// `invalid_input` unless it is 1 to 100.
    pub fn limit(&self) -> Result<i64, Reject> {
        let rule = || Reject::field("limit", format!("must be 1 to {LIMIT_MAX}"));
        match self.count("limit").map_err(|_| rule())? {
            None => Ok(LIMIT_DEFAULT),
            Some(limit) if (1..=LIMIT_MAX).contains(&limit) => Ok(limit),
            Some(_) => Err(rule()),
        }
    }

    /// The cursor, unread.
    ///
    /// # Errors
    /// `invalid_input` for one that is too long to be ours.
    pub fn cursor(&self) -> Result<Option<String>, Reject> {
        match self.text("cursor")? {
            Some(text) if text.len() > CURSOR_BYTES_MAX => {
                Err(Reject::field("cursor", "is not one that Postroom gave"))
            }
            cursor => Ok(cursor),
        }
    }
}

/// Percent-decoding; `+` is a space, as forms have it.
fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let high = char::from(rest.next()?).to_digit(16)?;
                let low = char::from(rest.next()?).to_digit(16)?;
                u8::try_from(high * 16 + low).ok()?
            }
            other => other,
        });
    }
    String::from_utf8(bytes).ok().filter(|text| !text.contains('\0'))
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: &[&str] = &["limit", "q", "open", "status", "cursor"];

    fn query(text: &str) -> Result<Query, Reject> {
        Query::read(Some(text), KNOWN)
    }

    #[test]
    fn parameters_are_known_and_sent_once() {
        assert!(query("q=a&limit=5").is_ok());
        assert!(query("").is_ok() && query("&&").is_ok());
        for bad in [
            "status=open&status=closed",
            "sort=a;drop%20table",
            "Q=a",
            "q=%zz",
            "q=%ff",
            "q=%",
            "q=a%00b",
            "%71=1&q=2",
        ] {
            assert_eq!(query(bad).map(|_| ()).map_err(|r| r.code.status()), Err(422), "{bad}");
        }
    }

    #[test]
    fn a_page_has_one_to_a_hundred_items() {
        assert_eq!(query("").and_then(|query| query.limit()), Ok(50));
        assert_eq!(query("limit=100").and_then(|query| query.limit()), Ok(100));
        for bad in ["-1", "0", "101", "1e9", "+5", "05", "5.0", "", "9223372036854775808", "٣"] {
            let limit = query(&format!("limit={bad}")).and_then(|query| query.limit());
            assert!(limit.is_err(), "{bad}");
        }
    }

    #[test]
    fn values_are_decoded_and_typed() {
        let query = query("q=a%2Bb+c%C3%A4&open=true").expect("query");
        assert_eq!(query.text("q"), Ok(Some("a+b cä".into())));
        assert_eq!(query.flag("open"), Ok(Some(true)));
        assert_eq!(query.text("status"), Ok(None));
        assert!(query.flag("q").is_err());
    }
}
