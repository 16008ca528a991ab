//! Files for comments that are yet to be written, and all of one person, given or erased.

use super::{About, room};
use crate::sim::clients::Via;
use crate::sim::world::World;
use serde_json::{Value, json};

/// Brings a file, drops one, writes a comment with one.
pub fn files(world: &mut World, tenant: usize) {
    let Some((principal, via)) = room::someone(world, tenant) else { return };
    let plan = &mut world.plan;
    let text = plan.text(tenant);
    let (random, own) = (&mut plan.random, &plan.tenants[tenant]);
    let ticket = (!own.tickets.is_empty()).then(|| *random.pick(&own.tickets));
    let (begun, file) = (own.one(random, "upload"), own.one(random, "file"));
    // What an agent brings is theirs alone.
    let theirs = |id: &String| own.brought.get(id).cloned();
    let (principal, command, about, via) = match (random.below(12), begun, file, ticket) {
        (0..4, Some(id), ..) => {
            let finish = json!({ "attachmentId": id, "bytesCount": 3, "media": "text/plain",
                "sha256": format!("{:064x}", random.below(3)) });
            let who = theirs(&id).unwrap_or(principal);
            (who, json!({ "finishUpload": finish }), About::Finish(tenant, id), Via::Http)
        }
        (4, Some(id), ..) => {
            let gone = About::Gone(tenant, "upload", id.clone());
            let who = theirs(&id).unwrap_or(principal);
            (who, json!({ "dropUpload": { "attachmentId": id } }), gone, Via::Http)
        }
        (5..8, _, Some(id), Some(ticket)) => {
            let who = theirs(&id).unwrap_or(principal);
            let comment = json!({ "ticketId": ticket, "body": text, "attachmentIds": [id] });
            (who, json!({ "postComment": comment }), About::Comment(tenant), Via::Http)
        }
        _ => {
            let begin = json!({ "fileName": text, "contentType": "text/plain" });
            let about = About::Upload(tenant, Box::new(principal.clone()));
            (principal, json!({ "beginUpload": begin }), about, via)
        }
    };
    room::ask(world, tenant, principal, &command, about, via);
}

/// All that is kept of a person is given, or erased; and who did what is looked up.
pub fn privacy(world: &mut World, tenant: usize) {
    let Some(owner) = world.plan.tenants[tenant].members.first().cloned() else { return };
    let plan = &mut world.plan;
    let (random, own) = (&mut plan.random, &plan.tenants[tenant]);
    let user = own.one(random, "user");
    let erased = own.one(random, "erased");
    let (command, about) = match (random.below(12), user, erased) {
        (0..5, Some(id), _) => (json!({ "exportUser": { "userId": id } }), About::Other),
        (5..7, _, Some(id)) => (json!({ "getErasure": { "userId": id } }), About::Other),
        (7, Some(id), _) if own.all("erased").len() < 2 => {
            // What the log tells of that person may be blank from now on.
            world.checks.erases(&own.room);
            (json!({ "eraseUser": { "userId": id } }), About::Erase(tenant, id))
        }
        _ => (json!({ "listAudit": { "limit": 1 + random.below(100) } }), About::Other),
    };
    room::ask(world, tenant, owner.principal, &command, about, Via::Http);
}

/// Notes what became of a file, or whom it was about.
pub fn learn(world: &mut World, about: &About, reply: &Value) {
    match about {
        About::Upload(tenant, who) => {
            let own = &mut world.plan.tenants[*tenant];
            let id = reply["attachmentId"].as_str().unwrap_or_default();
            own.make("upload", id);
            own.brought.insert(id.to_owned(), (**who).clone());
        }
        About::Finish(tenant, id) => world.plan.tenants[*tenant].make("file", id),
        About::Erase(tenant, user) => world.plan.tenants[*tenant].make("erased", user),
        _ => {}
    }
}
