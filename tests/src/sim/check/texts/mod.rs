//! What mails of campaigns say: the step's template as it was when the mail was made, filled in
//! with what the prospect said of itself; and where a model writes in it, a text that stood.
//!
//! It keeps an account of its own, of what rooms were asked and answered, in the order in which it
//! was done. Nothing is judged where a change may have been made that nobody heard of; a text that
//! may have been approved so is one that was.
//!
//! | a text stands | as long as |
//! | --- | --- |
//! | that somebody approved | step and rules are what they were then |
//! | of a model, where nobody has to approve | they are what they were when it was ordered |
//! | either | nobody has approved another, rejected it, or had another written |

mod stands;
mod words;

use crate::sim::object::Name;
use crate::sim::world::{Ask, Request, World, short};
use actors::kernel::{Entry, MailJob, Outcome};
use schema::codec::read_json;
use schema::ids::{CampaignId, ProspectId};
use schema::inbox::{CAMPAIGN_KEY, InboxCommand, SendMail};
use schema::prospect::Prospect;
use schema::room::RoomCommand;
use schema::room::campaign::{Campaign as View, CampaignPlan};
use schema::room::writing::{
    CampaignText, FinishWriting, JudgeCampaignText, Verdict, WritingOrder, WritingOutcome,
};
use schema::{ActorKind, Answer, Envelope};
use std::collections::{BTreeMap, BTreeSet};

const SAYS: &str = "5 a step's mail says what stands for it";

/// The outbox kinds of what a room asks to make a mail, and to send it.
const PERSON: &str = "outreach.person";
const SEND: &str = "outreach.send";
/// The commands that an account is kept of.
const NOTED: [&str; 8] = [
    "createCampaign",
    "changeCampaign",
    "startCampaign",
    "pauseCampaign",
    "getCampaign",
    "judgeCampaignText",
    "beginWriting",
    "finishWriting",
];

/// Numbers what is noted, in the order in which it was done.
type Tick = u64;

/// What is known of what campaigns say.
#[derive(Debug, Default)]
pub struct Texts {
    tick: Tick,
    campaigns: BTreeMap<(Name, CampaignId), Campaign>,
    verdicts: BTreeMap<(Name, CampaignId, ProspectId, i64), Vec<Judged>>,
    /// When a try of a text was ordered, and for whom.
    orders: BTreeMap<(Name, i64, i64), Vec<(Tick, ProspectId)>>,
    /// What models wrote, by the text.
    written: BTreeMap<(Name, String), Written>,
    /// As whom the person of an enrolment was asked.
    persons: BTreeMap<(Name, i64), BTreeSet<ProspectId>>,
    /// When the mail of an enrolment may have been made.
    made: BTreeMap<(Name, i64), Vec<Made>>,
    /// The mails that inboxes were asked to send, by inbox and key.
    mails: BTreeMap<(Name, String), Mail>,
}

/// A campaign.
#[derive(Debug, Default)]
struct Campaign {
    version: i64,
    latest: Option<CampaignPlan>,
    /// What it was from when on; nothing while that is not known.
    plans: Vec<(Tick, Option<CampaignPlan>)>,
    /// The keys of changes of which nobody has heard whether they were made.
    open: BTreeSet<String>,
}

/// What somebody said to a text.
#[derive(Debug)]
struct Judged {
    at: Tick,
    verdict: Verdict,
    /// What was approved; nothing where that was not heard.
    text: Option<String>,
    /// Whether it was certainly done then.
    is_certain: bool,
}

/// What a model wrote.
#[derive(Debug)]
struct Written {
    /// The text's number, and the try.
    of: (i64, i64),
    /// When it may have been taken.
    at: Vec<Tick>,
    /// Whether the last of these was answered: said again, it changes nothing.
    is_heard: bool,
}

/// The moment at which a mail was made, and of whom.
#[derive(Debug, Clone)]
struct Made {
    at: Tick,
    person: Box<Prospect>,
}

/// A mail of a campaign.
#[derive(Debug)]
struct Mail {
    room: Name,
    campaign: CampaignId,
    prospect: ProspectId,
    step: i64,
    /// Whom else the enrolment was of.
    persons: BTreeSet<ProspectId>,
    made: Vec<Made>,
}

