//! Campaigns: made, changed, started and paused, prospects enrolled in them; and people who opt
//! out.

use super::writing::AND_SO_ON;
use super::{About, room};
use crate::sim::clients::Via;
use crate::sim::random::Random;
use crate::sim::world::World;
use serde_json::{Value, json};

const ZONES: [&str; 3] = ["UTC", "Europe/Rome", "America/New_York"];
const DAYS: [&str; 7] =
    ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

/// Makes a campaign, enrols somebody, or looks at what there is.
pub fn campaigns(world: &mut World, tenant: usize) {
    let Some(owner) = world.plan.tenants[tenant].members.first().cloned() else { return };
    let owner = owner.principal;
    let plan = &mut world.plan;
    let known = plan.tenants[tenant].one(&mut plan.random, "campaign");
    let Some(id) = known.filter(|_| !plan.random.chance(120)) else {
        let create = json!({ "createCampaign": draft(world, tenant) });
        let about = About::Made(tenant, "campaign");
        return room::ask(world, tenant, owner, &create, about, Via::Http);
    };
    let who = plan.random.index(plan.tenants[tenant].people.len());
    let person = plan.tenants[tenant].people[who].by_email;
    let of_person = json!({ "campaignId": id, "prospectId": person });
    let of_campaign = json!({ "campaignId": id });
    let command = match plan.random.below(122) {
        0..25 => {
            let url = "https://mail.example";
            json!({ "startCampaign": { "campaignId": id, "publicUrl": url } })
        }
        25..60 => {
            let people = &plan.tenants[tenant].people;
            let some: Vec<_> = people.iter().map(|person| person.by_email).collect();
            json!({ "enrol": { "campaignId": id, "prospectIds": some } })
        }
        60..63 => {
            let archive = plan.random.chance(100);
            json!({ "pauseCampaign": { "campaignId": id, "archive": archive } })
        }
        63..66 => {
            let mut change = draft(world, tenant);
            change["campaignId"] = json!(id);
            json!({ "changeCampaign": change })
        }
        66..72 => {
            let state = *plan.random.pick(&["waiting", "waiting", "stopped"]);
            let mut change = of_person;
            change["state"] = state.into();
            json!({ "changeEnrolment": change })
        }
        72..75 => {
            let most = plan.random.between(2, 50);
            json!({ "changeOutreachSettings": { "inboxDailyMax": most } })
        }
        75..82 => return opt_out(world, tenant),
        82..84 => return by_hand(world, tenant, who),
        84..85 => json!({ "takeTurns": {} }),
        85..86 => return archive(world, tenant),
        86..87 => return answer(world, tenant, who),
        87..88 => json!({ "getCampaign": of_campaign }),
        88..89 => json!({ "listKnown": {} }),
        89..90 => json!({ "listCampaigns": {} }),
        90..92 => json!({ "getEnrolment": of_person }),
        92..94 => json!({ "listEnrolments": of_campaign }),
        94..96 => json!({ "listDecisions": of_person }),
        96..97 => json!({ "listTurns": of_campaign }),
        97..99 => json!({ "getCaps": of_campaign }),
        99..100 => json!({ "getOutreachSettings": {} }),
        100..108 => return judge(world, tenant, &of_campaign),
        108..109 => json!({ "listCampaignTexts": of_campaign }),
        109..110 => json!({ "getAiSettings": {} }),
        110..119 => return source(world, tenant),
        119..120 => {
            let (system, count) = (plan.tenants[tenant].system(), json!({ "since": 1 }));
            let command = json!({ "countOutreach": count });
            return room::ask(world, tenant, system, &command, About::Other, Via::Http);
        }
        _ => {
            let (prompt, reads) = (plan.text(tenant), plan.random.chance(700));
            json!({ "changeAiSettings": { "prompt": prompt, "classifyAnswers": reads } })
        }
    };
    room::ask(world, tenant, owner, &command, About::Other, Via::Http);
}

