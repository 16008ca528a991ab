//! Requests and answers of Anthropic's Messages and of chat completions, as OpenAI and xAI have
//! them (PROTOCOLS 3.9).

use super::settings::Account;
use super::{Provider, Trouble};
use crate::providers::waits;
use actors::mail::graph::{Answer, Method, Request};
use actors::workspace_room::outreach::texts::order::Ask;
use schema::codec::read_json;
use schema::room::answer::AnswerKind;
use serde_json::{Value, json};

/// The longest text that a model may write, and how far it may go for a word: one that thinks first
/// needs more than the word.
pub const TOKENS_MAX: u32 = 1_500;
const WORD_TOKENS_MAX: u32 = 512;
/// The most bytes of an answer.
const ANSWER_BYTES_MAX: usize = 256 * 1024;
/// What a model is held to that may say one of a few words.
const TOOL: &str = "classify";
/// The version of Anthropic's interface.
const VERSION: &str = "2023-06-01";

/// How many tokens a question and its answer come to at most: about one for four bytes.
#[must_use]
pub fn tokens(ask: &Ask) -> u32 {
    let bytes = ask.system.len() + ask.user.len();
    u32::try_from(bytes / 4).unwrap_or(u32::MAX / 2) + most(ask)
}

const fn most(ask: &Ask) -> u32 {
    if ask.one_of.is_empty() { TOKENS_MAX } else { WORD_TOKENS_MAX }
}

/// The request.
#[must_use]
pub fn request(account: &Account, ask: &Ask) -> Request {
    let Account { provider, url, key, model } = account;
    let mut headers = vec![("content-type", "application/json".to_owned())];
    let (path, body) = match provider {
        Provider::Anthropic => {
            headers.push(("x-api-key", key.clone()));
            headers.push(("anthropic-version", VERSION.to_owned()));
            let messages = json!([{ "role": "user", "content": ask.user }]);
            let (system, most) = (&ask.system, most(ask));
            let mut body = json!({ "model": model, "max_tokens": most, "system": system,
                "messages": messages });
            if !ask.one_of.is_empty() {
                body["tools"] = json!([{ "name": TOOL, "description": "Says which kind it is.",
                    "strict": true, "input_schema": choice(ask.one_of) }]);
                body["tool_choice"] =
                    json!({ "type": "tool", "name": TOOL, "disable_parallel_tool_use": true });
            }
            ("/messages", body)
        }
        Provider::OpenAi | Provider::Xai => {
            headers.push(("authorization", format!("Bearer {key}")));
            let messages = json!([
                { "role": "system", "content": ask.system },
                { "role": "user", "content": ask.user },
            ]);
            let mut body = json!({ "model": model, "max_completion_tokens": most(ask),
                "messages": messages });
            if !ask.one_of.is_empty() {
                body["response_format"] = json!({ "type": "json_schema", "json_schema":
                    { "name": TOOL, "strict": true, "schema": choice(ask.one_of) } });
            }
            ("/chat/completions", body)
        }
    };
    Request {
        method: Method::Post,
        url: format!("{url}{path}"),
        headers,
        body: body.to_string().into_bytes(),
        answer_bytes_max: ANSWER_BYTES_MAX,
    }
}

/// What a model that may say one of a few words is held to say.
fn choice(one_of: &[AnswerKind]) -> Value {
    let words: Vec<&str> = one_of.iter().map(|kind| kind.as_str()).collect();
    json!({ "type": "object", "properties": { "kind": { "type": "string", "enum": words } },
        "required": ["kind"], "additionalProperties": false })
}

/// The text of an answer; the word, where it was to be one of a few.
///
/// # Errors
/// Why there is none.
pub fn read(provider: Provider, ask: &Ask, answer: &Answer) -> Result<String, Trouble> {
    if answer.status != 200 {
        return Err(trouble(answer));
    }
    let body: Value = read_json(&answer.body).map_err(|_| Trouble::NoAnswer)?;
    let is_word = !ask.one_of.is_empty();
    let text = match provider {
        Provider::Anthropic => message(&body, is_word)?,
        Provider::OpenAi | Provider::Xai => completion(&body)?,
    };
    let text = if is_word { word(&text, ask.one_of).unwrap_or_default() } else { text };
    if text.trim().is_empty() { Err(Trouble::Unfinished) } else { Ok(text) }
}

