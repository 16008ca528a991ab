//! Files of a draft, in pieces.

use std::cell::RefCell;

use super::testing::*;
use super::upload::NotAttached;
use super::*;
use crate::mail::attach::Missing;

const OPENED: &str = r#"{"uploadUrl":"https://up.test/x?authtoken=t","nextExpectedRanges":["0-"]}"#;
const OPEN: &str = "POST /me/messages/d%2F1/attachments/createUploadSession";
const PUT: &str = "PUT https://up.test/x?authtoken=t";
const GET: &str = "GET https://up.test/x?authtoken=t";
const PIECE: i64 = 10 * 320 * 1024;

/// Files whose every byte is where it stands; it notes how much is read at once.
#[derive(Default)]
struct Kept(RefCell<Vec<(i64, i64)>>);

impl Files for Kept {
    async fn read(&self, _: &DraftFile, from: i64, count: i64) -> Result<Vec<u8>, Missing> {
        self.0.borrow_mut().push((from, count));
        Ok((from..from + count).map(|at| (at % 251) as u8).collect())
    }

    fn now(&self) -> schema::Millis {
        0
    }
}

fn file(bytes_count: i64) -> DraftFile {
    let (name, content_type) = ("Plan \"ü\".pdf".to_owned(), "application/pdf".to_owned());
    DraftFile { name, content_type, key: "k".to_owned(), bytes_count }
}

type Scene<'s> = (&'s str, Result<Answer, NoAnswer>);

fn goes_on(from: i64) -> Result<Answer, NoAnswer> {
    said(200, &format!(r#"{{"nextExpectedRanges":["{from}-"]}}"#))
}

/// What came of adding a file, what was asked for it, and what of it was read.
struct Attached {
    done: Result<(), NotAttached>,
    asked: Vec<Request>,
    read: Vec<(i64, i64)>,
}

/// Adds a file.
fn attach(bytes_count: i64, scenes: Vec<Scene<'_>>) -> Attached {
    let (http, kept) = (Scripted::new(scenes), Kept::default());
    let session = Session::new(&http, GRAPH, "token");
    let done = now(session.attach("d/1", &file(bytes_count), &kept));
    http.is_over();
    Attached { done, asked: http.asked.into_inner(), read: kept.0.into_inner() }
}

fn header<'r>(request: &'r Request, name: &str) -> Option<&'r str> {
    let found = request.headers.iter().find(|(known, _)| *known == name);
    found.map(|(_, value)| value.as_str())
}

#[test]
fn a_large_file_goes_in_pieces_to_an_address_that_gets_no_token() {
    let size = 7_000_000;
    let scenes = vec![
        (OPEN, said(201, OPENED)),
        (PUT, goes_on(PIECE)),
        (PUT, goes_on(2 * PIECE)),
        (PUT, said(201, "")),
    ];
    let Attached { done, asked, read } = attach(size, scenes);
    assert_eq!(done, Ok(()));
    assert_eq!(read, [(0, PIECE), (PIECE, PIECE), (2 * PIECE, size - 2 * PIECE)]);
    assert_eq!(
        String::from_utf8_lossy(&asked[0].body),
        r#"{"AttachmentItem":{"attachmentType":"file","name":"Plan \"ü\".pdf","size":7000000,"#
            .to_owned()
            + r#""contentType":"application/pdf"}}"#
    );
    assert_eq!(header(&asked[0], "authorization"), Some("Bearer token"));
    let mut whole = Vec::new();
    for put in &asked[1..] {
        assert_eq!(header(put, "authorization"), None);
        let last = whole.len() + put.body.len() - 1;
        let range = format!("bytes {}-{last}/{size}", whole.len());
        assert_eq!(header(put, "content-range"), Some(&*range));
        assert!(put.body.len() <= 4_000_000);
        whole.extend_from_slice(&put.body);
    }
    assert!(whole.iter().enumerate().all(|(at, byte)| usize::from(*byte) == at % 251));
    assert_eq!(whole.len(), 7_000_000);
}

