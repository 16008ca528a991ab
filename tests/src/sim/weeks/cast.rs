//! Who is asked to do what: the team sets everything up, and its admin looks after the inboxes.

use super::oracle::Watch;
use super::people::Person;
use super::{Event, INBOXES, PROSPECTS, SET_UP_MS, Table, Told, WEEK_MS, Weeks};
use crate::sim::clients::{Op, Via};
use crate::sim::clock::DAY_MS;
use crate::sim::object::Name;
use crate::sim::plan::{About, Inbox, room, tenant};
use crate::sim::random::Random;
use crate::sim::turns::WATCHDOG_MS;
use crate::sim::world::{Happening, World};
use actors::prospect_dedup::identity::Identity;
use schema::ids::InboxId;
use schema::{ActorKind, Millis, Principal};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The zones of the inboxes; one of them is the campaigns' as well.
const ZONES: [&str; INBOXES] = ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata"];
/// The last inbox writes to the bad list, which so many are on.
const BAD: usize = 400;

const MINUTE_MS: Millis = 60_000;
const HOURS_MS: Millis = 3 * 60 * MINUTE_MS;
/// The lists are enrolled in so many parts, so long after one another.
const PARTS: usize = 14;
const PART_MS: Millis = 7 * DAY_MS / 2;
/// How many prospects are imported in five minutes.
const AT_ONCE: usize = 100;

/// How far the team has got.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// The workspace begins.
    Workspace,
    /// The inboxes begin.
    Inboxes,
    /// So many campaigns were asked for.
    Campaigns(usize),
    /// So many prospects were asked for.
    Import(usize),
    /// Everything is asked for.
    Running,
}

/// Makes the cast, and begins.
pub fn assemble(world: &mut World, weeks: i64, mut random: Random) {
    world.plan.tenants.truncate(1);
    let own = &mut world.plan.tenants[0];
    own.counters.clear();
    let mut watches = Vec::new();
    own.inboxes.clear();
    for zone in ZONES {
        let mut inbox = Inbox::new(InboxId(tenant::random_uuid(&mut random)), true);
        inbox.zone = zone;
        watches.push(Watch::new(own.object(ActorKind::InboxState, inbox.id), zone));
        own.inboxes.push(inbox);
    }
    let people: Vec<Person> =
        (0..PROSPECTS).map(|number| Person::draw(&mut random, number, is_bad(number))).collect();
    own.people = people.iter().map(|person| person.known_as(own.id)).collect();
    let addresses = people.iter().map(|person| person.email.clone()).zip(0..).collect();
    let ids = own.people.iter().zip(0..);
    let by_prospect: BTreeMap<_, _> =
        ids.map(|(person, at)| (format!("{}/{}", own.id, person.by_email), at)).collect();
    world.weeks = Some(Box::new(Weeks {
        weeks,
        random,
        stage: Stage::Workspace,
        began_at: world.clock.world() + SET_UP_MS,
        people,
        by_address: addresses,
        by_prospect,
        watches,
        table: Table::new(weeks),
    }));
    room::register(world, 0);
    world.soon(MINUTE_MS, Event::SetUp);
    world.after(WATCHDOG_MS, Happening::Watchdog);
    world.soon(SET_UP_MS, Event::Hours);
    world.soon(SET_UP_MS + 3 * HOURS_MS, Event::Look);
}

fn is_bad(number: usize) -> bool {
    number >= PROSPECTS - BAD
}

fn owner(world: &World) -> Option<Principal> {
    Some(world.plan.tenants[0].members.first()?.principal.clone())
}

