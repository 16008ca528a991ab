//! Servers that follow a script, to fail at every step of the dialogue and in every manner.
//!
//! Time is tokio's paused clock: a time limit of minutes passes at once.

use core::time::Duration;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{
    AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, DuplexStream, ReadBuf, duplex,
};

use super::*;

mod flight;
mod log_in;

/// One step of a server.
#[derive(Debug, Clone, Copy)]
enum Step {
    Say(&'static str),
    /// One line, of which the beginning is known.
    Hear(&'static str),
    /// Lines up to the final dot.
    HearMail,
    /// One byte a second, for ever.
    Drip(&'static str),
    Stall,
}
use Step::*;

const EHLO: &str =
    "250-test\r\n250-SIZE 2000000\r\n250-8BITMIME\r\n250 AUTH LOGIN PLAIN XOAUTH2\r\n";

/// A whole dialogue in which everything goes well.
const GOOD: [Step; 15] = [
    Say("220 hi\r\n"),
    Hear("EHLO me.test"),
    Say(EHLO),
    Hear("AUTH PLAIN"),
    Say("334 \r\n"),
    Hear("AHUAcA=="),
    Say("235 ok\r\n"),
    Hear("MAIL FROM:<a@b.c> SIZE="),
    Say("250 ok\r\n"),
    Hear("RCPT TO:<d@e.f>"),
    Say("250 ok\r\n"),
    Hear("DATA"),
    Say("354 go\r\n"),
    HearMail,
    Say("250 2.0.0 queued\r\n"),
];
/// The steps of [`GOOD`] at which the server speaks, and what is being answered.
const ANSWERS: [(usize, Stage); 8] = [
    (0, Stage::Greeting),
    (2, Stage::Ehlo),
    (4, Stage::Auth),
    (6, Stage::Auth),
    (8, Stage::Mail),
    (10, Stage::Rcpt),
    (12, Stage::Data),
    (14, Stage::FinalDot),
];

struct TestStream {
    io: DuplexStream,
    has_tls_fault: bool,
}

impl AsyncRead for TestStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_read(cx, buf)
    }
}

impl AsyncWrite for TestStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}

impl SmtpStream for TestStream {
    async fn start_tls(self) -> io::Result<Self> {
        if self.has_tls_fault { Err(io::Error::other("bad certificate")) } else { Ok(self) }
    }
}

struct TokioSleep;

impl Sleep for TokioSleep {
    async fn sleep(&self, duration_ms: u64) {
        tokio::time::sleep(Duration::from_millis(duration_ms)).await;
    }
}

/// Follows the script, then hangs up; returns all that it heard.
async fn serve(mut io: DuplexStream, script: Vec<Step>) -> String {
    let mut heard = String::new();
    for step in script {
        match step {
            Say(text) => {
                if io.write_all(text.as_bytes()).await.is_err() {
                    break;
                }
            }
            Hear(beginning) => {
                let line = line(&mut io).await;
                heard.push_str(&line);
                assert!(line.starts_with(beginning), "heard {line:?}, not {beginning:?}");
            }
            HearMail => loop {
                let line = line(&mut io).await;
                heard.push_str(&line);
                if line == ".\r\n" || line.is_empty() {
                    break;
                }
            },
            Drip(text) => {
                for byte in text.bytes().cycle() {
                    tokio::time::sleep(Duration::from_secs(1)).await;
                    if io.write_all(&[byte]).await.is_err() {
                        return heard;
                    }
                }
            }
            Stall => {
                let _ = io.read_to_string(&mut heard).await; // until the client gives up
            }
        }
    }
    heard
}

async fn line(io: &mut DuplexStream) -> String {
    let mut line = String::new();
    while !line.ends_with('\n') {
        match io.read_u8().await {
            Ok(byte) => line.push(char::from(byte)),
            Err(_) => break,
        }
    }
    line
}

fn settings(security: Security) -> SmtpSettings {
    SmtpSettings {
        helo_name: "me.test".into(),
        security,
        credentials: Some(Credentials { user: "u".into(), password: "p".into(), mechanism: None }),
        time_limits: TimeLimits::default(),
    }
}

struct Run {
    settings: SmtpSettings,
    to: &'static [&'static str],
    raw: Vec<u8>,
    has_tls_fault: bool,
}

impl Run {
    fn new(security: Security) -> Run {
        let raw = b"Subject: x\r\n\r\n.hello\r\n".to_vec();
        Run { settings: settings(security), to: &["d@e.f"], raw, has_tls_fault: false }
    }

