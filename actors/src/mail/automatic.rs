//! Is a person behind this mail? The signs of RFC 3834 and of practice.
//!
//! An automatic mail is stored like any other, but never answered automatically: that is what
//! stops two help desks from writing to each other all night. `X-Auto-Response-Suppress` asks us
//! not to auto-answer; it says nothing about who wrote, so it is no sign here.

use serde::{Deserialize, Serialize};

use super::header::HeaderBlock;
use super::token;
use schema::ids::InboxId;

/// The header that every mail of Postroom carries; its value names the inbox that sent the mail
/// ([`token`]). Only what comes back to the workspace of that inbox is a loop: another team may use
/// Postroom, too.
pub const LOOP_HEADER: &str = "X-Postroom-Loop";

/// A mail that no person wrote by hand to us.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Automatic {
    /// What sort of automatic mail.
    pub kind: AutomaticKind,
    /// The strongest sign that says so.
    pub reason: AutomaticSign,
}

/// Sorts of automatic mail, the most serious first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AutomaticKind {
    /// Our own mail came back.
    OwnLoop,
    /// A report about the fate of a mail, or a complaint about it.
    Bounce,
    /// A vacation notice, a receipt, anything sent by a program.
    AutoReply,
    /// Mail to many.
    List,
}

/// What gave it away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AutomaticSign {
    /// [`LOOP_HEADER`] names an inbox of the workspace.
    LoopHeader,
    /// The Message-ID has the form that we make, at a domain of ours; and no header names another
    /// inbox.
    OwnMessageId,
    /// `multipart/report` with a delivery status or a feedback report.
    Report,
    /// `X-Failed-Recipients` or Exchange's non-delivery mark.
    FailedRecipients,
    /// From `mailer-daemon` or `postmaster`, with an empty return path.
    MailerDaemon,
    /// `Auto-Submitted` with anything but `no`.
    AutoSubmitted,
    /// `X-Autoreply` and its kin.
    AutoReplyHeader,
    /// `Precedence: auto_reply`.
    PrecedenceAutoReply,
    /// `Delivered-To: autoresponder`.
    DeliveredToAutoresponder,
    /// `Return-Path: <>`.
    NullReturnPath,
    /// A subject as out-of-office notices have it: weak, and only stops auto-answers.
    SubjectPrefix,
    /// `List-Id`, `List-Post` or `List-Unsubscribe`.
    ListHeader,
    /// `Precedence: bulk`, `list` or `junk`.
    PrecedenceBulk,
    /// `Feedback-ID`.
    FeedbackId,
}

/// What the classification looks at besides the headers.
pub(super) struct Facts<'x> {
    pub(super) message_id: &'x str,
    pub(super) from_address: &'x str,
    pub(super) subject: &'x str,
    /// The envelope said `MAIL FROM:<>`.
    pub(super) is_envelope_null: bool,
    pub(super) own_domains: &'x [String],
    pub(super) own_inboxes: &'x [InboxId],
}

/// Finds the strongest sign, or none.
pub(super) fn classify(headers: &HeaderBlock, facts: &Facts<'_>) -> Option<Automatic> {
    use AutomaticKind::*;
    let found = |kind, reason| Some(Automatic { kind, reason });
    let has = |name: &str| headers.get(name).is_some();
    let value = |name: &str| headers.get(name).unwrap_or_default().to_ascii_lowercase();
    let is_null_return =
        facts.is_envelope_null || headers.get("return-path").is_some_and(|v| v == "<>");

    let sent_by = headers.get("x-postroom-loop").and_then(|value| token::read(&value));
    match sent_by {
        Some((inbox, _)) if facts.own_inboxes.contains(&inbox) => {
            return found(OwnLoop, AutomaticSign::LoopHeader);
        }
        None if is_own_message_id(facts.message_id, facts.own_domains) => {
            return found(OwnLoop, AutomaticSign::OwnMessageId);
        }
        // Another team's, perhaps at the domain of the same provider.
        Some(_) | None => {}
    }
    let content_type = value("content-type");
    if content_type.starts_with("multipart/report")
        && (content_type.contains("delivery-status") || content_type.contains("feedback-report"))
    {
        return found(Bounce, AutomaticSign::Report);
    }
    if has("x-failed-recipients") || has("x-ms-exchange-message-is-ndr") {
        return found(Bounce, AutomaticSign::FailedRecipients);
    }
    let local = facts.from_address.split('@').next().unwrap_or_default().to_ascii_lowercase();
    let is_daemon = matches!(local.as_str(), "mailer-daemon" | "postmaster");
    if local == "mailer-daemon" || (is_daemon && is_null_return) {
        return found(Bounce, AutomaticSign::MailerDaemon);
    }
    // May carry parameters (RFC 5436) or a comment.
    let submitted = value("auto-submitted");
    let submitted = submitted.split([';', '(']).next().unwrap_or_default().trim();
    if !matches!(submitted, "" | "no") {
        return found(AutoReply, AutomaticSign::AutoSubmitted);
    }
    if ["x-autoreply", "x-autorespond", "x-autoresponder", "x-auto-reply"].iter().any(|n| has(n)) {
        return found(AutoReply, AutomaticSign::AutoReplyHeader);
    }
    let precedence = value("precedence");
    if precedence == "auto_reply" {
        return found(AutoReply, AutomaticSign::PrecedenceAutoReply);
    }
    if value("delivered-to") == "autoresponder" {
        return found(AutoReply, AutomaticSign::DeliveredToAutoresponder);
    }
    if ["list-id", "list-post", "list-unsubscribe"].iter().any(|name| has(name)) {
        return found(List, AutomaticSign::ListHeader);
    }
    if matches!(precedence.as_str(), "bulk" | "list" | "junk") {
        return found(List, AutomaticSign::PrecedenceBulk);
    }
    if has("feedback-id") {
        return found(List, AutomaticSign::FeedbackId);
    }
    if is_null_return {
        return found(AutoReply, AutomaticSign::NullReturnPath);
    }
    if has_automatic_subject(facts.subject) {
        return found(AutoReply, AutomaticSign::SubjectPrefix);
    }
    None
}

