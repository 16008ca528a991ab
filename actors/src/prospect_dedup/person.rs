//! What the handlers share: who this object is, its change of version, its history, its claims.

use super::identity::{Identity, instance, rank};
use super::outbox;
use super::store::me::{self, Me};
use super::store::{history, identities};
use crate::kernel::Ctx;
use crate::kernel::effect::Effect;
use schema::codec::to_json;
use schema::ids::ProspectId;
use schema::prospect::{HistoryRow, IdentityKind, IdentityRow, ProspectCommand, moved};
use schema::summary::Table;
use schema::{ActorKind, Code, Reject};

/// The longest detail of an entry of the history, so that all of it fits into one hand-over.
const DETAIL_CHARS_MAX: usize = 300;

/// This object's id, from its name.
///
/// # Errors
/// `not_found` where the name is no prospect's.
pub fn own_id(ctx: &Ctx<'_>) -> Result<ProspectId, Reject> {
    let name = ctx.instance.split_once('/').map(|(_, id)| id);
    name.and_then(|id| id.parse().ok()).ok_or_else(|| Reject::not_found("prospect"))
}

/// The person, where this object owns one that was not erased.
///
/// # Errors
/// `not_found`; `gone` with `movedTo` (an alias), or with `erased`.
pub fn owner(ctx: &Ctx<'_>) -> Result<Me, Reject> {
    let me = me::load(ctx.sql)?.ok_or_else(|| Reject::not_found("prospect"))?;
    match me.alias_of {
        Some(to) => Err(moved(to)),
        None if me.erased => Err(erased()),
        None => Ok(me),
    }
}

/// The refusal where the person was erased.
#[must_use]
pub fn erased() -> Reject {
    Reject::new(Code::Gone, "this person was erased and must not be written to again")
        .with(serde_json::json!({ "erased": true }))
}

/// Writes the person's row as a new version, and tells D1.
///
/// # Errors
/// A storage fault.
pub fn touch(ctx: &mut Ctx<'_>, me: &mut Me) -> Result<(), Reject> {
    me.version += 1;
    me.updated_at = ctx.now;
    me::save(ctx.sql, me)?;
    let id = own_id(ctx)?.to_string();
    Ok(ctx.summarise(Table::Prospects, &id)?)
}

/// Adds an entry to the history; a long detail is cut.
///
/// # Errors
/// A storage fault.
pub fn note(ctx: &mut Ctx<'_>, kind: &str, detail: Option<String>) -> Result<(), Reject> {
    let entry = HistoryRow {
        id: ctx.uuid().to_string(),
        at: ctx.now,
        kind: kind.to_owned(),
        agent_id: ctx.principal.agent(),
        detail: detail.map(|detail| detail.chars().take(DETAIL_CHARS_MAX).collect()),
    };
    history::insert(ctx.sql, &entry)?;
    Ok(history::trim(ctx.sql)?)
}

/// Claims an identity, unless it is this person's, or claimed already. One that turned out to be
/// another's is claimed again only if somebody said for certain that it is this person's. Says
/// whether there is a new claim.
///
/// # Errors
/// A storage fault.
pub fn claim(
    ctx: &mut Ctx<'_>,
    id: ProspectId,
    identity: Option<&str>,
    certain: bool,
) -> Result<bool, Reject> {
    let known = identities::find(ctx.sql, id)?;
    let open = known.as_ref().is_none_or(|row| row.state == identities::CONFLICT && certain);
    // More is known of it than when it was claimed: by its id alone nobody is made.
    let more =
        |row: &IdentityRow| certain && !row.certain || identity.is_some() && row.identity.is_none();
    let waits = known.as_ref().is_some_and(|row| row.state == identities::PENDING && more(row));
    if id == own_id(ctx)? || !(open || waits) {
        return Ok(false);
    }
    let row = IdentityRow {
        id,
        identity: identity.map(str::to_owned).or(known.as_ref().and_then(|k| k.identity.clone())),
        state: identities::PENDING.to_owned(),
        certain: certain || known.as_ref().is_some_and(|row| row.certain),
        imports: known.map_or(0, |row| row.imports),
    };
    identities::put(ctx.sql, &row)?;
    ctx.outbox(outbox::CLAIM, &id.to_string(), &[])?;
    Ok(open)
}

/// Claims the profile that a text is the address of, where it is one. Says whether there is a new
/// claim.
///
/// # Errors
/// A storage fault.
pub fn claim_profile(ctx: &mut Ctx<'_>, address: &str) -> Result<bool, Reject> {
    let Some(profile) = Identity::linkedin(address) else { return Ok(false) };
    claim(ctx, profile.id(ctx.principal.workspace), Some(&profile.text), true)
}

/// Notes that an identity that was claimed is another person's.
///
/// # Errors
/// A storage fault.
pub fn conflict(ctx: &mut Ctx<'_>, me: &mut Me, row: IdentityRow) -> Result<(), Reject> {
    let id = row.id.to_string();
    let identity = row.identity.filter(|_| !me.erased);
    let state = identities::CONFLICT.to_owned();
    identities::put(ctx.sql, &IdentityRow { identity, state, ..row })?;
    note(ctx, "identity.conflict", Some(id))?;
    touch(ctx, me)
}

/// Whether the identity is stronger than this one: of two that are one person's, it owns.
#[must_use]
pub fn is_stronger(me: &Me, own: ProspectId, kind: IdentityKind, id: ProspectId) -> bool {
    rank(kind, id) < rank(me.kind, own)
}

/// A call to another identity's actor.
#[must_use]
pub fn call(ctx: &Ctx<'_>, to: ProspectId, key: String, command: &ProspectCommand) -> Effect {
    call_packed(ctx, to, key, to_json(command))
}

/// A call to another identity's actor, with a command that is packed already.
#[must_use]
pub fn call_packed(ctx: &Ctx<'_>, to: ProspectId, key: String, command: Vec<u8>) -> Effect {
    Effect::Call {
        actor: ActorKind::ProspectDedup,
        instance: instance(ctx.principal.workspace, to),
        key,
        command,
    }
}
