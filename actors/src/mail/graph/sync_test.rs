//! Reading a folder against scripts: pages, links, what Graph forgets, and what goes wrong.

use super::testing::*;
use super::*;

const FIRST: &str = "GET /me/mailFolders/inbox/messages/delta\
    ?changeType=created&$select=receivedDateTime,isDraft";

/// A page with mails that came one minute after another, and its link.
fn page(ids: &[&str], kind: &str, link: &str) -> Result<Answer, NoAnswer> {
    let item = |(at, id): (usize, &&str)| {
        format!(
            r#"{{"@odata.etag":"W/\"1\"","id":"{id}","receivedDateTime":"2026-11-22T10:{at:02}:00Z",
            "isDraft":false}}"#
        )
    };
    let items: Vec<String> = ids.iter().enumerate().map(item).collect();
    items_page(&items.join(","), kind, link)
}

fn items_page(items: &str, kind: &str, link: &str) -> Result<Answer, NoAnswer> {
    said(
        200,
        &format!(
            r#"{{"@odata.context":"x","@odata.{kind}Link":"{GRAPH}/{link}","value":[{items}]}}"#
        ),
    )
}

fn raw(id: &str) -> Result<Answer, NoAnswer> {
    said(200, &format!("Subject: {id}\r\n\r\nHello\r\n"))
}

/// Reads to the end, or to the first error; gives the ids of the mails, the cursor, and the error.
fn read(http: &Scripted, before: &Cursor) -> (Vec<String>, Cursor, Option<GraphError>) {
    let session = Session::new(http, GRAPH, "token");
    let mut sync = session.sync(Folder::Inbox, before.clone(), 0);
    let (mut ids, mut cursor) = (Vec::new(), before.clone());
    loop {
        match now(sync.next_batch()) {
            Ok(Some(batch)) => {
                ids.extend(batch.mails.into_iter().map(|mail| mail.id));
                // What is stored is what is read again.
                let text = serde_json::to_vec(&batch.cursor).expect("a cursor is text");
                cursor = serde_json::from_slice(&text).expect("and back");
            }
            Ok(None) => return (ids, cursor, None),
            Err(error) => return (ids, cursor, Some(error)),
        }
    }
}

/// Reads a whole script, which must go well.
fn read_all(
    scenes: Vec<(&str, Result<Answer, NoAnswer>)>,
    before: &Cursor,
) -> (Vec<String>, Cursor) {
    let http = Scripted::new(scenes);
    let (ids, cursor, error) = read(&http, before);
    assert_eq!(error, None);
    http.is_over();
    (ids, cursor)
}

/// A folder that has been read to `delta-1`.
fn known() -> Cursor {
    read_all(vec![(FIRST, page(&[], "delta", "delta-1"))], &Cursor::default()).1
}

#[test]
fn a_folder_is_read_page_by_page_and_goes_on_where_it_ended() {
    let (ids, cursor) = read_all(
        vec![
            (FIRST, page(&["a", "b"], "next", "next-1")),
            ("GET /me/messages/a/$value", raw("a")),
            ("GET /me/messages/b/$value", raw("b")),
            ("GET /next-1", page(&["c"], "delta", "delta-1")),
            ("GET /me/messages/c/$value", raw("c")),
        ],
        &Cursor::default(),
    );
    assert_eq!(ids, ["a", "b", "c"]);
    let (ids, cursor) = read_all(vec![("GET /delta-1", page(&[], "delta", "delta-2"))], &cursor);
    assert!(ids.is_empty());
    let scenes = vec![
        ("GET /delta-2", page(&["d"], "delta", "delta-3")),
        ("GET /me/messages/d/$value", raw("d")),
    ];
    assert_eq!(read_all(scenes, &cursor).0, ["d"]);
}

