//! A desk with a campaign, and the world around it: inboxes, their warm-ups, and prospects, each
//! played by a few lines.

use crate::inbox_state::identity::inbox_of;
use crate::kernel::{Effect, Outcome};
use crate::workspace_room::tests::desk::{Desk, text};
use schema::ids::{InboxId, ProspectId, SendId};
use schema::inbox::{InboxCommand, NewMail, SendMail};
use schema::pipeline::Queue;
use schema::{ActorKind, Code, Millis, Reject};
use serde_json::{Value, json};
use std::collections::BTreeMap;

pub const HOUR: Millis = 3_600_000;
pub const DAY: Millis = 24 * HOUR;

/// How an inbox takes mails.
#[derive(Debug, Clone)]
pub struct Inbox {
    pub email: &'static str,
    pub paused: Option<&'static str>,
    /// Slots of its warm-up that are left.
    pub slots: Option<i64>,
    /// Its answer to a send: `sent`, or what else became of it at once, and why.
    pub answer: (&'static str, Option<&'static str>),
    /// What it was asked to take back.
    pub called_off: Vec<SendId>,
}

/// A mail that an inbox was asked to send.
#[derive(Debug, Clone)]
pub struct Asked {
    pub at: Millis,
    pub inbox: InboxId,
    pub key: String,
    pub number: u128,
    pub mail: NewMail,
}

pub struct Field {
    pub desk: Desk,
    pub campaign: Value,
    pub inboxes: BTreeMap<InboxId, Inbox>,
    /// What a prospect says of itself; null does not answer, and one that is not there is not
    /// found.
    pub people: BTreeMap<ProspectId, Value>,
    pub asked: Vec<Asked>,
    /// Who was suppressed, and why.
    pub suppressed: Vec<(String, String)>,
    /// What was put on queues.
    pub queued: Vec<(Queue, Vec<u8>)>,
}

/// A Monday, 09:00 UTC.
pub const MONDAY: Millis = 1_795_424_400_000;

impl Field {
    /// A desk with inboxes of these addresses.
    pub fn open(emails: &[&'static str]) -> Self {
        let mut desk = Desk::open();
        desk.room.now = MONDAY;
        desk.log_in_again();
        let owner = desk.owner.opened.agent.email.clone();
        let token = desk.room.fresh("refresh");
        desk.owner = desk.room.log_in(&owner, &token).expect("logged in");
        let workspace = desk.room.workspace;
        let inbox = |email: &&'static str| {
            let inbox = Inbox {
                email,
                paused: None,
                slots: None,
                answer: ("sent", None),
                called_off: vec![],
            };
            (inbox_of(workspace, email), inbox)
        };
        let inboxes = emails.iter().map(inbox).collect();
        let (campaign, people, queued) = (Value::Null, BTreeMap::new(), Vec::new());
        let (asked, suppressed) = (Vec::new(), Vec::new());
        let mut field = Self { desk, campaign, inboxes, people, asked, suppressed, queued };
        field.desk.room.drain(|_, _| Outcome::Done(b"{}".to_vec()));
        field.desk.events();
        field
    }

    pub fn inbox(&self, email: &str) -> InboxId {
        inbox_of(self.desk.room.workspace, email)
    }

    /// Makes a campaign of two steps, but for what is said otherwise, and starts it.
    pub fn campaign(&mut self, more: Value) -> Value {
        let plan = json!({ "name": "Spring", "inboxIds": self.inboxes.keys().collect::<Vec<_>>(),
            "footer": "Desk Ltd, 1 Road, Town", "spacingS": 60, "steps": [
                { "subject": "Doors at {{company}}", "text": "Dear {{firstName}}, a door?" },
                { "delayDays": 3, "text": "Dear {{firstName|friend}}, still no door?" },
            ] });
        let mut plan = plan.as_object().expect("an object").clone();
        plan.extend(more.as_object().expect("an object").clone());
        let made = self.desk.manage(&json!({ "createCampaign": plan }));
        self.campaign = made["id"].clone();
        self.start()
    }

    pub fn start(&mut self) -> Value {
        let campaign = &self.campaign;
        let url = "https://mail.desk.example/";
        self.desk.manage(&json!({ "startCampaign": { "campaignId": campaign, "publicUrl": url } }))
    }

    /// A prospect, who is enrolled.
    pub fn enrol(&mut self, number: u128, email: &str) -> ProspectId {
        let id = self.person(number, email);
        let campaign = &self.campaign;
        self.desk.ask(&json!({ "enrol": { "campaignId": campaign, "prospectIds": [id] } }));
        id
    }

