//! What must hold, by what the mail servers took and what Postroom had been told: nothing here
//! asks an actor what it thinks.
//!
//! | rule | when it is broken |
//! | --- | --- |
//! | W1 | an inbox's mails of a day are more than its week allows |
//! | W2 | somebody gets a step twice |
//! | W3 | somebody gets a mail after their no: opt-out, answer or bounce |
//! | W4 | an inbox over 5 % bounces sends before its admin resumed it |
//! | W5 | outreach does not go on |
//!
//! A day is one of the inbox's zone by the clocks as the inbox's counter saw them: a clock that is
//! put back gives no day again. A no counts from when whoever brought it was answered, or the
//! prospect had noted it; a permission that was given before stands for some minutes.

use super::people::Kind;
use super::{Event, WEEK_MS, cast};
use crate::sim::check::local_day;
use crate::sim::clock::DAY_MS;
use crate::sim::object::Name;
use crate::sim::post::Verdict;
use crate::sim::world::{World, short};
use actors::kernel::{MailJob, MailOutcome, Outcome};
use schema::codec::read_json;
use schema::inbox::{InboxCommand, SendState};
use schema::prospect::{Noted, ProspectCommand};
use schema::report::ReportNoted;
use schema::room::RoomCommand;
use schema::{ActorKind, Answer, Envelope, Millis};
use std::collections::{BTreeMap, BTreeSet};

const CAPS: &str = "W1 no more mails of an inbox in a day than its week allows";
const ONCE: &str = "W2 nobody gets a step twice";
const NO: &str = "W3 nobody gets a mail after their no";
const PAUSED: &str = "W4 an inbox over 5 % bounces sends nothing until it is resumed";
const ON: &str = "W5 outreach goes on";

/// What a day of each week may send; written down here once more.
pub(super) const ALLOWED: [usize; 5] = [5, 10, 15, 18, 20];
/// The health of an inbox, written down here once more: over so many mails, a share over 5 %.
const SENDS_MIN: usize = 20;
/// How much the clocks of two objects may differ after one was put back.
const SKEW_MS: Millis = 26 * 60 * MINUTE_MS;
const MINUTE_MS: Millis = 60_000;
/// How long a permission stands, and how long a mail may be under way.
const PERMITTED_MS: Millis = 7 * MINUTE_MS;
/// How long a no may be on its way inside: an alarm may be lost until the watchdog comes.
const TOLD_MS: Millis = 8 * 60 * MINUTE_MS;
/// A mailbox that was full suppresses nobody: a mail that an inbox has already leaves within the
/// window.
const FULL_MS: Millis = 12 * 60 * MINUTE_MS;

/// A mail that left, or came back at once.
#[derive(Debug)]
struct Left {
    send: String,
    address: String,
    at: Millis,
    came_back: bool,
}

/// What is known of an inbox.
#[derive(Debug)]
pub struct Watch {
    /// The inbox.
    pub name: Name,
    /// Whether the admin is about to resume it.
    pub is_to_be_resumed: bool,
    zone: &'static str,
    /// The day on which its warm-up began.
    first_day: i64,
    /// The latest time that its counter saw.
    seen: Millis,
    /// How many mails were taken, by day.
    days: BTreeMap<i64, usize>,
    /// The mails since it was last resumed.
    left: Vec<Left>,
    /// Those that were handed over, and of which the inbox may know nothing: it died meanwhile.
    under_way: BTreeSet<String>,
    /// Why it must not send.
    over: Option<String>,
}

impl Watch {
    /// An inbox that nobody has registered yet.
    #[must_use]
    pub const fn new(name: Name, zone: &'static str) -> Self {
        Self {
            name,
            is_to_be_resumed: false,
            zone,
            first_day: 0,
            seen: 0,
            days: BTreeMap::new(),
            left: Vec::new(),
            under_way: BTreeSet::new(),
            over: None,
        }
    }