/// The word that an object of [`choice`] has.
fn word(json: &str, one_of: &[AnswerKind]) -> Option<String> {
    let said: Value = read_json(json.as_bytes()).ok()?;
    let mut words = one_of.iter().map(|kind| kind.as_str());
    words.find(|word| said["kind"] == **word).map(str::to_owned)
}

fn trouble(answer: &Answer) -> Trouble {
    // Anthropic and OpenAI say {"error":{"message","code"}}, xAI {"error":"…"}: words tell.
    let body = String::from_utf8_lossy(&answer.body).to_lowercase();
    let wait = waits(answer.retry_after.as_deref());
    match answer.status {
        429 if body.contains("insufficient_quota") => Trouble::NoQuota,
        429 => Trouble::Later(wait),
        402 => Trouble::NoQuota,
        400 if body.contains("credit balance") => Trouble::NoQuota,
        400 if body.contains("api key") => Trouble::WrongKey,
        401 | 403 | 404 => Trouble::WrongKey,
        408 | 409 | 500.. => wait.map_or(Trouble::NoAnswer, |wait| Trouble::Later(Some(wait))),
        413 => Trouble::TooLong,
        300..=399 => Trouble::NoAnswer,
        _ => Trouble::BadRequest,
    }
}

fn message(body: &Value, is_word: bool) -> Result<String, Trouble> {
    let blocks = body["content"].as_array().ok_or(Trouble::NoAnswer)?;
    match body["stop_reason"].as_str() {
        Some("end_turn" | "stop_sequence") if !is_word => {
            Ok(blocks.iter().filter_map(|block| block["text"].as_str()).collect())
        }
        Some("tool_use") if is_word => {
            let used = blocks.iter().find(|block| block["type"] == "tool_use");
            Ok(used.map(|used| used["input"].to_string()).unwrap_or_default())
        }
        Some("refusal") => Err(Trouble::Refused),
        _ => Err(Trouble::Unfinished),
    }
}

