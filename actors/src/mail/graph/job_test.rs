//! Tasks of an inbox: sealed tokens go in, and come out sealed.

use super::testing::*;
use super::*;
use crate::mail::attach::Missing;
use crate::mail::seal::{self, NONCE_BYTES, SealKey};
use schema::Millis;
use std::cell::Cell;

const OWNER: &str = "w/inbox";

fn key(letter: &str) -> SealKey {
    SealKey::parse(&format!("{}=", letter.repeat(43))).expect("a key")
}

fn vault(keys: &[SealKey]) -> Vault<'_> {
    Vault { keys, nonce: || [7; NONCE_BYTES] }
}

/// Files whose every byte is where it stands; one of them is gone, and storage does not answer for
/// another.
struct Kept;

impl Files for Kept {
    async fn read(&self, file: &DraftFile, from: i64, count: i64) -> Result<Vec<u8>, Missing> {
        match &*file.key {
            "gone" => Err(Missing::Gone("it is gone".to_owned())),
            "later" => Err(Missing::Later("it is down".to_owned())),
            _ => Ok((from..from + count).map(|at| (at % 251) as u8).collect()),
        }
    }

    fn now(&self) -> Millis {
        0
    }
}

/// Files of which each piece takes two minutes; it has the time.
#[derive(Default)]
struct Slow(Cell<Millis>);

impl Files for Slow {
    async fn read(&self, _: &DraftFile, _: i64, count: i64) -> Result<Vec<u8>, Missing> {
        self.0.set(self.0.get() + 120_000);
        Ok(vec![0; count as usize])
    }

    fn now(&self) -> Millis {
        self.0.get()
    }
}

fn done(
    scenes: Vec<(&str, Result<Answer, NoAnswer>)>,
    owner: &str,
    task: Task,
) -> MicrosoftOutcome {
    done_with(&Kept, scenes, owner, task)
}

fn done_with(
    files: &impl Files,
    scenes: Vec<(&str, Result<Answer, NoAnswer>)>,
    owner: &str,
    task: Task,
) -> MicrosoftOutcome {
    let application = Application::read(|name| match name {
        "MICROSOFT_CLIENT_ID" => Some("client".to_owned()),
        "MICROSOFT_LOGIN_URL" => Some(LOGIN.to_owned()),
        "MICROSOFT_GRAPH_URL" => Some(GRAPH.to_owned()),
        _ => None,
    });
    let application = application.expect("it is right").expect("there is one");
    let keys = [key("A"), key("E")];
    // Sealed before the key was replaced.
    let sealed_token = key("E").seal(OWNER, [1; NONCE_BYTES], b"1.A").expect("sealed");
    let http = Scripted::new(scenes);
    let job = MicrosoftJob { owner: owner.to_owned(), sealed_token, task };
    let outcome = now(carry_out(&http, files, &application, &vault(&keys), &job));
    http.is_over();
    outcome
}

#[test]
fn renewed_tokens_are_sealed_with_the_current_key_for_their_owner() {
    let tokens = r#"{"token_type":"Bearer","expires_in":3600,"access_token":"EwB",
        "refresh_token":"1.B"}"#;
    let scenes = vec![("POST /organizations/oauth2/v2.0/token", said(200, tokens))];
    let MicrosoftOutcome::Refreshed(sealed) = done(scenes, OWNER, Task::Refresh) else {
        panic!("no tokens")
    };
    let open = |sealed: &[u8], owner| seal::open(&[key("A")], owner, sealed);
    assert_eq!(open(&sealed.access, OWNER).as_deref(), Ok(&b"EwB"[..]));
    let refresh = sealed.refresh.as_ref().expect("a new one");
    assert_eq!(open(refresh, OWNER).as_deref(), Ok(&b"1.B"[..]));
    assert!(open(refresh, "w/other").is_err());
    assert_eq!(sealed.good_for_ms, 3_300_000);
}

#[test]
fn a_token_of_another_inbox_is_not_used() {
    let outcome = done(Vec::new(), "w/other", Task::Refresh);
    assert!(matches!(outcome, MicrosoftOutcome::NotTried { .. }), "{outcome:?}");
}