    /// Counts one more mail for the day of `wall`; the day, the week of the warm-up, and how many.
    fn count(&mut self, wall: Millis) -> (i64, usize, usize) {
        let day = local_day(self.zone, self.seen.max(wall));
        let count = self.days.entry(day).or_default();
        *count += 1;
        (day, usize::try_from((day - self.first_day) / 7).unwrap_or(0), *count)
    }

    /// Whether too many of the latest week's mails came back, wherever exactly that week begins.
    fn judge(&mut self, now: Millis) {
        let since = now - WEEK_MS;
        let is_over = |left: &[Left]| {
            let back: BTreeSet<_> =
                left.iter().filter(|one| one.came_back).map(|one| &one.address).collect();
            // What nobody knows of counts as a mail that left.
            let most = left.len() + self.under_way.len();
            left.len() >= SENDS_MIN && back.len() * 100 > most * 5
        };
        let cut = |at: Millis| self.left.iter().take_while(|one| one.at <= at).count();
        let (first, last) = (cut(since - SKEW_MS), cut(since + SKEW_MS));
        if self.over.is_none() && (first..=last).all(|from| is_over(&self.left[from..])) {
            let back = self.left[first..].iter().filter(|one| one.came_back).count();
            self.over = Some(format!("{back} of {} came back", self.left.len() - first));
        }
    }
}

impl World {
    /// The warm-up of an inbox begins.
    pub(super) fn begins_to_warm(&mut self, inbox: usize) {
        let wall = self.clock.wall();
        let Some(weeks) = &mut self.weeks else { return };
        let watch = &mut weeks.watches[inbox];
        watch.first_day = local_day(watch.zone, wall);
    }

    /// An object has done something: what time it was then is never forgotten by it.
    pub(in crate::sim) fn outside_sees(&mut self, name: &Name) {
        let wall = self.clock.wall();
        if let Some(weeks) = &mut self.weeks
            && name.0 == ActorKind::WarmupCounter
            && let Some(watch) = weeks.watches.iter_mut().find(|watch| watch.name.1 == name.1)
        {
            watch.seen = watch.seen.max(wall);
        }
    }

    /// A mail is handed over, and its server says something.
    pub(in crate::sim) fn envelope(&mut self, from: &Name, job: &MailJob, verdict: Verdict) {
        let wall = self.clock.wall();
        let Some(weeks) = &mut self.weeks else { return };
        let Some(inbox) = weeks.watches.iter().position(|watch| watch.name == *from) else {
            return;
        };
        let address = job.to.first().map(|to| to.to_lowercase()).unwrap_or_default();
        let person = weeks.by_address.get(&address).copied();
        if let Some(why) = &weeks.watches[inbox].over {
            let text = format!("{}: {} leaves although {why}", short(from), job.send_id);
            return self.violate(PAUSED, text);
        }
        weeks.watches[inbox].under_way.insert(job.send_id.clone());
        let lost = matches!(verdict, Verdict::AcceptedUnheard | Verdict::DroppedUnheard);
        let taken = matches!(verdict, Verdict::Accepted | Verdict::AcceptedUnheard);
        if lost {
            let wait = weeks.random.between(4 * 60 * MINUTE_MS, DAY_MS);
            self.soon(wait, Event::Resolve(inbox, job.send_id.clone(), taken));
        }
        if !taken {
            return;
        }
        let Some(weeks) = &mut self.weeks else { return };
        let (day, warm, count) = weeks.watches[inbox].count(wall);
        let most = ALLOWED[warm.min(ALLOWED.len() - 1)];
        if count > most {
            let text = format!("{}: mail {count} of day {day}, {most} may", short(from));
            return self.violate(CAPS, text);
        }
        if let Some(week) = weeks.week(self.clock.world()) {
            weeks.table.weeks[week].sent[inbox] += 1;
        }
        // By its own clock, which may be ahead: else a day of its next week would show here.
        if let Some(row) = weeks.table.weeks.get_mut(warm) {
            row.most = row.most.max(count as u64);
        }
        let Some(person) = person else {
            return self.violate(ONCE, format!("{address} is nobody"));
        };
        self.takes(person, inbox, job);
    }

