//! Reports in words: what mail systems write for people, when no fields tell it.

use super::evidence::Evidence;
use super::fields;
use super::reason::{self, Facts, Source};
use super::{Class, RECIPIENTS_MAX, Reader, Reason, Report};
use super::{origin, scan};
use crate::mail::automatic::LOOP_HEADER;
use crate::mail::structure::cut_at_char;

/// The most lines of a report that are read, and the most bytes of one.
const LINES_MAX: usize = 5_000;
const LINE_BYTES_MAX: usize = 2_000;
/// How much a report says about one address.
const ABOUT_BYTES_MAX: usize = 4_000;
const ABOUT_LINES_MAX: usize = 30;

/// Reads the words of a report for the addresses that failed.
pub(super) fn prose(evidence: &Evidence<'_>) -> Option<Report> {
    if !evidence.is_machine {
        return None;
    }
    let lines: Vec<&str> = lines(evidence.words).collect();
    let (reader, failed) = failed(evidence, &lines)?;
    Some(told(reader, &failed, evidence))
}

/// What the words of a report say about some addresses.
fn told(reader: Reader, failed: &[String], evidence: &Evidence<'_>) -> Report {
    let mut report = Report::new(reader);
    report.is_cut = failed.len() > RECIPIENTS_MAX;
    let contexts = about(evidence.words, failed, failed.len() == 1);
    for (address, context) in failed.iter().zip(contexts).take(RECIPIENTS_MAX) {
        let facts = Facts {
            status: None,
            diagnostic: &diagnostic(&context),
            context: &format!("{context}\n{}", evidence.mail.subject),
            is_delayed: is_delay(evidence),
            source: Source::Words,
        };
        report.push(reason::judge(address.clone(), &facts));
    }
    report
}

/// The one address that a report is about, where it is about one.
pub(super) fn sole_address(evidence: &Evidence<'_>) -> Option<String> {
    let lines: Vec<&str> = lines(evidence.words).collect();
    let (_, mut failed) = failed(evidence, &lines)?;
    failed.truncate(2);
    failed.pop().filter(|_| failed.is_empty())
}

/// Finds the address in a line of some form.
type Form = fn(&str) -> Option<&str>;

/// The addresses that failed, from the most trusted form that names any.
fn failed(evidence: &Evidence<'_>, lines: &[&str]) -> Option<(Reader, Vec<String>)> {
    let named = evidence.failed_recipients.as_deref().unwrap_or_default();
    let mut all = Addresses::default();
    for found in scan::addresses(named) {
        all.add(found.address);
    }
    if !all.0.is_empty() {
        return Some((Reader::FailedRecipients, all.0));
    }
    // A mail to oneself fails at the address that the report goes to: last, and only where the
    // form leaves no doubt.
    let forms: [(Reader, Form, bool); 4] = [
        (Reader::Listing, listed, false),
        (Reader::Transcript, spoken, false),
        (Reader::Prose, mentioned, false),
        (Reader::Listing, listed, true),
    ];
    for (reader, form, is_own_told) in forms {
        let mut all = Addresses::default();
        for address in lines.iter().filter_map(|line| form(line)) {
            let is_own = evidence.is_own(address) && !is_own_told;
            if !is_own && scan::is_qualified(address) {
                all.add(address);
            }
        }
        if !all.0.is_empty() {
            return Some((reader, all.0));
        }
    }
    None
}

/// Takes the one address that the returned mail went to, where a report says that it failed, but
/// not where.
pub(super) fn guess(evidence: &Evidence<'_>) -> Option<Report> {
    let [to] = evidence.original.to.as_slice() else { return None };
    let tells = evidence.is_report || by_any_words(evidence);
    let is_guess = evidence.is_machine && tells;
    is_guess.then(|| told(Reader::Original, std::slice::from_ref(to), evidence))
}

/// Whether the report gives any reason that is known.
fn by_any_words(evidence: &Evidence<'_>) -> bool {
    let facts = Facts {
        status: None,
        diagnostic: "",
        context: cut_at_char(evidence.words, ABOUT_BYTES_MAX),
        is_delayed: false,
        source: Source::Words,
    };
    reason::judge(String::new(), &facts).reason != Reason::Unknown
}

/// Addresses in order, each once, one more than is kept.
#[derive(Default)]
pub(super) struct Addresses(pub(super) Vec<String>);

