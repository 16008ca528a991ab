//! How an erasure goes on: stage by stage, some rows a step, each step a timer.

use super::blank::{ERASED, blank};
use super::store::{self, Running, Seen};
use crate::kernel::store::events;
use crate::kernel::{Ctx, Effect, Entry, Timer};
use crate::workspace_room::store::{BOTTOM, attachments, mails, tickets as rows};
use crate::workspace_room::{changes, derived, mail, notifications, overview, uploads};
use schema::event::By;
use schema::ids::TicketId;
use schema::room::mail::MailFacts;
use schema::room::ticket::{Attributes, Ticket, TicketBefore, TicketChanged};
use schema::sort::SortSmall;
use schema::{Reject, codec};
use serde_json::Value;

/// The timer; its key is the user.
pub const TIMER: &str = "privacy.erase";
/// The outbox entries that make storage forget objects; the body is the keys, as JSON.
pub const OUTBOX: &str = "privacy.forget";
/// How many objects storage forgets in one request.
pub const OBJECTS_AT_ONCE: usize = 500;

/// The first stage.
pub const TICKETS: &str = "tickets";
const OTHERS: &str = "others' tickets";
const COMMENTS: &str = "comments";
const EVENTS: &str = "events";
const CHECK_COMMENTS: &str = "check comments";
const CHECK_EVENTS: &str = "check events";
const DONE: &str = "done";

/// How many rows one step reads.
const AT_ONCE: i64 = 100;

/// Does the next step.
///
/// # Errors
/// A storage fault.
pub fn timer(ctx: &mut Ctx<'_>, timer: &Timer) -> Result<(), Reject> {
    let Ok(user) = timer.key.parse() else { return Ok(()) };
    let Some(mut running) = store::find(ctx.sql, user)? else { return Ok(()) };
    let next = match running.stage.as_str() {
        TICKETS => tickets(ctx, &mut running)?.then_some(OTHERS),
        OTHERS => others_tickets(ctx, &mut running)?.then_some(COMMENTS),
        COMMENTS => comments(ctx, &mut running, erase_comment)?.then_some(EVENTS),
        EVENTS => log(ctx, &mut running, true)?.then_some(CHECK_COMMENTS),
        CHECK_COMMENTS => comments(ctx, &mut running, check_comment)?.then_some(CHECK_EVENTS),
        CHECK_EVENTS => log(ctx, &mut running, false)?.then_some(DONE),
        _ => return Ok(()),
    };
    if let Some(next) = next {
        running.stage = next.to_owned();
        running.position = if next.ends_with(COMMENTS) { BOTTOM } else { 0 };
    }
    if next == Some(DONE) {
        running.needles = super::blank::Needles::default();
        running.erasure.finished_at = Some(ctx.now);
        derived::set(ctx)?;
    } else {
        ctx.set_timer(TIMER, &timer.key, ctx.now, &[])?;
    }
    Ok(store::save(ctx.sql, &running)?)
}

/// Looks at the next tickets; tells whether they were the last. What else is found without looking
/// through everything goes with those.
fn tickets(ctx: &mut Ctx<'_>, running: &mut Running) -> Result<bool, Reject> {
    let mut found = Vec::new();
    for id in &running.needles.ids {
        if let Ok(user) = id.parse() {
            found.extend(rows::ids_of_user(ctx.sql, user, running.position, AT_ONCE)?);
        }
    }
    found.sort_small();
    let last = (found.len() as i64) < AT_ONCE;
    for (number, id) in found.into_iter().take(AT_ONCE as usize) {
        running.position = number;
        if let Ok(id) = id.parse() {
            blank_ticket(ctx, running, number, id)?;
        }
    }
    if last {
        others(ctx, running)?;
    }
    Ok(last)
}

/// Takes a ticket's subject and attributes, what its drafts and scheduled comments say of the
/// person, and how it was before a merge or split. Event `ticket.changed`, which does not tell what
/// was there.
fn blank_ticket(
    ctx: &mut Ctx<'_>,
    running: &mut Running,
    number: i64,
    id: TicketId,
) -> Result<(), Reject> {
    store::settle_moves(ctx.sql, number)?;
    store::rewrite(ctx.sql, number, |body| {
        let kept = running.needles.without(body);
        (kept != body).then_some(kept)
    })?;
    let blank = |ticket: &Ticket| ticket.subject == ERASED && ticket.attributes.is_empty();
    let Some(before) = rows::find(ctx.sql, id)?.filter(|ticket| !blank(ticket)) else {
        return Ok(());
    };
    let attributes = Attributes::new();
    let ticket = Ticket { subject: ERASED.into(), attributes, ..before.clone() };
    running.erasure.tickets += 1;
    leave(ctx, running, &before, ticket)
}