/// What somebody says to the texts of all: of what the version is, they have to guess.
fn judge(world: &mut World, tenant: usize, of_campaign: &Value) {
    let own = &world.plan.tenants[tenant];
    let Some(owner) = own.members.first().map(|owner| owner.principal.clone()) else { return };
    let people: Vec<_> = own.people.iter().map(|person| person.by_email).collect();
    for person in people {
        let plan = &mut world.plan;
        let verdict = *plan.random.pick(&["approve", "approve", "approve", "rewrite", "reject"]);
        let text = plan.random.chance(400).then(|| plan.text(tenant) + AND_SO_ON);
        let mut judge = of_campaign.clone();
        judge["prospectId"] = json!(person);
        judge["step"] = 1.into();
        judge["verdict"] = verdict.into();
        judge["text"] = json!(text.filter(|_| verdict == "approve"));
        judge["ifVersion"] = json!(plan.random.chance(700).then(|| plan.random.between(1, 2)));
        let command = json!({ "judgeCampaignText": judge });
        room::ask(world, tenant, owner.clone(), &command, About::Other, Via::Http);
    }
}

/// An agent writes to somebody; prospect and inbox say what they might.
fn by_hand(world: &mut World, tenant: usize, who: usize) {
    let Some(owner) = world.plan.tenants[tenant].members.first().cloned() else { return };
    let key = world.plan.text(tenant);
    let own = &world.plan.tenants[tenant];
    let (person, inbox) = (&own.people[who], &own.inboxes[0]);
    let prospect = json!({ "id": person.by_email, "version": 1, "email": person.email,
        "name": own.canary, "attributes": {}, "stage": "new", "unsettled": false,
        "identities": [], "imports": 1, "createdAt": 1, "updatedAt": 1, "followUpDue": false });
    let health = json!({ "sends": 0, "bounced": 0, "bounceRateBp": 0, "bounceRateBpMax": 500,
        "sendsMin": 20, "since": 0 });
    let inbox = json!({ "id": inbox.id, "version": 1, "email": format!("a@{}.example", own.canary),
        "displayName": "", "transport": "smtp", "host": "mx.example", "port": 465,
        "security": "implicit_tls", "username": "a", "warmup": false, "timeZone": "UTC",
        "status": "active", "health": health, "waiting": 0, "unknown": 0, "sent": 0,
        "bounced": 0, "createdAt": 1 });
    let command = json!({ "sendEmail": { "key": key, "prospectId": person.by_email,
        "prospect": prospect, "inbox": inbox, "subject": own.canary, "text": "Dear {{name}}",
        "footer": own.canary, "publicUrl": "https://mail.example" } });
    room::ask(world, tenant, owner.principal, &command, About::Other, Via::Http);
}

/// A feed that prospects are read from.
fn source(world: &mut World, tenant: usize) {
    let Some(owner) = world.plan.tenants[tenant].members.first().cloned() else { return };
    let plan = &mut world.plan;
    let (name, system) = (plan.text(tenant), plan.tenants[tenant].system());
    let canary = plan.tenants[tenant].canary.clone();
    let known = plan.tenants[tenant].one(&mut plan.random, "source");
    let Some(id) = known.filter(|_| !plan.random.chance(200)) else {
        let create = json!({ "createSource": { "name": name, "kind": "json",
            "url": format!("https://{canary}.example/feed"), "mapping": { "email": "mail" } } });
        let about = About::Made(tenant, "source");
        return room::ask(world, tenant, owner.principal, &create, about, Via::Http);
    };
    let import = plan.uuid();
    let (who, command) = match plan.random.below(6) {
        0 => (owner.principal, json!({ "listSources": {} })),
        1 => (owner.principal, json!({ "getSource": { "sourceId": id } })),
        2 => (owner.principal, json!({ "changeSource": { "sourceId": id, "name": name } })),
        3 => (owner.principal, json!({ "deleteSource": { "sourceId": id } })),
        4 => (system, json!({ "beginReading": { "sourceId": id, "importId": import } })),
        _ => {
            let mark = json!({ "etag": canary });
            (
                system,
                json!({ "endReading": { "sourceId": id, "importId": import, "version": 1,
                "mark": mark } }),
            )
        }
    };
    room::ask(world, tenant, who, &command, About::Other, Via::Http);
}