impl Addresses {
    /// Adds an address; tells whether it is new and there was room.
    pub(super) fn add(&mut self, address: &str) -> bool {
        let is_known = self.0.iter().any(|known| known.eq_ignore_ascii_case(address));
        let is_new = !is_known && self.0.len() <= RECIPIENTS_MAX;
        if is_new {
            self.0.push(address.to_string());
        }
        is_new
    }
}

/// The lines of a report's own words, without those that are quoted.
fn lines(words: &str) -> impl Iterator<Item = &str> {
    let own = words.lines().filter(|line| !line.starts_with("> ") && !fields::is_field(line));
    own.take(LINES_MAX).map(|line| cut_at_char(line, LINE_BYTES_MAX))
}

/// `a@b`, `<a@b>: why`, `"a@b":`, `* a@b`, `a@b on Thu, …`: an address at the head of a line.
fn listed(line: &str) -> Option<&str> {
    let begin = line.trim_start_matches([' ', '\t', '<', '"', '\'', '>', '*', '-', '•', '·', '|']);
    let begin = strip_label(begin);
    let found = scan::addresses(begin).next().filter(|found| found.begin == 0)?;
    let rest = begin.get(found.end..)?;
    let rest = rest.trim_start_matches(['>', '"', '\'', ')']);
    // `Ann@home <a@b>`: the name of a mailbox, then the mailbox.
    if let Some(inner) = rest.strip_prefix(" <").and_then(|rest| scan::addresses(rest).next())
        && inner.begin == 0
    {
        return Some(inner.address);
    }
    let is_end = rest.is_empty() || rest.starts_with([':', ' ', '\t', ',', ';', '<', '(', '.']);
    is_end.then_some(found.address)
}

/// Without `Recipient:` and the like before the address.
fn strip_label(line: &str) -> &str {
    const LABELS: [&str; 4] = ["recipient:", "recipient address:", "failed recipient:", "address:"];
    let label = LABELS.iter().find(|label| origin::starts_with(line, label));
    let rest = label.and_then(|label| line.get(label.len()..)).unwrap_or(line);
    rest.trim_start_matches([' ', '\t', '<', '"', '\''])
}

/// `>>> RCPT TO:<a@b>`, `550 5.1.1 <a@b>... User unknown`: an SMTP dialogue.
fn spoken(line: &str) -> Option<&str> {
    let line = line.trim_start_matches(['<', '>', ' ', '\t']);
    let is_reply = line.as_bytes().first().is_some_and(|b| matches!(b, b'4' | b'5'))
        && scan::reply_codes(line.get(..4).unwrap_or(line)).next().is_some();
    let at = line.as_bytes().windows(8).position(|w| w.eq_ignore_ascii_case(b"rcpt to:"));
    let rest = match at {
        Some(at) => line.get(at + 8..)?,
        None => line.get(3..).filter(|_| is_reply)?,
    };
    scan::address(rest)
}

/// "Could not be delivered to: <a@b>": a sentence about deliveries that names an address.
fn mentioned(line: &str) -> Option<&str> {
    let plain = scan::plain(line);
    const ABOUT: [&str; 9] =
        ["deliver", "recipient", "mailbox", "failed", "reach", "address", "user", "unknown", "to:"];
    const NOT: [&str; 5] = ["from:", "contact", "mail from", "sender", "postmaster@"];
    if !scan::has_any(&plain, &ABOUT) || scan::has_any(&plain, &NOT) {
        return None;
    }
    scan::address(line)
}

/// What a report says about each of some addresses: all of it where there is only one, else the
/// lines from the one that begins with it to the next address, and the lines that name it
/// elsewhere. The words are gone through once, however many addresses there are.
pub(super) fn about(words: &str, addresses: &[String], is_alone: bool) -> Vec<String> {
    if is_alone {
        let whole = cut_at_char(words, ABOUT_BYTES_MAX);
        return addresses.iter().map(|_| whole.to_string()).collect();
    }
    // What is said about each, and for how many more lines it goes on.
    let mut all: Vec<(String, usize)> = addresses.iter().map(|_| (String::new(), 0)).collect();
    for line in words.lines().take(LINES_MAX) {
        let line = cut_at_char(line, LINE_BYTES_MAX);
        let named: Vec<&str> = scan::addresses(line).map(|found| found.address).collect();
        let is_entry = !named.is_empty() && listed(line).or_else(|| spoken(line)).is_some();
        for (address, (said, lines_left)) in addresses.iter().zip(&mut all) {
            let names_it = named.iter().any(|name| name.eq_ignore_ascii_case(address));
            *lines_left = match (names_it, is_entry) {
                (true, _) => ABOUT_LINES_MAX,
                (_, true) => 0,
                _ => lines_left.saturating_sub(1),
            };
            if *lines_left > 0 && said.len() < ABOUT_BYTES_MAX {
                said.push_str(line);
                said.push('\n');
            }
        }
    }
    all.into_iter().map(|(said, _)| said).collect()
}

