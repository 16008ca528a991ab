//! Servers that take all commands before a mail in one flight (RFC 2920).

use super::*;

const EHLO_ALL: &str = "250-test\r\n250-PIPELINING\r\n250-SIZE 2000000\r\n250-8BITMIME\r\n\
    250-SMTPUTF8\r\n250-DSN\r\n250 AUTH PLAIN\r\n";

/// Up to the flight of commands before a mail for two, which is heard whole before it is answered.
const FLIGHT: [Step; 11] = [
    Say("220 hi\r\n"),
    Hear("EHLO"),
    Say(EHLO_ALL),
    Hear("AUTH PLAIN"),
    Say("334 \r\n"),
    Hear("AHUAcA=="),
    Say("235 ok\r\n"),
    Hear("MAIL FROM:<a@b.c> SIZE=22 RET=HDRS ENVID=t+2Bk\r\n"),
    Hear("RCPT TO:<d@e.f> NOTIFY=FAILURE,DELAY ORCPT=rfc822;d@e.f\r\n"),
    Hear("RCPT TO:<g=h@e.f> NOTIFY=FAILURE,DELAY ORCPT=rfc822;g+3Dh@e.f\r\n"),
    Hear("DATA\r\n"),
];

/// What becomes of a mail for two whose flight of commands is answered like that.
async fn flight(answers: &[Step]) -> (SendOutcome, String) {
    let mut run = Run::new(Security::Plain);
    run.to = &["d@e.f", "g=h@e.f"];
    let script: Vec<Step> = FLIGHT.iter().chain(answers).copied().collect();
    run.against(&script).await
}

#[tokio::test(start_paused = true)]
async fn where_it_is_offered_the_commands_go_in_one_flight_and_the_mail_waits_for_all_replies() {
    let queued = [HearMail, Say("250 queued\r\n")];
    let good = Say("250 ok\r\n250 ok\r\n250 ok\r\n354 go\r\n");
    let (outcome, heard) = flight(&[good, queued[0], queued[1]]).await;
    assert!(matches!(outcome, SendOutcome::Accepted { .. }), "{outcome:?}");
    assert!(heard.ends_with("DATA\r\nSubject: x\r\n\r\n..hello\r\n.\r\n"), "{heard}");
    assert_eq!(
        flight(&[good, HearMail]).await.0,
        SendOutcome::Unknown { why: Failure::Closed },
        "behind the dot nobody knows"
    );

    let some = Say("250 ok\r\n550 5.1.1 who?\r\n250 ok\r\n354 go\r\n");
    let (outcome, _) = flight(&[some, queued[0], queued[1]]).await;
    let SendOutcome::Accepted { refused_recipients, .. } = outcome else { panic!("{outcome:?}") };
    assert_eq!(refused_recipients.len(), 1);
    assert_eq!(refused_recipients[0].address.as_str(), "d@e.f");
}

#[tokio::test(start_paused = true)]
async fn a_flight_that_fails_anywhere_has_sent_nothing() {
    for (answer, at) in [
        ("", Stage::Mail),
        ("250 ok\r\n", Stage::Rcpt),
        ("250 ok\r\n250 ok\r\n25", Stage::Rcpt),
        ("250 ok\r\n250 ok\r\n250 ok\r\n", Stage::Data),
    ] {
        let (outcome, heard) = flight(&[Say(answer)]).await;
        assert_eq!(outcome, broken(at, Failure::Closed), "{answer}");
        let (late, _) = flight(&[Say(answer), Stall]).await;
        assert_eq!(late, broken(at, Failure::TimedOut), "{answer}");
        assert!(heard.ends_with("DATA\r\n"), "{heard}");
    }
    for (answer, at, code) in [
        ("552 5.3.4 no\r\n503 x\r\n503 x\r\n503 x\r\n", Stage::Mail, 552),
        ("250 ok\r\n421 bye\r\n", Stage::Rcpt, 421),
        ("250 ok\r\n550 no\r\n450 later\r\n354 go\r\n", Stage::Rcpt, 450),
        ("250 ok\r\n550 no\r\n550 no\r\n503 none\r\n", Stage::Rcpt, 550),
        ("250 ok\r\n250 ok\r\n250 ok\r\n451 later\r\n", Stage::Data, 451),
    ] {
        let (outcome, heard) = flight(&[Say(answer), Stall]).await;
        let SendOutcome::Refused { code: told, at: stage, .. } = outcome else {
            panic!("{answer}: {outcome:?}")
        };
        assert_eq!((told, stage), (code, at), "{answer}");
        assert!(heard.ends_with("DATA\r\n"), "no mail and no dot: {heard}");
    }
    let early = "250 ok\r\n250 ok\r\n250 ok\r\n354 go\r\n250 queued\r\n";
    let (outcome, heard) = flight(&[Say(early), Stall]).await;
    assert_eq!(outcome, broken(Stage::Body, Failure::OutOfStep));
    assert!(!heard.contains("\r\n.\r\n"), "no dot was sent");
    let (outcome, _) = flight(&[Say("250 ok\r\n354 go\r\n"), Stall]).await;
    assert_eq!(outcome, broken(Stage::Rcpt, Failure::OutOfStep));
}

#[tokio::test(start_paused = true)]
async fn an_address_that_is_not_ascii_goes_where_it_can_be_written_to() {
    let mut run = Run::new(Security::Plain);
    run.to = &["jörg@e.f"];
    run.raw = "To: <jörg@e.f>\r\n\r\nx\r\n".into();
    let rest = [
        Hear("MAIL FROM:<a@b.c> SIZE=22 BODY=8BITMIME SMTPUTF8 RET=HDRS ENVID=t+2Bk\r\n"),
        Hear("RCPT TO:<j\u{c3}\u{b6}rg@e.f> NOTIFY=FAILURE,DELAY\r\n"),
        Hear("DATA"),
        Say("250 ok\r\n250 ok\r\n354 go\r\n"),
        HearMail,
        Say("250 queued\r\n"),
    ];
    let script: Vec<Step> = FLIGHT[..7].iter().chain(&rest).copied().collect();
    let (outcome, _) = run.against(&script).await;
    assert!(matches!(outcome, SendOutcome::Accepted { .. }), "{outcome:?}");

    let script: Vec<Step> = GOOD[..7].iter().chain(&[Stall]).copied().collect();
    let (outcome, heard) = run.against(&script).await;
    let SendOutcome::NotSent { why } = outcome else { panic!("{outcome:?}") };
    assert_eq!(why, NotSent::Utf8NotOffered);
    assert!(!heard.contains("MAIL"));
}
