//! `npm run score:bounces`: how well the bounce reader agrees with a reference.
//!
//! The folder holds mails and an `expected.jsonl`: a line for each mail, with what the reference
//! reads in it. A mail counts where the addresses are the same as a set (whatever their case) and
//! each is bad for good exactly where the reference says so; where the reference expects nothing,
//! nothing may be found. The reference writes an address at `libsisimai.org.invalid` where a
//! report does not tell whom it is about: there the reader must find a report without a recipient.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::fs;
use std::path::Path;

use actors::mail::bounce::{self, Class, Report};
use actors::mail::charset::Native;
use actors::mail::inbound::{Envelope, parse};
use serde::Deserialize;

/// Where the reference writes that it knows no address.
const UNDISCLOSED: &str = "@libsisimai.org.invalid";
/// The most recipients that the output names for one mail.
const SHOWN_MAX: usize = 4;

/// A line of `expected.jsonl`; what else it holds is not compared.
#[derive(Deserialize)]
struct Line {
    file: String,
    bounces: Vec<Expected>,
}

#[derive(Deserialize)]
struct Expected {
    recipient: String,
    hardbounce: bool,
}

/// What is compared: addresses in lower case, and whether each is bad for good. `None`: no report.
type Verdict = Option<BTreeMap<String, bool>>;

/// How many mails are read as the reference reads them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Share {
    /// Read the same.
    pub right: usize,
    /// All of them.
    pub all: usize,
}

impl Share {
    fn add(&mut self, is_right: bool) {
        self.right += usize::from(is_right);
        self.all += 1;
    }

    /// Of a thousand.
    pub fn per_mille(self) -> usize {
        (self.right * 1_000).checked_div(self.all).unwrap_or(0)
    }

    fn show(self) -> String {
        let per_mille = self.per_mille();
        let Share { right, all } = self;
        format!("{right} of {all} ({}.{} %)", per_mille / 10, per_mille % 10)
    }
}

/// What a run found.
#[derive(Debug)]
pub struct Outcome {
    /// Each mail read otherwise, the tables, the share in the last line.
    pub text: String,
    /// The share.
    pub share: Share,
}

/// Reads each mail that the folder's `expected.jsonl` names.
///
/// # Errors
/// What is wrong with the folder: no such file, a line that is none, a mail that is not there.
pub fn run(folder: &Path) -> Result<Outcome, String> {
    let list = folder.join("expected.jsonl");
    let lines =
        fs::read_to_string(&list).map_err(|error| format!("{}: {error}", list.display()))?;
    let mut text = String::new();
    let mut share = Share::default();
    let mut systems: BTreeMap<String, Share> = BTreeMap::new();
    let mut readers: BTreeMap<String, Share> = BTreeMap::new();
    let mut names = BTreeSet::new();
    for (at, line) in lines.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let place = format!("{}, line {}", list.display(), at + 1);
        let line: Line = serde_json::from_str(line).map_err(|e| format!("{place}: {e}"))?;
        if line.file.contains(['/', '\\']) || !names.insert(line.file.clone()) {
            return Err(format!("{place}: {:?} is no name, or named twice", line.file));
        }
        let mail = folder.join(&line.file);
        let raw = fs::read(&mail).map_err(|error| format!("{}: {error}", mail.display()))?;
        let report = read(&raw);
        let (expected, found) = (expected(&line.bounces), found(report.as_ref()));
        let is_right = expected == found;
        share.add(is_right);
        systems.entry(system(&line.file).to_string()).or_default().add(is_right);
        let reader = report.map_or("none".to_string(), |report| format!("{:?}", report.reader));
        readers.entry(reader.clone()).or_default().add(is_right);
        if !is_right {
            let (expected, found) = (show(&expected), show(&found));
            let _ = writeln!(text, "{}: expected {expected}; found {found} ({reader})", line.file);
        }
    }
    if share.all == 0 {
        return Err(format!("{}: it names no mail", list.display()));
    }
    text.push_str(
        "\nA mail counts where the recipients are the same as a set, and each is bad for good\n",
    );
    text.push_str(
        "exactly where the reference says so; where it expects none, none may be found.\n",
    );
    for (title, table) in [("by mail system", &systems), ("by reader", &readers)] {
        let _ = writeln!(text, "\n{title}:");
        for (name, share) in table {
            let _ = writeln!(text, "  {name:<26} {}", share.show());
        }
    }
    let _ = writeln!(text, "\nbounces: {}", share.show());
    Ok(Outcome { text, share })
}

/// Reads bytes as a report.
pub fn read(raw: &[u8]) -> Option<Report> {
    let mail = parse(raw, &Envelope::default(), &Native).ok()?;
    bounce::read(raw, &mail)
}

/// The part of a file's name before the last dash.
fn system(file: &str) -> &str {
    file.rsplit_once('-').map_or(file, |(system, _)| system)
}

fn expected(bounces: &[Expected]) -> Verdict {
    let known = |bounce: &&Expected| !bounce.recipient.ends_with(UNDISCLOSED);
    let pair = |bounce: &Expected| (bounce.recipient.to_lowercase(), bounce.hardbounce);
    (!bounces.is_empty()).then(|| bounces.iter().filter(known).map(pair).collect())
}

fn found(report: Option<&Report>) -> Verdict {
    let recipients = &report?.recipients;
    Some(recipients.iter().map(|r| (r.address.to_lowercase(), r.class == Class::Hard)).collect())
}

fn show(verdict: &Verdict) -> String {
    let Some(recipients) = verdict else { return "nothing".into() };
    let mut shown: Vec<String> = Vec::new();
    for (address, is_hard) in recipients.iter().take(SHOWN_MAX) {
        let address: String = address.chars().take(80).collect();
        shown.push(format!("{address} {}", if *is_hard { "hard" } else { "not hard" }));
    }
    match recipients.len() {
        0 => "a report without a recipient".into(),
        count if count > SHOWN_MAX => {
            format!("{} and {} more", shown.join(", "), count - SHOWN_MAX)
        }
        _ => shown.join(", "),
    }
}
