//! Inboxes and the mail that they are asked to send.

use super::room::ask_object;
use super::warmup::ZONES;
use super::{About, bounces, relays};
use crate::sim::world::World;
use schema::ActorKind;
use schema::ids::{InboxId, SendId};
use serde_json::{Value, json};

/// An inbox, as far as the plan knows.
#[derive(Debug)]
pub struct Inbox {
    /// Its id.
    pub id: InboxId,
    /// Whether its sends need a slot of the warm-up.
    pub warmup: bool,
    /// Whether it was registered, as far as the plan was told.
    pub registered: bool,
    /// What it was asked to send, as JSON.
    pub asked: Vec<String>,
    /// The zone that it was registered with.
    pub zone: &'static str,
    /// The mails that it took.
    pub sends: Vec<Sent>,
}

/// A mail that an inbox took.
#[derive(Debug, Clone)]
pub struct Sent {
    /// Its id.
    pub id: SendId,
    /// Whom it goes to.
    pub to: String,
    /// Its `Message-ID`.
    pub message_id: String,
}

impl Sent {
    /// The mail of a reply.
    #[must_use]
    pub fn of(reply: &Value) -> Option<Self> {
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let id = reply["id"].as_str()?.parse().ok()?;
        Some(Self { id, to: text(&reply["to"][0])?, message_id: text(&reply["messageId"])? })
    }
}

impl Inbox {
    /// An inbox that nobody registered.
    #[must_use]
    pub const fn new(id: InboxId, warmup: bool) -> Self {
        Self { id, warmup, registered: false, asked: Vec::new(), zone: "UTC", sends: Vec::new() }
    }
}

/// Registers an inbox, or asks it for something.
pub fn sends(world: &mut World, tenant: usize) {
    let Some(owner) = world.plan.tenants[tenant].members.first().cloned() else { return };
    let owner = owner.principal;
    let plan = &mut world.plan;
    let index = plan.random.index(plan.tenants[tenant].inboxes.len());
    let own = &plan.tenants[tenant];
    let (canary, inbox) = (own.canary.clone(), &own.inboxes[index]);
    let name = own.object(ActorKind::InboxState, inbox.id);
    let (known, warmup) = (inbox.sends.clone(), inbox.warmup);
    if !inbox.registered {
        // Registered again with another zone, it would be refused.
        let zone = ZONES[usize::from(inbox.id.0.as_bytes()[0]) % ZONES.len()];
        let register = register_inbox(&canary, index, warmup, zone);
        plan.tenants[tenant].inboxes[index].zone = zone;
        let about = About::Inbox(tenant, index);
        return ask_object(world, name, owner, &register, about);
    }
    let text = plan.text(tenant);
    let random = &mut plan.random;
    let sent = (!known.is_empty()).then(|| random.pick(&known).clone());
    let send = sent.as_ref().map(|sent| sent.id);
    let command = match (random.below(100), send) {
        (0..65, _) | (_, None) => {
            let count = if random.chance(150) { 8 } else { 1 };
            for _ in 0..count {
                let mail = mail(world, tenant);
                let asked = &mut world.plan.tenants[tenant].inboxes[index].asked;
                asked.push(mail.to_string());
                let about = About::Send(tenant, index);
                ask_object(world, name.clone(), owner.clone(), &mail, about);
            }
            return;
        }
        (65..70, Some(_)) => {
            // The same mail once more, as another request.
            let asked = random.pick(&plan.tenants[tenant].inboxes[index].asked).clone();
            serde_json::from_str(&asked).unwrap_or_default()
        }
        (70..76, Some(id)) => json!({ "cancelSend": { "sendId": id } }),
        (76..80, Some(id)) => {
            let outcome = *random.pick(&["sent", "notSent"]);
            json!({ "resolveUnknown": { "sendId": id, "outcome": outcome } })
        }
        (80..85, Some(_)) => {
            return sent.into_iter().for_each(|sent| bounces::report(world, tenant, index, &sent));
        }
        (85..89, _) => {
            return sent.into_iter().for_each(|sent| relays::tell(world, tenant, index, &sent));
        }
        (89, _) => json!({ "pause": { "reason": text } }),
        (90..95, _) => json!({ "resume": {} }),
        (95, _) => json!({ "configure": { "displayName": canary } }),
        (96, _) => return relays::endpoint(world, tenant, index),
        (97, Some(id)) => json!({ "getSend": { "sendId": id } }),
        (97..99, _) => json!({ "status": {} }),
        _ => json!({ "listSends": {} }),
    };
    ask_object(world, name, owner, &command, About::Other);
}

/// The command that registers an inbox.
pub fn register_inbox(canary: &str, index: usize, warmup: bool, zone: &str) -> Value {
    let email = format!("inbox{index}@{canary}.example");
    let sealed: Vec<u8> = format!("{}{index}", super::SECRET).into_bytes();
    json!({ "register": {
        "email": email, "displayName": canary, "warmup": warmup, "timeZone": zone,
        "transport": { "smtp": { "host": "smtp.example.com", "port": 587,
            "security": "starttls", "username": email, "sealedPassword": sealed } },
    }})
}

/// A mail: to anybody, or a step of a campaign to a prospect.
fn mail(world: &mut World, tenant: usize) -> Value {
    let plan = &mut world.plan;
    let text = plan.text(tenant);
    let token = text.rsplit(' ').next().unwrap_or_default().to_owned();
    let own = &plan.tenants[tenant];
    let random = &mut plan.random;
    let known: Vec<_> = own.people.iter().filter(|person| person.known).collect();
    let mut mail = json!({ "to": [format!("u{}@{}.example", random.below(12), own.canary)],
        "subject": text, "text": text });
    if !known.is_empty() && random.chance(600) {
        let person = *random.pick(&known);
        let step = random.below(3);
        mail["to"] = json!([person.email]);
        mail["prospect"] =
            json!({ "prospectId": person.by_email, "campaign": "spring", "step": step });
        plan.outreach.insert(token.clone(), (tenant, person.email.clone(), step));
    } else if random.chance(500) {
        let copy = |_| format!("c{}@{}.example", random.below(12), own.canary);
        mail["cc"] = (0..2).map(copy).collect();
    }
    json!({ "send": { "key": token, "mail": mail } })
}
