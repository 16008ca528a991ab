//! DKIM (RFC 6376): the keys under the selectors that a domain signs with. That a key is the
//! domain's own makes its signatures aligned.

use super::{Kind, Notes, Resolver, tag};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use schema::Reject;

/// How many selectors are looked at.
pub const SELECTORS_MAX: usize = 10;
/// Those of common providers, looked at where nobody names any.
pub const COMMON_SELECTORS: [&str; SELECTORS_MAX] =
    ["google", "selector1", "selector2", "default", "dkim", "mail", "k1", "s1", "s2", "cf2024-1"];

/// The bytes of a key of 1,024 and of 2,048 bits, as it stands in the record.
const RSA_1024_BYTES: usize = 162;
const RSA_2048_BYTES: usize = 294;

/// Selectors from a list between commas.
///
/// # Errors
/// `invalid_input`.
pub fn selectors(list: &str) -> Result<Vec<String>, Reject> {
    let all: Vec<String> = list.split(',').map(str::to_ascii_lowercase).collect();
    let odd = |byte: u8| !byte.is_ascii_alphanumeric() && !matches!(byte, b'-' | b'_');
    let fits = |one: &String| (1..=63).contains(&one.len()) && !one.bytes().any(odd);
    if all.len() > SELECTORS_MAX || !all.iter().all(fits) {
        let why = format!("must be 1 to {SELECTORS_MAX} selectors, such as s1,s2");
        return Err(Reject::field("selectors", why));
    }
    Ok(all)
}

/// What is said of the keys, and whether one of them is good enough for signatures to hold.
pub(super) async fn check<R: Resolver>(
    resolver: &R,
    domain: &str,
    given: Option<&[String]>,
) -> (Notes, bool) {
    let (mut notes, mut has_key) = (Notes::new(), false);
    let common = COMMON_SELECTORS.map(str::to_owned);
    for selector in given.unwrap_or(&common) {
        let name = format!("{selector}._domainkey.{domain}");
        let found = match resolver.look(&name, Kind::Txt).await {
            Ok(texts) => texts,
            Err(why) => {
                notes.unknown(&name, &why);
                continue;
            }
        };
        let is_key = |text: &&String| tag(text, "p").is_some();
        let keys: Vec<&String> = found.iter().filter(is_key).collect();
        match keys[..] {
            [] if given.is_some() => {
                notes.fail(format!("{name} has no key: add the TXT record of your mail provider"));
            }
            [] => {}
            [key] => has_key |= judge(&name, key, &mut notes),
            _ => notes.fail(format!("{name} has more than one key: leave one")),
        }
        notes.records.extend(keys.into_iter().map(|key| format!("{selector}: {key}")));
    }
    if notes.records.is_empty() && notes.advice.is_empty() {
        notes.warn(
            "no key was found under the selectors of common providers: ask again with the \
             selectors of yours (the s= of the DKIM-Signature in a mail that it sent)",
        );
    }
    (notes, has_key)
}

/// Says what is wrong with a key; whether it is good enough all the same.
fn judge(name: &str, record: &str, notes: &mut Notes) -> bool {
    let key = tag(record, "p").unwrap_or_default();
    let key: String = key.chars().filter(|c| !c.is_whitespace()).collect();
    if key.is_empty() {
        notes.fail(format!("the key of {name} is revoked (p= is empty): add a new one"));
        return false;
    }
    let Ok(bytes) = STANDARD.decode(&key) else {
        notes.fail(format!("the key of {name} is no base64: copy it again, whole"));
        return false;
    };
    let is_rsa = tag(record, "k").unwrap_or("rsa").eq_ignore_ascii_case("rsa");
    let is_short = is_rsa && bytes.len() < RSA_1024_BYTES;
    if is_short {
        notes.fail(format!("the key of {name} is shorter than 1,024 bits, which nobody takes"));
    } else if is_rsa && bytes.len() < RSA_2048_BYTES {
        notes.warn(format!("the key of {name} has less than 2,048 bits: make a longer one"));
    }
    let flags = tag(record, "t").unwrap_or_default();
    if flags.split(':').any(|flag| flag.trim() == "y") {
        notes.warn(format!("{name} says that it is a test (t=y): take that out"));
    }
    !is_short
}
