//! Each form of a report, small; what is no report; and what is meant to hurt.

use core::time::Duration;
use tokio::time::Instant;

use super::{Class, DIAGNOSTIC_BYTES_MAX, RECIPIENTS_MAX, Reader, Reason, Report, read, refusal};
use crate::mail::charset::Native;
use crate::mail::inbound::{Envelope, parse};

fn report(raw: &str) -> Option<Report> {
    let raw = raw.replace("\r\n", "\n").replace('\n', "\r\n");
    let mail = parse(raw.as_bytes(), &Envelope::default(), &Native).expect("it has a sender");
    read(raw.as_bytes(), &mail)
}

/// A mail that a mail system wrote in words.
fn words(text: &str) -> Option<Report> {
    report(&format!(
        "Return-Path: <>\nFrom: MAILER-DAEMON@mx.test\nTo: desk@us.test\n\
         Subject: Undelivered Mail Returned to Sender\n\n{text}\n"
    ))
}

/// A report with the fields of one recipient.
fn fields(fields: &str) -> Option<Report> {
    let head = "Reporting-MTA: dns; mx.test\nOriginal-Envelope-Id: env1\n";
    report(&multipart(&format!(
        "--b\nContent-Type: message/delivery-status\n\n{head}\n{fields}\n\
         --b\nContent-Type: text/rfc822-headers\n\nMessage-ID: <m1@us.test>\n\
         X-Postroom-Loop: token1\nTo: ann@them.test\n--b--\n"
    )))
}

fn multipart(parts: &str) -> String {
    format!(
        "From: MAILER-DAEMON@mx.test\nTo: desk@us.test\nSubject: Returned mail\nContent-Type: \
         multipart/report; report-type=delivery-status; boundary=b\n\n--b\n\nSorry.\n{parts}"
    )
}

/// Address, class and reason of the one recipient.
fn one(report: Option<Report>) -> (String, Class, Reason) {
    let report = report.expect("a report");
    let [recipient] = report.recipients.as_slice() else { panic!("{report:?}") };
    (recipient.address.clone(), recipient.class, recipient.reason)
}

fn is(report: Option<Report>, class: Class, reason: Reason) {
    assert_eq!(one(report), ("ann@them.test".to_string(), class, reason));
}

#[test]
fn a_delivery_status_tells_all_that_is_known() {
    let report = fields(
        "Final-Recipient: rfc822; ann@them.test\nOriginal-Recipient: rfc822;a@alias.test\n\
         Action: failed\nStatus: 5.1.1 (bad)\nDiagnostic-Code: smtp; 550 5.1.1\n  User unknown",
    );
    let report = report.expect("a report");
    assert_eq!(report.reader, Reader::DeliveryStatus);
    assert_eq!(report.reporting_mta.as_deref(), Some("mx.test"));
    assert_eq!(report.trace.envelope_id.as_deref(), Some("env1"));
    assert_eq!(report.trace.message_id.as_deref(), Some("m1@us.test"));
    assert_eq!(report.trace.loop_token.as_deref(), Some("token1"));
    let recipient = &report.recipients[0];
    assert_eq!(recipient.address, "ann@them.test");
    assert_eq!(recipient.original_address.as_deref(), Some("a@alias.test"));
    assert_eq!((recipient.class, recipient.reason), (Class::Hard, Reason::UserUnknown));
    assert_eq!((recipient.status.as_deref(), recipient.reply_code), (Some("5.1.1"), Some(550)));
    assert_eq!(recipient.diagnostic, "550 5.1.1 User unknown");
}

