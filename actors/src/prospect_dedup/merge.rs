//! How two records of one person become one.
//!
//! [`snapshot`] is all that an owner knows; [`join`] adds it to what another knows. The join does
//! not depend on order and repetition: fields, stages and permits each have a total order, of times
//! the earliest or latest counts, suppressions and history are unions by id.

use super::store::me::{self, Me};
use super::store::{
    fields, history, identities, permits, pipeline as place, site as pages, suppressions,
};
use super::{outbox, person, pipeline, site, timer};
use crate::kernel::Ctx;
use schema::codec::to_json;
use schema::ids::ProspectId;
use schema::prospect::{Absorb, IdentityRow, ProspectCommand, Reason, Stage};
use schema::{Millis, Reject};

/// Everything that this prospect is.
///
/// # Errors
/// A storage fault.
pub fn snapshot(ctx: &Ctx<'_>, me: &Me) -> Result<Absorb, Reject> {
    Ok(Absorb {
        from: person::own_id(ctx)?,
        identity: me.identity.clone(),
        created_at: me.created_at,
        stage: me.stage,
        stage_at: me.stage_at,
        last_contact_at: me.last_contact_at,
        follow_up_at: me.follow_up_at,
        follow_up_note: me.follow_up_note.clone(),
        fields: fields::all(ctx.sql)?,
        suppressions: suppressions::all(ctx.sql)?,
        permits: permits::all(ctx.sql)?,
        history: history::all(ctx.sql)?,
        identities: identities::all(ctx.sql)?,
        pipeline: place::load(ctx.sql)?,
        site: pages::load(ctx.sql)?,
    })
}

/// Becomes an alias of a stronger identity, and sends it everything.
///
/// # Errors
/// A storage fault.
pub fn hand_over(ctx: &mut Ctx<'_>, me: &mut Me, to: ProspectId) -> Result<(), Reject> {
    let all = snapshot(ctx, me)?;
    for permit in &all.permits {
        ctx.cancel_timer(timer::PERMIT, &timer::permit_key(permit))?;
    }
    ctx.cancel_timer(timer::FOLLOW_UP, "")?;
    ctx.outbox(outbox::ABSORB, "", &to_json(&ProspectCommand::Absorb(Box::new(all))))?;
    fields::clear(ctx.sql)?;
    suppressions::clear(ctx.sql)?;
    permits::clear(ctx.sql)?;
    history::clear(ctx.sql)?;
    pages::clear(ctx.sql)?;
    pipeline::leave(ctx)?;
    me.alias_of = Some(to);
    me.follow_up_at = None;
    me.follow_up_note = None;
    me.follow_up_due = false;
    person::touch(ctx, me)
}

/// Adds what an alias had; says nothing new where it was added before.
///
/// # Errors
/// A storage fault.
pub fn join(ctx: &mut Ctx<'_>, me: &mut Me, other: &Absorb) -> Result<(), Reject> {
    me.created_at = me.created_at.min(other.created_at);
    me.last_contact_at = me.last_contact_at.max(other.last_contact_at);
    let theirs = stage_order(other.stage, other.stage_at);
    if stage_order(me.stage, me.stage_at) < theirs {
        (me.stage, me.stage_at) = (other.stage, other.stage_at);
    }
    join_follow_up(ctx, me, other)?;
    for field in &other.fields {
        fields::join(ctx.sql, field)?;
    }
    for suppression in &other.suppressions {
        suppressions::join(ctx.sql, suppression)?;
    }
    for permit in &other.permits {
        permits::join(ctx.sql, permit)?;
        timer::set_for_permit(ctx, permit)?;
    }
    for entry in &other.history {
        history::insert(ctx.sql, entry)?;
    }
    join_identities(ctx, other)?;
    pipeline::join(ctx, other.pipeline.as_ref())?;
    site::join(ctx, other.site.as_ref())?;
    let from = Some(other.from.to_string());
    person::note(ctx, "identity.linked", from)?;
    let erased = suppressions::is_active(ctx.sql, Reason::Erased)?;
    if erased { erase(ctx, me) } else { person::touch(ctx, me) }
}

/// A stage that somebody reached beats none; then the later counts.
const fn stage_order(stage: Stage, at: Millis) -> (bool, Millis, u8) {
    (!matches!(stage, Stage::New), at, stage as u8)
}

