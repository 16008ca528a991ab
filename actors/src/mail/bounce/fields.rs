//! Reports as fields: `message/delivery-status` (RFC 3464 §2) and `message/feedback-report`
//! (RFC 5965 §3), as parts, or written into the text of a report.

use super::evidence::Evidence;
use super::reason::{self, Facts, Source};
use super::text::Addresses;
use super::{Class, RECIPIENTS_MAX, Reader, Reason, Recipient, Report};
use super::{origin, scan, text};
use crate::mail::structure::cut_at_char;

/// One group of fields: those of the message, or those of one recipient.
#[derive(Default)]
pub(super) struct Group {
    fields: Vec<(String, String)>,
}

/// More fields than any group has.
const FIELDS_MAX: usize = 40;
/// More of one field than is of use.
const VALUE_BYTES_MAX: usize = 4_000;
/// More groups than are read, so that a long report costs little.
const GROUPS_MAX: usize = 2_000;

impl Group {
    /// The first field of a name (lower case).
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.all(name).next()
    }

    fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.fields.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The address of a field of the form `rfc822; a@b`.
    fn address(&self, name: &str) -> Option<String> {
        let value = self.get(name)?;
        let value = value.split_once(';').map_or(value, |(_, address)| address).trim();
        // A source route names its last address.
        let value = match value.strip_prefix('@') {
            Some(route) => route.split_once(':').map_or("", |(_, address)| address),
            None => value,
        };
        scan::address(value).map(str::to_string)
    }

    /// Whether it tells of a recipient whom the mail did not reach.
    fn has_failed(&self) -> bool {
        let action = self.get("action").unwrap_or("failed").to_ascii_lowercase();
        let is_done = ["delivered", "relayed", "expanded"].iter().any(|it| action.starts_with(it));
        self.has_recipient() && !is_done
    }

    fn has_recipient(&self) -> bool {
        ["final-recipient", "original-recipient"].iter().any(|name| self.get(name).is_some())
    }
}

/// Splits into groups: at blank lines, and where a field that a group has once begins anew.
pub(super) fn groups(text: &str) -> Vec<Group> {
    let mut groups: Vec<Group> = vec![Group::default()];
    let mut is_open = false;
    for line in text.lines() {
        let Some(group) = groups.last_mut() else { break };
        if line.trim().is_empty() {
            is_open = false;
            if !group.fields.is_empty() {
                groups.push(Group::default());
            }
        } else if line.starts_with([' ', '\t']) && is_open {
            if let Some((_, value)) = group.fields.last_mut()
                && value.len() < VALUE_BYTES_MAX
            {
                value.push(' ');
                value.push_str(cut_at_char(line.trim(), VALUE_BYTES_MAX - value.len()));
            }
        } else {
            is_open = open(&mut groups, line.trim());
        }
        if groups.len() > GROUPS_MAX {
            break;
        }
    }
    groups
}

/// Begins a field, and a group where this one has that field; `false` if the line is no field.
fn open(groups: &mut Vec<Group>, line: &str) -> bool {
    let Some((name, value)) = line.split_once(':') else { return false };
    let name = name.trim().to_ascii_lowercase();
    if name.is_empty() || name.contains(' ') || name.len() > 60 {
        return false;
    }
    let repeats = groups.last().is_some_and(|group| group.get(&name).is_some());
    if repeats && matches!(name.as_str(), "final-recipient" | "action" | "status") {
        groups.push(Group::default());
    }
    let value = cut_at_char(value.trim(), VALUE_BYTES_MAX);
    match groups.last_mut() {
        Some(group) if group.fields.len() < FIELDS_MAX => {
            group.fields.push((name, value.to_string()));
            true
        }
        _ => false,
    }
}

/// Reads a feedback report: a complaint, or a note about authentication.
pub(super) fn feedback(evidence: &Evidence<'_>) -> Option<Report> {
    let part = evidence.part(&["message/feedback-report", "text/feedback-report"]);
    let part = part.or_else(|| evidence.is_old_complaint().then(String::new))?;
    let group =
        Group { fields: groups(&part).into_iter().flat_map(|group| group.fields).collect() };
    let kind = group.get("feedback-type").unwrap_or_default().to_ascii_lowercase();
    let class = match kind.as_str() {
        "auth-failure" | "not-spam" | "dkim" => Class::Notice,
        _ => Class::Complaint,
    };
    let mut report = Report::new(Reader::Feedback);
    report.is_complaint = class == Class::Complaint;
    report.reporting_mta = named(group.get("reporting-mta"));
    report.trace.envelope_id = named(group.get("original-envelope-id"));
    let told = group.all("original-rcpt-to").flat_map(scan::addresses);
    let mut told: Vec<String> = told.map(|found| found.address.to_string()).collect();
    if told.is_empty() {
        let named = group.all("removal-recipient").flat_map(scan::addresses);
        told = named.map(|found| found.address.to_string()).collect();
    }
    if told.is_empty() {
        told.clone_from(&evidence.original.to);
    }
    for address in told {
        report.push(reason::recipient(address, class, Reason::Feedback, &kind));
    }
    Some(report)
}

/// Media types of a delivery status.
const STATUS: [&str; 2] = ["message/delivery-status", "message/global-delivery-status"];

