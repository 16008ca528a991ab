//! Says that no automated mail may leave to this person any more.
//!
//! For agents who may work, and for Postroom (an opt-out, a bounce, a complaint, a reply). An alias
//! forwards it. A person who is not known yet is suppressed under the identity that is given.
//! Rejects: `invalid_input`, `not_found`.

use crate::kernel::Ctx;
use crate::prospect_dedup::identity::Identity;
use crate::prospect_dedup::store::me::{self, Me};
use crate::prospect_dedup::store::suppressions;
use crate::prospect_dedup::{ID_CHARS_MAX, NOTE_CHARS_MAX, outbox, person};
use schema::codec::to_json;
use schema::ids::ProspectId;
use schema::prospect::{Noted, ProspectCommand, Reason, Stage, Suppress, SuppressionRow};
use schema::{Permission, Reject, check};

/// Suppresses the person.
///
/// # Errors
/// See above.
pub fn suppress(ctx: &mut Ctx<'_>, input: Suppress) -> Result<Noted, Reject> {
    ctx.require(Permission::Work)?;
    if input.reason == Reason::Erased {
        return Err(Reject::field("reason", "delete the prospect to erase the person"));
    }
    let note = input.note.as_ref().map(|note| check::text("note", note, NOTE_CHARS_MAX));
    let note = note.transpose()?;
    if let Some(id) = &input.id {
        ctx.require_system()?;
        check::line("id", id, ID_CHARS_MAX)?;
    }
    let mut me = match me::load(ctx.sql)? {
        None => unknown(ctx, &input)?,
        Some(Me { alias_of: Some(to), .. }) => return forward(ctx, input, to),
        Some(me) => me,
    };
    add(ctx, &mut me, input.reason, note, input.id)?;
    person::touch(ctx, &mut me)?;
    Ok(Noted::Here {})
}

fn unknown(ctx: &Ctx<'_>, input: &Suppress) -> Result<Me, Reject> {
    let text = input.identity.as_ref().ok_or_else(|| Reject::not_found("prospect"))?;
    let identity = Identity::parse("identity", text)?;
    if identity.id(ctx.principal.workspace) != person::own_id(ctx)? {
        return Err(Reject::field("identity", "belongs to another prospect"));
    }
    Ok(Me::new(identity.kind, identity.text, ctx.now))
}

fn forward(ctx: &mut Ctx<'_>, input: Suppress, to: ProspectId) -> Result<Noted, Reject> {
    let id = input.id.unwrap_or_else(|| ctx.uuid().to_string());
    let command = ProspectCommand::Suppress(Suppress { id: Some(id.clone()), ..input });
    ctx.outbox(outbox::FORWARD, &id, &to_json(&command))?;
    Ok(Noted::Forwarded { to })
}

/// Adds a suppression, unless its reason is in force already. One that comes with an id is kept in
/// any case: it may be lifted where it came from.
///
/// # Errors
/// A storage fault.
pub fn add(
    ctx: &mut Ctx<'_>,
    me: &mut Me,
    reason: Reason,
    note: Option<String>,
    id: Option<String>,
) -> Result<(), Reject> {
    if reason == Reason::Replied && me.stage < Stage::Replied {
        me.stage = Stage::Replied;
        me.stage_at = ctx.now;
    }
    if id.is_none() && suppressions::is_active(ctx.sql, reason)? {
        return Ok(());
    }
    let id = id.unwrap_or_else(|| ctx.uuid().to_string());
    let note = note.filter(|_| !me.erased);
    suppressions::join(
        ctx.sql,
        &SuppressionRow { id, reason, at: ctx.now, note, lifted_at: None },
    )?;
    person::note(ctx, "suppression.added", Some(reason.as_str().to_owned()))
}