fn join_follow_up(ctx: &mut Ctx<'_>, me: &mut Me, other: &Absorb) -> Result<(), Reject> {
    let Some(theirs) = other.follow_up_at else { return Ok(()) };
    if me.follow_up_at.is_none_or(|mine| theirs < mine) {
        me.follow_up_at = Some(theirs);
        me.follow_up_note.clone_from(&other.follow_up_note);
        me.follow_up_due = false;
        ctx.set_timer(timer::FOLLOW_UP, "", theirs, &[])?;
    }
    Ok(())
}

fn join_identities(ctx: &mut Ctx<'_>, other: &Absorb) -> Result<(), Reject> {
    let own = person::own_id(ctx)?;
    for theirs in other.identities.iter().filter(|row| row.id != own) {
        let mine = identities::find(ctx.sql, theirs.id)?;
        let strongest = match &mine {
            Some(mine) if order(&mine.state) >= order(&theirs.state) => &mine.state,
            _ => &theirs.state,
        };
        let row = IdentityRow {
            id: theirs.id,
            identity: mine.as_ref().and_then(|m| m.identity.clone()).or(theirs.identity.clone()),
            state: strongest.clone(),
            certain: theirs.certain || mine.as_ref().is_some_and(|row| row.certain),
            // Each row was counted in one place only, and each place is joined once.
            imports: theirs.imports + mine.as_ref().map_or(0, |row| row.imports),
        };
        identities::put(ctx.sql, &row)?;
        // Whatever the alias was waiting for, this object waits for now.
        if row.state == identities::PENDING {
            ctx.outbox(outbox::CLAIM, &row.id.to_string(), &[])?;
        }
    }
    set_linked(ctx, other.from, other.identity.as_deref())
}

fn order(state: &str) -> u8 {
    match state {
        identities::LINKED => 2,
        identities::PENDING => 1,
        _ => 0,
    }
}

/// Notes that an identity is this person's, and that this object has all that was known under it.
///
/// # Errors
/// A storage fault.
pub fn set_linked(ctx: &mut Ctx<'_>, id: ProspectId, identity: Option<&str>) -> Result<(), Reject> {
    let known = identities::find(ctx.sql, id)?;
    let known_text = known.as_ref().and_then(|row| row.identity.clone());
    let row = IdentityRow {
        id,
        identity: identity.map(str::to_owned).or(known_text),
        state: identities::LINKED.to_owned(),
        certain: known.as_ref().is_some_and(|row| row.certain),
        imports: known.map_or(0, |row| row.imports),
    };
    Ok(identities::put(ctx.sql, &row)?)
}

/// Forgets everything personal. That the person must not be written to, and which steps were,
/// stays.
///
/// # Errors
/// A storage fault.
pub fn erase(ctx: &mut Ctx<'_>, me: &mut Me) -> Result<(), Reject> {
    fields::clear(ctx.sql)?;
    pages::clear(ctx.sql)?;
    history::forget_details(ctx.sql)?;
    suppressions::forget_notes(ctx.sql)?;
    let own = person::own_id(ctx)?;
    ctx.outbox(outbox::FORGET_OUTREACH, &own.to_string(), &[])?;
    for row in identities::all(ctx.sql)? {
        if row.state == identities::LINKED && row.id != own {
            let id = row.id.to_string();
            ctx.outbox(outbox::FORGET, &id, &[])?;
            ctx.outbox(outbox::FORGET_OUTREACH, &id, &[])?;
        }
    }
    identities::forget_texts(ctx.sql)?;
    pipeline::leave(ctx)?;
    ctx.cancel_timer(timer::FOLLOW_UP, "")?;
    me.erased = true;
    me.identity = None;
    me.follow_up_at = None;
    me.follow_up_note = None;
    me.follow_up_due = false;
    person::touch(ctx, me)
}

/// The state of an alias: whether what it had has not arrived yet.
///
/// # Errors
/// A storage fault.
pub fn is_handing_over(ctx: &Ctx<'_>) -> Result<bool, Reject> {
    Ok(crate::kernel::store::outbox::find(ctx.sql, outbox::ABSORB, "")?.is_some())
}

/// Moves an alias's pointer, because its owner became an alias itself.
///
/// # Errors
/// A storage fault.
pub fn point_to(ctx: &Ctx<'_>, me: &mut Me, to: ProspectId) -> Result<(), Reject> {
    me.alias_of = Some(to);
    Ok(me::save(ctx.sql, me)?)
}