#[test]
fn a_task_tells_what_came_of_it() {
    let draft = Draft { id: "d".to_owned(), message_id: "m@x".to_owned() };
    let send = |answer| done(vec![("POST /send", answer)], OWNER, Task::Send(draft.clone()));
    assert_eq!(send(said(202, "")), MicrosoftOutcome::Sent);
    assert_eq!(send(said(401, "")), MicrosoftOutcome::Failed(GraphError::Unauthorized));
    let scenes =
        vec![("POST /me/messages", said(201, r#"{"id":"d","internetMessageId":"<m@x>"}"#))];
    let drafted = done(
        scenes,
        OWNER,
        Task::Draft { content: b"x".to_vec(), files: Vec::new(), end: Vec::new() },
    );
    assert_eq!(drafted, MicrosoftOutcome::Drafted(draft.clone()));
    let scenes = vec![("GET isDraft", said(200, r#"{"isDraft":true}"#))];
    assert_eq!(done(scenes, OWNER, Task::Look(draft)), MicrosoftOutcome::Found(Fate::Draft));
}

#[test]
fn a_draft_that_lacks_a_file_is_taken_away_again() {
    let made = || ("POST /me/messages", said(201, r#"{"id":"d","internetMessageId":"<m@x>"}"#));
    let away = || ("DELETE /me/messages/d", said(204, ""));
    let large = |key: &str, scenes| {
        let (name, content_type, key) = ("a".to_owned(), "text/plain".to_owned(), key.to_owned());
        let files = vec![DraftFile { name, content_type, key, bytes_count: 10 }];
        done(scenes, OWNER, Task::LargeDraft { content: b"x".to_vec(), files })
    };
    let gone = large("gone", vec![made(), away()]);
    assert!(matches!(gone, MicrosoftOutcome::Unmade { .. }), "{gone:?}");
    let later = large("later", vec![made(), ("DELETE /me/messages/d", cut())]);
    assert!(matches!(later, MicrosoftOutcome::Failed(GraphError::Broken { .. })), "{later:?}");
    let refused = ("POST /me/messages/d/attachments", said(429, ""));
    let refused = large("kept", vec![made(), refused, away()]);
    assert!(matches!(refused, MicrosoftOutcome::Failed(GraphError::Throttled { .. })));
    let taken = ("POST /me/messages/d/attachments", said(201, "{}"));
    assert!(matches!(large("kept", vec![made(), taken]), MicrosoftOutcome::Drafted(_)));
}

#[test]
fn an_upload_that_takes_too_long_ends_and_its_draft_is_taken_away() {
    let opened = r#"{"uploadUrl":"https://up.test/x?authtoken=t"}"#;
    let goes_on = |from: i64| said(200, &format!(r#"{{"nextExpectedRanges":["{from}-"]}}"#));
    let put = "PUT https://up.test/x?authtoken=t";
    let scenes = vec![
        ("POST /me/messages", said(201, r#"{"id":"d","internetMessageId":"<m@x>"}"#)),
        ("POST /me/messages/d/attachments/createUploadSession", said(201, opened)),
        (put, goes_on(3_276_800)),
        (put, goes_on(6_553_600)),
        (put, goes_on(9_830_400)),
        ("DELETE /me/messages/d", said(204, "")),
    ];
    let (name, content_type, key) = ("a".to_owned(), "text/plain".to_owned(), "k".to_owned());
    let files = vec![DraftFile { name, content_type, key, bytes_count: 25 * 1024 * 1024 }];
    let (content, slow) = (b"x".to_vec(), Slow::default());
    let outcome = done_with(&slow, scenes, OWNER, Task::LargeDraft { content, files });
    let MicrosoftOutcome::Failed(GraphError::Broken { text }) = outcome else {
        panic!("{outcome:?}")
    };
    assert_eq!(text, "the upload takes too long");
    assert!((PIECES_MS..PIECES_MS + 120_000).contains(&slow.now()), "{}", slow.now());
}

#[test]
fn an_application_is_reached_over_tls_only() {
    let read = |vars: &[(&str, &str)]| {
        Application::read(|name| {
            let found = vars.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        })
    };
    let id = ("MICROSOFT_CLIENT_ID", "client");
    assert_eq!(read(&[]), Ok(None));
    let real = read(&[id]).expect("it is right").expect("there is one");
    assert_eq!(real.login_url, "https://login.microsoftonline.com");
    assert_eq!(
        (&*real.graph_url, &*real.tenant),
        ("https://graph.microsoft.com/v1.0", "organizations")
    );
    let local = ("ENVIRONMENT", "local");
    let open = ("MICROSOFT_GRAPH_URL", "http://127.0.0.1:1/v1.0/");
    assert!(read(&[id, open]).is_err());
    let url = read(&[id, open, local]).expect("it is right").expect("there is one").graph_url;
    assert_eq!(url, "http://127.0.0.1:1/v1.0");
    assert!(read(&[id, local, ("MICROSOFT_LOGIN_URL", "http://127.0.0.1.evil.test")]).is_err());
}