/// `{UUIDv7}@{one of our domains}`: what [`super::outbound::message_id`] makes.
fn is_own_message_id(message_id: &str, own_domains: &[String]) -> bool {
    let Some((local, domain)) = message_id.split_once('@') else { return false };
    let is_uuid_v7 = local.len() == 36
        && local.bytes().enumerate().all(|(at, b)| match at {
            8 | 13 | 18 | 23 => b == b'-',
            14 => b == b'7',
            _ => matches!(b, b'0'..=b'9' | b'a'..=b'f'),
        });
    is_uuid_v7 && own_domains.iter().any(|own| own.eq_ignore_ascii_case(domain))
}

fn has_automatic_subject(subject: &str) -> bool {
    const BEGINNINGS: [&str; 14] = [
        "automatic reply:",
        "auto reply:",
        "autoreply:",
        "auto-reply:",
        "out of office:",
        "out of office re:",
        "automatische antwort:",
        "abwesenheitsnotiz:",
        "réponse automatique",
        "respuesta automática:",
        "risposta automatica:",
        "automatisch antwoord:",
        "resposta automática:",
        "autosvar:",
    ];
    let subject: String = subject.trim().chars().take(40).collect::<String>().to_lowercase();
    BEGINNINGS.iter().any(|beginning| subject.starts_with(beginning))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::charset::Native;
    use crate::mail::inbound::{Envelope, parse};
    use schema::ids::SendId;

    fn inbox(number: u128) -> InboxId {
        InboxId(uuid::Uuid::from_u128(number))
    }

    /// [`LOOP_HEADER`] of a mail of an inbox's.
    fn sent_by(inbox: InboxId) -> String {
        format!("{LOOP_HEADER}: {}", token::of(inbox, SendId(uuid::Uuid::from_u128(1))))
    }

    fn kind_of(header: &str) -> Option<(AutomaticKind, AutomaticSign)> {
        let raw = format!("From: a@b.test\r\nSubject: x\r\n{header}\r\n\r\nhi");
        let own_domains = ["desk.test".to_string()];
        let envelope =
            Envelope { sender: None, own_domains: &own_domains, own_inboxes: &[inbox(7)] };
        let mail = parse(raw.as_bytes(), &envelope, &Native).expect("it has a sender");
        mail.automatic.map(|automatic| (automatic.kind, automatic.reason))
    }

    #[test]
    fn each_sign_is_seen() {
        use AutomaticKind::*;
        use AutomaticSign::*;
        let own = "Message-ID: <0190a0b0-1234-7abc-8def-0123456789ab@desk.test>";
        for (header, kind, sign) in [
            (&*sent_by(inbox(7)), OwnLoop, LoopHeader),
            (&format!("{own}\r\nX-Postroom-Loop: 1"), OwnLoop, OwnMessageId),
            (own, OwnLoop, OwnMessageId),
            ("Content-Type: multipart/report; report-type=delivery-status", Bounce, Report),
            ("X-Failed-Recipients: a@b", Bounce, FailedRecipients),
            ("AUTO-Submitted: auto-replied; x=y", AutoReply, AutoSubmitted),
            ("auto-submitted: Auto-Notified", AutoReply, AutoSubmitted),
            ("X-Autorespond: y", AutoReply, AutoReplyHeader),
            ("Precedence: auto_reply", AutoReply, PrecedenceAutoReply),
            ("Delivered-To: Autoresponder", AutoReply, DeliveredToAutoresponder),
            ("Return-Path: <>", AutoReply, NullReturnPath),
            ("List-Id: <x.y>", List, ListHeader),
            ("Precedence: Bulk", List, PrecedenceBulk),
            ("Feedback-ID: 1:2", List, FeedbackId),
        ] {
            assert_eq!(kind_of(header), Some((kind, sign)), "{header}");
        }
    }

    #[test]
    fn a_mail_of_another_team_that_uses_postroom_is_no_loop() {
        let theirs = sent_by(inbox(8));
        let at_our_provider = "Message-ID: <0190a0b0-1234-7abc-8def-0123456789ab@desk.test>";
        for header in ["X-Postroom-Loop: 1", &theirs, &format!("{theirs}\r\n{at_our_provider}")] {
            assert_eq!(kind_of(header), None, "{header}");
        }
        let generated = format!("{theirs}\r\nAuto-Submitted: auto-generated");
        let kind = kind_of(&generated).map(|(kind, _)| kind);
        assert_eq!(kind, Some(AutomaticKind::AutoReply));
    }

    #[test]
    fn mail_of_people_is_not_automatic() {
        for header in [
            "X-Auto-Response-Suppress: All",
            "Auto-Submitted: no (by hand)",
            "Precedence: first-class",
            "Return-Path: <a@b.test>",
            "In-Reply-To: <0190a0b0-1234-7abc-8def-0123456789ab@desk.test>",
            "Message-ID: <0190a0b0-1234-7abc-8def-0123456789ab@else.test>",
            "Message-ID: <0190a0b0-1234-4abc-8def-0123456789ab@desk.test>",
        ] {
            assert_eq!(kind_of(header), None, "{header}");
        }
    }
}