#[test]
fn codes_and_words_are_weighed() {
    use Reason::*;
    for (status, said, class, reason) in [
        ("5.1.1", "", Class::Hard, UserUnknown),
        ("5.1.2", "", Class::Hard, HostUnknown),
        ("5.1.3", "", Class::Hard, UserUnknown),
        ("5.1.6", "", Class::Hard, Moved),
        ("5.1.10", "", Class::Hard, UserUnknown),
        ("5.1.10", "smtp; 556 5.1.10 null MX", Class::Hard, NoMail),
        ("5.2.1", "", Class::Soft, Suspended),
        ("5.2.2", "", Class::Soft, MailboxFull),
        ("5.3.0", "", Class::Soft, System),
        ("5.4.7", "", Class::Soft, Expired),
        ("5.7.1", "", Class::Block, Policy),
        ("5.7.1", "smtp; 550 5.7.1 <ann@them.test>: user unknown", Class::Block, Filtered),
        ("5.1.8", "smtp; 553 Domain of sender does not exist", Class::Block, Policy),
        ("5.1.1", "smtp; 552 5.1.1 mailbox full", Class::Soft, MailboxFull),
        ("5.0.0", "smtp; 550 <ann@them.test> no such user", Class::Hard, UserUnknown),
        ("5.0.0", "smtp; 550 user unknown", Class::Block, Filtered),
        ("5.0.0", "x-unix; no such user", Class::Soft, System),
        ("5.0.0", "smtp; 550 Listed at dnsbl.test", Class::Block, Policy),
        ("4.1.1", "smtp; 450 4.1.1 user unknown", Class::Soft, UserUnknown),
        ("4.4.1", "", Class::Soft, Expired),
        ("5.0.0", "", Class::Soft, Unknown),
    ] {
        let group = format!(
            "Final-Recipient: rfc822; ann@them.test\nAction: failed\nStatus: {status}\n\
             Diagnostic-Code: {said}"
        );
        assert_eq!(
            one(fields(&group)),
            ("ann@them.test".to_string(), class, reason),
            "{status} {said}"
        );
    }
}

#[test]
fn delays_are_told_and_what_arrived_is_no_bounce() {
    let group = |action| format!("Final-Recipient: rfc822; ann@them.test\nAction: {action}");
    is(fields(&format!("{}\nStatus: 4.4.1", group("delayed"))), Class::Delayed, Reason::Expired);
    for action in ["delivered", "relayed", "expanded (list)"] {
        assert_eq!(fields(&format!("{}\nStatus: 2.0.0", group(action))), None, "{action}");
    }
    let text = "THIS IS A WARNING MESSAGE ONLY.\nDelivery has been delayed to\n  ann@them.test\n";
    assert_eq!(one(words(text)).1, Class::Delayed);
}

#[test]
fn every_recipient_of_a_report_is_its_own() {
    let report = fields(
        "Final-Recipient: rfc822; ann@them.test\nAction: failed\nStatus: 5.1.1\n\n\
         Final-Recipient: rfc822; ANN@them.test\nAction: failed\nStatus: 5.1.1\n\n\
         Final-Recipient: rfc822; bob@them.test\nAction: failed\nStatus: 5.2.2",
    );
    let classes: Vec<_> = report.expect("a report").recipients.iter().map(|r| r.class).collect();
    assert_eq!(classes, [Class::Hard, Class::Soft]);
    let report = words(
        "<ann@them.test>: host mx said: 550 5.1.1 no such user\n\
         <bob@them.test>: host mx said: 552 5.2.2 over quota\n",
    );
    let classes: Vec<_> = report.expect("a report").recipients.iter().map(|r| r.class).collect();
    assert_eq!(classes, [Class::Hard, Class::Soft]);
}

#[test]
fn complaints_name_whom_they_can() {
    let complaint = |fields: &str| {
        report(&format!(
            "From: fbl@them.test\nTo: abuse@us.test\nContent-Type: multipart/report; \
             report-type=feedback-report; boundary=b\n\n--b\nContent-Type: \
             message/feedback-report\n\n{fields}\n--b\nContent-Type: message/rfc822\n\n\
             Message-ID: <m1@us.test>\nTo: undisclosed\n\nHi\n--b--\n"
        ))
    };
    let told = "Feedback-Type: abuse\nOriginal-Rcpt-To: <ann@them.test>\n";
    is(complaint(told), Class::Complaint, Reason::Feedback);
    let failed = "Feedback-Type: auth-failure\nOriginal-Rcpt-To: ann@them.test\n";
    is(complaint(failed), Class::Notice, Reason::Feedback);
    let silent = complaint("Feedback-Type: abuse\n").expect("a report");
    assert_eq!(silent.recipients, []);
    assert_eq!(silent.trace.message_id.as_deref(), Some("m1@us.test"));
}

