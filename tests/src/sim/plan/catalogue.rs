//! What a team prepares for its work: categories, statuses, texts, macros, views; and their use.

use super::{About, Tenant, room};
use crate::sim::clients::Via;
use crate::sim::random::Random;
use crate::sim::world::World;
use serde_json::{Value, json};

/// The commands of one kind of thing.
struct Kind {
    name: &'static str,
    create: &'static str,
    change: &'static str,
    archive: &'static str,
    get: &'static str,
    list: &'static str,
}

const KINDS: [Kind; 6] = [
    Kind {
        name: "category",
        create: "createCategory",
        change: "changeCategory",
        archive: "archiveCategory",
        get: "getCategory",
        list: "listCategories",
    },
    Kind {
        name: "customStatus",
        create: "createCustomStatus",
        change: "changeCustomStatus",
        archive: "archiveCustomStatus",
        get: "getCustomStatus",
        list: "listCustomStatuses",
    },
    Kind {
        name: "cannedReply",
        create: "createCannedReply",
        change: "changeCannedReply",
        archive: "archiveCannedReply",
        get: "getCannedReply",
        list: "listCannedReplies",
    },
    Kind {
        name: "signature",
        create: "createSignature",
        change: "changeSignature",
        archive: "archiveSignature",
        get: "getSignature",
        list: "listSignatures",
    },
    Kind {
        name: "macro",
        create: "createMacro",
        change: "changeMacro",
        archive: "archiveMacro",
        get: "getMacro",
        list: "listMacros",
    },
    Kind {
        name: "view",
        create: "createView",
        change: "changeView",
        archive: "archiveView",
        get: "getView",
        list: "listViews",
    },
];

/// Makes, changes, puts away and reads such things, and works with them.
pub fn catalogue(world: &mut World, tenant: usize) {
    let Some(owner) = world.plan.tenants[tenant].members.first().cloned() else { return };
    let Some((someone, via)) = room::someone(world, tenant) else { return };
    let plan = &mut world.plan;
    let (text, name) = (plan.text(tenant), plan.text(tenant));
    let (random, own) = (&mut plan.random, &plan.tenants[tenant]);
    if random.chance(500)
        && let Some((command, about)) = use_of(random, own, tenant)
    {
        return room::ask(world, tenant, someone, &command, about, via);
    }
    let kind = random.pick(&KINDS);
    let known = own.one(random, kind.name);
    let (principal, command, about) = match (random.below(10), known) {
        (0..3, Some(id)) => {
            let mut change = json!({ "id": id });
            match random.below(3) {
                0 => change["archived"] = random.chance(300).into(),
                1 => change["name"] = text.into(),
                _ => change_content(random, own, kind.name, &text, &mut change),
            }
            (owner.principal, json!({ kind.change: change }), About::Other)
        }
        (3, Some(id)) => (owner.principal, json!({ kind.archive: { "id": id } }), About::Other),
        (4, Some(id)) => (someone, json!({ kind.get: { "id": id } }), About::Other),
        (5, _) => (someone, json!({ kind.list: {} }), About::Other),
        _ => {
            let mut create = json!({ "name": name });
            change_content(random, own, kind.name, &text, &mut create);
            let personal =
                !matches!(kind.name, "category" | "customStatus" | "macro") && random.chance(300);
            match kind.name {
                "customStatus" => {
                    create["status"] = (*random.pick(&["open", "pending", "waiting"])).into();
                }
                _ if personal => create["personal"] = true.into(),
                _ => {}
            }
            let who = if personal { someone } else { owner.principal };
            (who, json!({ kind.create: create }), About::Made(tenant, kind.name))
        }
    };
    room::ask(world, tenant, principal, &command, about, Via::Http);
}

/// What only a kind has.
fn change_content(random: &mut Random, own: &Tenant, kind: &str, text: &str, input: &mut Value) {
    match kind {
        "category" => input["parentId"] = own.one(random, "category").into(),
        "cannedReply" | "signature" => {
            input["body"] = format!("{text} {{{{user.name|you}}}} {{{{ticket.number}}}}").into();
        }
        "macro" => {
            let reply = random.chance(700).then(|| text.to_owned());
            let change = json!({ "priority": *random.pick(&["low", "urgent"]),
                "addTags": [*random.pick(&["done", "called"])] });
            input["actions"] = json!({ "reply": reply, "assignToMe": random.chance(300),
                "visibility": *random.pick(&["public", "private"]), "change": change });
        }
        "view" => {
            input["filter"] = json!({ "status": [*random.pick(&["open", "solved"])] });
        }
        _ => {}
    }
}

fn use_of(random: &mut Random, own: &Tenant, tenant: usize) -> Option<(Value, About)> {
    let ticket = (!own.tickets.is_empty()).then(|| *random.pick(&own.tickets))?;
    Some(match random.below(8) {
        0..3 => {
            let id = own.one(random, "macro")?;
            (json!({ "applyMacro": { "id": id, "ticketId": ticket } }), About::Applied(tenant))
        }
        3 => {
            let id = own.one(random, "cannedReply")?;
            (json!({ "renderCannedReply": { "id": id, "ticketId": ticket } }), About::Other)
        }
        4 => (json!({ "renderSignature": { "ticketId": ticket } }), About::Other),
        5 => {
            let id = own.one(random, "view")?;
            (json!({ "listViewTickets": { "id": id } }), About::Other)
        }
        6 => {
            let id = own.one(random, "category")?;
            (json!({ "changeTicket": { "ticketId": ticket, "categoryId": id } }), About::Other)
        }
        _ => {
            let id = own.one(random, "customStatus")?;
            (json!({ "changeTicket": { "ticketId": ticket, "customStatusId": id } }), About::Other)
        }
    })
}
