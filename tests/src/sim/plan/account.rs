//! What people ask about themselves: to log in, to leave, another password; and what only Postroom
//! asks of a room.

use super::{About, room};
use crate::sim::clients::Via;
use crate::sim::world::World;
use serde_json::{Value, json};

/// Sessions, passwords, invitations, the workspace itself.
pub fn account(world: &mut World, tenant: usize) {
    let Some(owner) = world.plan.tenants[tenant].members.first().cloned() else { return };
    let visitor = room::visitor(world, tenant);
    let system = world.plan.tenants[tenant].system();
    let plan = &mut world.plan;
    let (text, hash, password) = (plan.text(tenant), plan.secret_hash(), plan.password_hash());
    let (random, own) = (&mut plan.random, &plan.tenants[tenant]);
    let other = (own.members.len() > 1).then(|| {
        let index = 1 + random.index(own.members.len() - 1);
        own.members[index].principal.clone()
    });
    let account = format!("m{}", random.below(4));
    let (principal, command, about) = match (random.below(20), other) {
        (0..3, _) => {
            let who =
                if random.chance(600) { "owner".into() } else { format!("a{}", random.below(6)) };
            let begin = json!({ "email": format!("{who}@{}.example", own.canary) });
            (visitor, json!({ "beginLogin": begin }), About::BeginLogin(tenant))
        }
        (3 | 18 | 19, Some(other)) => (other, json!({ "logoutEverywhere": {} }), About::Other),
        (4, Some(other)) => {
            let change = json!({ "currentHash": password, "newHash": password });
            (other, json!({ "changePassword": change }), About::Other)
        }
        (5, _) => {
            let Some((id, _)) = own.invited.last().cloned() else { return };
            let revoke = json!({ "invitationId": id });
            (owner.principal, json!({ "revokeInvitation": revoke }), About::Other)
        }
        (6, _) => (owner.principal, json!({ "listInvitations": {} }), About::Other),
        (7..9, other) => {
            let who = other.unwrap_or(owner.principal);
            (who, json!({ "createRealtimeTicket": { "ticketHash": hash } }), About::Other)
        }
        (9..11, other) => {
            let permission = *random.pick(&["read", "work", "manage", "own"]);
            let who = other.unwrap_or(owner.principal);
            (who, json!({ "authorise": { "permission": permission } }), About::Other)
        }
        (11, _) => {
            let zone = *random.pick(&["UTC", "Europe/Berlin", "Asia/Kolkata"]);
            let inbox = own.inboxes.first().map(|inbox| inbox.id);
            let (utc, berlin) = (zone == "UTC", zone == "Europe/Berlin");
            let change = json!({ "name": text, "timeZone": zone, "replyInboxId": inbox,
                "replyTokens": !utc, "newSubjectOpens": berlin,
                "reopenDays": berlin.then_some(1), "threadBySubjectDays": utc.then_some(7) });
            (owner.principal, json!({ "changeWorkspace": change }), About::Other)
        }
        (12..14, _) => {
            let report = json!({ "rawKey": format!("raw/{text}"), "reason": text });
            (system, json!({ "reportUnparseable": report }), About::Other)
        }
        (14, _) => {
            (owner.principal, json!({ "getUnparseableMail": { "number": 1 } }), About::Other)
        }
        (15, _) => {
            let login = json!({ "tenantId": own.canary, "userId": account, "refreshHash": hash });
            (visitor, json!({ "loginByIdentity": login }), About::Enter(tenant, hash))
        }
        (16, other) => {
            let who = other.unwrap_or(owner.principal);
            (who, json!({ "unlinkIdentity": {} }), About::Other)
        }
        _ => (owner.principal, json!({ "getWorkspace": {} }), About::Other),
    };
    room::ask(world, tenant, principal, &command, about, Via::Http);
}

/// The gateway has compared the password, and goes on; or the password was another.
pub fn log_in(world: &mut World, tenant: usize, begun: &Value) {
    let (Some(agent), Some(known)) = (begun["agentId"].as_str(), begun["passwordHash"].as_str())
    else {
        return;
    };
    let visitor = room::visitor(world, tenant);
    let hash = world.plan.secret_hash();
    let login = json!({ "agentId": agent, "passwordHash": known, "refreshHash": hash });
    let about = About::Enter(tenant, hash);
    room::ask(world, tenant, visitor.clone(), &json!({ "login": login }), about, Via::Http);
    let own = &world.plan.tenants[tenant];
    let is_own = |member: &&super::Member| {
        member.principal.agent().is_some_and(|id| id.to_string() == agent)
    };
    let Some(member) = own.members.iter().find(is_own).cloned() else { return };
    // Whoever knows it may link an account, perhaps one that another agent has linked.
    if world.plan.random.chance(400) {
        let account = format!("m{}", world.plan.random.below(4));
        let tenant_id = world.plan.tenants[tenant].canary.clone();
        let link = json!({ "currentHash": known, "tenantId": tenant_id, "userId": account });
        let (command, who) = (json!({ "linkIdentity": link }), member.principal.clone());
        room::ask(world, tenant, who, &command, About::Other, Via::Http);
    }
    // Or change it.
    if world.plan.random.chance(100) {
        let change = json!({ "currentHash": known, "newHash": world.plan.password_hash() });
        let command = json!({ "changePassword": change });
        room::ask(world, tenant, member.principal, &command, About::Other, Via::Http);
    }
}