    pub fn person(&mut self, number: u128, email: &str) -> ProspectId {
        let id = ProspectId(uuid::Uuid::from_u128(number));
        let person = json!({ "id": id, "version": 1, "email": email, "name": "Ann Lee",
            "company": "Acme", "domain": null, "title": null, "linkedin": null, "source": null,
            "attributes": {}, "stage": "new", "suppression": null, "unsettled": false,
            "identities": [], "imports": 1, "createdAt": 1, "updatedAt": 1,
            "lastContactAt": null, "followUpAt": null, "followUpNote": null,
            "followUpDue": false });
        self.people.insert(id, person);
        id
    }

    /// What the gateway asks where an agent writes to somebody: with what prospect and inbox say.
    pub fn by_hand(&self, key: &str, who: ProspectId, inbox: &str) -> Value {
        let id = self.inbox(inbox);
        let inbox = &self.inboxes[&id];
        let json = |bytes: &[u8]| serde_json::from_slice::<Value>(bytes).expect("JSON");
        let told = match inbox.slots.map(|_| warmup(inbox, self.desk.room.now)) {
            Some(Outcome::Done(told)) => json(&told),
            _ => Value::Null,
        };
        let mut prospect = &self.people[&who];
        while let Value::String(to) = prospect {
            prospect = &self.people[&to.parse().expect("an id")];
        }
        json!({ "sendEmail": { "key": key, "prospectId": who, "prospect": prospect,
            "warmup": told, "inbox": json(&status(id, inbox)), "subject": "A word, {{firstName}}",
            "text": "Dear {{firstName}} of {{company}}", "footer": "Desk Ltd, 1 Road, Town",
            "publicUrl": "https://mail.desk.example" } })
    }

    /// Does what is due now, until nothing is.
    pub fn settle(&mut self) {
        for _ in 0..20 {
            self.desk.room.alarm();
            let before = self.asked.len() + self.suppressed.len();
            if self.answer() == 0 && self.asked.len() + self.suppressed.len() == before {
                return;
            }
        }
    }

    /// Answers what the room asks others now; says how much it was.
    pub fn answer(&mut self) -> usize {
        let Self { desk, inboxes, people, asked, suppressed, queued, .. } = self;
        let now = desk.room.now;
        let mut calls = 0;
        desk.room.drain(|_, effect| {
            if let Effect::Queue { queue, body } = effect {
                queued.push((*queue, body.clone()));
            }
            let Effect::Call { actor, instance, key, command } = effect else {
                return Outcome::Done(b"{}".to_vec());
            };
            calls += 1;
            let asks = String::from_utf8_lossy(command);
            let is_read = ["{\"get\":", "{\"status\":"].iter().any(|it| asks.starts_with(it));
            assert_eq!(key.is_empty(), is_read, "who is looked at keeps no answer: {asks}");
            let id = instance.rsplit_once('/').map_or("", |(_, id)| id);
            match actor {
                ActorKind::ProspectDedup => of_prospect(people, suppressed, id, command),
                ActorKind::WarmupCounter => warmup(&inboxes[&id.parse().expect("id")], now),
                _ => of_inbox(inboxes, asked, now, id, command),
            }
        });
        calls
    }

    /// Goes on for a time, minute by minute.
    pub fn pass(&mut self, millis: Millis, step: Millis) {
        let until = self.desk.room.now + millis;
        while self.desk.room.now < until {
            self.desk.room.now = (self.desk.room.now + step).min(until);
            self.settle();
        }
    }

    pub fn enrolment(&mut self, id: ProspectId) -> Value {
        let campaign = &self.campaign;
        self.desk.ask(&json!({ "getEnrolment": { "campaignId": campaign, "prospectId": id } }))
    }

    /// State and reason of an enrolment.
    pub fn stands(&mut self, id: ProspectId) -> (String, Value) {
        let one = self.enrolment(id);
        (text(&one["state"]), one["reason"].clone())
    }

    /// An inbox tells what became of a mail.
    pub fn tell(&mut self, at: usize, version: i64, state: &str, error: Option<&str>) {
        let asked = self.asked[at].clone();
        let left = matches!(state, "sent" | "bounced" | "unknown").then_some(asked.at);
        let told = json!({ "noteOutreach": { "key": asked.key, "inboxId": asked.inbox,
            "sendId": uuid::Uuid::from_u128(asked.number), "version": version,
            "messageId": format!("own{}@desk.example", asked.number), "state": state,
            "error": error, "leftAt": left } });
        self.desk.system(&told);
        self.settle();
    }

