//! What the DNS says of the domain that an inbox sends from, asked over HTTPS in the JSON form that
//! Cloudflare and Google serve.

use super::mailboxes::status;
use crate::app::Call;
use crate::platform::Platform;
use crate::respond::Reply;
use crate::routes::health::in_time;
use crate::token::sha256_hex;
use actors::mail::domain::{self, Found, Kind, Resolver};
use actors::mail::graph::{Method, Request, query};
use schema::domain::DomainCheck;
use schema::ids::InboxId;
use schema::{Millis, Permission, Reject};
use serde_json::Value;

/// Where names are looked up, unless `DNS_URL` says another place.
const URL: &str = "https://cloudflare-dns.com/dns-query";
const ANSWER_BYTES_MAX: usize = 64 * 1024;
/// How long one name is waited for, and all of them.
const LOOK_MS: u32 = 3_000;
const CHECK_MS: Millis = 15_000;
/// For how long a check is given again, where there is a cache.
const KEPT_MS: Millis = 5 * 60 * 1000;

/// `GET /v1/inboxes/{id}/dns`.
///
/// # Errors
/// `unauthorized`, `invalid_input`, the inbox's; `internal` where `DNS_URL` is no address.
pub async fn check<P: Platform>(call: Call<'_, P>) -> Result<Reply, Reject> {
    let asked = call.query(&["selectors"])?;
    let given = asked.long("selectors", 1_024)?.map(|list| domain::selectors(&list)).transpose()?;
    let principal = call.may(Permission::Read).await?;
    let view = status(&call, &principal, InboxId(call.ids.first)).await?;
    let (_, name) = view.email.rsplit_once('@').unwrap_or_default();
    let url = call.platform.var("DNS_URL").unwrap_or_else(|| URL.to_owned());
    if !url.starts_with("https://") && !call.config.local() {
        return Err(Reject::internal("DNS_URL must begin with https://"));
    }
    let now = call.platform.now();
    let list = given.as_ref().map(|given| given.join(",")).unwrap_or_default();
    let key = key_of(name, &list, now);
    if let Some(kept) = call.platform.kept(&key).await {
        return Ok(Reply::json(kept.into_bytes()));
    }
    let over = OverHttps { platform: call.platform, url: &url, until: now + CHECK_MS };
    let found: DomainCheck = domain::check(&over, name, given.as_deref(), now).await;
    let reply = Reply::of(&found)?;
    // What could not be looked up is asked again.
    let all = [&found.spf, &found.dkim, &found.dmarc, &found.mx];
    if !all.iter().any(|one| one.advice.iter().any(|said| said.contains("could not be looked up")))
    {
        let text = String::from_utf8_lossy(&reply.data);
        call.platform.keep(&key, &text).await;
    }
    Ok(reply)
}

/// Under which name a check is kept: hashed, since KV takes no name over 512 bytes.
fn key_of(name: &str, selectors: &str, now: Millis) -> String {
    let asked = format!("{name}|{selectors}|{}", now / KEPT_MS);
    format!("dns|{}", sha256_hex(asked.as_bytes()))
}

/// How long the next answer is waited for; none where the check has taken its time.
fn wait_ms(until: Millis, now: Millis) -> Option<u32> {
    let left = u32::try_from(until - now).ok().filter(|left| *left > 0);
    left.map(|left| left.min(LOOK_MS))
}

struct OverHttps<'a, P> {
    platform: &'a P,
    url: &'a str,
    until: Millis,
}

const NO_ERROR: u64 = 0;
const SERVER_FAILED: u64 = 2;
const NO_SUCH_NAME: u64 = 3;