/// A command of which an account is kept.
fn noted(to: &Name, command: &[u8]) -> Option<RoomCommand> {
    let name = crate::sim::clients::name_of(command)?;
    let is_noted = to.0 == ActorKind::WorkspaceRoom && NOTED.contains(&&*name);
    read_json(command).ok().filter(|_| is_noted)
}

fn key_of(envelope: &Envelope) -> String {
    format!("{}:{:?}", envelope.principal.key_scope(), envelope.key)
}

impl World {
    /// A room answers.
    pub(super) fn check_texts(&mut self, from: &Name, envelope: &Envelope, answer: &Answer) {
        let Answer::Done { json, replayed } = answer else { return };
        let Some(command) = noted(from, &envelope.command) else { return };
        let texts = &mut self.checks.texts;
        texts.tick += 1;
        match command {
            RoomCommand::JudgeCampaignText(judge) if !replayed => {
                let told = serde_json::from_slice::<CampaignText>(json).ok();
                texts.judged(from, &judge, told.and_then(|told| told.text), true);
            }
            RoomCommand::JudgeCampaignText(_) => {}
            RoomCommand::BeginWriting(begin) => {
                let told = serde_json::from_slice::<WritingOrder>(json).ok();
                if let Some(order) = told.and_then(|told| told.order) {
                    let orders = texts.orders.entry((from.clone(), begin.number, begin.attempt));
                    orders.or_default().push((texts.tick, order.prospect_id));
                }
            }
            RoomCommand::FinishWriting(finish) => texts.wrote(from, &finish, true),
            _ => {
                let Ok(view) = serde_json::from_slice::<View>(json) else { return };
                let campaign = (from.clone(), view.id);
                if matches!(command, RoomCommand::CreateCampaign(_)) {
                    texts.campaigns.entry(campaign.clone()).or_default();
                }
                if let Some(known) = texts.campaigns.get_mut(&campaign) {
                    known.is_told(texts.tick, view, (&key_of(envelope), *replayed));
                }
            }
        }
    }

    /// A room may have done something, and nobody was told.
    pub(in crate::sim) fn check_texts_unheard(&mut self, request: &Request) {
        let Ask::Call(bytes) = &request.ask else { return };
        let Ok(envelope) = Envelope::decode(bytes) else { return };
        let Some(command) = noted(&request.to, &envelope.command) else { return };
        let (room, texts) = (&request.to, &mut self.checks.texts);
        texts.tick += 1;
        match command {
            RoomCommand::ChangeCampaign(change) => {
                let known = texts.campaigns.entry((room.clone(), change.campaign_id)).or_default();
                known.open.insert(key_of(&envelope));
                known.plans.push((texts.tick, None));
            }
            RoomCommand::JudgeCampaignText(judge) => {
                texts.judged(room, &judge, judge.text.clone(), false);
            }
            RoomCommand::FinishWriting(finish) => texts.wrote(room, &finish, false),
            _ => {}
        }
    }

    /// An object is called for an entry of a room's outbox: perhaps a prospect, to be written to,
    /// or an inbox, to send what was made.
    pub(super) fn note_outreach(&mut self, at: (u64, usize), to: &Name, command: &[u8]) {
        let Some(round) = self.rounds.get(&at.0) else { return };
        let Some((entry, _)) = round.entries.get(at.1) else { return };
        let Ok(number) = entry.key.parse::<i64>() else { return };
        let enrolment = (round.name.clone(), number);
        match &*entry.kind {
            PERSON => {
                let same = |(one, _): &(Entry, _)| one.kind == PERSON && one.key == entry.key;
                let mut others = self.rounds.iter().filter(|(number, _)| **number != at.0);
                let under_way = others
                    .any(|(_, other)| other.name == round.name && other.entries.iter().any(same));
                let texts = &mut self.checks.texts;
                if !under_way {
                    texts.made.remove(&enrolment);
                }
                let person: Option<ProspectId> =
                    to.1.rsplit('/').next().and_then(|id| id.parse().ok());
                texts.persons.entry(enrolment).or_default().extend(person);
            }
            SEND => {
                if let Ok(InboxCommand::Send(send)) = read_json(command) {
                    self.checks.texts.asks(&enrolment, to, send);
                }
            }
            _ => {}
        }
    }

