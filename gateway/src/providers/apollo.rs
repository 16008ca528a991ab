//! Apollo: all about a person.
//!
//! Source: PROTOCOLS 3.8 and docs.apollo.io. Parameters stand in the query although it is a POST,
//! and neither telephone numbers nor private addresses are asked for.

use super::call::Pairs;
use super::{Said, Trouble, given, json, waits};
use actors::mail::graph::Answer;
use actors::mail::identity::domain_key;
use actors::prospect_dedup::profile::profile_key;
use schema::prospect::Known;
use serde::Deserialize;

/// What Apollo gives in place of an address that the team has not unlocked begins so.
const LOCKED: &str = "email_not_unlocked";

#[derive(Deserialize)]
struct Match {
    person: Option<Person>,
}

#[derive(Deserialize)]
struct Person {
    email: Option<String>,
    email_status: Option<String>,
    title: Option<String>,
    linkedin_url: Option<String>,
    organization: Option<Organization>,
}

#[derive(Deserialize)]
struct Organization {
    name: Option<String>,
    primary_domain: Option<String>,
}

#[derive(Deserialize)]
struct Refusal {
    error: String,
}

/// Who is meant: by the least that says it, so that what is found out meanwhile does not make it
/// another question.
pub(super) fn who(known: &Known) -> Option<Pairs> {
    if let Some(email) = &known.email {
        return Some(vec![("email", email.clone())]);
    }
    let domain = known.domain.as_deref().and_then(|domain| domain_key(domain).ok());
    let at_work = match domain {
        Some(domain) => Some(("domain", domain)),
        None => known.company.clone().map(|company| ("organization_name", company)),
    };
    match (known.name.clone(), at_work) {
        (Some(name), Some(at_work)) => Some(vec![("name", name), at_work]),
        _ => Some(vec![("linkedin_url", profile(known.linkedin.as_deref()?))]),
    }
}

/// The profile's own address, however it was pasted: two spellings are not two questions.
fn profile(address: &str) -> String {
    match profile_key(address) {
        Some(key) => format!("https://www.linkedin.com/in/{key}"),
        None => address.to_owned(),
    }
}

/// What Apollo knows.
pub(super) fn matched(answer: &Answer) -> Result<Said, Trouble> {
    match answer.status {
        200 => {}
        401 | 403 => return Err(Trouble::WrongKey),
        422 => return unprocessable(answer),
        429 => return Err(Trouble::Limited(waits(answer.retry_after.as_deref()))),
        503 => return Err(Trouble::Later(waits(answer.retry_after.as_deref()))),
        500.. => return Err(Trouble::NoAnswer),
        _ => return Err(Trouble::BadAnswer),
    }
    let Match { person: Some(person) } = json(&answer.body)? else { return Ok(Said::default()) };
    let score = match person.email_status.as_deref() {
        Some("verified") => 95,
        Some("unavailable") => 0,
        _ => 60,
    };
    let email = given(person.email).filter(|email| !email.starts_with(LOCKED));
    let (company, domain) = person.organization.map(|it| (it.name, it.primary_domain)).unzip();
    Ok(Said {
        email,
        score,
        title: given(person.title),
        linkedin: given(person.linkedin_url),
        company: given(company.flatten()),
        domain: given(domain.flatten()),
        is_charged: true,
        ..Said::default()
    })
}

