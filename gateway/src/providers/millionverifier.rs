//! MillionVerifier: what becomes of mail to an address.
//!
//! It says 200 to almost everything: a key that it does not know, used up credits and its own
//! mistakes are `result: "error"` with a sentence. Only the sentence of the wrong key is
//! documented; of the others a word is looked for. Source: PROTOCOLS 3.8.

use super::call::Pairs;
use super::{Said, Trouble, json, waits};
use actors::mail::graph::Answer;
use schema::prospect::Verdict;
use serde::Deserialize;

/// How long it may look, in seconds.
const TIMEOUT_S: &str = "20";

#[derive(Deserialize)]
struct Verification {
    result: String,
    #[serde(default)]
    error: String,
}

/// Asks about an address.
pub(super) fn verify(email: &str) -> Pairs {
    vec![("email", email.to_owned()), ("timeout", TIMEOUT_S.to_owned())]
}

/// What it says.
pub(super) fn verified(answer: &Answer) -> Result<Said, Trouble> {
    match answer.status {
        200 => {}
        429 => return Err(Trouble::Limited(waits(answer.retry_after.as_deref()))),
        503 => return Err(Trouble::Later(waits(answer.retry_after.as_deref()))),
        500.. => return Err(Trouble::NoAnswer),
        _ => return Err(Trouble::BadAnswer),
    }
    let Verification { result, error } = json(&answer.body)?;
    let verdict = match result.as_str() {
        "ok" => Verdict::Valid,
        "catch_all" => Verdict::CatchAll,
        "invalid" | "disposable" => Verdict::Invalid,
        "unknown" => Verdict::Unknown,
        "error" => return Err(trouble(&error.to_lowercase())),
        _ => return Err(Trouble::BadAnswer),
    };
    let is_charged = verdict != Verdict::Unknown;
    Ok(Said { verdict: Some(verdict), word: result, is_charged, ..Said::default() })
}

fn trouble(sentence: &str) -> Trouble {
    match sentence {
        _ if sentence.contains("apikey") || sentence.contains("api key") => Trouble::WrongKey,
        _ if sentence.contains("credit") => Trouble::NoCredits,
        _ => Trouble::NoAnswer,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::providers::call::Call;
    use crate::providers::settings::Account;

    fn says(status: u16, body: &str) -> Result<Said, Trouble> {
        verified(&Answer { status, retry_after: None, body: body.as_bytes().to_vec() })
    }

    #[test]
    fn the_key_stands_in_the_query_which_is_not_kept() {
        let account = Account { url: "https://mv.example/api/v3".into(), key: "a&b".into() };
        let call = Call::MillionVerify("ann@acme.example");
        let pairs = call.pairs().expect("it can be asked");
        let request = call.request(&account, &pairs);
        let url = "https://mv.example/api/v3/?api=a%26b&email=ann%40acme.example&timeout=20";
        assert_eq!((request.method.as_str(), &*request.url), ("GET", url));
        assert!(pairs.iter().all(|(name, _)| *name != "api"));
    }

    #[test]
    fn each_result_has_its_verdict_and_what_is_not_known_is_not_paid() {
        for (result, verdict, is_charged) in [
            ("ok", Verdict::Valid, true),
            ("catch_all", Verdict::CatchAll, true),
            ("disposable", Verdict::Invalid, true),
            ("invalid", Verdict::Invalid, true),
            ("unknown", Verdict::Unknown, false),
        ] {
            let body = format!(r#"{{"email":"a@b.example","result":"{result}","error":""}}"#);
            let said = says(200, &body).expect("a verdict");
            assert_eq!((said.verdict, said.is_charged), (Some(verdict), is_charged), "{result}");
            assert_eq!(said.word, result);
        }
    }

    #[test]
    fn an_error_in_an_answer_of_200_is_none_the_less_one() {
        for (error, trouble) in [
            ("Apikey not found", Trouble::WrongKey),
            ("No apikey specified", Trouble::WrongKey),
            ("Insufficient credits", Trouble::NoCredits),
            ("IP address blocked", Trouble::NoAnswer),
            ("Internal error", Trouble::NoAnswer),
            ("", Trouble::NoAnswer),
        ] {
            let body = format!(r#"{{"result":"error","error":"{error}","resultcode":4}}"#);
            assert_eq!(says(200, &body), Err(trouble), "{error}");
        }
        for body in ["", "{}", "<html>", r#"{"result":7}"#, r#"{"result":"fine"}"#] {
            assert_eq!(says(200, body), Err(Trouble::BadAnswer), "{body}");
        }
        assert_eq!(says(429, "Too Many Requests"), Err(Trouble::Limited(None)));
        assert_eq!(says(503, ""), Err(Trouble::Later(None)));
        assert_eq!(says(500, ""), Err(Trouble::NoAnswer));
        assert_eq!(says(404, ""), Err(Trouble::BadAnswer));
    }
}