    async fn against(&self, script: &[Step]) -> (SendOutcome, String) {
        let (client, server) = duplex(4096);
        let stream = TestStream { io: client, has_tls_fault: self.has_tls_fault };
        let from = Address::parse("a@b.c").expect("valid");
        let to: Vec<Address> = self.to.iter().flat_map(|to| Address::parse(to)).collect();
        let mail = SmtpMail { from: &from, recipients: &to, raw: &self.raw, envelope_id: "t+k" };
        let client = send(stream, &TokioSleep, &self.settings, mail);
        tokio::join!(client, serve(server, script.to_vec()))
    }
}

async fn plain(script: &[Step]) -> SendOutcome {
    Run::new(Security::Plain).against(script).await.0
}

/// [`GOOD`] up to a step, with another ending.
fn ending(at: usize, steps: &[Step]) -> Vec<Step> {
    GOOD[..at].iter().chain(steps).copied().collect()
}

fn broken(at: Stage, failure: Failure) -> SendOutcome {
    SendOutcome::NotSent { why: NotSent::Broken { at, failure } }
}

#[tokio::test(start_paused = true)]
async fn a_mail_is_handed_over_with_its_dots_doubled() {
    let (outcome, heard) = Run::new(Security::Plain).against(&GOOD).await;
    let reply = Reply { code: 250, enhanced: Some("2.0.0".into()), text: "queued".into() };
    assert_eq!(outcome, SendOutcome::Accepted { reply, refused_recipients: vec![] });
    assert!(heard.ends_with("DATA\r\nSubject: x\r\n\r\n..hello\r\n.\r\n"), "{heard}");
}