#[test]
fn mail_systems_are_read_in_their_own_words() {
    let unknown = "550 5.1.1 <ann@them.test>... User unknown";
    for (reader, text) in [
        (Reader::Listing, format!("<ann@them.test>:\nhost mx does not like recipient.\n{unknown}")),
        (Reader::Listing, format!("  ann@them.test\n    SMTP error after RCPT TO:\n    {unknown}")),
        (Reader::Listing, format!("\"ann@them.test\":\n{unknown}")),
        (Reader::Listing, format!("Ann@home <ann@them.test>: {unknown}")),
        (Reader::Listing, "ann@them.test on Thu, 1 Jan\n  The name is not recognized".into()),
        (Reader::Transcript, format!(">>> RCPT To:<ann@them.test>\n<<< {unknown}")),
        (Reader::Transcript, unknown.into()),
        (Reader::Prose, "Could not be delivered to: <ann@them.test>, no such user".into()),
        (
            Reader::StatusText,
            "Report:\nFinal-Recipient: rfc822; ann@them.test\nAction: failed\nStatus: 5.1.1".into(),
        ),
    ] {
        let copy = "--- Below is a copy of the message.\n\nReceived: x\nMessage-ID: <m1@us.test>\n\
             From: desk@us.test\nTo: eve@else.test\n\nHi eve@else.test";
        let report = words(&format!("Sorry.\n\n{text}\n\n{copy}"));
        assert_eq!(report.as_ref().map(|report| report.reader), Some(reader), "{text}");
        let message_id = report.as_ref().and_then(|report| report.trace.message_id.clone());
        assert_eq!(message_id.as_deref(), Some("m1@us.test"), "{text}");
        is(report, Class::Hard, Reason::UserUnknown);
    }
    let named = "From: MAILER-DAEMON@mx.test\nX-Failed-Recipients: ann@them.test\n\n\
        Delivery failed.\n    550 5.1.1 user unknown\n";
    is(report(named), Class::Hard, Reason::UserUnknown);
}

#[test]
fn a_refusal_of_the_mail_or_of_the_sender_does_not_blame_the_recipient() {
    let said = |text: &str| words(&format!("<ann@them.test>: host mx said: {text}"));
    is(said("550 user unknown (in reply to end of DATA command)"), Class::Block, Reason::Filtered);
    is(said("550 no such user (in reply to MAIL FROM command)"), Class::Block, Reason::Policy);
    is(said("550 no such user (in reply to RCPT TO command)"), Class::Hard, Reason::UserUnknown);
    is(said("550 no such user"), Class::Block, Reason::Filtered);
}

#[test]
fn a_person_who_quotes_answers_or_forwards_a_bounce_reports_nothing() {
    let bounce = "<ann@them.test>: 550 5.1.1 User unknown\n\
        Final-Recipient: rfc822; ann@them.test\nAction: failed\nStatus: 5.1.1\n";
    let quoted: String = bounce.lines().map(|line| format!("> {line}\n")).collect();
    let attached = format!(
        "Content-Type: multipart/mixed; boundary=b\n\n--b\n\nLook at this.\n--b\n\
         Content-Type: message/rfc822\n\n{}",
        multipart(&format!("--b\nContent-Type: text/plain\n\n{bounce}"))
    );
    let status = "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: \
        message/delivery-status\n\nReporting-MTA: dns; x\n\nFinal-Recipient: rfc822; a@b.c\n\
        Action: failed\nStatus: 5.1.1\n--b--\n";
    for (head, body) in [
        ("From: bob@them.test\nSubject: Undelivered Mail", format!("\n{bounce}")),
        ("From: bob@them.test\nSubject: Re: Undelivered Mail\nReturn-Path: <b@t.u>", quoted),
        ("From: postmaster@them.test\nSubject: Re: Undelivered", format!("\n{bounce}")),
        ("From: postmaster@them.test\nSubject: Our meeting", format!("\n{bounce}")),
        ("From: bob@them.test\nSubject: Fwd: Undelivered Mail", attached),
        ("From: bob@them.test\nSubject: Undelivered Mail", status.to_string()),
        ("From: bob@them.test\nSubject: unsubscribe", "\nplease".to_string()),
        (
            "From: bob@them.test\nSubject: Automatic reply: x\nReturn-Path: <>\n\
             Auto-Submitted: auto-replied",
            "\nThe inbox ann@them.test is no longer in use.".to_string(),
        ),
    ] {
        assert_eq!(report(&format!("{head}\n{body}")), None, "{head}");
    }
}

