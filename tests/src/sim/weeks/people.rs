//! Those who are written to: what their servers say, and what they do about a mail that they got.

use super::{Event, Told};
use crate::sim::clients::Via;
use crate::sim::clock::DAY_MS;
use crate::sim::plan::{About, Person as Known, room};
use crate::sim::post::Verdict;
use crate::sim::random::Random;
use crate::sim::world::World;
use actors::kernel::MailJob;
use actors::prospect_dedup::identity::Identity;
use schema::Millis;
use schema::ids::WorkspaceId;
use serde_json::{Value, json};
use std::collections::BTreeSet;

const MINUTE_MS: Millis = 60_000;
const HOUR_MS: Millis = 60 * MINUTE_MS;
/// How many companies they are of.
const COMPANIES: usize = 400;

/// What somebody does about a mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Answers.
    Reply,
    /// Answers that they want no more of them.
    Wish,
    /// Follows the link to opt out.
    Link,
    /// Is away: a machine answers.
    Away,
    /// Their server reports that there is no such mailbox.
    Hard,
    /// Their server reports that the mailbox was full for too long.
    Soft,
    /// Their server reports that it still tries.
    Warning,
}

/// How a server takes mails for somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Server {
    /// As it should.
    Takes,
    /// It knows the address not, and says so at once.
    Refuses,
    /// It puts the first mails off.
    PutsOff,
    /// It takes mails, and reports later that there is no such mailbox.
    ReportsHard,
}

/// Somebody who is written to.
#[derive(Debug)]
pub struct Person {
    /// The address.
    pub email: String,
    server: Server,
    put_off: u32,
    /// Which steps their server took.
    pub got: BTreeSet<u8>,
    /// When Postroom had answered whoever told it that they are to get no more, in world time, and
    /// for how long mails may still leave from then on.
    pub told: Option<(Millis, Millis)>,
    /// When the prospect had noted it, by the latest time that any clock had shown.
    pub noted: Option<Millis>,
}

/// Something that somebody does about a mail.
#[derive(Debug)]
pub struct Act {
    person: usize,
    kind: Kind,
    inbox: usize,
    send: String,
    message_id: String,
    token: String,
}

impl Person {
    /// Person number `number`, of the bad list or the good one.
    pub fn draw(random: &mut Random, number: usize, is_bad: bool) -> Self {
        let server = match (random.below(1000), is_bad) {
            (0..60, true) | (0..4, false) => Server::Refuses,
            (60..150, true) | (4..10, false) => Server::ReportsHard,
            (150..180, _) => Server::PutsOff,
            _ => Server::Takes,
        };
        let email = format!("person{number}@company{}.example", number % COMPANIES);
        Self { email, server, put_off: 0, got: BTreeSet::new(), told: None, noted: None }
    }

    /// The same, as the plan keeps whom it imports.
    pub fn known_as(&self, workspace: WorkspaceId) -> Known {
        let identity = Identity::email("email", &self.email).expect("it is an address");
        let domain = self.email.rsplit('@').next().unwrap_or_default().to_owned();
        Known {
            email: self.email.clone(),
            name: "Pat Stone".to_owned(),
            domain,
            linkedin: String::new(),
            by_email: identity.id(workspace),
            known: false,
            joined: false,
            profiled: false,
            deleted: false,
        }
    }

    /// What its server says to a mail that nothing else kept from it.
    const fn verdict(&mut self) -> Verdict {
        match self.server {
            Server::Takes | Server::ReportsHard => Verdict::Accepted,
            Server::Refuses => Verdict::NoSuchMailbox,
            Server::PutsOff if self.put_off < 2 => {
                self.put_off += 1;
                Verdict::RefusedForNow
            }
            Server::PutsOff => Verdict::Accepted,
        }
    }

    /// What is done about a mail that was taken, and after how long.
    fn reaction(&self, random: &mut Random) -> Option<(Kind, Millis)> {
        if self.server == Server::ReportsHard {
            let soon = random.between(1_000, 2 * HOUR_MS);
            let late = random.between(DAY_MS, 3 * DAY_MS);
            return Some((Kind::Hard, if random.chance(250) { late } else { soon }));
        }
        let (kind, least, most) = match random.below(1000) {
            0..50 => (Kind::Reply, 5 * MINUTE_MS, 4 * DAY_MS),
            50..62 => (Kind::Wish, 5 * MINUTE_MS, 4 * DAY_MS),
            62..80 => (Kind::Link, 2_000, 5 * DAY_MS),
            80..120 => (Kind::Away, 2_000, MINUTE_MS),
            120..124 => (Kind::Soft, HOUR_MS, 2 * DAY_MS),
            124..134 => (Kind::Warning, 4 * HOUR_MS, 5 * HOUR_MS),
            _ => return None,
        };
        // Some answer before the inbox has heard that the mail left.
        let least = if random.chance(50) { 1 } else { least };
        Some((kind, random.between(least, most)))
    }
}