    /// Somebody's server took a mail.
    fn takes(&mut self, person: usize, inbox: usize, job: &MailJob) {
        let (world, shown) = (self.clock.world(), self.clock.shown());
        let Some(weeks) = &mut self.weeks else { return };
        let content = String::from_utf8_lossy(&job.content);
        let step = content.split_once("stepmark").and_then(|(_, text)| text.bytes().next());
        let step = step.map_or(0, |digit| digit.wrapping_sub(b'0'));
        let week = weeks.week(world);
        let one = &mut weeks.people[person];
        let text = format!("{} gets step {step} as {}", one.email, job.send_id);
        if !one.got.insert(step) {
            return self.violate(ONCE, text);
        }
        let is_late = one.told.is_some_and(|(at, grace)| world > at + grace);
        if is_late || one.noted.is_some_and(|at| shown > at + PERMITTED_MS) {
            let text = format!("{text}; told {:?}, noted {:?}", one.told, one.noted);
            return self.violate(NO, text);
        }
        if let (3, Some(week)) = (step, week) {
            weeks.table.weeks[week].finished += 1;
        }
        self.react(person, inbox, job);
    }

    /// An inbox has taken note of what came of a mail.
    pub(in crate::sim) fn outside_settled(&mut self, from: &Name, send: &str, outcome: &Outcome) {
        let (shown, world) = (self.clock.shown(), self.clock.world());
        let to = self.post.recipient(send);
        let Some(weeks) = &mut self.weeks else { return };
        if let Some(watch) = weeks.watches.iter_mut().find(|watch| watch.name == *from) {
            watch.under_way.remove(send);
        }
        let came_back = match outcome {
            Outcome::Mail(MailOutcome::Accepted { .. } | MailOutcome::Unknown { .. }) => false,
            Outcome::Mail(MailOutcome::Refused { permanent: true, recipient: true, .. }) => true,
            _ => return,
        };
        let week = weeks.week(world);
        let Some(watch) = weeks.watches.iter_mut().find(|watch| watch.name == *from) else {
            return;
        };
        let address = to.unwrap_or_default();
        if watch.left.iter().any(|one| one.send == send) {
            return;
        }
        let person = weeks.by_address.get(&address).copied();
        watch.left.push(Left { send: send.to_owned(), address, at: shown, came_back });
        watch.judge(shown);
        if let (true, Some(person)) = (came_back, person) {
            weeks.people[person].told.get_or_insert((world, TOLD_MS));
            if let Some(week) = week {
                weeks.table.weeks[week].bounces += 1;
            }
        }
    }

    /// An object answers.
    pub(in crate::sim) fn outside_hears(
        &mut self,
        from: &Name,
        envelope: &Envelope,
        answer: &Answer,
    ) {
        let (true, Answer::Done { json, .. }) = (self.weeks.is_some(), answer) else { return };
        match from.0 {
            ActorKind::ProspectDedup => self.has_noted(from, envelope, json),
            ActorKind::InboxState => self.was_reported(from, envelope, json),
            ActorKind::WorkspaceRoom => self.is_unknown(envelope),
            _ => {}
        }
    }

    /// The room was told that nobody knows of a mail: its inbox died before it handed it over, and
    /// counts it as one that left.
    fn is_unknown(&mut self, envelope: &Envelope) {
        let Ok(RoomCommand::NoteOutreach(told)) = read_json(&envelope.command) else { return };
        let Some(weeks) = self.weeks.as_mut().filter(|_| told.state == SendState::Unknown) else {
            return;
        };
        let own = told.inbox_id.to_string();
        if let Some(watch) = weeks.watches.iter_mut().find(|watch| watch.name.1.ends_with(&own)) {
            let send = told.send_id.to_string();
            if !watch.left.iter().any(|one| one.send == send) {
                watch.under_way.insert(send);
            }
        }
    }

