//! Why an address was refused, and what that means for it.
//!
//! The words of the refusing server come first, because servers give codes carelessly (a full
//! mailbox with 5.1.1, a missing one with 5.7.1); where its words say nothing known, its codes
//! decide (RFC 3463), and last the words of the server that reports.
//!
//! | class | reasons |
//! | --- | --- |
//! | hard | no such user, no such domain, moved away, the domain takes no mail |
//! | soft | full, suspended, too large, expired, a network's or a system's trouble, unknown |
//! | block | filtered; the sender, its server or the content refused |

use super::scan::{self, has_any, plain};
use super::{Class, DIAGNOSTIC_BYTES_MAX, Reason, Recipient};
use crate::mail::structure::cut_at_char;

/// What is known about the failure at one address.
pub(super) struct Facts<'x> {
    /// The field `Status`, as it stands.
    pub(super) status: Option<&'x str>,
    /// What the refusing server said.
    pub(super) diagnostic: &'x str,
    /// What the reporting server says about it in words.
    pub(super) context: &'x str,
    pub(super) is_delayed: bool,
    /// Where it was read.
    pub(super) source: Source,
}

/// Where facts were read, which decides how far they are trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    /// The fields of a delivery status: what an SMTP server answered.
    Fields,
    /// The same, but a program on the last server said it: `procmail` and its kin.
    LocalProgram,
    /// The same, but without the type of what is quoted (RFC 3464 §2.3.6): a gateway's words.
    Untyped,
    /// Words, in which other words may stand.
    Words,
}

/// A recipient of which nothing else is known.
pub(super) fn recipient(address: String, class: Class, reason: Reason, said: &str) -> Recipient {
    let mut one_line = String::new();
    for word in cut_at_char(said, DIAGNOSTIC_BYTES_MAX).split_whitespace() {
        if !one_line.is_empty() {
            one_line.push(' ');
        }
        one_line.extend(word.chars().filter(|c| !c.is_control()));
    }
    Recipient {
        address,
        original_address: None,
        class,
        reason,
        status: None,
        reply_code: None,
        diagnostic: one_line,
    }
}

/// Decides about one address.
pub(super) fn judge(address: String, facts: &Facts<'_>) -> Recipient {
    let is_silent = facts.diagnostic.trim().is_empty();
    let said = if is_silent { facts.context } else { facts.diagnostic };
    let status = best_status(facts, said);
    let reply_code = best_code(said).or_else(|| best_code(facts.context));
    let reason = reason(&address, facts, status.as_deref(), reply_code);
    let is_temporary = is_temporary(status.as_deref(), reply_code);
    let class = match reason {
        _ if facts.is_delayed => Class::Delayed,
        reason if is_for_good(reason) && is_temporary => Class::Soft,
        reason => class_of(reason),
    };
    let mut told = recipient(address, class, reason, said);
    told.status = status;
    told.reply_code = reply_code;
    told
}

fn class_of(reason: Reason) -> Class {
    match reason {
        reason if is_for_good(reason) => Class::Hard,
        Reason::Filtered | Reason::Policy => Class::Block,
        Reason::Feedback | Reason::Unsubscribe => Class::Complaint,
        _ => Class::Soft,
    }
}

fn is_for_good(reason: Reason) -> bool {
    matches!(reason, Reason::UserUnknown | Reason::HostUnknown | Reason::Moved | Reason::NoMail)
}

/// The most telling status: one of the server's that is not `x.0.0`, else the field's.
fn best_status(facts: &Facts<'_>, said: &str) -> Option<String> {
    let field = facts.status.and_then(|value| scan::statuses(value).next());
    let tells = |status: &&str| !status.ends_with(".0.0") && !status.starts_with('2');
    let first = |text| {
        let mut all = scan::statuses(text).filter(tells);
        let first = all.next()?;
        [first].into_iter().chain(all).find(|status| status.starts_with('5')).or(Some(first))
    };
    let told = || first(said);
    let told_in_words = || first(facts.context);
    let best = field.filter(tells).or_else(told).or(field).or_else(told_in_words);
    best.map(str::to_string)
}

/// The first code that is for good, else the first.
fn best_code(text: &str) -> Option<u16> {
    let mut all = scan::reply_codes(text);
    let first = all.next()?;
    [first].into_iter().chain(all).find(|code| *code >= 500).or(Some(first))
}