fn completion(body: &Value) -> Result<String, Trouble> {
    let choices = body["choices"].as_array().ok_or(Trouble::NoAnswer)?;
    let choice = choices.first().ok_or(Trouble::Unfinished)?;
    let said = &choice["message"];
    match choice["finish_reason"].as_str() {
        _ if !said["refusal"].is_null() => Err(Trouble::Refused),
        Some("content_filter") => Err(Trouble::Refused),
        Some("stop") => said["content"].as_str().map(str::to_owned).ok_or(Trouble::Unfinished),
        _ => Err(Trouble::Unfinished),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(provider: Provider, status: u16, body: &Value) -> Result<String, Trouble> {
        let retry_after = Some("7".to_owned()).filter(|_| matches!(status, 429 | 529));
        let answer = Answer { status, retry_after, body: body.to_string().into_bytes() };
        read(provider, &asked(&[]), &answer)
    }

    fn asked(one_of: &'static [AnswerKind]) -> Ask {
        Ask { system: "Say.".into(), user: "This.".into(), one_of }
    }

    /// The word of an answer that was to be one of a few.
    fn word_of(provider: Provider, body: &Value) -> Result<String, Trouble> {
        let body = body.to_string().into_bytes();
        let answer = Answer { status: 200, retry_after: None, body };
        read(provider, &asked(&AnswerKind::WRITTEN), &answer)
    }

    #[test]
    fn a_model_that_may_say_one_of_a_few_words_is_held_to_them_and_believed_no_other() {
        let used = |reason: &str, input: Value| {
            let block = json!({ "type": "tool_use", "name": TOOL, "input": input });
            word_of(Provider::Anthropic, &json!({ "content": [block], "stop_reason": reason }))
        };
        assert_eq!(used("tool_use", json!({ "kind": "meeting" })), Ok("meeting".into()));
        assert_eq!(used("max_tokens", json!({ "kind": "meeting" })), Err(Trouble::Unfinished));
        assert_eq!(used("refusal", json!({})), Err(Trouble::Refused));
        let chat = |content: &str| {
            let message = json!({ "content": content, "refusal": null });
            let choices = json!([{ "message": message, "finish_reason": "stop" }]);
            word_of(Provider::OpenAi, &json!({ "choices": choices }))
        };
        assert_eq!(chat("{\"kind\":\"optOut\"}"), Ok("optOut".into()));
        for bad in ["bounce", "Meeting", "meeting ", ""] {
            let said = json!({ "kind": bad });
            assert_eq!(used("tool_use", said.clone()), Err(Trouble::Unfinished), "{bad}");
            assert_eq!(chat(&said.to_string()), Err(Trouble::Unfinished), "{bad}");
        }
        assert_eq!(chat("meeting"), Err(Trouble::Unfinished));
        let text = json!({ "content": [{ "type": "text", "text": "{\"kind\":\"meeting\"}" }],
            "stop_reason": "end_turn" });
        assert_eq!(word_of(Provider::Anthropic, &text), Err(Trouble::Unfinished));
    }

    #[test]
    fn a_word_takes_less_of_the_quota_than_a_text_and_the_model_is_held_to_that() {
        let (text, word) = (asked(&[]), asked(&AnswerKind::WRITTEN));
        assert_eq!((tokens(&text), tokens(&word)), (1_502, 514));
        for provider in Provider::ALL {
            let [url, key, model] = ["https://x", "k", "m"].map(str::to_owned);
            let account = Account { provider, url, key, model };
            let most = |ask: &Ask| {
                let body: Value = read_json(&request(&account, ask).body).expect("JSON");
                body["max_tokens"].as_u64().or_else(|| body["max_completion_tokens"].as_u64())
            };
            assert_eq!((most(&text), most(&word)), (Some(1_500), Some(512)), "{provider:?}");
        }
    }

    #[test]
    fn only_a_text_that_came_to_its_end_is_one() {
        let message = |reason: &str, text: &str| {
            let content = json!([{ "type": "text", "text": text }]);
            let body = json!({ "content": content, "stop_reason": reason });
            said(Provider::Anthropic, 200, &body)
        };
        assert_eq!(message("end_turn", "Hello."), Ok("Hello.".into()));
        assert_eq!(message("end_turn", " "), Err(Trouble::Unfinished));
        assert_eq!(message("refusal", "No."), Err(Trouble::Refused));
        for reason in ["max_tokens", "tool_use", "pause_turn", "model_context_window_exceeded"] {
            assert_eq!(message(reason, "Hel"), Err(Trouble::Unfinished), "{reason}");
        }
        let choice = |reason: &str, message: Value| {
            let choices = json!([{ "index": 0, "message": message, "finish_reason": reason }]);
            said(Provider::OpenAi, 200, &json!({ "choices": choices }))
        };
        let hello = json!({ "content": "Hello.", "refusal": null });
        assert_eq!(choice("stop", hello.clone()), Ok("Hello.".into()));
        assert_eq!(choice("length", hello.clone()), Err(Trouble::Unfinished));
        assert_eq!(choice("content_filter", hello), Err(Trouble::Refused));
        let refusal = json!({ "content": null, "refusal": "I cannot." });
        assert_eq!(choice("stop", refusal), Err(Trouble::Refused));
        assert_eq!(said(Provider::Xai, 200, &json!({ "choices": [] })), Err(Trouble::Unfinished));
        assert_eq!(said(Provider::Xai, 200, &json!([1])), Err(Trouble::NoAnswer));
    }

    #[test]
    fn what_goes_wrong_is_told_apart() {
        let wait = Trouble::Later(Some(7_000));
        for (provider, status, body, wanted) in [
            (Provider::Anthropic, 429, json!({ "error": { "type": "rate_limit_error" } }), wait),
            (Provider::Anthropic, 529, json!({ "error": { "type": "overloaded_error" } }), wait),
            (
                Provider::OpenAi,
                429,
                json!({ "error": { "code": "insufficient_quota" } }),
                Trouble::NoQuota,
            ),
            (
                Provider::Anthropic,
                400,
                json!({ "error": { "message": "credit balance" } }),
                Trouble::NoQuota,
            ),
            (Provider::Xai, 400, json!({ "error": "Incorrect API key" }), Trouble::WrongKey),
            (Provider::OpenAi, 401, json!({}), Trouble::WrongKey),
            (Provider::OpenAi, 404, json!({}), Trouble::WrongKey),
            (Provider::OpenAi, 413, json!({}), Trouble::TooLong),
            (Provider::OpenAi, 402, json!({}), Trouble::NoQuota),
            (Provider::OpenAi, 400, json!({ "error": "parameter" }), Trouble::BadRequest),
            (Provider::Xai, 405, json!({}), Trouble::BadRequest),
            (Provider::Xai, 422, json!({}), Trouble::BadRequest),
            (Provider::OpenAi, 500, json!({}), Trouble::NoAnswer),
            (Provider::OpenAi, 302, json!({}), Trouble::NoAnswer),
        ] {
            assert_eq!(said(provider, status, &body), Err(wanted), "{status} {body}");
        }
    }
}
