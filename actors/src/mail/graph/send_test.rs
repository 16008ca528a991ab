//! Drafts: their ids before they leave, and what became of them.

use super::testing::*;
use super::*;

fn draft() -> Draft {
    Draft { id: "d/1=".to_owned(), message_id: "o'x@contoso.test".to_owned() }
}

fn look(scenes: Vec<(&str, Result<Answer, NoAnswer>)>) -> Result<Fate, GraphError> {
    let http = Scripted::new(scenes);
    let fate = now(Session::new(&http, GRAPH, "token").look(&draft()));
    http.is_over();
    fate
}

const BY_ID: &str = "GET /me/messages/d%2F1%3D?$select=isDraft";
const BY_MESSAGE_ID: &str =
    "filter=internetMessageId%20eq%20%27%3Co%27%27x%40contoso.test%3E%27&$select=isDraft";

#[test]
fn a_mail_becomes_a_draft_whose_ids_are_known_and_then_leaves() {
    let http = Scripted::new(vec![
        (
            "POST /me/messages",
            said(201, r#"{"id":"d/1=","internetMessageId":"<X1@contoso.test>","isDraft":true}"#),
        ),
        ("POST /me/messages/d%2F1%3D/send", said(202, "")),
    ]);
    let session = Session::new(&http, GRAPH, "token");
    let draft = now(session.draft(b"Subject: x\r\n\r\nHello\r\n")).expect("it is taken");
    assert_eq!(draft.message_id, "X1@contoso.test");
    assert_eq!(now(session.send(&draft.id)), Ok(()));
    http.is_over();
    let asked = http.asked.borrow();
    assert_eq!(asked[0].body, b"U3ViamVjdDogeA0KDQpIZWxsbw0K");
    assert!(asked[0].headers.contains(&("content-type", "text/plain".to_owned())));
    assert!(asked[1].body.is_empty());
}

#[test]
fn only_what_is_certain_not_to_have_been_done_counts_as_not_done() {
    for (fault, is_without_effect) in [
        (cut(), false),
        (said(503, ""), false),
        (said(504, ""), false),
        (said(500, ""), false),
        (said(429, ""), true),
        (said(401, ""), true),
        (no(403, "ErrorSendAsDenied"), true),
        (no(400, "ErrorInvalidRecipients"), true),
    ] {
        let http = Scripted::new(vec![("POST /send", fault.clone())]);
        let error = now(Session::new(&http, GRAPH, "token").send("d")).expect_err("it failed");
        assert_eq!(error.is_without_effect(), is_without_effect, "{fault:?}");
    }
}

#[test]
fn a_draft_tells_by_its_id_what_became_of_it() {
    assert_eq!(look(vec![(BY_ID, said(200, r#"{"isDraft":true}"#))]), Ok(Fate::Draft));
    assert_eq!(look(vec![(BY_ID, said(200, r#"{"isDraft":false}"#))]), Ok(Fate::Sent));
    assert_eq!(look(vec![(BY_ID, said(401, ""))]), Err(GraphError::Unauthorized));
    assert!(look(vec![(BY_ID, said(200, "{}"))]).is_err());
}

#[test]
fn a_draft_that_is_not_found_by_its_id_is_looked_for_by_its_message_id() {
    let by_message_id = |list: &str| {
        let found = format!("GET {BY_MESSAGE_ID}");
        look(vec![(BY_ID, no(404, "ErrorItemNotFound")), (&found, said(200, list))])
    };
    assert_eq!(by_message_id(r#"{"value":[]}"#), Ok(Fate::Nowhere));
    assert_eq!(by_message_id(r#"{"value":[{"id":"a","isDraft":true}]}"#), Ok(Fate::Draft));
    let both = r#"{"value":[{"id":"a","isDraft":true},{"id":"b","isDraft":false}]}"#;
    assert_eq!(by_message_id(both), Ok(Fate::Sent));
}

#[test]
fn an_answer_without_an_id_is_no_draft() {
    for body in ["", "{}", r#"{"id":""}"#, r#"{"id":"","internetMessageId":"<a@b>"}"#] {
        let http = Scripted::new(vec![("POST /me/messages", said(201, body))]);
        let made = now(Session::new(&http, GRAPH, "token").draft(b"x"));
        assert!(matches!(made, Err(GraphError::BadAnswer { .. })), "{body}: {made:?}");
    }
}

#[test]
fn the_owner_of_a_mailbox_has_an_address() {
    let me = |body: &str| {
        let http = Scripted::new(vec![("GET /me", said(200, body))]);
        now(Session::new(&http, GRAPH, "token").me())
    };
    let ann = me(r#"{"id":"1","displayName":"Ann","mail":"ann@contoso.test"}"#).expect("Ann");
    assert_eq!((&*ann.email, &*ann.name), ("ann@contoso.test", "Ann"));
    let bo = me(r#"{"id":"2","mail":null,"displayName":null,"userPrincipalName":"bo@c.test"}"#);
    assert_eq!(bo.expect("Bo").email, "bo@c.test");
    assert!(me(r#"{"id":"3","userPrincipalName":"nobody"}"#).is_err());
}