    /// A prospect has noted that it is to get no more.
    fn has_noted(&mut self, from: &Name, envelope: &Envelope, json: &[u8]) {
        let says_no = match read_json::<ProspectCommand>(&envelope.command) {
            Ok(ProspectCommand::Suppress(_)) => true,
            Ok(ProspectCommand::Record(record)) => record.fate.suppresses().is_some(),
            _ => false,
        };
        let is_here = matches!(serde_json::from_slice(json), Ok(Noted::Here {}));
        let shown = self.clock.shown();
        let Some(weeks) = self.weeks.as_mut().filter(|_| says_no && is_here) else { return };
        if let Some(person) = weeks.by_prospect.get(&from.1) {
            weeks.people[*person].noted.get_or_insert(shown);
        }
    }

    /// An inbox has taken note that a mail came back.
    fn was_reported(&mut self, from: &Name, envelope: &Envelope, json: &[u8]) {
        let Ok(InboxCommand::RecordReport(_)) = read_json(&envelope.command) else { return };
        let Ok(ReportNoted { send_id, report: Some(_) }) = serde_json::from_slice(json) else {
            return;
        };
        let shown = self.clock.shown();
        let Some(weeks) = &mut self.weeks else { return };
        let Some(watch) = weeks.watches.iter_mut().find(|watch| watch.name == *from) else {
            return;
        };
        let send = send_id.to_string();
        if let Some(one) = watch.left.iter_mut().find(|one| one.send == send) {
            one.came_back = true;
            watch.judge(shown);
        }
    }

    /// Whoever brought a word of somebody was answered.
    pub(super) fn was_heard(&mut self, person: usize, kind: Kind) {
        let now = self.clock.world();
        let Some(weeks) = &mut self.weeks else { return };
        let row = weeks.week(now).map(|week| &mut weeks.table.weeks[week]);
        let grace = match kind {
            Kind::Away | Kind::Warning => return,
            Kind::Soft => FULL_MS,
            _ => TOLD_MS,
        };
        weeks.people[person].told.get_or_insert((now, grace));
        let Some(row) = row else { return };
        match kind {
            Kind::Reply => row.replies += 1,
            Kind::Wish | Kind::Link => row.opt_outs += 1,
            _ => row.bounces += 1,
        }
    }

    /// The admin resumes an inbox, or has: what was before counts no more.
    pub(super) fn watch_anew(&mut self, inbox: usize) {
        let Some(weeks) = &mut self.weeks else { return };
        let watch = &mut weeks.watches[inbox];
        watch.over = None;
        watch.left.clear();
        watch.under_way.clear();
    }

    /// A mail did not leave, as the admin found.
    pub(super) fn did_not_leave(&mut self, inbox: usize, send: &str) {
        if let Some(weeks) = &mut self.weeks {
            weeks.watches[inbox].left.retain(|one| one.send != send);
        }
    }

    /// In the end: outreach went on, and nobody who said no was forgotten.
    pub(super) fn check_weeks(&mut self) {
        let (world, shown) = (self.clock.world(), self.clock.shown());
        let Some(weeks) = &self.weeks else { return };
        let sent: u64 = weeks.table.weeks.iter().flat_map(|week| week.sent).sum();
        let least = 60 * weeks.table.weeks.len() as u64;
        let whole = world >= cast::ends_at(weeks);
        let forgotten = weeks.people.iter().find(|one| {
            let is_no = |&(at, grace): &(Millis, Millis)| grace == TOLD_MS && world > at + grace;
            one.told.as_ref().is_some_and(is_no) && one.noted.is_none()
        });
        if let Some(one) = forgotten {
            let text = format!("{} said no at {:?}, and it is {shown}", one.email, one.told);
            return self.violate(NO, text);
        }
        if whole && sent < least {
            self.violate(ON, format!("{sent} mails left, where {least} were to be expected"));
        }
    }
}