/// The part of a report's words that a server said: from the first line with a code on.
fn diagnostic(context: &str) -> String {
    let lines = context.lines().skip_while(|line| {
        scan::statuses(line).next().is_none() && scan::reply_codes(line).next().is_none()
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Whether the report says that the server goes on trying.
fn is_delay(evidence: &Evidence<'_>) -> bool {
    let said = format!("{} {}", evidence.mail.subject, cut_at_char(evidence.words, 2_000));
    const DELAYS: [&str; 8] = [
        "warning message only",
        "this is a warning only",
        "(delay)",
        "has been delayed",
        "still being retried",
        "will be retried",
        "delivery delayed",
        "delayed mail",
    ];
    scan::has_any(&scan::plain(&said), &DELAYS)
}

/// Reads Amazon's notifications, which are JSON wrapped to the width of a mail.
pub(super) fn notification(evidence: &Evidence<'_>) -> Option<Report> {
    let is_amazon = evidence.mail.from.address.ends_with("@sns.amazonaws.com");
    if !is_amazon || !evidence.mail.text.trim_start().starts_with('{') {
        return None;
    }
    let text = evidence.mail.text.replace("\\\"", "\"").replace("\n ", "");
    let kind = json_text(&text, "notificationType")?;
    let (class, list) = match kind {
        "Bounce" => (None, "bouncedRecipients"),
        "Complaint" => (Some(Class::Complaint), "complainedRecipients"),
        _ => return None,
    };
    let (_, rest) = text.split_once(&format!("\"{list}\":"))?;
    let (list, _) = rest.split_once(']')?;
    let kind = json_text(&text, "bounceSubType").unwrap_or_default();
    let mut report = Report::new(Reader::Notification);
    report.is_complaint = class.is_some();
    for entry in list.split('}') {
        if report.is_cut {
            break;
        }
        let Some(address) = json_text(entry, "emailAddress").and_then(scan::address) else {
            continue;
        };
        let said = json_text(entry, "diagnosticCode").unwrap_or_default();
        let facts = Facts {
            status: json_text(entry, "status"),
            diagnostic: said,
            context: kind,
            is_delayed: false,
            source: Source::Fields,
        };
        report.push(match class {
            Some(class) => reason::recipient(address.to_string(), class, Reason::Feedback, said),
            None => reason::judge(address.to_string(), &facts),
        });
    }
    report.trace.message_id = json_header(&text, "Message-ID");
    report.trace.loop_token = json_header(&text, LOOP_HEADER);
    report.reporting_mta = json_text(&text, "reportingMTA").map(str::to_string);
    (!report.recipients.is_empty()).then_some(report)
}

/// The text of a key in JSON, good enough for addresses and diagnostics.
fn json_text<'x>(json: &'x str, key: &str) -> Option<&'x str> {
    let (_, rest) = json.split_once(&format!("\"{key}\":"))?;
    let (text, _) = rest.trim_start().strip_prefix('"')?.split_once('"')?;
    (text.len() <= LINE_BYTES_MAX).then_some(text)
}

/// A header of the mail that Amazon tells of. Its own `messageId` names nothing that we have sent.
fn json_header(json: &str, name: &str) -> Option<String> {
    let (_, rest) = json.split_once(&format!("\"name\":\"{name}\""))?;
    let value = json_text(rest, "value")?.trim_matches(['<', '>', ' ']);
    (!value.is_empty()).then(|| value.to_string())
}

/// Reads the mail that a program sends to the address of `List-Unsubscribe`.
pub(super) fn unsubscribe(evidence: &Evidence<'_>) -> Option<Report> {
    let subject = evidence.mail.subject.trim();
    if !evidence.is_submitted_by_program || !subject.eq_ignore_ascii_case("unsubscribe") {
        return None;
    }
    let mut report = Report::new(Reader::Unsubscribe);
    report.is_complaint = true;
    let address = evidence.mail.from.address.clone();
    report.push(reason::recipient(address, Class::Complaint, Reason::Unsubscribe, subject));
    Some(report)
}