/// Whether codes say that it is for now.
pub(super) fn is_temporary(status: Option<&str>, reply_code: Option<u16>) -> bool {
    match status {
        Some(status) => status.starts_with('4'),
        None => reply_code.is_some_and(|code| code < 500),
    }
}

fn reason(
    address: &str,
    facts: &Facts<'_>,
    status: Option<&str>,
    reply_code: Option<u16>,
) -> Reason {
    let diagnostic = plain(facts.diagnostic);
    let context = plain(facts.context);
    let reason = by_words(&diagnostic, &CLEAR)
        .or_else(|| by_status(status))
        .or_else(|| by_words(&context, &CLEAR))
        .or_else(|| by_reply_code(reply_code))
        .or_else(|| is_rejected(address, &diagnostic).then_some(Reason::UserUnknown))
        .or_else(|| by_words(&diagnostic, &VAGUE))
        .or_else(|| by_words(&context, &VAGUE))
        .unwrap_or(Reason::Unknown);
    if !is_for_good(reason) {
        return reason;
    }
    // Where the codes and the words contradict each other, the milder reading.
    if by_words(&context, &CLEAR) == Some(Reason::MailboxFull) {
        return Reason::MailboxFull;
    }
    // RFC 3463 §3.2, §3.8: the sender's address, security or policy, not the recipient.
    let detail = status.and_then(|status| status.split_once('.')).map_or("", |(_, rest)| rest);
    if ["1.7", "1.8"].contains(&detail) || heard_after(&diagnostic, &context, &AFTER_MAIL) {
        return Reason::Policy;
    }
    if facts.source == Source::LocalProgram {
        return Reason::System;
    }
    // A server that took the recipient and then refused the mail has that mailbox: its filter
    // only pretends. Where commands were sent ahead, the dialogue shows it.
    let is_after_data = heard_after(&diagnostic, &context, &AFTER_DATA)
        && !context.contains("no valid recipients")
        && !detail.starts_with("1.");
    // What another server answered, told in words, or without naming anybody, and without a status
    // or the command that it answered: not enough to give an address up for good.
    let is_vague = match facts.source {
        Source::Untyped => true,
        Source::Words => reply_code.is_some(),
        _ => scan::reply_codes(&diagnostic).next().is_some() && !diagnostic.contains('@'),
    };
    let is_hearsay = is_vague && matches!(detail, "" | "0.0") && !context.contains("rcpt");
    match reason {
        Reason::UserUnknown if detail.starts_with("7.") || is_after_data || is_hearsay => {
            Reason::Filtered
        }
        reason => reason,
    }
}

/// `542 a@b rejected`: the address itself, and nothing about why.
fn is_rejected(address: &str, diagnostic: &str) -> bool {
    let address = address.to_lowercase();
    let mut after = diagnostic
        .match_indices(&address)
        .filter_map(|(at, found)| diagnostic.get(at + found.len()..));
    after.any(|rest| rest.trim_start_matches(['>', ':', '.', ' ']).starts_with("rejected"))
}

/// What mail systems write where the sender was refused.
const AFTER_MAIL: [&str; 3] = ["after mail from", "in reply to mail from", ">>> mail from"];
/// And where the mail itself was.
const AFTER_DATA: [&str; 8] = [
    "end of data",
    "final data",
    "after data",
    "data command",
    ">>> data",
    ">>> .",
    "smtp command data",
    "text command",
];

fn heard_after(diagnostic: &str, context: &str, phrases: &[&str]) -> bool {
    has_any(diagnostic, phrases) || has_any(context, phrases)
}

fn by_status(status: Option<&str>) -> Option<Reason> {
    let status = status?;
    let detail = status.split_once('.').map_or("", |(_, detail)| detail);
    Some(match detail {
        "1.0" | "1.1" | "1.3" | "1.5" | "1.10" | "1.351" => Reason::UserUnknown,
        "1.2" => Reason::HostUnknown,
        "1.6" => Reason::Moved,
        "1.7" | "1.8" | "1.9" => Reason::Policy,
        "2.0" => Reason::Filtered,
        "2.1" => Reason::Suspended,
        "2.2" => Reason::MailboxFull,
        "2.3" | "3.4" => Reason::TooLarge,
        "0.0" => return None,
        detail if detail.starts_with("7.") => Reason::Policy,
        detail if detail.starts_with("4.") => Reason::Expired,
        detail if detail.starts_with("3.") => Reason::System,
        detail if detail.starts_with("6.") => Reason::Policy,
        _ => return None,
    })
}