/// Whether a delivery status tells that the mail reached everybody.
pub(super) fn is_success(evidence: &Evidence<'_>) -> bool {
    let groups = groups(&evidence.part(&STATUS).unwrap_or_default());
    groups.iter().any(Group::has_recipient) && !groups.iter().any(Group::has_failed)
}

/// Reads a delivery status: the part, or the same fields within the words of the report.
pub(super) fn delivery_status(evidence: &Evidence<'_>) -> Option<Report> {
    if !evidence.is_machine {
        return None;
    }
    let part = evidence.part(&STATUS);
    if let Some(report) =
        part.and_then(|part| status_groups(&part, Reader::DeliveryStatus, evidence))
    {
        return Some(report);
    }
    in_text(evidence.words, evidence)
}

/// Reads the fields of a report that a gateway returned whole, as a part or within its text.
pub(super) fn nested(evidence: &Evidence<'_>) -> Option<Report> {
    let part = evidence.part(&["message/rfc822", "message/global"]).unwrap_or_default();
    in_text(&part, evidence).or_else(|| in_text(evidence.copy, evidence))
}

fn in_text(text: &str, evidence: &Evidence<'_>) -> Option<Report> {
    if !evidence.is_machine || !text.to_ascii_lowercase().contains("\nfinal-recipient:") {
        return None;
    }
    status_groups(text, Reader::StatusText, evidence)
}

fn status_groups(fields: &str, reader: Reader, evidence: &Evidence<'_>) -> Option<Report> {
    let mut report = Report::new(reader);
    let groups = groups(fields);
    let is_alone = groups.iter().filter(|group| group.has_failed()).take(2).count() == 1;
    for group in &groups {
        if let Some(mta) = named(group.get("reporting-mta")) {
            report.reporting_mta.get_or_insert(mta);
        }
        if let Some(id) = named(group.get("original-envelope-id")) {
            report.trace.envelope_id.get_or_insert(id);
        }
    }
    let mut told = Addresses::default();
    let failed = groups.iter().filter(|group| {
        let address = group.has_failed().then(|| failed_address(group, is_alone, evidence));
        address.flatten().is_some_and(|address| told.add(&address))
    });
    let failed: Vec<&Group> = failed.collect();
    report.is_cut = told.0.len() > RECIPIENTS_MAX;
    let contexts = text::about(evidence.words, &told.0, is_alone);
    for ((group, address), context) in failed.into_iter().zip(told.0).zip(contexts) {
        if report.recipients.len() < RECIPIENTS_MAX {
            report.recipients.push(recipient(group, address, &context, reader));
        }
    }
    (!report.recipients.is_empty()).then_some(report)
}

/// The address of a group.
fn failed_address(group: &Group, is_alone: bool, evidence: &Evidence<'_>) -> Option<String> {
    let last = group.address("final-recipient");
    let first = group.address("original-recipient");
    // A source route (RFC 5321 §C) is the way within a server, not what was written to.
    let is_routed = group.get("final-recipient").is_some_and(|value| value.contains(";@"));
    let original = first.clone().filter(|_| is_routed);
    let sole = || is_alone.then(|| text::sole_address(evidence)).flatten();
    original.or(last).or(first).or_else(sole)
}

fn recipient(group: &Group, address: String, context: &str, reader: Reader) -> Recipient {
    let action = group.get("action").unwrap_or_default().to_ascii_lowercase();
    let said = group.get("diagnostic-code").unwrap_or_default();
    // What follows the type of the diagnostic: `smtp; 550 …`.
    let (kind, said) = match said.split_once(';') {
        Some((kind, said)) if !kind.trim().contains(' ') => (kind.trim(), said.trim()),
        _ => ("", said),
    };
    let facts = Facts {
        status: group.get("status"),
        diagnostic: said,
        context,
        is_delayed: action.starts_with("delayed"),
        source: match reader {
            Reader::StatusText => Source::Words,
            _ if kind.eq_ignore_ascii_case("x-unix") => Source::LocalProgram,
            _ if kind.is_empty() && !said.is_empty() => Source::Untyped,
            _ => Source::Fields,
        },
    };
    let mut recipient = reason::judge(address, &facts);
    recipient.original_address = group
        .address("original-recipient")
        .filter(|first| !first.eq_ignore_ascii_case(&recipient.address));
    recipient
}

/// The value of a field of the form `dns; name`, bounded.
fn named(value: Option<&str>) -> Option<String> {
    let value = value?;
    let value = value.split_once(';').map_or(value, |(_, name)| name).trim();
    let is_sane = !value.is_empty() && value.len() <= 255 && !value.contains(char::is_control);
    is_sane.then(|| value.to_string())
}

/// Whether a line of a report is one of its fields.
pub(super) fn is_field(line: &str) -> bool {
    const NAMES: [&str; 10] = [
        "reporting-mta:",
        "arrival-date:",
        "final-recipient:",
        "original-recipient:",
        "action:",
        "status:",
        "remote-mta:",
        "received-from-mta:",
        "last-attempt-date:",
        "x-postfix-",
    ];
    NAMES.iter().any(|name| origin::starts_with(line, name))
}
