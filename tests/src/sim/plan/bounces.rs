//! Reports about mail that was sent, as the gateway reads them: true ones, and forged ones.

use super::room::{ask, ask_object};
use super::sends::Sent;
use super::{About, Tenant};
use crate::sim::clients::Via;
use crate::sim::world::World;
use schema::ActorKind;
use serde_json::{Value, json};

const CLASSES: [&str; 5] = ["hard", "soft", "block", "complaint", "delayed"];

/// A report about a send of an inbox comes in, or one that looks like it.
pub fn report(world: &mut World, tenant: usize, inbox: usize, sent: &Sent) {
    let class = *world.plan.random.pick(&CLASSES);
    let own = &world.plan.tenants[tenant];
    let right = own.inboxes[inbox].id.to_string();
    let wrong = own.inboxes[(inbox + 1) % own.inboxes.len()].id.to_string();
    if world.plan.random.chance(600) {
        let name = match world.plan.random.chance(500) {
            true => json!({ "sendId": sent.id }),
            false => json!({ "messageId": sent.message_id }),
        };
        let inboxes = match world.plan.random.chance(500) {
            true => vec![right],
            false => vec![wrong, right],
        };
        world.expect_report(sent.id, class);
        return arrive(world, tenant, &inboxes, name, &recipient(&sent.to, class));
    }
    let nobody = world.plan.uuid();
    let sent_id = json!({ "sendId": sent.id });
    let stranger = recipient("eve@nowhere.example", class);
    let known = recipient(&sent.to, class);
    match world.plan.random.below(6) {
        0 => arrive(world, tenant, &[right], sent_id, &stranger),
        1 => arrive(world, tenant, &[right], json!({ "sendId": nobody }), &known),
        2 => {
            let id = format!("{}@nowhere.example", sent.id);
            arrive(world, tenant, &[right], json!({ "messageId": id }), &known);
        }
        3 => arrive(world, tenant, &[right], sent_id, &recipient("", "hard")),
        4 => {
            // To a workspace that did not send it.
            let other = (tenant + 1) % world.plan.tenants.len();
            arrive(world, other, &[right], sent_id, &recipient("", "complaint"));
        }
        _ => {
            let own: &Tenant = &world.plan.tenants[tenant];
            let name = own.object(ActorKind::InboxState, own.inboxes[inbox].id);
            let owner = own.members[0].principal.clone();
            let mut report = sent_id;
            report["recipients"] = json!([known]);
            ask_object(world, name, owner, &json!({ "recordReport": report }), About::Bad);
        }
    }
}

fn recipient(address: &str, class: &str) -> Value {
    let reason = if class == "complaint" { "feedback" } else { "unknown" };
    json!({ "address": address, "class": class, "reason": reason, "status": "5.1.1" })
}

/// The mail that reports.
fn arrive(world: &mut World, tenant: usize, inboxes: &[String], mut report: Value, told: &Value) {
    if world.plan.tenants[tenant].members.is_empty() {
        return;
    }
    report["recipients"] = json!([told]);
    report["isProven"] = true.into();
    let system = world.plan.tenants[tenant].system();
    let text = world.plan.text(tenant);
    let token = text.rsplit(' ').next().unwrap_or_default().to_owned();
    let command = json!({ "receiveMail": {
        "rawKey": format!("raw/{token}"),
        "messageId": format!("{token}@mx.example"),
        "from": { "name": "Mail Delivery System", "address": "mailer-daemon@mx.example" },
        "subject": text, "text": text,
        "automatic": { "kind": "bounce", "reason": "report" },
        "report": { "inboxes": inboxes, "report": report },
    }});
    ask(world, tenant, system, &command, About::Other, Via::Queue);
}