/// Apollo cannot do anything with what it was asked, or does not want to without money.
fn unprocessable(answer: &Answer) -> Result<Said, Trouble> {
    let Refusal { error } = json(&answer.body)?;
    if error.to_lowercase().contains("credit") {
        return Err(Trouble::NoCredits);
    }
    Ok(Said::default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::providers::call::Call;
    use crate::providers::settings::Account;

    fn answer(status: u16, body: &str) -> Answer {
        Answer { status, retry_after: None, body: body.as_bytes().to_vec() }
    }

    #[test]
    fn a_request_says_who_is_meant_in_its_query_and_has_no_body() {
        let account = Account { url: "https://apollo.example/api/v1".into(), key: "secret".into() };
        let ann = Known {
            name: Some("Ann Ames".into()),
            domain: Some("www.acme.example".into()),
            ..Known::default()
        };
        let call = Call::ApolloMatch(&ann);
        let request = call.request(&account, &call.pairs().expect("somebody is meant"));
        let url = "https://apollo.example/api/v1/people/match?name=Ann%20Ames&domain=acme.example";
        assert_eq!((request.method.as_str(), &*request.url), ("POST", url));
        assert!(request.headers.contains(&("x-api-key", "secret".to_owned())));
        assert!(request.body.is_empty());
        let nobody = Known { name: ann.name.clone(), ..Known::default() };
        assert_eq!(who(&nobody), None);
        let by_address = Known { email: Some("ann@acme.example".into()), ..ann.clone() };
        assert_eq!(who(&by_address), Some(vec![("email", "ann@acme.example".to_owned())]));
        let more =
            Known { company: Some("Acme".into()), linkedin: Some("l".into()), ..ann.clone() };
        assert_eq!(who(&more), who(&ann), "what was found out is no new question");
        let by_profile = |pasted: &str| {
            let known = Known { linkedin: Some(pasted.to_owned()), ..Known::default() };
            who(&known).expect("somebody is meant")
        };
        let asked = [("linkedin_url", "https://www.linkedin.com/in/ann-ames-7".to_owned())];
        assert_eq!(by_profile("in/ann-ames-7"), asked);
        assert_eq!(by_profile("https://de.linkedin.com/in/Ann-Ames-7/en?x=1"), asked);
        let page = "https://www.linkedin.com/company/acme";
        assert_eq!(by_profile(page), [("linkedin_url", page.to_owned())]);
    }

    #[test]
    fn a_person_is_read_and_a_locked_address_is_none() {
        let person = |email: &str, status: &str| {
            let body = format!(
                r#"{{"person":{{"id":"1","email":{email},"email_status":"{status}","title":"CTO",
                    "linkedin_url":" ","organization":{{"name":"Acme","primary_domain":null}}}}}}"#
            );
            matched(&answer(200, &body)).expect("a person")
        };
        let said = person(r#""ann@acme.example""#, "verified");
        assert_eq!((said.email.as_deref(), said.score), (Some("ann@acme.example"), 95));
        assert_eq!(
            (said.company.as_deref(), said.domain, said.linkedin),
            (Some("Acme"), None, None)
        );
        assert!(said.is_charged);
        assert_eq!(person(r#""email_not_unlocked@domain.com""#, "verified").email, None);
        assert_eq!(person("null", "unavailable").email, None);
        assert_eq!(matched(&answer(200, r#"{"person":null}"#)), Ok(Said::default()));
    }

    #[test]
    fn each_trouble_is_told_from_the_others() {
        let waiting = |seconds: Option<&str>| Answer {
            retry_after: seconds.map(str::to_owned),
            ..answer(429, "{}")
        };
        assert_eq!(matched(&waiting(Some("17"))), Err(Trouble::Limited(Some(17_000))));
        assert_eq!(matched(&waiting(None)), Err(Trouble::Limited(None)));
        let away = Answer { status: 503, ..waiting(Some("17")) };
        assert_eq!(matched(&away), Err(Trouble::Later(Some(17_000))), "that is no limit");
        for (status, body, expected) in [
            (401, "Invalid access credentials.", Err(Trouble::WrongKey)),
            (403, r#"{"error_code":"API_INACCESSIBLE"}"#, Err(Trouble::WrongKey)),
            (422, r#"{"error":"You have insufficient credits."}"#, Err(Trouble::NoCredits)),
            (422, r#"{"error":"'domain' is not valid"}"#, Ok(Said::default())),
            (422, "", Err(Trouble::BadAnswer)),
            (302, "", Err(Trouble::BadAnswer)),
            (500, "", Err(Trouble::NoAnswer)),
            (200, r#"{"person":{"email":["#, Err(Trouble::BadAnswer)),
            (200, "<html>", Err(Trouble::BadAnswer)),
        ] {
            assert_eq!(matched(&answer(status, body)), expected, "{status} {body}");
        }
    }
}