#[test]
fn a_small_file_goes_in_one_request_whose_answer_may_have_it() {
    let answer = format!(r#"{{"contentBytes":"{}"}}"#, "A".repeat(4_000_000));
    let scenes = vec![("POST /me/messages/d%2F1/attachments", said(201, &answer))];
    let Attached { done, asked, .. } = attach(3, scenes);
    assert_eq!(done, Ok(()));
    let body: serde_json::Value = serde_json::from_slice(&asked[0].body).expect("JSON");
    assert_eq!(body["@odata.type"], "#microsoft.graph.fileAttachment");
    assert_eq!((&body["contentBytes"], &body["name"]), (&"AAEC".into(), &"Plan \"ü\".pdf".into()));
    assert_eq!(header(&asked[0], "content-type"), Some("application/json"));
}

#[test]
fn a_file_goes_in_one_request_for_as_long_as_that_is_no_more_than_graph_takes() {
    const MIB: i64 = 1024 * 1024;
    let (mut small, mut large) = (2 * MIB, 3 * MIB);
    let simple = |size| {
        let scenes = vec![("POST /me/messages/d%2F1/attachments", said(201, "{}"))];
        let Attached { done, asked, .. } = attach(size, scenes);
        (done == Ok(())).then(|| asked[0].body.len())
    };
    let session = |size| {
        let Attached { done, .. } =
            attach(size, vec![(OPEN, said(201, OPENED)), (PUT, said(201, ""))]);
        assert_eq!(done, Ok(()));
    };
    // The border, by halving: the script fails at a request of the other kind.
    while large - small > 1 {
        let size = small + (large - small) / 2;
        let fits = std::panic::catch_unwind(|| simple(size)).is_ok();
        *(if fits { &mut small } else { &mut large }) = size;
    }
    let most = simple(small).expect("added");
    session(small + 1);
    session(3 * MIB - 1);
    assert!((4 * MIB - 20_000..=4 * MIB).contains(&(most as i64)), "{most}");
    assert!(small > 3_000_000, "a session takes no less than 3 MB: {small}");
}

#[test]
fn after_an_answer_that_is_lost_the_session_says_where_it_goes_on() {
    for (stands, puts) in [(0, 3), (PIECE, 2)] {
        let mut scenes = vec![(OPEN, said(201, OPENED)), (PUT, cut()), (GET, goes_on(stands))];
        if stands == 0 {
            // As the service itself writes it.
            scenes.push((PUT, said(200, &format!(r#"{{"NextExpectedRanges":["{PIECE}"]}}"#))));
        }
        scenes.push((PUT, said(201, "")));
        let Attached { done, asked, .. } = attach(2 * PIECE, scenes);
        assert_eq!(done, Ok(()));
        let count = asked.iter().filter(|one| one.method == Method::Put).count();
        assert_eq!(count, puts);
        let last = format!("bytes {PIECE}-{}/{}", 2 * PIECE - 1, 2 * PIECE);
        assert_eq!(header(&asked[asked.len() - 1], "content-range"), Some(&*last));
        assert!(asked[1..].iter().all(|one| header(one, "authorization").is_none()));
    }
}

#[test]
fn an_upload_that_does_not_go_on_comes_to_an_end() {
    let broken =
        |error: &NotAttached| matches!(error, NotAttached::Graph(GraphError::Broken { .. }));
    // Cut again and again.
    let mut scenes = vec![(OPEN, said(201, OPENED))];
    for _ in 0..3 {
        scenes.extend([(PUT, no(416, "InvalidRange")), (GET, goes_on(0))]);
    }
    scenes.push((PUT, cut()));
    let Attached { done, .. } = attach(2 * PIECE, scenes);
    assert!(done.as_ref().is_err_and(broken), "{done:?}");
    // A session that is over says nothing of the token.
    for status in [401, 404, 410] {
        let over =
            vec![(OPEN, said(201, OPENED)), (PUT, said(status, "")), (GET, said(status, ""))];
        let Attached { done, .. } = attach(2 * PIECE, over);
        assert!(done.as_ref().is_err_and(broken), "{done:?}");
    }
    for answer in [goes_on(0), goes_on(2 * PIECE), said(200, "{}"), said(200, "")] {
        let Attached { done, .. } =
            attach(2 * PIECE, vec![(OPEN, said(201, OPENED)), (PUT, answer)]);
        let bad = NotAttached::Graph(GraphError::BadAnswer { text: String::new() });
        let error = done.expect_err("it goes on nowhere");
        assert_eq!(std::mem::discriminant(&error), std::mem::discriminant(&bad), "{error:?}");
    }
    let elsewhere = r#"{"uploadUrl":"http://up.test/x?authtoken=t"}"#;
    let Attached { done, .. } = attach(2 * PIECE, vec![(OPEN, said(201, elsewhere))]);
    assert!(matches!(done, Err(NotAttached::Graph(GraphError::BadAnswer { .. }))), "{done:?}");
}
