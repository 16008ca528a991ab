//! What a relay tells of the mail that it was handed, once the gateway knows that it is signed: the
//! truth, in any order, and what is not about a mail of the inbox.

use super::About;
use super::room::ask_object;
use super::sends::Sent;
use crate::sim::world::World;
use schema::ActorKind;
use serde_json::json;

const KINDS: [&str; 5] = ["accepted", "deferred", "delivered", "bounced", "complained"];

/// The endpoint is made, where there is none; and gets another secret, or is taken away.
pub fn endpoint(world: &mut World, tenant: usize, inbox: usize) {
    let own = &world.plan.tenants[tenant];
    let Some(owner) = own.members.first().map(|owner| owner.principal.clone()) else { return };
    let name = own.object(ActorKind::InboxState, own.inboxes[inbox].id);
    let make = json!({ "makeDeliveryWebhook": {} });
    ask_object(world, name.clone(), owner.clone(), &make, About::Other);
    let then = match world.plan.random.below(4) {
        0 => json!({ "rotateDeliverySecret": {} }),
        1 => json!({ "deleteDeliveryWebhook": {} }),
        _ => return,
    };
    ask_object(world, name, owner, &then, About::Other);
}

/// A relay tells of a mail: the gateway asks which secrets are good, and hands it on.
pub fn tell(world: &mut World, tenant: usize, inbox: usize, sent: &Sent) {
    if world.plan.random.chance(600) {
        endpoint(world, tenant, inbox);
    }
    let own = &world.plan.tenants[tenant];
    let name = own.object(ActorKind::InboxState, own.inboxes[inbox].id);
    let system = own.system();
    // What the gateway does first.
    let ask = json!({ "getDeliveryKeys": {} });
    ask_object(world, name.clone(), system.clone(), &ask, About::Other);
    let nobody = world.plan.uuid();
    let random = &mut world.plan.random;
    // A relay knows only of what it was handed.
    let is_true = random.chance(800) && world.post.has(&sent.id.to_string(), &sent.to);
    let about = match is_true {
        true if random.chance(500) => json!({ "messageId": sent.message_id }),
        true => json!({ "sendId": sent.id }),
        false => json!({ "sendId": nobody }),
    };
    let count = random.between(1, 4);
    let kinds: Vec<_> = (0..count).map(|_| *random.pick(&KINDS)).collect();
    // Ten posts have the same few ids: some come again, with something else in them.
    let post = format!("post-{}", random.below(10));
    let mut events = Vec::new();
    for kind in kinds {
        let mut event = about.clone();
        event["event"] = kind.into();
        event["recipient"] = sent.to.clone().into();
        event["isHard"] = true.into();
        event["status"] = "5.1.1".into();
        events.push(event);
        match kind {
            "bounced" if is_true => world.expect_report(sent.id, "hard"),
            "complained" if is_true => world.expect_report(sent.id, "complaint"),
            _ => {}
        }
    }
    let note = json!({ "noteDeliveries": { "postId": post, "events": events } });
    ask_object(world, name, system, &note, About::Other);
}