#[test]
fn every_request_asks_for_ids_that_stay_and_says_who_asks() {
    let http = Scripted::new(vec![
        (FIRST, page(&["a/+="], "delta", "delta-1")),
        ("GET /me/messages/a%2F%2B%3D/$value", raw("a")),
    ]);
    read(&http, &Cursor::default());
    for request in http.asked.borrow().iter() {
        let has = |name: &str, value: &str| {
            request.headers.iter().any(|(its, said)| *its == name && said.contains(value))
        };
        assert!(has("prefer", "IdType=\"ImmutableId\""), "{request:?}");
        assert!(has("authorization", "Bearer token"), "{request:?}");
        assert!(!format!("{request:?}").contains("token\""));
    }
}

#[test]
fn mails_of_a_page_come_in_the_order_of_their_arrival_and_each_once() {
    let at = |id: &str, minute: u8| {
        format!(r#"{{"id":"{id}","receivedDateTime":"2026-11-22T10:{minute:02}:00Z"}}"#)
    };
    let items = [at("c", 3), at("a", 1), at("b", 2), at("a", 1)].join(",");
    let (ids, _) = read_all(
        vec![
            (FIRST, items_page(&items, "delta", "delta-1")),
            ("GET /me/messages/a/$value", raw("a")),
            ("GET /me/messages/b/$value", raw("b")),
            ("GET /me/messages/c/$value", raw("c")),
        ],
        &Cursor::default(),
    );
    assert_eq!(ids, ["a", "b", "c"]);
}

#[test]
fn what_is_removed_a_draft_or_old_is_not_fetched() {
    let items = r#"{"id":"a","@removed":{"reason":"deleted"}},
        {"id":"b","isDraft":true,"receivedDateTime":"2026-11-22T10:00:00Z"},
        {"id":"c","receivedDateTime":"2026-11-20T10:00:00Z"},
        {"id":"d","receivedDateTime":"2026-11-22T10:00:00Z"},
        {"id":"e"}"#;
    let http = Scripted::new(vec![
        (FIRST, items_page(items, "delta", "delta-1")),
        ("GET /me/messages/e/$value", raw("e")),
        ("GET /me/messages/d/$value", raw("d")),
    ]);
    let session = Session::new(&http, GRAPH, "token");
    let since_ms = 1_795_300_000_000; // 2026-11-21
    let mut sync = session.sync(Folder::Inbox, Cursor::default(), since_ms);
    let batch = now(sync.next_batch()).expect("it goes well").expect("there is one");
    let ids: Vec<_> = batch.mails.iter().map(|mail| (&*mail.id, mail.received_at)).collect();
    assert_eq!(ids, [("e", None), ("d", Some(1_795_341_600))]);
    assert_eq!(now(sync.next_batch()), Ok(None));
    http.is_over();
}

#[test]
fn empty_pages_are_no_end() {
    let scenes = vec![
        ("GET /delta-1", page(&[], "next", "next-1")),
        ("GET /next-1", page(&[], "next", "next-2")),
        ("GET /next-2", page(&["a"], "delta", "delta-2")),
        ("GET /me/messages/a/$value", raw("a")),
    ];
    assert_eq!(read_all(scenes, &known()).0, ["a"]);
}

#[test]
fn a_way_without_news_is_handed_out_before_its_end() {
    let urls: Vec<String> = (0..120).map(|at| format!("GET /next-{at}")).collect();
    let mut scenes = vec![("GET /delta-1", page(&[], "next", "next-0"))];
    for (at, url) in urls.iter().enumerate() {
        scenes.push((url, page(&[], "next", &format!("next-{}", at + 1))));
    }
    scenes.truncate(60);
    let http = Scripted::new(scenes);
    let session = Session::new(&http, GRAPH, "token");
    let mut sync = session.sync(Folder::Inbox, known(), 0);
    let batch = now(sync.next_batch()).expect("it goes well").expect("it has got on");
    assert!(batch.mails.is_empty());
    assert_eq!(http.asked.borrow().len(), 50);
}

#[test]
fn a_link_that_is_forgotten_begins_the_folder_anew() {
    for refusal in [
        no(410, "SyncStateNotFound"),
        no(410, ""),
        said(410, ""),
        no(404, "syncStateNotFound"),
        no(400, "resyncRequired"),
    ] {
        let scenes = vec![
            ("GET /delta-1", refusal),
            (FIRST, page(&["a"], "delta", "delta-2")),
            ("GET /me/messages/a/$value", raw("a")),
        ];
        assert_eq!(read_all(scenes, &known()).0, ["a"]);
    }
}

#[test]
fn a_link_that_is_forgotten_in_the_middle_of_a_round_loses_nothing() {
    let scenes = vec![
        ("GET /delta-1", page(&["a"], "next", "next-1")),
        ("GET /me/messages/a/$value", raw("a")),
        ("GET /next-1", no(410, "SyncStateNotFound")),
        (FIRST, page(&["a", "b"], "delta", "delta-2")),
        ("GET /me/messages/a/$value", raw("a")),
        ("GET /me/messages/b/$value", raw("b")),
    ];
    assert_eq!(read_all(scenes, &known()).0, ["a", "a", "b"]);
}

#[test]
fn who_forgets_everything_is_not_asked_for_ever() {
    let http = Scripted::new(vec![
        ("GET /delta-1", no(410, "SyncStateNotFound")),
        (FIRST, page(&[], "next", "next-1")),
        ("GET /next-1", no(410, "SyncStateNotFound")),
    ]);
    let (_, cursor, error) = read(&http, &known());
    assert!(matches!(error, Some(GraphError::Refused { status: 410, .. })), "{error:?}");
    http.is_over();
    // The next time it is tried again.
    let scenes =
        vec![("GET /next-1", no(410, "SyncStateNotFound")), (FIRST, page(&[], "delta", "delta-2"))];
    read_all(scenes, &cursor);
}

#[test]
fn what_came_before_something_went_wrong_is_kept_and_the_rest_follows() {
    for fault in [cut(), wait(429, "7"), said(429, ""), said(503, ""), said(401, ""), no(500, "x")]
    {
        let http = Scripted::new(vec![
            ("GET /delta-1", page(&["a", "b"], "delta", "delta-2")),
            ("GET /me/messages/a/$value", raw("a")),
            ("GET /me/messages/b/$value", fault.clone()),
        ]);
        let (ids, cursor, error) = read(&http, &known());
        assert_eq!(ids, ["a"]);
        assert!(error.expect("it stopped").retry_helps(), "{fault:?}");
        // The page is not asked for again: what it named is known.
        let scenes = vec![
            ("GET /me/messages/b/$value", raw("b")),
            ("GET /delta-2", page(&[], "delta", "delta-3")),
        ];
        assert_eq!(read_all(scenes, &cursor).0, ["b"]);
    }
}

#[test]
fn how_long_to_wait_is_told_where_it_is_said() {
    let stopped = |fault| {
        let http = Scripted::new(vec![("GET /delta-1", fault)]);
        read(&http, &known()).2.expect("it stopped")
    };
    let throttled = |status, retry_after_ms| GraphError::Throttled { status, retry_after_ms };
    assert_eq!(stopped(wait(429, "7")), throttled(429, Some(7_000)));
    assert_eq!(stopped(wait(429, "99999999")), throttled(429, Some(3_600_000)));
    assert_eq!(stopped(wait(503, "Wed, 21 Oct 2026 07:28:00 GMT")), throttled(503, None));
    assert_eq!(stopped(said(429, "")), throttled(429, None));
    assert_eq!(stopped(said(401, "")), GraphError::Unauthorized);
    assert_eq!(stopped(cut()), GraphError::Broken { text: "connection reset".to_owned() });
}

#[test]
fn a_mail_that_is_gone_or_too_large_is_passed_over() {
    let large = "x".repeat(crate::mail::imap::MAIL_BYTES_MAX as usize + 1);
    let http = Scripted::new(vec![
        ("GET /delta-1", page(&["a", "b", "c"], "delta", "delta-2")),
        ("GET /me/messages/a/$value", no(404, "ErrorItemNotFound")),
        ("GET /me/messages/b/$value", said(200, &large)),
        ("GET /me/messages/c/$value", raw("c")),
    ]);
    let session = Session::new(&http, GRAPH, "token");
    let mut sync = session.sync(Folder::Inbox, known(), 0);
    let batch = now(sync.next_batch()).expect("it goes well").expect("there is one");
    assert_eq!(batch.mails.len(), 1);
    let why: Vec<_> = batch.skipped.iter().map(|mail| (&*mail.id, mail.why)).collect();
    assert_eq!(why, [("a", WhySkipped::Gone), ("b", WhySkipped::TooLarge)]);
}

#[test]
fn a_mail_that_graph_does_not_give_out_can_be_given_up() {
    let http = Scripted::new(vec![
        ("GET /delta-1", page(&["a", "b"], "delta", "delta-2")),
        ("GET /me/messages/a/$value", no(403, "ErrorAccessDenied")),
    ]);
    let (_, mut cursor, error) = read(&http, &known());
    let Some(GraphError::MailRefused { id, status: 403, .. }) = error else {
        panic!("{error:?}");
    };
    cursor.give_up(&id);
    let scenes = vec![
        ("GET /me/messages/b/$value", raw("b")),
        ("GET /delta-2", page(&[], "delta", "delta-3")),
    ];
    assert_eq!(read_all(scenes, &cursor).0, ["b"]);
}

#[test]
fn batches_fit_into_memory() {
    let ids: Vec<String> = (0..60).map(|at| format!("m{at:02}")).collect();
    let urls: Vec<String> = ids.iter().map(|id| format!("GET /me/messages/{id}/$value")).collect();
    let names: Vec<&str> = ids.iter().map(String::as_str).collect();
    let large = "x".repeat(3 * 1024 * 1024);
    let mut scenes = vec![("GET /delta-1", page(&names, "delta", "delta-2"))];
    for (at, url) in urls.iter().enumerate() {
        scenes.push((url, if at < 2 { said(200, &large) } else { raw("small") }));
    }
    let http = Scripted::new(scenes);
    let session = Session::new(&http, GRAPH, "token");
    let mut sync = session.sync(Folder::Inbox, known(), 0);
    let mut counts = Vec::new();
    while let Some(batch) = now(sync.next_batch()).expect("it goes well") {
        counts.push(batch.mails.len());
    }
    assert_eq!(counts, [2, 20, 20, 18]);
    http.is_over();
}

#[test]
fn an_answer_that_is_no_page_changes_nothing() {
    let elsewhere = |kind: &str| {
        said(200, &format!(r#"{{"value":[],"@odata.{kind}Link":"https://evil.test/v1.0/x"}}"#))
    };
    let two =
        format!(r#"{{"value":[],"@odata.nextLink":"{GRAPH}/a","@odata.deltaLink":"{GRAPH}/b"}}"#);
    let long = format!(r#"{{"id":"{}"}}"#, "x".repeat(2_000));
    for answer in [
        said(200, ""),
        said(200, "<html>"),
        said(200, "[]"),
        said(200, r#"{"value":[]}"#),
        said(200, r#"{"value":{},"@odata.deltaLink":"x"}"#),
        said(200, &two),
        elsewhere("next"),
        elsewhere("delta"),
        items_page(&long, "delta", "delta-2"),
        items_page(r#"{"id":""}"#, "delta", "delta-2"),
        items_page(r#"{"id":7}"#, "delta", "delta-2"),
        items_page(&vec![r#"{"id":"a"}"#; 1_001].join(","), "delta", "delta-2"),
        items_page("", "next", "delta-1"),
        said(200, &"x".repeat(300_000)),
        said(200, &"[".repeat(10_000)),
    ] {
        let http = Scripted::new(vec![("GET /delta-1", answer.clone())]);
        let (ids, cursor, error) = read(&http, &known());
        assert!(matches!(error, Some(GraphError::BadAnswer { .. })), "{answer:?}: {error:?}");
        assert_eq!((ids.len(), cursor), (0, known()));
    }
}