    pub fn caps(&mut self) -> Value {
        let campaign = &self.campaign;
        self.desk.ask(&json!({ "getCaps": { "campaignId": campaign } }))
    }
}

fn of_prospect(
    people: &BTreeMap<ProspectId, Value>,
    suppressed: &mut Vec<(String, String)>,
    id: &str,
    command: &[u8],
) -> Outcome {
    let command: Value = serde_json::from_slice(command).expect("JSON");
    if let Some(suppress) = command.get("suppress") {
        suppressed.push((id.to_owned(), text(&suppress["reason"])));
        return Outcome::Done(b"{\"here\":{}}".to_vec());
    }
    match people.get(&id.parse().expect("an id")) {
        Some(Value::String(to)) => {
            Outcome::Rejected(schema::prospect::moved(to.parse().expect("an id")))
        }
        Some(Value::Null) => Outcome::Failed { why: "no answer in time".into() },
        Some(person) => Outcome::Done(person.to_string().into_bytes()),
        None => Outcome::Rejected(Reject::not_found("prospect")),
    }
}

fn warmup(inbox: &Inbox, now: Millis) -> Outcome {
    let left = inbox.slots.expect("a warm-up");
    let today = json!({ "day": "2026-11-23", "week": 1, "allowance": 5, "reserved": 0,
        "sent": 5 - left, "left": left });
    let status = json!({ "inboxId": uuid::Uuid::nil(), "timeZone": "UTC",
        "startedOn": "2026-11-23", "today": today, "resetsAt": (now / DAY + 1) * DAY,
        "history": [] });
    Outcome::Done(status.to_string().into_bytes())
}

fn of_inbox(
    inboxes: &mut BTreeMap<InboxId, Inbox>,
    asked: &mut Vec<Asked>,
    now: Millis,
    id: &str,
    command: &[u8],
) -> Outcome {
    let id: InboxId = id.parse().expect("an id");
    let Some(inbox) = inboxes.get_mut(&id) else {
        return Outcome::Rejected(Reject::not_found("inbox"));
    };
    let SendMail { key, mail } = match serde_json::from_slice(command).expect("a command") {
        InboxCommand::Send(send) => send,
        InboxCommand::Status(_) => return Outcome::Done(status(id, inbox)),
        InboxCommand::CancelSend(of) => {
            inbox.called_off.push(of.send_id);
            if inbox.answer.0 == "sending" {
                return Outcome::Rejected(Reject::conflict("the send is sending"));
            }
            return Outcome::Done(b"{}".to_vec());
        }
        other => panic!("{other:?}"),
    };
    let number = match asked.iter().find(|it| it.key == key) {
        Some(known) => known.number,
        None => {
            let number = asked.len() as u128 + 1;
            asked.push(Asked { at: now, inbox: id, key, number, mail });
            number
        }
    };
    let (state, error) = inbox.answer;
    if state == "rejected" {
        return Outcome::Rejected(Reject::new(Code::InvalidInput, "no such mail"));
    }
    let left = (state == "sent").then_some(now);
    if let (Some(_), Some(slots)) = (left, &mut inbox.slots) {
        *slots -= 1;
    }
    let view = json!({ "id": uuid::Uuid::from_u128(number), "inboxId": id, "state": state,
        "version": 3, "messageId": format!("own{number}@desk.example"), "to": [], "cc": [],
        "subject": "s", "attempts": 1, "queuedAt": now, "error": error, "leftAt": left });
    Outcome::Done(view.to_string().into_bytes())
}

fn status(id: InboxId, inbox: &Inbox) -> Vec<u8> {
    let status = if inbox.paused.is_some() { "paused" } else { "active" };
    let health = json!({ "sends": 0, "bounced": 0, "complained": 0, "bounceRateBp": 0,
        "bounceRateBpMax": 500, "sendsMin": 20, "since": 0 });
    let view = json!({ "id": id, "version": 1, "email": inbox.email, "displayName": "",
        "transport": "smtp", "host": "mx.example", "port": 465, "security": "implicit_tls",
        "username": inbox.email, "warmup": inbox.slots.is_some(), "timeZone": "UTC",
        "status": status, "pauseReason": inbox.paused, "health": health, "waiting": 0,
        "unknown": 0, "sent": 0, "bounced": 0, "createdAt": 1 });
    view.to_string().into_bytes()
}