/// The team goes on with what it sets up, as far as it was answered.
pub fn set_up(world: &mut World) {
    let Some(stage) = world.weeks.as_ref().map(|weeks| weeks.stage) else { return };
    let next = match (owner(world), stage) {
        (None, stage) => stage,
        (Some(owner), Stage::Workspace) => {
            (0..INBOXES).for_each(|at| register(world, &owner, at));
            Stage::Inboxes
        }
        (Some(owner), Stage::Inboxes)
            if world.plan.tenants[0].inboxes.iter().all(|inbox| inbox.registered) =>
        {
            campaign(world, &owner, 0);
            Stage::Campaigns(1)
        }
        (Some(owner), Stage::Campaigns(count))
            if world.plan.tenants[0].all("campaign").len() == count =>
        {
            if count == 2 {
                Stage::Import(0)
            } else {
                campaign(world, &owner, 1);
                Stage::Campaigns(2)
            }
        }
        (Some(owner), Stage::Import(count)) if count < PROSPECTS => {
            (count..count + AT_ONCE).for_each(|at| import(world, &owner, at));
            Stage::Import(count + AT_ONCE)
        }
        (Some(owner), Stage::Import(_))
            if world.plan.tenants[0].people.iter().all(|it| it.known) =>
        {
            start(world, &owner);
            Stage::Running
        }
        (_, stage) => stage,
    };
    if let Some(weeks) = &mut world.weeks {
        weeks.stage = next;
    }
    if next != Stage::Running {
        world.soon(5 * MINUTE_MS, Event::SetUp);
    }
}

fn register(world: &mut World, owner: &Principal, at: usize) {
    let canary = world.plan.tenants[0].canary.clone();
    let mut command = crate::sim::plan::register_inbox(&canary, at, true, ZONES[at]);
    command["register"]["email"] = json!(format!("sales@{canary}{at}.example"));
    let name = name_of(world, at);
    world.begins_to_warm(at);
    room::ask_object(world, name, owner.clone(), &command, About::Inbox(0, at));
}

fn name_of(world: &World, inbox: usize) -> Name {
    let own = &world.plan.tenants[0];
    own.object(ActorKind::InboxState, own.inboxes[inbox].id)
}

/// One of both campaigns: the good list's, or the bad one's.
fn campaign(world: &mut World, owner: &Principal, which: usize) {
    let own = &world.plan.tenants[0];
    let canary = own.canary.clone();
    let inboxes: Vec<_> = own.inboxes.iter().map(|inbox| inbox.id).collect();
    let inboxes = if which == 0 { &inboxes[..INBOXES - 1] } else { &inboxes[INBOXES - 1..] };
    let zone = world.plan.tenants[0].id.0.as_bytes()[0];
    let zone = ZONES[usize::from(zone) % ZONES.len()];
    let opening = |day: &str| json!({ "day": day, "from": "08:00", "to": "18:00" });
    let days = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday"];
    let text = |step: i64| format!("stepmark{step}x\n\nDear {{{{firstName|you}}}}, doors.");
    let command = json!({ "createCampaign": {
        "name": format!("{canary} {which}"), "footer": canary, "inboxIds": inboxes,
        "window": { "timeZone": zone, "week": days.map(opening) },
        "steps": [
            { "subject": "Doors", "text": text(1) },
            { "text": text(2), "delayDays": 3 },
            { "text": text(3), "delayDays": 5 },
        ],
    }});
    let about = About::Made(0, "campaign");
    room::ask(world, 0, owner.clone(), &command, about, Via::Http);
}

fn import(world: &mut World, owner: &Principal, at: usize) {
    let own = &world.plan.tenants[0];
    let person = &own.people[at];
    let Ok(identity) = Identity::email("email", &person.email) else { return };
    let to = own.object(ActorKind::ProspectDedup, person.by_email);
    let command = json!({ "import": {
        "identity": identity.text, "also": [], "email": person.email,
        "name": person.name, "domain": person.domain, "source": "list",
    }});
    let about = About::Import { tenant: 0, person: at, email: true, both: false, profile: false };
    world.begin_op(Op::new(to, owner.clone(), command.to_string(), about));
}

