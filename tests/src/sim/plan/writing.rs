//! Texts that models write for campaigns: whoever takes them off their queue, and what models say.

use super::About;
use crate::sim::clients::{Op, Via};
use crate::sim::object::Name;
use crate::sim::world::World;
use actors::workspace_room::outreach::texts::order;
use schema::pipeline::WriteText;
use schema::prospect::{Prospect, moved_to};
use schema::room::writing::WritingOrder;
use schema::{ActorKind, Reject};
use serde_json::{Value, json};

/// What makes a text as long as one has to be.
pub const AND_SO_ON: &str = " and so on, as there is more to say";

/// A message of the queue is consumed: the room is asked what is to be written. One in ten is lost
/// on its way.
pub fn consume(world: &mut World, work: &WriteText) {
    let mut tenants = world.plan.tenants.iter();
    let Some(tenant) = tenants.position(|tenant| tenant.id == work.workspace_id) else {
        let text = format!("a text of workspace {}", work.workspace_id);
        return world.violate("7 tenants never meet", text);
    };
    if world.random.chance(100) {
        return world.say("a queue loses a message");
    }
    let WriteText { number, attempt, .. } = *work;
    let begin = json!({ "beginWriting": { "number": number, "attempt": attempt } });
    let room = world.plan.tenants[tenant].room.clone();
    ask(world, tenant, room, &begin, About::Writing(tenant, number, attempt));
}

fn ask(world: &mut World, tenant: usize, to: Name, command: &Value, about: About) {
    let system = world.plan.tenants[tenant].system();
    world.begin_op(Op::new(to, system, command.to_string(), about).via(Via::Queue));
}

/// It is to be written: the prospect is asked who it is.
pub fn learn_order(world: &mut World, text: (usize, i64, i64), reply: &Value) {
    let Ok(WritingOrder { order: Some(order) }) = serde_json::from_value(reply.clone()) else {
        return;
    };
    if order.answer.is_some() {
        return read(world, text);
    }
    let (tenant, number, attempt) = text;
    let to = world.plan.tenants[tenant].object(ActorKind::ProspectDedup, order.prospect_id);
    ask(world, tenant, to, &json!({ "get": {} }), About::WrittenTo(tenant, number, attempt));
}

/// The person is elsewhere by now, or nowhere.
pub fn refused(world: &mut World, text: (usize, i64, i64), reject: &Reject) {
    let (tenant, number, attempt) = text;
    if let Some(to) = moved_to(reject) {
        let to = world.plan.tenants[tenant].object(ActorKind::ProspectDedup, to);
        let about = About::WrittenTo(tenant, number, attempt);
        return ask(world, tenant, to, &json!({ "get": {} }), about);
    }
    finish(world, text, &json!({ "withheld": { "why": "unknownProspect" } }));
}

/// It is known who it is: a model is asked, and the room hears what came of it, if whoever asked
/// lives so long.
pub fn learn_person(world: &mut World, text: (usize, i64, i64), reply: &Value) {
    let Ok(person) = serde_json::from_value::<Prospect>(reply.clone()) else { return };
    if let Some(reason) = person.suppression {
        let withheld = json!({ "withheld": { "why": reason.as_str() } });
        return finish(world, text, &withheld);
    }
    let plan = &mut world.plan;
    let outcome = match plan.random.below(100) {
        0..10 => return,
        10..15 => json!({ "failed": { "why": "openai refused to write" } }),
        15..30 => json!({ "unavailable": { "why": "xai did not answer", "retryAfterMs": 90_000 } }),
        dice => {
            let words = plan.text(text.0) + AND_SO_ON;
            let words = if dice < 40 { format!("Dear [Name], {words}") } else { words };
            let facts = order::fingerprint("", &person);
            json!({ "written": { "provider": "anthropic", "text": words, "facts": facts } })
        }
    };
    world.mark("text of a model");
    finish(world, text, &outcome);
}

/// A model says what an answer is, or something else.
fn read(world: &mut World, text: (usize, i64, i64)) {
    let words = ["meeting", "interested", "notNow", "outOfOffice", "optOut", "other", "bounce"];
    let outcome = match world.plan.random.below(100) {
        0..10 => return,
        10..20 => json!({ "failed": { "why": "openai refused to write" } }),
        20..40 => {
            let (why, asked) = ("xai did not answer", world.plan.random.chance(500));
            json!({ "unavailable": { "why": why, "retryAfterMs": 90_000, "asked": asked } })
        }
        40..45 => json!({ "withheld": { "why": "optOut" } }),
        _ => {
            let word = *world.plan.random.pick(&words);
            json!({ "written": { "provider": "openai", "text": word, "facts": "" } })
        }
    };
    world.mark("answer read by a model");
    finish(world, text, &outcome);
}

fn finish(world: &mut World, (tenant, number, attempt): (usize, i64, i64), outcome: &Value) {
    let finish = json!({ "finishWriting":
        { "number": number, "attempt": attempt, "outcome": outcome } });
    let room = world.plan.tenants[tenant].room.clone();
    ask(world, tenant, room, &finish, About::Other);
}
