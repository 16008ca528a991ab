//! Servers that follow a script: from the greeting to the log-in, and hostile ones everywhere.

use std::collections::VecDeque;

use super::testing::*;
use super::*;

/// What a server says to each line; behind the last it hangs up.
struct Run {
    settings: ImapSettings,
    greeting: Vec<u8>,
    script: VecDeque<Vec<u8>>,
    heard: Vec<String>,
    piece_bytes: usize,
    has_tls_fault: bool,
}

const HI: &str = "* OK hi\r\n";
const CAN: &str = "* CAPABILITY IMAP4rev1 AUTH=PLAIN AUTH=XOAUTH2 SASL-IR\r\na1 OK\r\n";

impl Run {
    fn new(security: Security, greeting: &str, script: &[&str]) -> Run {
        Run {
            settings: settings(security),
            greeting: greeting.into(),
            script: script.iter().map(|it| it.as_bytes().to_vec()).collect(),
            heard: Vec::new(),
            piece_bytes: 4_096,
            has_tls_fault: false,
        }
    }

    /// Logs in and does something more, if that went well.
    fn then<T>(
        &mut self,
        work: impl AsyncFnOnce(&mut Session<'_, TestStream<'_>, NoTime>) -> Result<T, ImapError>,
    ) -> Result<T, ImapError> {
        let Run { script, heard, .. } = self;
        let mut answer = |line: &str| {
            heard.push(line.to_owned());
            match script.pop_front() {
                Some(said) => Answer::Say(said),
                None => Answer::Leave(Vec::new()),
            }
        };
        let stream = TestStream::new(&self.greeting, self.piece_bytes, &mut answer);
        let stream = if self.has_tls_fault { stream.with_tls_fault() } else { stream };
        run(async {
            let mut session = connect(stream, &NoTime, &self.settings).await?;
            work(&mut session).await
        })
    }

    fn log_in(&mut self) -> Result<(), ImapError> {
        self.then(async |_| Ok(()))
    }
}

fn plain(greeting: &str, script: &[&str]) -> (Result<(), ImapError>, Vec<String>) {
    let mut run = Run::new(Security::Plain, greeting, script);
    (run.log_in(), run.heard)
}

fn broken(at: Stage, failure: Failure) -> Result<(), ImapError> {
    Err(ImapError::Broken { at, failure })
}

