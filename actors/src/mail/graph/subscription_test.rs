//! Subscriptions, and who may say that there is new mail.

use super::subscription::STATE_OWNER;
use super::testing::*;
use super::*;
use crate::mail::inbox_name::{name_of, written};
use crate::mail::seal::{NONCE_BYTES, SealKey};

const INSTANCE: &str = "00000000-0000-0000-0000-000000000011/00000000-0000-0000-0000-000000000007";

fn key(letter: &str) -> SealKey {
    SealKey::parse(&format!("{}=", letter.repeat(43))).expect("a key")
}

fn asked(known: Option<&str>) -> Subscribe {
    let url = "https://desk.test/webhooks/graph".to_owned();
    Subscribe { known: known.map(str::to_owned), until_ms: 1_793_620_800_999, url }
}

#[test]
fn a_subscription_is_made_and_goes_on_and_is_made_anew() {
    let made = || ("POST /subscriptions", said(201, r#"{"id":"s1"}"#));
    let subscribe = |known, scenes| {
        let http = Scripted::new(scenes);
        let id = now(Session::new(&http, GRAPH, "token").subscribe(&asked(known), "state"));
        http.is_over();
        (id, http.asked.into_inner())
    };
    let (id, requests) = subscribe(None, vec![made()]);
    assert_eq!(id.as_deref(), Ok("s1"));
    let body: serde_json::Value = serde_json::from_slice(&requests[0].body).expect("JSON");
    assert_eq!(body["notificationUrl"], "https://desk.test/webhooks/graph");
    assert_eq!(body["lifecycleNotificationUrl"], body["notificationUrl"]);
    assert_eq!(body["expirationDateTime"], "2026-11-02T12:00:00Z");
    assert_eq!((&body["clientState"], &body["changeType"]), (&"state".into(), &"created".into()));
    let patch = "PATCH /subscriptions/s0";
    assert_eq!(subscribe(Some("s0"), vec![(patch, said(200, "{}"))]).0.as_deref(), Ok("s0"));
    let gone = vec![(patch, no(404, "ResourceNotFound")), made()];
    assert_eq!(subscribe(Some("s0"), gone).0.as_deref(), Ok("s1"));
    assert!(subscribe(Some("s0"), vec![(patch, said(429, ""))]).0.is_err());
}

#[test]
fn only_what_was_sealed_here_names_an_inbox() {
    let state = |key: &SealKey, owner: &str, name: &[u8]| {
        written(&key.seal(owner, [3; NONCE_BYTES], name).expect("sealed"))
    };
    let name = name_of(INSTANCE).expect("two ids");
    let good = state(&key("A"), STATE_OWNER, &name);
    assert!(good.len() <= 128, "{}", good.len());
    let known = |state: &str| notified(&[key("E"), key("A")], state);
    let (workspace, inbox) = known(&good).expect("it is ours");
    assert_eq!(format!("{workspace}/{inbox}"), INSTANCE);
    for bad in [
        String::new(),
        "x".repeat(200),
        format!("{good}A"),
        good[1..].to_owned(),
        state(&key("I"), STATE_OWNER, &name),
        state(&key("A"), "another owner", &name),
        state(&key("A"), STATE_OWNER, b"short"),
        state(&key("A"), STATE_OWNER, &[0; 33]),
    ] {
        assert_eq!(known(&bad), None, "{bad}");
    }
    assert_eq!(name_of("no name"), None);
}