fn start(world: &mut World, owner: &Principal) {
    for id in world.plan.tenants[0].all("campaign").to_vec() {
        let command = json!({ "startCampaign":
            { "campaignId": id, "publicUrl": "https://mail.example" } });
        room::ask(world, 0, owner.clone(), &command, About::Other, Via::Http);
    }
    enrol(world, 0);
}

/// The next part of both lists is enrolled; the one after it in a few days.
pub fn enrol(world: &mut World, part: usize) {
    let Some(owner) = owner(world) else { return };
    let own = &world.plan.tenants[0];
    let ids: Vec<_> = own.people.iter().map(|person| person.by_email).collect();
    let campaigns = own.all("campaign").to_vec();
    let (good, bad) = ids.split_at(PROSPECTS - BAD);
    for (id, list) in campaigns.iter().zip([good, bad]) {
        let some = list.chunks(list.len().div_ceil(PARTS)).nth(part).unwrap_or_default();
        if !some.is_empty() {
            let command = json!({ "enrol": { "campaignId": id, "prospectIds": some } });
            room::ask(world, 0, owner.clone(), &command, About::Other, Via::Http);
        }
    }
    if part + 1 < PARTS {
        world.soon(PART_MS, Event::Enrol(part + 1));
    }
}

/// A few hours have passed: the clocks may go wrong, and D1.
pub fn disturb(world: &mut World) {
    if !world.faults.are_over() {
        world.disturb();
        world.maybe_lose_d1();
        world.soon(HOURS_MS, Event::Hours);
    }
}

/// The admin asks all inboxes how they are, once a day.
pub fn look(world: &mut World) {
    let Some(owner) = owner(world) else { return };
    for at in 0..INBOXES {
        let name = name_of(world, at);
        let about = About::Outside(Told::Look(at));
        room::ask_object(world, name, owner.clone(), &json!({ "status": {} }), about);
    }
    world.soon(DAY_MS, Event::Look);
}

/// The admin sees how an inbox is: one that is paused is resumed some days later.
pub fn looked(world: &mut World, inbox: usize, reply: &Value) {
    let now = world.clock.world();
    let Some(weeks) = &mut world.weeks else { return };
    if reply["status"] != "paused" || weeks.watches[inbox].is_to_be_resumed {
        return;
    }
    weeks.watches[inbox].is_to_be_resumed = true;
    let wait = weeks.random.between(DAY_MS, 4 * DAY_MS);
    if let Some(week) = weeks.week(now) {
        weeks.table.weeks[week].paused += 1;
    }
    world.soon(wait, Event::Resume(inbox));
}

/// The admin resumes an inbox.
pub fn resume(world: &mut World, inbox: usize) {
    let Some(owner) = owner(world) else { return };
    world.watch_anew(inbox);
    let about = About::Outside(Told::Resumed(inbox));
    let name = name_of(world, inbox);
    room::ask_object(world, name, owner, &json!({ "resume": {} }), about);
}

/// An inbox is resumed.
pub fn resumed(world: &mut World, inbox: usize) {
    world.watch_anew(inbox);
    if let Some(weeks) = &mut world.weeks {
        weeks.watches[inbox].is_to_be_resumed = false;
    }
}

/// The admin says what became of a mail of which its inbox does not know.
pub fn resolve(world: &mut World, inbox: usize, send: &str, left: bool) {
    let Some(owner) = owner(world) else { return };
    let outcome = if left { "sent" } else { "notSent" };
    let command = json!({ "resolveUnknown": { "sendId": send, "outcome": outcome } });
    let not_sent = About::Outside(Told::NotSent(inbox, send.to_owned()));
    let about = if left { About::Other } else { not_sent };
    let name = name_of(world, inbox);
    room::ask_object(world, name, owner, &command, about);
}

/// When the scenario's weeks are over, in world time.
#[must_use]
pub fn ends_at(weeks: &Weeks) -> Millis {
    weeks.began_at + weeks.weeks * WEEK_MS
}
