//! Hunter: the address of a person, the company of a domain, what becomes of mail to an address.
//!
//! Source: PROTOCOLS 3.8 and the OpenAPI document that it names.

use super::call::Pairs;
use super::{LIMITED_MS, Said, Trouble, given, json, waits};
use actors::mail::graph::Answer;
use actors::mail::identity::domain_key;
use schema::prospect::{Known, Verdict};
use serde::Deserialize;

#[derive(Deserialize)]
struct Data<T> {
    data: T,
}

#[derive(Deserialize)]
struct Finding {
    email: Option<String>,
    score: Option<i64>,
    position: Option<String>,
    linkedin_url: Option<String>,
}

#[derive(Deserialize)]
struct Domain {
    domain: Option<String>,
    organization: Option<String>,
    #[serde(default)]
    emails: Vec<Anything>,
}

/// Something that only counts.
#[derive(Deserialize)]
struct Anything {}

#[derive(Deserialize)]
struct Verification {
    status: String,
    #[serde(default)]
    smtp_check: Option<bool>,
}

/// Asks for the address of a person.
pub(super) fn find(known: &Known) -> Option<Pairs> {
    let mut pairs = at(known)?;
    pairs.push(("full_name", known.name.clone()?));
    Some(pairs)
}

/// Asks for what is missing of a company: by its domain for its name, or the other way round.
pub(super) fn search(known: &Known) -> Option<Pairs> {
    let mut pairs = at(known)?;
    pairs.push(("limit", "1".to_owned()));
    Some(pairs)
}

/// Where the person works.
fn at(known: &Known) -> Option<Pairs> {
    let domain = known.domain.as_deref().and_then(|domain| domain_key(domain).ok());
    Some(match domain {
        Some(domain) => vec![("domain", domain)],
        None => vec![("company", known.company.clone()?)],
    })
}

/// What the finder says.
pub(super) fn found(answer: &Answer) -> Result<Said, Trouble> {
    let Some(body) = good(answer)? else { return Ok(Said::default()) };
    let Data { data: Finding { email, score, position, linkedin_url } } = json(body)?;
    let email = given(email);
    Ok(Said {
        is_charged: email.is_some(),
        score: score.unwrap_or(0).clamp(0, 100),
        title: given(position),
        linkedin: given(linkedin_url),
        email,
        ..Said::default()
    })
}

/// What is said of a company.
pub(super) fn searched(answer: &Answer) -> Result<Said, Trouble> {
    let Some(body) = good(answer)? else { return Ok(Said::default()) };
    let Data { data: Domain { domain, organization, emails } } = json(body)?;
    Ok(Said {
        is_charged: !emails.is_empty(),
        domain: given(domain),
        company: given(organization),
        ..Said::default()
    })
}

/// What the verifier says.
pub(super) fn verified(answer: &Answer) -> Result<Said, Trouble> {
    let unknown = |word: &str| Said {
        verdict: Some(Verdict::Unknown),
        word: word.to_owned(),
        ..Said::default()
    };
    // The address's own server did not let itself be asked.
    if answer.status == 222 {
        return Ok(unknown("unverifiable"));
    }
    let Some(body) = good(answer)? else { return Ok(unknown("not verified")) };
    let Data { data: Verification { status, smtp_check } } = json(body)?;
    let verdict = match status.as_str() {
        "valid" => Verdict::Valid,
        "webmail" if smtp_check == Some(true) => Verdict::Valid,
        "accept_all" => Verdict::CatchAll,
        "invalid" | "disposable" => Verdict::Invalid,
        "webmail" | "unknown" => Verdict::Unknown,
        _ => return Err(Trouble::BadAnswer),
    };
    Ok(Said { verdict: Some(verdict), word: status, is_charged: true, ..Said::default() })
}

