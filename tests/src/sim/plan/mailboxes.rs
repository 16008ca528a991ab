//! Mailboxes that inboxes read: connected, disconnected, read at once; and mail that comes into
//! them.

use super::room::ask_object;
use super::{About, SECRET, sends};
use crate::sim::mailboxes::{Lying, WRONG};
use crate::sim::object::Name;
use crate::sim::world::World;
use schema::ActorKind;
use schema::ids::InboxId;
use schema::mailbox::MailFolder;
use serde_json::{Value, json};

/// Mail comes in, or somebody asks an inbox about its mailbox.
pub fn mailboxes(world: &mut World, tenant: usize) {
    let Some(owner) = world.plan.tenants[tenant].members.first().cloned() else { return };
    let plan = &mut world.plan;
    let index = plan.random.index(plan.tenants[tenant].inboxes.len());
    let inbox = &plan.tenants[tenant].inboxes[index];
    let inbox_id = inbox.id;
    let name = plan.tenants[tenant].object(ActorKind::InboxState, inbox_id);
    if !inbox.registered {
        return sends::sends(world, tenant);
    }
    let command = match plan.random.below(100) {
        0..55 => {
            let count = if plan.random.chance(150) { 8 } else { 1 };
            for _ in 0..count {
                deliver(world, tenant, &name);
            }
            return;
        }
        55..80 => connect(world, index),
        80..90 => json!({ "syncMailbox": {} }),
        90..92 => json!({ "forgetPassedOver": { "folder": "inbox", "id": "7/1" } }),
        92..95 => json!({ "status": {} }),
        95..97 => json!({ "disconnectMailbox": {} }),
        97 => {
            let system = world.plan.tenants[tenant].system();
            let command = json!({ "noteChange": { "subscriptionId": "none" } });
            return ask_object(world, name, system, &command, About::Other);
        }
        _ => {
            let (name, command) = microsoft(world, tenant, inbox_id);
            return ask_object(world, name, owner.principal, &command, About::Other);
        }
    };
    ask_object(world, name, owner.principal, &command, About::Other);
}

/// An inbox of its own, through which nothing is sent: nobody plays Microsoft here.
fn microsoft(world: &World, tenant: usize, beside: InboxId) -> (Name, Value) {
    let own = &world.plan.tenants[tenant];
    let mut bytes = *beside.0.as_bytes();
    bytes[15] ^= 1;
    let name = own.object(ActorKind::InboxState, InboxId(uuid::Uuid::from_bytes(bytes)));
    let sealed = SECRET.as_bytes();
    let command = json!({ "connectMicrosoft": {
        "email": format!("cloud@{}.example", own.canary), "displayName": "", "userId": "u1",
        "sealedAccess": sealed, "sealedRefresh": sealed, "goodForMs": 3_000_000,
    }});
    (name, command)
}

fn connect(world: &mut World, index: usize) -> Value {
    let now = world.clock.wall();
    let random = &mut world.plan.random;
    let mut sealed = format!("{SECRET}{index}").into_bytes();
    if random.chance(250) {
        sealed.extend(WRONG);
    }
    let since = random.chance(200).then(|| now - random.between(0, 3_600_000));
    json!({ "connectMailbox": {
        "imap": {
            "host": "imap.example.com", "port": 993, "security": "implicit_tls",
            "username": format!("user{}", random.below(2)), "sealedPassword": sealed,
        },
        "everyMinutes": random.between(20, 61), "since": since,
    }})
}

/// A mail comes into a mailbox.
fn deliver(world: &mut World, tenant: usize, name: &Name) {
    let received_at = world.clock.wall();
    let text = world.plan.text(tenant);
    let token = text.rsplit(' ').next().unwrap_or_default().to_owned();
    let answers = answered(world, name);
    let own = &world.plan.tenants[tenant];
    let from = format!("m{}@{}.example", world.plan.random.below(12), own.canary);
    let id = |token: &str| format!("<{token}.box@{}.example>", own.canary);
    let before = match &answers {
        Some(answered) => format!("In-Reply-To: {}\r\n", id(answered)),
        None => String::new(),
    };
    let raw = format!(
        "From: {from}\r\nTo: desk@a.example\r\nMessage-ID: {}\r\n{before}\
         Subject: {text}\r\n\r\n{text}\r\n",
        id(&token)
    );
    let folder = if answers.is_some() { MailFolder::Sent } else { MailFolder::Inbox };
    world.say(format_args!("{token} lies in {folder:?} of {}", name.1));
    let token = Some(token);
    let mail = Lying { folder, received_at, token, answers, raw: raw.into_bytes() };
    world.mailboxes.entry(name.clone()).or_default().push(mail);
}

/// What somebody of the team answers with a mail program, where they do.
fn answered(world: &mut World, name: &Name) -> Option<String> {
    if !world.plan.random.chance(250) {
        return None;
    }
    let mails = world.mailboxes.get(name)?;
    let of_customers = mails.iter().filter(|mail| mail.folder == MailFolder::Inbox);
    let tokens: Vec<String> = of_customers.filter_map(|mail| mail.token.clone()).collect();
    let at = world.plan.random.index(tokens.len().max(1));
    tokens.get(at).cloned()
}