#[tokio::test(start_paused = true)]
async fn a_server_that_fails_before_the_final_dot_has_nothing_and_after_it_nobody_knows() {
    for (at, stage) in ANSWERS {
        let is_dot = stage == Stage::FinalDot;
        let expected = |failure: Failure| match is_dot {
            true => SendOutcome::Unknown { why: failure },
            false => broken(stage, failure),
        };
        let not_reply = Failure::BadReply { error: ReplyError::NotReply };
        let disagreement = Failure::BadReply { error: ReplyError::Disagreement };
        let out_of_step = if is_dot { "354 more\r\n" } else { "299 what\r\n" };
        assert_eq!(plain(&ending(at, &[])).await, expected(Failure::Closed), "{stage:?}");
        assert_eq!(plain(&ending(at, &[Stall])).await, expected(Failure::TimedOut), "{stage:?}");
        assert_eq!(
            plain(&ending(at, &[Drip("250-x\r\n")])).await,
            expected(Failure::TimedOut),
            "{stage:?}"
        );
        assert_eq!(plain(&ending(at, &[Say("25")])).await, expected(Failure::Closed), "{stage:?}");
        assert_eq!(
            plain(&ending(at, &[Say("<html>\r\n")])).await,
            expected(not_reply),
            "{stage:?}"
        );
        assert_eq!(
            plain(&ending(at, &[Say("250-a\r\n550 b\r\n")])).await,
            expected(disagreement),
            "{stage:?}"
        );
        if stage != Stage::Rcpt {
            assert_eq!(
                plain(&ending(at, &[Say(out_of_step)])).await,
                expected(Failure::OutOfStep),
                "{stage:?}"
            );
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_refusal_at_any_step_is_told_with_its_code() {
    for (at, stage) in ANSWERS {
        for (say, code, permanent) in [
            ("451 4.3.0 later\r\n", 451, false),
            ("554 5.7.1 never\r\n", 554, true),
            ("421 bye\r\n", 421, false),
        ] {
            match plain(&ending(at, &[Say(say)])).await {
                SendOutcome::Refused { code: c, permanent: p, at: s, .. } => {
                    assert_eq!((c, p, s), (code, permanent, stage));
                }
                other => panic!("{stage:?} {say:?}: {other:?}"),
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn one_refused_recipient_does_not_stop_the_others() {
    let mut run = Run::new(Security::Plain);
    run.to = &["x@e.f", "d@e.f"];
    let refuse = [Hear("RCPT TO:<x@e.f>"), Say("550 5.1.1 who?\r\n"), Hear("RCPT TO:<d@e.f>")];
    let script: Vec<Step> = GOOD[..9].iter().chain(&refuse).chain(&GOOD[10..]).copied().collect();
    let (outcome, _) = run.against(&script).await;
    let SendOutcome::Accepted { refused_recipients, .. } = outcome else { panic!("{outcome:?}") };
    assert_eq!(refused_recipients[0].address.as_str(), "x@e.f");
    assert_eq!(refused_recipients[0].reply.enhanced.as_deref(), Some("5.1.1"));

    let all = [Hear("RCPT"), Say("550 no\r\n"), Hear("RCPT"), Say("450 later\r\n")];
    let script: Vec<Step> = GOOD[..9].iter().chain(&all).copied().collect();
    let (outcome, _) = run.against(&script).await;
    assert!(matches!(
        outcome,
        SendOutcome::Refused { code: 450, permanent: false, at: Stage::Rcpt, .. }
    ));
}

#[tokio::test(start_paused = true)]
async fn size_and_eight_bit_are_declared_or_the_mail_stays() {
    let mut run = Run::new(Security::Plain);
    run.raw = "Subject: x\r\n\r\nä".into();
    let (outcome, heard) = run.against(&GOOD).await;
    assert!(matches!(outcome, SendOutcome::Accepted { .. }));
    assert!(heard.contains(&format!("SIZE={} BODY=8BITMIME\r\n", run.raw.len())));
    let seven =
        [Say("220 hi\r\n"), Hear("EHLO"), Say("250-t\r\n250-AUTH PLAIN\r\n250 SIZE 20\r\n")];
    let script: Vec<Step> = seven.iter().chain(&GOOD[3..7]).chain(&[Stall]).copied().collect();
    run.raw = "ä".into();
    assert_eq!(
        run.against(&script).await.0,
        SendOutcome::NotSent { why: NotSent::EightBitNotOffered }
    );
    run.raw = vec![b'x'; 21];
    let why = NotSent::TooLarge { limit_bytes: 20 };
    assert_eq!(run.against(&script).await.0, SendOutcome::NotSent { why });
}

#[tokio::test(start_paused = true)]
async fn an_answer_before_the_question_is_not_believed() {
    let early = ending(12, &[Say("354 go\r\n250 2.0.0 queued\r\n"), Stall]);
    let (outcome, heard) = Run::new(Security::Plain).against(&early).await;
    assert_eq!(outcome, broken(Stage::Body, Failure::OutOfStep));
    assert!(!heard.contains("\r\n.\r\n"), "no dot was sent");
}

#[tokio::test(start_paused = true)]
async fn a_server_that_hangs_up_within_the_mail_has_not_got_it() {
    let mut run = Run::new(Security::Plain);
    run.raw = b"x\r\n".repeat(500_000);
    let (outcome, _) = run.against(&ending(13, &[])).await;
    let SendOutcome::NotSent { why: NotSent::Broken { at: Stage::Body, .. } } = outcome else {
        panic!("{outcome:?}")
    };
    let (outcome, _) = run.against(&ending(13, &[Say("552 5.3.4 too big\r\n")])).await;
    assert!(
        matches!(outcome, SendOutcome::Refused { code: 552, at: Stage::Body, .. }),
        "{outcome:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn what_cannot_go_on_the_wire_is_refused_before_anything_is_said() {
    let mut run = Run::new(Security::Plain);
    run.settings.helo_name = "x\r\nMAIL".into();
    let (outcome, heard) = run.against(&[Stall]).await;
    assert!(matches!(outcome, SendOutcome::NotSent { why: NotSent::BadInput { .. } }));
    assert_eq!(heard, "");
    let mut run = Run::new(Security::Plain);
    run.to = &[];
    assert!(matches!(run.against(&[Stall]).await.0, SendOutcome::NotSent { .. }));
    let shown = format!(
        "{:?}",
        Credentials { user: "u".into(), password: "geheim".into(), mechanism: None }
    );
    assert!(!shown.contains("geheim"));
}

#[test]
fn what_a_server_can_never_take_is_a_refusal_of_this_mail() {
    let code = |why: NotSent| why.refusal().map(|reply| reply.code);
    assert_eq!(code(NotSent::TooLarge { limit_bytes: 20 }), Some(552));
    assert_eq!(code(NotSent::EightBitNotOffered), Some(554));
    assert_eq!(code(NotSent::Utf8NotOffered), Some(553));
    assert_eq!(code(NotSent::TlsNotOffered), None);
    assert_eq!(code(NotSent::Broken { at: Stage::Data, failure: Failure::Closed }), None);
}