#[test]
fn each_way_to_log_in_is_used_where_it_is_offered() {
    let ok = "a2 OK\r\n";
    let proof = "AGFubgBwInc=";
    let (result, heard) = plain(HI, &[CAN, ok]);
    let one_line = format!("a2 AUTHENTICATE PLAIN {proof}");
    assert_eq!((result, heard), (Ok(()), vec!["a1 CAPABILITY".into(), one_line]));

    let greeting = "* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN LOGINDISABLED] hi\r\n";
    let (result, heard) = plain(greeting, &["+ \r\n", "a1 OK\r\n"]);
    assert_eq!((result, heard), (Ok(()), vec!["a1 AUTHENTICATE PLAIN".into(), proof.into()]));

    let (result, heard) = plain("* OK [CAPABILITY IMAP4rev1] hi\r\n", &["a1 OK\r\n"]);
    assert_eq!((result, heard), (Ok(()), vec![r#"a1 LOGIN "ann" "p\"w""#.to_owned()]));

    let greeting = "* OK [CAPABILITY IMAP4rev1 LOGINDISABLED] hi\r\n";
    assert_eq!(plain(greeting, &[]), (Err(ImapError::LogInNotOffered), vec![]));

    let mut run =
        Run::new(Security::Plain, "* OK [CAPABILITY IMAP4rev1] hi\r\n", &["+\r\n", "a1 OK\r\n"]);
    run.settings.credentials.secret = Secret::Password("pä ss".into());
    assert_eq!(run.log_in(), Ok(()));
    assert_eq!(run.heard, [r#"a1 LOGIN "ann" {6}"#, "pä ss"]);
}

#[test]
fn an_access_token_is_given_once_and_a_refusal_is_read_to_its_end() {
    let refusal = ["+ eyJzdGF0dXMiOiI0MDEifQ==\r\n", "a2 NO [AUTHENTICATIONFAILED] no\x07pe\r\n"];
    let mut run = Run::new(Security::Plain, HI, &[CAN, refusal[0], refusal[1]]);
    run.settings.credentials.secret = Secret::AccessToken("tok".into());
    let code = Some(Code::AuthenticationFailed);
    let refused = ImapError::Refused { at: Stage::LogIn, code, text: "nope".into() };
    assert!(!refused.retry_helps());
    assert_eq!(run.log_in(), Err(refused));
    let proof = "dXNlcj1hbm4BYXV0aD1CZWFyZXIgdG9rAQE=";
    assert_eq!(run.heard[1..], [format!("a2 AUTHENTICATE XOAUTH2 {proof}"), String::new()]);

    let (result, heard) = plain(HI, &[CAN, "+ more\r\n", "a2 BAD no\r\n"]);
    assert_eq!(heard[2], "*", "a mechanism that asks for what it does not need is given up");
    assert_eq!(result, broken(Stage::LogIn, Failure::NotUnderstood { text: "no".into() }));
    let (result, _) = plain(HI, &[CAN, "+ more\r\n+ more\r\n"]);
    assert_eq!(result, broken(Stage::LogIn, Failure::OutOfStep));
    for (said, retry_helps) in [
        ("[UNAVAILABLE] later", true),
        ("[ALERT] Too many simultaneous connections", true),
        ("[SERVERBUG] oh", true),
        ("Login failed.", true),
        ("[EXPIRED] too old", false),
        ("[PRIVACYREQUIRED] not in the clear", false),
        ("[AUTHORIZATIONFAILED] not for you", false),
    ] {
        let (result, _) = plain(HI, &[CAN, &format!("a2 NO {said}\r\n")]);
        assert_eq!(result.map_err(|error| error.retry_helps()), Err(retry_helps), "{said}");
    }
    let mut run = Run::new(Security::Plain, "* OK [CAPABILITY AUTH=PLAIN] hi\r\n", &[]);
    run.settings.credentials.secret = Secret::AccessToken("tok".into());
    assert_eq!(run.log_in(), Err(ImapError::LogInNotOffered));
}

#[test]
fn without_tls_no_password_leaves_and_what_was_said_before_it_does_not_count() {
    let offer = "* CAPABILITY IMAP4rev1 STARTTLS\r\na1 OK\r\n";
    let start_tls = |greeting: &str, script: &[&str]| {
        let mut run = Run::new(Security::StartTls, greeting, script);
        (run.log_in(), run.heard)
    };
    let (result, heard) = start_tls(HI, &[CAN]);
    assert_eq!((result, heard.len()), (Err(ImapError::TlsNotOffered), 1));
    for injected in
        ["a2 OK go\r\n* CAPABILITY AUTH=PLAIN\r\n", "a2 OK go\r\na3", "a2 OK go\r\n\r\n"]
    {
        let (result, heard) = start_tls(HI, &[offer, injected]);
        assert_eq!((result, heard.len()), (Err(ImapError::Injected), 2), "{injected:?}");
    }
    let (result, _) = start_tls("* PREAUTH [CAPABILITY STARTTLS] in\r\n", &["a1 OK\r\n"]);
    assert_eq!(result, Err(ImapError::LetInUnasked));
    let (result, _) = start_tls(HI, &[offer, "a2 NO [UNAVAILABLE] not now\r\n"]);
    let code = Some(Code::Unavailable);
    let refused = ImapError::Refused { at: Stage::StartTls, code, text: "not now".into() };
    assert_eq!(result, Err(refused));
    let mut run = Run::new(Security::StartTls, HI, &[offer, "a2 OK\r\n"]);
    run.has_tls_fault = true;
    assert_eq!(run.log_in(), Err(ImapError::TlsFailed { text: "bad certificate".into() }));

    // In the clear PLAIN was offered, and within TLS it is not.
    let greeting = "* OK [CAPABILITY STARTTLS AUTH=PLAIN SASL-IR] hi\r\n";
    let inside = "* CAPABILITY IMAP4rev1\r\na2 OK\r\n";
    let (result, heard) = start_tls(greeting, &["a1 OK go\r\n", inside, "a3 OK\r\n"]);
    assert_eq!(result, Ok(()));
    assert_eq!(heard, ["a1 STARTTLS", "a2 CAPABILITY", r#"a3 LOGIN "ann" "p\"w""#]);
}

#[test]
fn what_cannot_go_on_the_wire_is_refused_before_anything_is_said() {
    for (user, password) in [("a\r\nb", "x"), ("", "x"), ("a", ""), ("a", "b\0c"), ("a\x01b", "x")]
    {
        let mut run = Run::new(Security::Plain, HI, &[]);
        run.settings.credentials.user = user.into();
        run.settings.credentials.secret = Secret::Password(password.into());
        assert!(matches!(run.log_in(), Err(ImapError::BadInput { .. })));
        assert_eq!(run.heard, [""; 0]);
    }
    let shown = format!("{:?}", settings(Security::Plain));
    assert!(shown.contains("ann") && !shown.contains("p\\\"w"), "{shown}");
    for id in ["", "a b", "a\r\nLOGOUT", "<a@b>", "ä@b", &"x".repeat(501)] {
        let mut run = Run::new(Security::Plain, HI, &[CAN, "a2 OK\r\n"]);
        let result = run.then(async |session| session.search_message_id(id).await);
        assert!(matches!(result, Err(ImapError::BadInput { .. })), "{id}");
        assert_eq!(run.heard.len(), 2);
    }
}

/// Logs in, asks for folders, the state of one, and a search.
async fn tour(
    session: &mut Session<'_, TestStream<'_>, NoTime>,
) -> Result<(Vec<Folder>, FolderState, FolderState, Vec<u32>, Option<String>), ImapError> {
    let folders = session.folders().await?;
    let sent = find_sent(&folders).map_or(FolderName::inbox(), |it| it.name.clone());
    let state = session.status(&sent).await?;
    let open = session.examine(&sent).await?;
    session.no_op().await?;
    let found = session.search_message_id("a\"b@c").await?;
    Ok((folders, state, open, found, session.take_alert()))
}

const TOUR: &[&str] = &[
    CAN,
    "* 3 EXISTS\r\n* ok [alert] Disk full\r\n\
        a2 OK [CAPABILITY SPECIAL-USE LIST-EXTENDED CONDSTORE] in\r\n",
    "* LIST (\\HasNoChildren) \"/\" INBOX\r\n* LIST () NIL {4}\r\na\"\\b\r\n\
        * LIST (\\Sent) \"/\" \"A &- \\\"B\\\"\" \
        (\"CHILDINFO\" (\"x\"))\r\n* 1 RECENT\r\na3 OK\r\n",
    "* STATUS {9}\r\nA &- \"B\"x (MESSAGES 4 UIDVALIDITY 7 UIDNEXT 12 HIGHESTMODSEQ \
        9223372036854775807)\r\na4 OK\r\n",
    "* FLAGS (\\Seen)\r\n* 12 EXISTS\r\n* OK [UIDVALIDITY 7] x\r\n* OK [UIDNEXT 12] {5}\r\n\
        * OK [HIGHESTMODSEQ 99] x\r\n* OK [PERMANENTFLAGS ()] x\r\na5 OK [READ-ONLY] {3}\r\n",
    "* 2 EXPUNGE\r\n* 11 FETCH (FLAGS (\\Seen))\r\n* VANISHED 3\r\na6 OK\r\n",
    "* SEARCH 3 4 (MODSEQ 9)\r\n* SEARCH\r\na7 OK\r\n",
];

#[test]
fn answers_are_the_same_wherever_their_pieces_end() {
    for piece_bytes in [1, 2, 3, 5, 7, 64, 4_096] {
        let mut run = Run::new(Security::Plain, HI, TOUR);
        run.piece_bytes = piece_bytes;
        let (folders, state, open, found, alert) = run.then(tour).expect("all is well");
        let names: Vec<String> = folders.iter().map(|it| it.name.display()).collect();
        assert_eq!(names, ["INBOX", "a\"\\b", "A & \"B\""]);
        let highest_mod_seq = Some(i64::MAX as u64);
        let (uid_validity, uid_next) = (Some(7), Some(12));
        assert_eq!(state, FolderState { mails: 4, uid_validity, uid_next, highest_mod_seq });
        let highest_mod_seq = Some(99);
        assert_eq!(open, FolderState { mails: 12, uid_validity, uid_next, highest_mod_seq });
        assert_eq!((found, alert), (vec![3, 4], Some("Disk full".into())));
        assert_eq!(run.heard[2], "a3 LIST \"\" \"*\" RETURN (SPECIAL-USE)");
        assert_eq!(
            run.heard[3..],
            [
                r#"a4 STATUS "A &- \"B\"" (MESSAGES UIDVALIDITY UIDNEXT HIGHESTMODSEQ)"#,
                r#"a5 EXAMINE "A &- \"B\"""#,
                "a6 NOOP",
                r#"a7 UID SEARCH HEADER Message-ID "<a\"b@c>""#,
            ]
        );
    }
}

#[test]
fn a_server_that_goes_wrong_at_any_step_is_left_and_nothing_hangs() {
    let not_response = Failure::BadResponse { error: ResponseError::NotResponse };
    let stages = [
        Stage::Capability,
        Stage::LogIn,
        Stage::List,
        Stage::Status,
        Stage::Examine,
        Stage::NoOp,
        Stage::Search,
    ];
    let long = "x".repeat(70_000);
    let deep = format!("* 1 FETCH {}\r\n", "(".repeat(10_000));
    let many = "* 1 EXISTS\r\n".repeat(100_001);
    let much = format!("* OK {}\r\n", "x".repeat(60_000)).repeat(300);
    let error = |error| Failure::BadResponse { error };
    for (at, stage) in stages.into_iter().enumerate() {
        for (said, failure) in [
            ("", Failure::TimedOut),
            ("* OK still he", Failure::TimedOut),
            ("* LIST () \"/\" {5}\r\nab", Failure::TimedOut),
            ("* BYE [UNAVAILABLE] over\r\n", Failure::Bye { text: "over".into() }),
            ("* bye\r\n", Failure::Bye { text: String::new() }),
            ("a99 OK what\r\n", Failure::OutOfStep),
            ("A1 OK what\r\n", Failure::OutOfStep),
            ("<html>\r\n", not_response.clone()),
            ("a1\r\n", not_response.clone()),
            (" OK\r\n", not_response.clone()),
            ("a9 BYE\r\n", not_response.clone()),
            ("* 1 FETCH (UID\r\n", not_response.clone()),
            ("* 1 FETCH (UID 0)\r\n", not_response.clone()),
            ("* 1 FETCH (UID 4294967296)\r\n", not_response.clone()),
            ("* 1 FETCH (BODY[] 5)\r\n", not_response.clone()),
            ("* 1 FETCH (BODY[] x{1}\r\nx)\r\n", not_response.clone()),
            ("* SEARCH 1 x\r\n", not_response.clone()),
            ("* 1 FETCH (BODY[] {999999999}\r\n", error(ResponseError::LiteralTooLong)),
            (&long, error(ResponseError::LineTooLong)),
            (&deep, error(ResponseError::TooDeep)),
            (&many, error(ResponseError::TooMany)),
            (&much, error(ResponseError::TooMany)),
        ] {
            let mut script = TOUR.to_vec();
            script[at] = said;
            let result = Run::new(Security::Plain, HI, &script).then(tour).map(|_| ());
            assert_eq!(result, broken(stage, failure), "{stage:?} {:.60}", said);
        }
        let result = Run::new(Security::Plain, HI, &TOUR[..at]).then(tour).map(|_| ());
        assert_eq!(result, broken(stage, Failure::Closed));
    }
    for (greeting, failure) in [
        ("HTTP/1.1 400 Bad\r\n", not_response),
        ("+ go\r\n", Failure::OutOfStep),
        ("a1 OK\r\n", Failure::OutOfStep),
        ("", Failure::TimedOut),
    ] {
        assert_eq!(plain(greeting, &[]).0, broken(Stage::Greeting, failure), "{greeting}");
    }
    let (result, _) = plain("* BYE [ALERT] too many\r\n", &[]);
    let code = Some(Code::Alert);
    let text = "too many".to_owned();
    assert_eq!(result, Err(ImapError::Refused { at: Stage::Greeting, code, text }));
}

#[test]
fn an_answer_before_the_question_is_not_believed() {
    let early = "a2 OK in\r\n";
    let first = format!("{CAN}{early}");
    let (result, heard) = plain(HI, &[&first]);
    assert_eq!(result, broken(Stage::LogIn, Failure::OutOfStep));
    assert_eq!(heard, ["a1 CAPABILITY"], "no password was sent");
}