/// Looks at the next of all tickets, for what others' tickets say of the person; tells whether they
/// were the last.
fn others_tickets(ctx: &mut Ctx<'_>, running: &mut Running) -> Result<bool, Reject> {
    let found = rows::ids_after(ctx.sql, running.position, AT_ONCE)?;
    let last = (found.len() as i64) < AT_ONCE;
    for (number, id) in found {
        running.position = number;
        let Ok(id) = id.parse() else { continue };
        store::rewrite(ctx.sql, number, |body| {
            running.needles.names(body).then(|| running.needles.without(body))
        })?;
        store::rewrite_moves(ctx.sql, number, |before| running.needles.without_in(before))?;
        let Some(before) = rows::find(ctx.sql, id)? else { continue };
        let mut ticket = before.clone();
        ticket.subject = running.needles.without(&before.subject);
        let attributes = serde_json::json!(before.attributes).to_string();
        if let Some(kept) = running.needles.without_in(&attributes) {
            ticket.attributes = codec::read_json(kept.as_bytes())?;
        }
        if ticket != before {
            leave(ctx, running, &before, ticket)?;
        }
    }
    Ok(last)
}

/// Writes what an erasure leaves of a ticket.
fn leave(
    ctx: &mut Ctx<'_>,
    running: &Running,
    before: &Ticket,
    mut ticket: Ticket,
) -> Result<(), Reject> {
    changes::write(ctx, before, &mut ticket)?;
    let id = ticket.id;
    let by = running.erasure.by_agent.map_or(By::System, |id| By::Agent { id });
    let data = TicketChanged { ticket, before: TicketBefore::default() };
    ctx.event_by(&by, "ticket.changed", Some(id), &data).map(drop)
}

fn others(ctx: &mut Ctx<'_>, running: &mut Running) -> Result<(), Reject> {
    for id in running.needles.ids.clone() {
        if let Ok(user) = id.parse() {
            overview::summarise_user(ctx, user)?;
        }
        running.erasure.others += store::forget_answers(ctx.sql, &id)?;
        notifications::store::forget_of_user(ctx.sql, &id)?;
    }
    let mut objects = Vec::new();
    for handle in &running.needles.handles {
        store::forget_sender(ctx.sql, handle)?;
        running.erasure.others += store::forget_answers(ctx.sql, handle)?;
        for raw_key in store::forget_unread(ctx.sql, handle)? {
            let key = mail::known_by(None, &raw_key);
            mails::bury(ctx.sql, &mail::tombstone(ctx.instance, &key), ctx.now)?;
            objects.push(raw_key);
        }
    }
    running.erasure.others += objects.len() as i64;
    let key = running.erasure.user_id.to_string();
    forget(ctx, running, &key, &objects)
}

