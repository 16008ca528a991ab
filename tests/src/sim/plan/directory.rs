//! What people ask of a room's directory: teams, users and what they are known by, companies, and
//! the attributes of all of them.

use super::{About, Tenant, room};
use crate::sim::clients::Via;
use crate::sim::random::Random;
use crate::sim::world::World;
use serde_json::{Value, json};

/// Somebody changes who is who.
pub fn directory(world: &mut World, tenant: usize) {
    let Some(owner) = world.plan.tenants[tenant].members.first().cloned() else { return };
    let plan = &mut world.plan;
    let text = plan.text(tenant);
    let (random, own) = (&mut plan.random, &plan.tenants[tenant]);
    let made = match random.below(20) {
        0..4 => team(random, own, tenant, &text),
        4..8 => user(random, own, tenant, &text),
        8..12 => handle(random, own),
        12..15 => merge(random, own, tenant),
        15..18 => company(random, own, tenant, &text),
        _ => attribute(random, own, tenant, &text),
    };
    let Some((command, about)) = made else { return };
    room::ask(world, tenant, owner.principal.clone(), &command, about, Via::Http);
    let added = &command["addHandle"];
    if added.is_object() && world.plan.random.chance(300) {
        // They thought better of it.
        let handle = json!({ "userId": added["userId"], "kind": added["kind"],
            "value": added["value"] });
        let remove = json!({ "removeHandle": handle });
        room::ask(world, tenant, owner.principal, &remove, About::Other, Via::Http);
    }
}

fn team(random: &mut Random, own: &Tenant, tenant: usize, text: &str) -> Option<(Value, About)> {
    let agent = random.pick(&own.members).principal.agent()?;
    let Some(id) = own.one(random, "team").filter(|_| random.chance(800)) else {
        let create = json!({ "name": text, "memberIds": [agent] });
        return Some((json!({ "createTeam": create }), About::Made(tenant, "team")));
    };
    let member = json!({ "teamId": id, "agentId": agent });
    Some(match random.below(8) {
        0..3 => (json!({ "addTeamMember": member }), About::Other),
        3..5 => (json!({ "removeTeamMember": member }), About::Other),
        5 => (json!({ "changeTeam": { "teamId": id, "name": text } }), About::Other),
        6 => {
            let change = json!({ "teamId": id, "description": text, "memberIds": [agent] });
            (json!({ "changeTeam": change }), About::Other)
        }
        _ => (json!({ "deleteTeam": { "teamId": id } }), About::Gone(tenant, "team", id)),
    })
}

fn user(random: &mut Random, own: &Tenant, tenant: usize, text: &str) -> Option<(Value, About)> {
    let Some(id) = own.one(random, "user").filter(|_| random.chance(700)) else {
        let create = json!({ "name": text, "handles": [handle_of(random, own)] });
        return Some((json!({ "createUser": create }), About::Made(tenant, "user")));
    };
    let change = match random.below(4) {
        0 => json!({ "userId": id, "name": text }),
        1 => json!({ "userId": id, "archived": random.chance(500) }),
        2 => json!({ "userId": id, "companyId": own.one(random, "company") }),
        _ => json!({ "userId": id, "email": address(random, own) }),
    };
    Some((json!({ "changeUser": change }), About::Other))
}

fn handle(random: &mut Random, own: &Tenant) -> Option<(Value, About)> {
    let mut handle = handle_of(random, own);
    handle["userId"] = own.one(random, "user")?.into();
    if random.chance(300) {
        return Some((json!({ "removeHandle": handle }), About::Other));
    }
    handle["primary"] = random.chance(300).into();
    Some((json!({ "addHandle": handle }), About::Other))
}

fn merge(random: &mut Random, own: &Tenant, tenant: usize) -> Option<(Value, About)> {
    if let Some(id) = own.one(random, "merge").filter(|_| random.chance(500)) {
        return Some((json!({ "undoMerge": { "mergeId": id } }), About::Gone(tenant, "merge", id)));
    }
    let (user, other) = (own.one(random, "user")?, own.one(random, "user")?);
    let merge = json!({ "userId": user, "otherId": other });
    (user != other).then(|| (json!({ "mergeUsers": merge }), About::Made(tenant, "merge")))
}

fn company(random: &mut Random, own: &Tenant, tenant: usize, text: &str) -> Option<(Value, About)> {
    let domain = domain(random, own);
    if random.chance(100) {
        return Some((json!({ "changeFreeMail": { "domains": [domain] } }), About::Other));
    }
    let Some(id) = own.one(random, "company").filter(|_| random.chance(700)) else {
        let create = json!({ "name": text, "domains": [domain] });
        return Some((json!({ "createCompany": create }), About::Made(tenant, "company")));
    };
    Some(match random.below(8) {
        0..3 => {
            let change = json!({ "companyId": id, "domains": [domain] });
            (json!({ "changeCompany": change }), About::Other)
        }
        3 => (json!({ "changeCompany": { "companyId": id, "name": text } }), About::Other),
        4 => {
            let change = json!({ "companyId": id, "archived": random.chance(500) });
            (json!({ "changeCompany": change }), About::Other)
        }
        _ => {
            let delete = json!({ "companyId": id, "unlinkUsers": random.chance(700) });
            (json!({ "deleteCompany": delete }), About::Gone(tenant, "company", id))
        }
    })
}

fn attribute(
    random: &mut Random,
    own: &Tenant,
    tenant: usize,
    text: &str,
) -> Option<(Value, About)> {
    let Some(id) = own.one(random, "attribute").filter(|_| random.chance(600)) else {
        let subject = *random.pick(&["user", "company", "ticket"]);
        let create = json!({ "subject": subject, "key": format!("field{}", random.below(3)),
            "label": text, "type": *random.pick(&["text", "number", "boolean"]) });
        return Some((json!({ "createAttribute": create }), About::Made(tenant, "attribute")));
    };
    Some(match random.below(6) {
        0..3 => (json!({ "changeAttribute": { "attributeId": id, "label": text } }), About::Other),
        3 | 4 => {
            let attributes = json!({ "field0": text });
            let change = json!({ "userId": own.one(random, "user")?, "attributes": attributes });
            (json!({ "changeUser": change }), About::Other)
        }
        _ => {
            let gone = About::Gone(tenant, "attribute", id.clone());
            (json!({ "deleteAttribute": { "attributeId": id } }), gone)
        }
    })
}

/// One of the domains that addresses of this tenant have.
fn domain(random: &mut Random, own: &Tenant) -> String {
    match random.below(3) {
        0 => format!("{}.example", own.canary),
        number => format!("firm{number}.{}.example", own.canary),
    }
}

/// One of the addresses that mails come from.
fn address(random: &mut Random, own: &Tenant) -> String {
    format!("u{}@{}", random.below(12), domain(random, own))
}

fn handle_of(random: &mut Random, own: &Tenant) -> Value {
    match random.below(3) {
        0 => json!({ "kind": "email", "value": address(random, own) }),
        1 => json!({ "kind": "phone", "value": format!("+49 30 90182{:03}", random.below(6)) }),
        _ => json!({ "kind": "other", "value": format!("{}-{}", own.canary, random.below(6)) }),
    }
}