/// The body of an answer; none where Hunter can do nothing with what it was asked.
fn good(answer: &Answer) -> Result<Option<&[u8]>, Trouble> {
    let wait = waits(answer.retry_after.as_deref());
    match answer.status {
        200 => Ok(Some(&answer.body)),
        400 | 404 => Ok(None),
        202 => Err(Trouble::Running),
        401 => Err(Trouble::WrongKey),
        403 => Err(Trouble::Limited(wait.or(Some(LIMITED_MS)))),
        // Of a plan's credits it is said without a time.
        429 if wait.is_none() => Err(Trouble::NoCredits),
        429 => Err(Trouble::Limited(wait)),
        503 => Err(Trouble::Later(wait)),
        451 => Err(Trouble::Refused),
        500.. => Err(Trouble::NoAnswer),
        _ => Err(Trouble::BadAnswer),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::providers::call::Call;
    use crate::providers::settings::Account;

    fn answer(status: u16, body: &str) -> Answer {
        Answer { status, retry_after: None, body: body.as_bytes().to_vec() }
    }

    fn ann() -> Known {
        Known {
            name: Some("Ann Ämes".into()),
            domain: Some("https://www.ACME.example/team".into()),
            ..Known::default()
        }
    }

    #[test]
    fn requests_carry_the_key_in_the_header_and_the_person_in_the_query() {
        let account = Account { url: "https://hunter.example/v2".into(), key: "secret".into() };
        let url = |call: Call<'_>| {
            let pairs = call.pairs().expect("it can be asked");
            let request = call.request(&account, &pairs);
            assert!(request.headers.contains(&("x-api-key", "secret".to_owned())));
            assert!(!request.url.contains("secret"));
            request.url
        };
        assert_eq!(
            url(Call::HunterFind(&ann())),
            "https://hunter.example/v2/email-finder?domain=acme.example&full_name=Ann%20%C3%84mes"
        );
        let by_company = Known { company: Some("Acme & Co".into()), ..Known::default() };
        assert_eq!(
            url(Call::HunterSearch(&by_company)),
            "https://hunter.example/v2/domain-search?company=Acme%20%26%20Co&limit=1"
        );
        assert_eq!(
            url(Call::HunterVerify("ann+x@acme.example")),
            "https://hunter.example/v2/email-verifier?email=ann%2Bx%40acme.example"
        );
        assert_eq!(find(&by_company), None, "whose address?");
        assert_eq!(find(&Known { name: ann().name, ..Known::default() }), None, "where?");
    }

    #[test]
    fn an_address_comes_with_its_score_and_nobody_is_no_error() {
        let body = r#"{"data":{"email":"ann@acme.example","score":93,"position":"CTO",
            "linkedin_url":null,"verification":{"date":null,"status":"valid"}},"meta":{}}"#;
        let said = found(&answer(200, body)).expect("an answer");
        assert_eq!((said.email.as_deref(), said.score), (Some("ann@acme.example"), 93));
        assert_eq!((said.title.as_deref(), said.is_charged), (Some("CTO"), true));
        let body = r#"{"data":{"email":null,"score":null,"position":null,"linkedin_url":null}}"#;
        assert_eq!(found(&answer(200, body)), Ok(Said::default()));
        assert_eq!(found(&answer(404, "")), Ok(Said::default()));
        let body = r#"{"data":{"domain":"acme.example","organization":"Acme","emails":[{"a":1}]}}"#;
        let said = searched(&answer(200, body)).expect("an answer");
        assert_eq!(said.company.as_deref(), Some("Acme"));
        assert!(said.is_charged);
    }

    #[test]
    fn each_status_of_an_address_has_its_verdict() {
        let verdict = |status: &str, smtp_check: bool| {
            let body = format!(r#"{{"data":{{"status":"{status}","smtp_check":{smtp_check}}}}}"#);
            verified(&answer(200, &body)).map(|said| said.verdict)
        };
        for (status, expected) in [
            ("valid", Verdict::Valid),
            ("invalid", Verdict::Invalid),
            ("disposable", Verdict::Invalid),
            ("accept_all", Verdict::CatchAll),
            ("unknown", Verdict::Unknown),
            ("webmail", Verdict::Unknown),
        ] {
            assert_eq!(verdict(status, false), Ok(Some(expected)), "{status}");
        }
        assert_eq!(verdict("webmail", true), Ok(Some(Verdict::Valid)));
        assert_eq!(verdict("splendid", true), Err(Trouble::BadAnswer));
        let said = verified(&answer(222, "")).expect("an answer");
        assert_eq!((said.verdict, said.is_charged), (Some(Verdict::Unknown), false));
    }

    #[test]
    fn each_trouble_is_told_from_the_others() {
        for (status, trouble) in [
            (202, Trouble::Running),
            (302, Trouble::BadAnswer),
            (401, Trouble::WrongKey),
            (403, Trouble::Limited(Some(10_000))),
            (429, Trouble::NoCredits),
            (451, Trouble::Refused),
            (500, Trouble::NoAnswer),
            (503, Trouble::Later(None)),
        ] {
            assert_eq!(found(&answer(status, "{}")), Err(trouble), "{status}");
            assert_eq!(verified(&answer(status, "{}")), Err(trouble), "{status}");
        }
        for body in ["", "{", "[]", "null", r#"{"data":{"email":7}}"#, r#"{"data":null}"#] {
            assert_eq!(found(&answer(200, body)), Err(Trouble::BadAnswer), "{body}");
        }
        let waiting =
            |seconds: &str| Answer { retry_after: Some(seconds.into()), ..answer(429, "") };
        assert_eq!(found(&waiting("17")), Err(Trouble::Limited(Some(17_000))));
        assert_eq!(found(&waiting("9999999")), Err(Trouble::Limited(Some(86_400_000))));
        let away = Answer { status: 503, ..waiting("17") };
        assert_eq!(found(&away), Err(Trouble::Later(Some(17_000))), "that is no limit");
        assert_eq!(found(&waiting("soon")), Err(Trouble::NoCredits));
    }
}