type OnComment = fn(&mut Ctx<'_>, &mut Running, &Seen) -> Result<(), Reject>;

/// Looks at the next comments; tells whether they were the last.
fn comments(ctx: &mut Ctx<'_>, running: &mut Running, each: OnComment) -> Result<bool, Reject> {
    let upto = running.erasure.upto;
    let seen = store::comments(ctx.sql, running.position, upto, AT_ONCE)?;
    for comment in &seen {
        running.position = comment.seq;
        if is_own(running, comment) || names(running, comment) {
            each(ctx, running, comment)?;
        }
    }
    Ok((seen.len() as i64) < AT_ONCE)
}

fn is_own(running: &Running, comment: &Seen) -> bool {
    comment.author.as_ref().is_some_and(|author| running.needles.ids.contains(author))
}

fn names(running: &Running, comment: &Seen) -> bool {
    let within = |facts: &str| running.needles.without_in(facts).is_some();
    let texts = [Some(&comment.body), comment.visible_body.as_ref()];
    texts.into_iter().flatten().any(|text| running.needles.names(text))
        || comment.mail.as_deref().is_some_and(within)
}

fn erase_comment(ctx: &mut Ctx<'_>, running: &mut Running, comment: &Seen) -> Result<(), Reject> {
    running.erasure.comments += 1;
    if !is_own(running, comment) {
        return erase_in(ctx, running, comment);
    }
    let mut objects = Vec::new();
    if let Some(facts) = &comment.mail {
        let facts = mail_facts(facts)?;
        let key = mail::key_of_facts(&facts);
        store::forget_mail(ctx.sql, &key)?;
        mails::bury(ctx.sql, &mail::tombstone(ctx.instance, &key), ctx.now)?;
        objects.push(facts.raw_key);
    }
    for (key, sha256) in store::remove_files(ctx.sql, comment.seq)? {
        running.erasure.files += 1;
        if uploads::abandon(ctx.sql, &key, &sha256)? {
            objects.push(key);
        }
    }
    let (body, visible_body, mail) = (String::new(), None, None);
    store::set_comment(ctx.sql, Seen { body, visible_body, mail, ..comment.clone() })?;
    objects.retain(|key| !key.is_empty());
    forget(ctx, running, &comment.id.to_string(), &objects)
}

/// Takes the person out of somebody else's comment; the mail as it came would name them still.
fn erase_in(ctx: &mut Ctx<'_>, running: &mut Running, comment: &Seen) -> Result<(), Reject> {
    let Seen { seq, id, author, body, visible_body, mail } = comment.clone();
    let mut objects = Vec::new();
    let mail = mail.map(|facts| {
        let mut facts = mail_facts(&running.needles.without_in(&facts).unwrap_or(facts))?;
        objects.push(std::mem::take(&mut facts.raw_key));
        facts.subject.clear();
        Ok::<_, Reject>(serde_json::json!(facts).to_string())
    });
    let mail = mail.transpose()?;
    let visible_body = visible_body.map(|text| running.needles.without(&text));
    let body = running.needles.without(&body);
    store::set_comment(ctx.sql, Seen { seq, id, author, body, visible_body, mail })?;
    objects.retain(|key| !key.is_empty());
    forget(ctx, running, &id.to_string(), &objects)
}

fn mail_facts(json: &str) -> Result<MailFacts, Reject> {
    codec::read_json(json.as_bytes())
        .map_err(|error| Reject::internal(format!("mail facts: {}", error.message)))
}

fn check_comment(_: &mut Ctx<'_>, running: &mut Running, comment: &Seen) -> Result<(), Reject> {
    let texts = comment.body.is_empty() && comment.visible_body.is_none();
    let blank = texts && comment.mail.is_none();
    running.erasure.found += i64::from(!(is_own(running, comment) && blank));
    Ok(())
}

/// Looks at the next events; tells whether they were the last.
fn log(ctx: &mut Ctx<'_>, running: &mut Running, write: bool) -> Result<bool, Reject> {
    let page = events::after(ctx.sql, running.position, AT_ONCE)?;
    let all = page.len() as i64;
    for (seq, json) in page {
        if seq > running.erasure.upto {
            return Ok(true);
        }
        running.position = seq;
        if !running.needles.touch(&json) {
            continue;
        }
        let mut event: Value = serde_json::from_slice(json.as_bytes())
            .map_err(|error| Reject::internal(format!("event {seq}: {error}")))?;
        running.needles.learn(&event);
        if !blank(&running.needles, &mut event) {
            continue;
        }
        if write {
            store::set_event(ctx.sql, seq, &event.to_string())?;
            running.erasure.events += 1;
        } else {
            running.erasure.found += 1;
        }
    }
    Ok(all < AT_ONCE)
}

fn forget(
    ctx: &mut Ctx<'_>,
    running: &mut Running,
    key: &str,
    objects: &[String],
) -> Result<(), Reject> {
    if objects.is_empty() {
        return Ok(());
    }
    running.erasure.objects += objects.len() as i64;
    for (part, some) in objects.chunks(OBJECTS_AT_ONCE).enumerate() {
        let key = if part == 0 { key.to_owned() } else { format!("{key}/{part}") };
        ctx.outbox(OUTBOX, &key, Value::from(some).to_string().as_bytes())?;
    }
    Ok(())
}

/// Has storage forget objects, those of them that nothing needs.
///
/// # Errors
/// A storage fault.
pub fn give_up(ctx: &mut Ctx<'_>, objects: &[String]) -> Result<(), Reject> {
    for some in objects.chunks(OBJECTS_AT_ONCE) {
        let (key, body) = (ctx.uuid().to_string(), Value::from(some).to_string());
        ctx.outbox(OUTBOX, &key, body.as_bytes())?;
    }
    Ok(())
}

/// What an entry wants from storage: that it forgets the objects which nothing needs, now as when
/// they were given up. What has the content of a file is kept in its place, so that a mail of
/// somebody else may have come to need it.
///
/// # Errors
/// `internal` where its body is none of ours.
pub fn begin(ctx: &Ctx<'_>, entry: &Entry) -> Result<Effect, Reject> {
    let mut keys: Vec<String> = codec::read_json(&entry.body)?;
    let mut unused = Vec::with_capacity(keys.len());
    for key in keys.drain(..) {
        if !attachments::key_used(ctx.sql, &key)? {
            unused.push(key);
        }
    }
    Ok(if unused.is_empty() { Effect::Nothing } else { Effect::Forget(unused) })
}