#[test]
fn amazon_tells_of_our_mail_by_our_id_and_not_by_its_own() {
    let json = r#"{"notificationType":"Bounce","bounce":{"bounceSubType":"General",
 "bouncedRecipients":[{"emailAddress":"ann@them.test","status":"5.1.1",
 "diagnosticCode":"smtp; 550 5.1.1 user unknown"}]},"mail":{"messageId":"its-own",
 "headers":[{"name":"Message-ID","value":"<m1@us.test>"},
 {"name":"X-Postroom-Loop","value":"token1"}]}}"#;
    let told = |json: &str| {
        let head = "From: x <no-reply@sns.amazonaws.com>\nSubject: AWS Notification\n\n";
        report(&format!("{head}{json}\n")).expect("a report")
    };
    let first = told(json);
    assert_eq!(first.reader, Reader::Notification);
    assert_eq!(first.trace.message_id.as_deref(), Some("m1@us.test"));
    assert_eq!(first.trace.loop_token.as_deref(), Some("token1"));
    let bare = json.replace("\"name\":\"Message-ID\"", "\"name\":\"X-Other\"");
    assert_eq!(told(&bare).trace.message_id, None);
}

#[test]
fn a_refusal_in_the_dialogue_is_read_as_a_report_is() {
    for (code, status, said, class) in [
        (550, Some("5.1.1"), "", Class::Hard),
        (550, None, "no such user", Class::Hard),
        (550, None, "", Class::Hard),
        (550, Some("5.7.1"), "blocked", Class::Block),
        (550, None, "Listed at dnsbl.test", Class::Block),
        (552, Some("5.2.2"), "over quota", Class::Soft),
        (554, None, "", Class::Soft),
        (521, None, "", Class::Hard),
    ] {
        let told = refusal("spam@them.test", code, status, said);
        assert_eq!((told.class, told.reply_code), (class, Some(code)), "{code} {said}");
        assert_eq!(told.address, "spam@them.test");
    }
}

#[test]
fn a_long_report_on_many_is_gone_through_once() {
    let head: String = (0..200).map(|n| format!("<a{n}@them.test>: 550 5.1.1 no\n")).collect();
    let start = Instant::now();
    let told = words(&format!("{head}{}", "x@y.z and so on\n".repeat(14_000)));
    assert_eq!(told.expect("a report").recipients.len(), RECIPIENTS_MAX);
    let fields: String = (0..200)
        .map(|n| format!("Final-Recipient: rfc822; a{n}@them.test\nStatus: 5.1.1\n\n"))
        .collect();
    let text = multipart("").replace("Sorry.", &"x@y.z and so on\n".repeat(14_000));
    let part = format!("--b\nContent-Type: message/delivery-status\n\nX: y\n\n{fields}--b--\n");
    let told = report(&format!("{text}{part}"));
    assert_eq!(told.expect("a report").recipients.len(), RECIPIENTS_MAX);
    assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
}

#[test]
fn what_is_meant_to_hurt_is_bounded() {
    let group = |n: usize| {
        format!("Final-Recipient: rfc822; a{n}@them.test\nAction: failed\nStatus: 5.1.1\n\n")
    };
    let many = fields(&(0..100_000).map(group).collect::<String>()).expect("a report");
    assert!(many.recipients.len() == RECIPIENTS_MAX && many.is_cut);
    let lines: String = (0..100_000).map(|n| format!("<a{n}@them.test>: 550 no\n")).collect();
    let many = words(&lines).expect("a report");
    assert!(many.recipients.len() == RECIPIENTS_MAX && many.is_cut);
    let long = format!(
        "Final-Recipient: rfc822; ann@them.test\nDiagnostic-Code: smtp; 550 {}",
        "é ".repeat(1_000_000)
    );
    let long = fields(&long).expect("a report");
    assert!(long.recipients[0].diagnostic.len() <= DIAGNOSTIC_BYTES_MAX);
    let folded = format!(
        "Final-Recipient: rfc822; ann@them.test\nStatus: 5.1.1\nX-Long: a\n {}\n\n",
        "x".repeat(200_000)
    );
    let groups = super::fields::groups(&folded);
    assert!(groups[0].get("x-long").is_some_and(|value| value.len() <= 4_001));
    let start = Instant::now();
    for piece in ["@", "a@b.c ", "<a@b.c>: 550\n", "550 ", "5.1.1.", "\n ", "rcpt to:", "é@", "-"]
    {
        let text = piece.repeat(1_000_000 / piece.len());
        words(&text);
        fields(&text);
    }
    assert!(start.elapsed() < Duration::from_secs(60), "{:?}", start.elapsed());
}