impl World {
    /// What the recipient's server says, where nothing else went wrong.
    pub(in crate::sim) fn at_the_recipient(&mut self, job: &MailJob, verdict: Verdict) -> Verdict {
        let Some(weeks) = &mut self.weeks else { return verdict };
        let address = job.to.first().map(|to| to.to_lowercase()).unwrap_or_default();
        let known = weeks.by_address.get(&address).copied();
        match (verdict, known) {
            (Verdict::Accepted, Some(at)) => weeks.people[at].verdict(),
            (verdict, _) => verdict,
        }
    }

    /// A mail was taken: whoever got it may do something about it.
    pub(super) fn react(&mut self, person: usize, inbox: usize, job: &MailJob) {
        let Some(weeks) = &mut self.weeks else { return };
        let Some((kind, wait)) = weeks.people[person].reaction(&mut weeks.random) else { return };
        let content = String::from_utf8_lossy(&job.content);
        let header = |name: &str| {
            let line = content.lines().find_map(|line| line.strip_prefix(name));
            let id = line.and_then(|line| line.trim().strip_prefix('<')?.split_once('>'));
            id.map(|(id, _)| id.to_owned()).unwrap_or_default()
        };
        let link = header("List-Unsubscribe:");
        let token = link.rsplit('/').next().unwrap_or_default().to_owned();
        let (send, message_id) = (job.send_id.clone(), header("Message-ID:"));
        let act = Act { person, kind, inbox, send, message_id, token };
        self.soon(wait, Event::Act(Box::new(act)));
    }
}

/// Somebody does something about a mail.
pub fn act(world: &mut World, act: &Act) {
    let about = About::Outside(Told::Heard(act.person, act.kind));
    let system = world.plan.tenants[0].system();
    if act.kind == Kind::Link {
        let command = json!({ "optOut": { "token": act.token, "dry": false } });
        return room::ask(world, 0, system, &command, about, Via::Http);
    }
    let text = world.plan.text(0);
    let token = text.rsplit(' ').next().unwrap_or_default().to_owned();
    let Some(weeks) = &mut world.weeks else { return };
    let email = &weeks.people[act.person].email;
    let mut mail = json!({
        "rawKey": format!("raw/{token}"), "messageId": format!("{token}@mx.example"),
        "from": { "address": email }, "subject": "Re: Doors", "text": text,
    });
    // Some mail programs do not say what they answer.
    if weeks.random.chance(700) {
        mail["inReplyTo"] = json!([act.message_id]);
    }
    match act.kind {
        Kind::Away => mail["automatic"] = json!({ "kind": "autoReply", "reason": "header" }),
        Kind::Wish => mail["text"] = json!("Unsubscribe"),
        Kind::Hard => report(world, act, &mut mail, ("hard", "5.1.1")),
        Kind::Soft => report(world, act, &mut mail, ("soft", "4.2.2")),
        Kind::Warning => report(world, act, &mut mail, ("delayed", "4.4.1")),
        Kind::Reply | Kind::Link => {}
    }
    room::ask(world, 0, system, &json!({ "receiveMail": mail }), about, Via::Queue);
}

/// Makes a mail a report about another.
fn report(world: &mut World, act: &Act, mail: &mut Value, (class, status): (&str, &str)) {
    let inbox = world.plan.tenants[0].inboxes[act.inbox].id;
    let Some(weeks) = &mut world.weeks else { return };
    let email = &weeks.people[act.person].email;
    let mut report = match weeks.random.chance(500) {
        true => json!({ "sendId": act.send }),
        false => json!({ "messageId": act.message_id }),
    };
    report["recipients"] =
        json!([{ "address": email, "class": class, "reason": "unknown", "status": status }]);
    mail["from"] = json!({ "address": "mailer-daemon@mx.example" });
    mail["automatic"] = json!({ "kind": "bounce", "reason": "report" });
    mail["report"] = json!({ "inboxes": [inbox], "report": report });
}
