//! People that outreach may write to: imported from many sides, written in many ways.

use super::About;
use super::room::ask_object;
use crate::sim::clients::Op;
use crate::sim::clock::DAY_MS;
use crate::sim::random::Random;
use crate::sim::world::World;
use actors::prospect_dedup::identity::Identity;
use schema::ActorKind;
use schema::ids::{ProspectId, WorkspaceId};
use serde_json::{Value, json};

/// A person. The plan knows who is who; Postroom has to find out.
#[derive(Debug)]
pub struct Person {
    /// The address.
    pub email: String,
    /// The name.
    pub name: String,
    /// The company's domain.
    pub domain: String,
    /// The address of the profile at LinkedIn.
    pub linkedin: String,
    /// The prospect by the address.
    pub by_email: ProspectId,
    /// Whether an import under the address was acknowledged.
    pub known: bool,
    /// Whether an import that names both address and name was acknowledged.
    pub joined: bool,
    /// Whether an import that names both address and profile was acknowledged.
    pub profiled: bool,
    /// Whether somebody asked for the prospect to be deleted.
    pub deleted: bool,
}

impl Person {
    /// Person number `number` of a tenant.
    #[must_use]
    pub fn new(workspace: WorkspaceId, canary: &str, number: usize) -> Self {
        let first = ["ann", "ben", "cay", "dov", "eve", "fay"][number % 6];
        let domain = format!("{canary}.example");
        let email = format!("{first}.stone{number}@{domain}");
        let linkedin = format!("https://www.linkedin.com/in/{first}-stone-{canary}-{number}");
        let identity = Identity::email("email", &email).expect("it is an address");
        Self {
            name: format!("{first} Stone{number}"),
            by_email: identity.id(workspace),
            email,
            domain,
            linkedin,
            known: false,
            joined: false,
            profiled: false,
            deleted: false,
        }
    }

    /// The prospect by the profile, where there is one.
    #[must_use]
    pub fn by_profile(&self, workspace: WorkspaceId) -> Option<ProspectId> {
        Some(Identity::linkedin(&self.linkedin)?.id(workspace))
    }
}

/// An import, a suppression, a look.
pub fn prospects(world: &mut World, tenant: usize) {
    let Some(owner) = world.plan.tenants[tenant].members.first().cloned() else { return };
    let now = world.clock.wall();
    let plan = &mut world.plan;
    let text = plan.text(tenant);
    let random = &mut plan.random;
    let index = random.index(plan.tenants[tenant].people.len());
    let own = &mut plan.tenants[tenant];
    let name = own.object(ActorKind::ProspectDedup, own.people[index].by_email);
    let person = &mut own.people[index];
    let (command, about) = match random.below(100) {
        0..70 => return import(world, tenant, index),
        70..80 if person.known => {
            let reason = *random.pick(&["optOut", "replied", "manual", "bounced"]);
            (json!({ "suppress": { "reason": reason } }), About::Other)
        }
        80..84 => {
            let lift = json!({ "unsuppress": { "reason": "manual", "note": text } });
            (lift, About::Other)
        }
        84..86 => {
            person.deleted = true;
            (json!({ "delete": {} }), About::Other)
        }
        86..88 => (json!({ "setStage": { "stage": "interested" } }), About::Other),
        88..90 => {
            let at = now + random.between(1, DAY_MS);
            (json!({ "setFollowUp": { "at": at } }), About::Other)
        }
        90..92 => {
            let named = Identity::of_row(None, None, Some(&person.name), Some(&person.domain));
            let Ok(named) = named else { return };
            let link = json!({ "link": { "to": person.by_email } });
            let name = own.object(ActorKind::ProspectDedup, named[0].id(own.id));
            return ask_object(world, name, owner.principal, &link, About::Other);
        }
        92..94 => (json!({ "update": { "title": text } }), About::Other),
        94..97 => (json!({ "history": {} }), About::Other),
        _ => (json!({ "get": {} }), About::Other),
    };
    ask_object(world, name, owner.principal, &command, about);
}

/// A row of somebody's list; several at once now and then.
fn import(world: &mut World, tenant: usize, index: usize) {
    let count = if world.plan.random.chance(300) { 4 } else { 1 };
    for _ in 0..count {
        let Some(owner) = world.plan.tenants[tenant].members.first().cloned() else { return };
        let own = &world.plan.tenants[tenant];
        let (workspace, person) = (own.id, &own.people[index]);
        let random = &mut world.plan.random;
        // By the name, by the address, by both, or by the profile alone.
        let how = random.below(5);
        let email = matches!(how, 1..=3).then(|| written(random, &person.email));
        let name = matches!(how, 0 | 2 | 3).then(|| written(random, &person.name));
        let domain = (how == 0 || random.chance(300)).then(|| person.domain.clone());
        let linkedin = (how == 4 || random.chance(400)).then(|| pasted(random, &person.linkedin));
        let row = Identity::of_row(
            email.as_deref(),
            linkedin.as_deref(),
            name.as_deref(),
            domain.as_deref(),
        );
        let Ok(identities) = row else { continue };
        let also: Vec<_> = identities[1..].iter().map(|one| one.text.clone()).collect();
        let to = own.object(ActorKind::ProspectDedup, identities[0].id(workspace));
        let command = json!({ "import": {
            "identity": identities[0].text, "also": also, "email": email, "name": name,
            "domain": domain, "linkedin": linkedin, "source": format!("list{}", random.below(3)),
            "intoPipeline": random.chance(500),
        }});
        let is_by_email = email.is_some();
        let about = About::Import {
            tenant,
            person: index,
            email: is_by_email,
            both: is_by_email && name.is_some(),
            profile: is_by_email && linkedin.is_some(),
        };
        ask_object(world, to, owner.principal, &command, about);
    }
}

/// The same, as somebody else would type it.
pub fn written(random: &mut Random, text: &str) -> String {
    match random.below(4) {
        0 => text.to_uppercase(),
        1 => format!("  {text} "),
        2 => {
            text.chars().enumerate().map(|(at, c)| if at % 2 == 0 { upper(c) } else { c }).collect()
        }
        _ => text.to_owned(),
    }
}

/// The address of a profile, as somebody else would paste it.
fn pasted(random: &mut Random, address: &str) -> String {
    let key = address.rsplit('/').next().unwrap_or_default();
    match random.below(6) {
        0 => address.to_uppercase(),
        1 => format!(" {address}/?utm_source=share "),
        2 => format!("linkedin.com/in/{key}"),
        3 => format!("https://de.linkedin.com/in/{key}/en"),
        4 => format!("http://m.linkedin.com/in/{}#about", key.replace('-', "%2D")),
        _ => address.to_owned(),
    }
}

fn upper(c: char) -> char {
    c.to_ascii_uppercase()
}

/// The row was for somebody who is known under another identity: it goes there.
pub fn follow(world: &mut World, op: &Op, to: ProspectId) {
    let About::Import { tenant, .. } = op.about else { return };
    let mut command: Value = serde_json::from_str(&op.json).unwrap_or_default();
    command["import"]["followed"] = json!(true);
    let name = world.plan.tenants[tenant].object(ActorKind::ProspectDedup, to);
    ask_object(world, name, op.principal.clone(), &command, op.about.clone());
}

/// An import was acknowledged.
pub fn learn(world: &mut World, about: &About) {
    if let About::Import { tenant, person, email, both, profile } = about {
        let person = &mut world.plan.tenants[*tenant].people[*person];
        person.known |= email;
        person.joined |= both;
        person.profiled |= profile;
    }
}