fn draft(world: &mut World, tenant: usize) -> Value {
    let plan = &mut world.plan;
    let (name, canary) = (plan.text(tenant), plan.tenants[tenant].canary.clone());
    let inboxes: Vec<_> = plan.tenants[tenant].inboxes.iter().map(|inbox| inbox.id).collect();
    let random = &mut plan.random;
    let later = random.chance(300).then(|| random.between(1, 20));
    let approval = random.chance(600);
    let ai = random.chance(500).then(|| json!({ "prompt": canary }));
    let text = if ai.is_some() { "{{name}}, {{ai}}" } else { "Dear {{name|you}}, {{email}}" };
    json!({ "name": name, "footer": canary, "inboxIds": inboxes, "notNowDays": later,
        "aiRules": { "approval": approval },
        "spacingS": random.between(0, 900),
        "window": window(random),
        "steps": [
            { "subject": canary, "text": text, "ai": ai },
            { "text": "Still here, {{name}}?", "delayDays": random.between(0, 2) },
        ] })
}

fn window(random: &mut Random) -> Value {
    let opening = |day: &&str| json!({ "day": day, "from": "06:00", "to": "20:30" });
    let week: Vec<Value> = DAYS.iter().map(opening).collect();
    json!({ "timeZone": random.pick(&ZONES), "week": week })
}

/// What people answer.
const WORDS: [&str; 5] = ["", "Tell me more. ", "Call me. ", "Not now. ", "Remove me. "];

/// Somebody who may have been written to writes.
fn answer(world: &mut World, tenant: usize, who: usize) {
    let text = world.plan.text(tenant);
    let own = &world.plan.tenants[tenant];
    let kind =
        world.plan.random.chance(400).then(|| json!({ "kind": "autoReply", "reason": "header" }));
    let token = text.rsplit(' ').next().unwrap_or_default().to_owned();
    let words = format!("{}{text}", world.plan.random.pick(&WORDS));
    let command = json!({ "receiveMail": {
        "rawKey": format!("raw/{token}"), "messageId": format!("{token}@{}.example", own.canary),
        "from": { "address": own.people[who].email }, "subject": text, "text": words,
        "automatic": kind,
    }});
    let system = own.system();
    room::ask(world, tenant, system, &command, About::Other, Via::Queue);
}

/// What was decided long ago goes into storage.
fn archive(world: &mut World, tenant: usize) {
    let through = world.plan.random.between(0, 40);
    let before = world.clock.wall() - world.plan.random.between(0, 7 * 24 * 3_600_000);
    let command = json!({ "archiveOutreach": { "before": before, "through": through } });
    let system = world.plan.tenants[tenant].system();
    room::ask(world, tenant, system, &command, About::Other, Via::Http);
}

/// Somebody follows the link of a mail that they got.
fn opt_out(world: &mut World, tenant: usize) {
    let own = &world.plan.tenants[tenant];
    let start = format!("https://mail.example/u/{}/", own.id);
    let links: Vec<&String> = world.links.iter().filter(|link| link.starts_with(&start)).collect();
    if links.is_empty() {
        return;
    }
    let link = (*world.plan.random.pick(&links)).clone();
    let token = link.strip_prefix(&start).unwrap_or_default();
    let dry = world.plan.random.chance(200);
    let command = json!({ "optOut": { "token": token, "dry": dry } });
    let system = world.plan.tenants[tenant].system();
    room::ask(world, tenant, system, &command, About::Other, Via::Http);
}