impl<P: Platform> Resolver for OverHttps<'_, P> {
    async fn look(&self, name: &str, kind: Kind) -> Found {
        let (word, number) = kind.name_and_number();
        let Some(wait) = wait_ms(self.until, self.platform.now()) else {
            return Err("it took too long".into());
        };
        let request = Request {
            method: Method::Get,
            url: format!("{}?{}", self.url, query(&[("name", name), ("type", word)])),
            headers: vec![("accept", "application/dns-json".to_owned())],
            body: Vec::new(),
            answer_bytes_max: ANSWER_BYTES_MAX,
        };
        let work = self.platform.fetch(request);
        let answer = match in_time(work, self.platform.sleep(wait)).await {
            Some(Ok(answer)) if answer.status == 200 => answer,
            Some(Ok(answer)) => return Err(format!("the resolver answers {}", answer.status)),
            Some(Err(_)) => return Err("the resolver cannot be reached".into()),
            None => return Err("it took too long".into()),
        };
        let answer: Value =
            schema::codec::read_json(&answer.body).map_err(|_| "the resolver makes no sense")?;
        match answer.get("Status").and_then(Value::as_u64) {
            Some(NO_ERROR) if answer.get("TC") == Some(&Value::Bool(true)) => {
                Err("the answer is too long".into())
            }
            Some(NO_ERROR) => Ok(records(&answer, kind, number)),
            Some(NO_SUCH_NAME) => Ok(Vec::new()),
            Some(SERVER_FAILED) => Err("SERVFAIL".into()),
            Some(other) => Err(format!("the DNS answers with code {other}")),
            None => Err("the resolver makes no sense".into()),
        }
    }
}

/// The records of a kind in an answer, which holds aliases, too.
fn records(answer: &Value, kind: Kind, number: u16) -> Vec<String> {
    let all = answer.get("Answer").and_then(Value::as_array).into_iter().flatten();
    let of_kind = all.filter(|one| one.get("type").and_then(Value::as_u64) == Some(number.into()));
    let texts = of_kind.filter_map(|one| one.get("data").and_then(Value::as_str));
    texts.map(|data| whole(kind, data.to_owned())).collect()
}

/// A text comes in pieces in quotes, or whole and without.
fn whole(kind: Kind, data: String) -> String {
    if kind != Kind::Txt || !data.starts_with('"') {
        return data;
    }
    let (mut text, mut is_inside, mut chars) = (String::new(), false, data.chars());
    while let Some(c) = chars.next() {
        match c {
            '"' => is_inside = !is_inside,
            '\\' if is_inside => text.extend(chars.next()),
            c if is_inside => text.push(c),
            _ => {}
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_waited_for_no_longer_than_the_check_may_take() {
        for (left, wait) in [
            (CHECK_MS, Some(LOOK_MS)),
            (Millis::from(LOOK_MS), Some(LOOK_MS)),
            (1, Some(1)),
            (0, None),
            (-1, None),
        ] {
            assert_eq!(wait_ms(1_000 + left, 1_000), wait, "{left}");
        }
    }

    #[test]
    fn a_check_is_kept_under_a_name_that_is_short_and_its_own() {
        let (long, list) = ("a".repeat(253), "b".repeat(1_024));
        let key = key_of(&long, &list, 0);
        assert!(key.len() <= 512, "{}", key.len());
        assert_eq!(key, key_of(&long, &list, KEPT_MS - 1));
        let other = [key_of(&long, "", 0), key_of("b", &list, 0), key_of(&long, &list, KEPT_MS)];
        assert!(!other.contains(&key));
    }

    #[test]
    fn a_text_in_pieces_is_one_text() {
        for (data, text) in [
            (r#""v=spf1 " "-all""#, "v=spf1 -all"),
            (r#""v=spf1 -all""#, "v=spf1 -all"),
            ("v=spf1 -all", "v=spf1 -all"),
            (r#""says \"hi\" \\ there""#, r#"says "hi" \ there"#),
            (r#""not closed"#, "not closed"),
        ] {
            assert_eq!(whole(Kind::Txt, data.to_owned()), text);
        }
        assert_eq!(whole(Kind::Mx, "10 mx.test.".into()), "10 mx.test.");
    }
}