    /// An entry of a room's outbox was settled: perhaps a mail was made.
    pub(super) fn note_made(&mut self, from: &Name, entry: &Entry, outcome: &Outcome) {
        let (PERSON, Outcome::Done(json)) = (&*entry.kind, outcome) else { return };
        let Ok(person) = read_json::<Prospect>(json) else { return };
        let Ok(number) = entry.key.parse::<i64>() else { return };
        // Else nothing was done.
        if let Ok(false) = self.is_leased(from, entry) {
            let texts = &mut self.checks.texts;
            texts.tick += 1;
            let made = Made { at: texts.tick, person: Box::new(person) };
            texts.made.entry((from.clone(), number)).or_default().push(made);
        }
    }

    /// A mail is handed over that an inbox has under this key.
    pub(super) fn check_says(&mut self, inbox: &Name, key: &str, job: &MailJob) {
        if !key.starts_with(CAMPAIGN_KEY) {
            return;
        }
        let said = words::plain_text(&job.content).and_then(|text| {
            let mail = self.checks.texts.mails.get(&(inbox.clone(), key.to_owned()));
            self.checks.texts.judge(mail.ok_or("no room asked for it")?, &text)
        });
        match said {
            Ok(what) => self.mark(what),
            Err(why) => {
                let text = format!("{}: {key} leaves as {}: {why}", short(inbox), job.send_id);
                self.violate(SAYS, text);
            }
        }
    }
}

impl Campaign {
    /// A room says what it is.
    fn is_told(&mut self, at: Tick, view: View, (key, replayed): (&str, bool)) {
        if replayed {
            self.open.remove(key);
        } else {
            self.open.clear();
        }
        if view.version > self.version {
            self.version = view.version;
            self.latest = Some(view.plan);
        }
        let plan = if self.open.is_empty() { self.latest.clone() } else { None };
        if self.plans.last().is_none_or(|(_, last)| *last != plan) {
            self.plans.push((at, plan));
        }
    }

    /// What it was at a time, where that is known.
    fn at(&self, at: Tick) -> Option<&CampaignPlan> {
        self.plans.iter().rev().find(|(since, _)| *since <= at)?.1.as_ref()
    }
}

impl Texts {
    fn judged(
        &mut self,
        room: &Name,
        judge: &JudgeCampaignText,
        text: Option<String>,
        is_certain: bool,
    ) {
        let slot = (room.clone(), judge.campaign_id, judge.prospect_id, judge.step);
        let judged = Judged { at: self.tick, verdict: judge.verdict, text, is_certain };
        self.verdicts.entry(slot).or_default().push(judged);
    }

    /// A model wrote. What has to be filled in is never taken.
    fn wrote(&mut self, room: &Name, finish: &FinishWriting, is_heard: bool) {
        let WritingOutcome::Written(written) = &finish.outcome else { return };
        if written.text.contains('[') {
            return;
        }
        let of = (finish.number, finish.attempt);
        let known = self.written.entry((room.clone(), written.text.trim().to_owned()));
        let known = known.or_insert_with(|| Written { of, at: Vec::new(), is_heard: false });
        if !known.is_heard {
            known.at.push(self.tick);
            known.is_heard = is_heard;
        }
    }

    /// A room asks an inbox to send what was made.
    fn asks(&mut self, enrolment: &(Name, i64), inbox: &Name, send: SendMail) {
        let Some(outreach) = send.mail.prospect else { return };
        let Ok(campaign) = outreach.campaign.parse() else { return };
        let mail = self.mails.entry((inbox.clone(), send.key)).or_insert_with(|| Mail {
            room: enrolment.0.clone(),
            campaign,
            prospect: outreach.prospect_id,
            step: outreach.step,
            persons: self.persons.get(enrolment).cloned().unwrap_or_default(),
            made: Vec::new(),
        });
        for made in self.made.get(enrolment).into_iter().flatten() {
            if mail.made.iter().all(|known| known.at != made.at) {
                mail.made.push(made.clone());
            }
        }
    }
}