fn by_reply_code(code: Option<u16>) -> Option<Reason> {
    Some(match code? {
        521 | 556 => Reason::NoMail,
        551 => Reason::Moved,
        552 => Reason::MailboxFull,
        _ => return None,
    })
}

/// Phrases of mail systems, `|` between them; the first group that holds one decides. They are
/// pieces, so that "user unknown in local recipient table" is found by "user unknown".
const CLEAR: [(Reason, &str); 12] = [
    (
        Reason::MailboxFull,
        "mailbox full|mailbox is full|quota|out of storage|exceeds allowed size|storage|\
         exceeded the local limit|inbox is full|mailbox exceed|mailbox size|account is full|\
         mail box full|not enough disk space|too much mail",
    ),
    (
        Reason::Suspended,
        "disabled|inactive|suspended|is locked|temporary locked|account is blocked|\
         deactivated|not active|account closed|account expired|account has expired",
    ),
    (
        Reason::Moved,
        "has moved|no longer on server|user has moved|address has changed|address changed",
    ),
    (
        Reason::NoMail,
        "does not accept mail|doesn't receive email|does not receive mail|null mx|\
         no mx record|no mx found|mx nullifies|not accept any email|accepts no mail|\
         not accepting network messages|couldn't find a mail exchanger",
    ),
    (
        Reason::Policy,
        "sender address rejected|sender rejected|invalid sender|bad sender|sender verify|\
         sender address|domain of sender|relaying denied|relay access denied|unable to relay|\
         not permitted to relay| spf|dmarc|dkim|too many recipients",
    ),
    (
        Reason::HostUnknown,
        "host unknown|unknown host|host not found|domain not found|invalid domain|\
         domain does not exist|unrouteable address|no such domain|name or service not known|\
         unknown domain|couldn't find any host named|unrouteable mail domain|no such host|\
         domain name not found|bad domain|name not found|illegal host|unroutable|\
         bad destination system|account or domain may not exist|domain is not reachable",
    ),
    (
        Reason::UserUnknown,
        "user unknown|unknown user|no such user|no such recipient|unknown recipient|\
         recipient unknown|recipient not found|user not found|does not exist|doesn't exist|\
         no mailbox here|no such mailbox|not recognized|recipnotfound|recipientnotfound|\
         invalid recipient|invalid mailbox|invalid address|address unknown|unknown address|\
         not listed in|not found|mailbox unavailable|no longer available|not a valid|\
         invalid user|unknown local|address rejected: access denied|address rejected.|\
         no valid recipients|mailbox not found|address is invalid|no such address|\
         not a known user|could not be found|couldn't be found|not our customer|\
         no one at this address|no account|not have an account|unknown account|\
         bad destination mailbox|addressee unknown|no mailbox|no user|unknown or illegal|\
         destinataire inconnu|usuario desconocido|utente sconosciuto|unbekannt|\
         check if address is correct|user doesn't have a|undeliverable address|ディレクトリに|\
         見つかりません|ディレクトリのリストにありません",
    ),
    (
        Reason::TooLarge,
        "too large|too big|size limit|maximum size|message size|exceeds size|size exceeds",
    ),
    (
        Reason::Policy,
        "spam|block|blacklist|denied|dnsbl| rbl|reputation|reverse dns|ptr record|banned|\
         virus|policy|authenticat|not allowed|client host rejected|content rejected|\
         unsolicited|greylist|rate limit|not authorized|complaint|forbidden|prohibited|\
         restricted",
    ),
    (
        Reason::Expired,
        "timed out|time out|timeout|expired|connection refused|no route to host|too long|\
         not responding|unreachable|giving up|failed 20 attempts|delivery attempts|\
         lost connection|connection lost|host not reachable|not reachable|unable to connect|\
         did not accept our requests|days|name server reply|hop count|routing loop",
    ),
    (Reason::Filtered, "rejected by the|was rejected|filter"),
    (
        Reason::System,
        "system error|internal error|configuration|loops back|mail loop|disk|\
         service unavailable|resources|local error",
    ),
];
/// What says something only where nothing else does.
const VAGUE: [(Reason, &str); 2] =
    [(Reason::Policy, "reject|refused"), (Reason::Expired, "temporar|try again|try later|delayed")];

fn by_words(text: &str, phrases: &[(Reason, &str)]) -> Option<Reason> {
    let holds = |list: &str| list.split('|').any(|phrase| text.contains(phrase));
    phrases.iter().find(|(_, list)| holds(list)).map(|(reason, _)| *reason)
}
