//! Another identity of the same person asks for this one.
//!
//! Between prospect actors. Asked by a stronger identity, this one becomes its alias, and hands
//! over what it has; asked by a weaker one, it claims that one. Asked again, it says the same.
//!
//! Whoever only shares a name gets a name. An address and a profile at LinkedIn are given away to
//! them only to each other, and as long as neither has another of the other's kind: two addresses,
//! or two profiles, with one name are two people until somebody says for certain that they are one.

use crate::kernel::Ctx;
use crate::prospect_dedup::identity::{Identity, rank};
use crate::prospect_dedup::store::identities;
use crate::prospect_dedup::store::me::{self, Me};
use crate::prospect_dedup::{merge, person};
use schema::Reject;
use schema::ids::ProspectId;
use schema::prospect::{Claim, ClaimReply, IdentityRow};

/// Answers a claim.
///
/// # Errors
/// `forbidden` (only for Postroom itself), `invalid_input`.
pub fn claim(ctx: &mut Ctx<'_>, input: &Claim) -> Result<ClaimReply, Reject> {
    ctx.require_system()?;
    let own = person::own_id(ctx)?;
    if input.by == own {
        return Err(Reject::field("by", "is this identity itself"));
    }
    match me::load(ctx.sql)? {
        None => of_nobody(ctx, input, own),
        Some(me) => match me.alias_of {
            Some(to) => of_alias(ctx, input, to),
            None => of_owner(ctx, input, me, own),
        },
    }
}

fn of_nobody(ctx: &mut Ctx<'_>, input: &Claim, own: ProspectId) -> Result<ClaimReply, Reject> {
    let Some(text) = &input.identity else { return Ok(ClaimReply::Unknown {}) };
    let identity = Identity::parse("identity", text)?;
    if identity.id(ctx.principal.workspace) != own {
        return Err(Reject::field("identity", "belongs to another prospect"));
    }
    let mut me = Me::new(identity.kind, identity.text, ctx.now);
    if rank(input.by_kind, input.by) < rank(me.kind, own) {
        me.alias_of = Some(input.by);
        me::save(ctx.sql, &me)?;
        return Ok(ClaimReply::Linked {});
    }
    person::note(ctx, "prospect.created", None)?;
    claim_back(ctx, input, &mut me)
}

fn of_owner(
    ctx: &mut Ctx<'_>,
    input: &Claim,
    mut me: Me,
    own: ProspectId,
) -> Result<ClaimReply, Reject> {
    if !input.certain && !may_share(ctx, input, &me)? {
        give_up(ctx, input, &mut me, own)?;
        return Ok(ClaimReply::AliasOf { to: own, handing_over: false });
    }
    if !person::is_stronger(&me, own, input.by_kind, input.by) {
        return claim_back(ctx, input, &mut me);
    }
    merge::hand_over(ctx, &mut me, input.by)?;
    Ok(ClaimReply::HandingOver {})
}

/// Whoever asked a stronger identity by a name waits for that one's claim. It is refused here, so
/// nothing more will come.
fn give_up(ctx: &mut Ctx<'_>, input: &Claim, me: &mut Me, own: ProspectId) -> Result<(), Reject> {
    let waits = |row: &IdentityRow| row.state == identities::PENDING && !row.certain;
    match identities::find(ctx.sql, input.by)?.filter(waits) {
        Some(row) if person::is_stronger(me, own, input.by_kind, input.by) => {
            person::conflict(ctx, me, row)
        }
        _ => Ok(()),
    }
}

/// Whether a name is enough to be one person with the claimer. Whoever was another person by a name
/// stays so: this one would not claim it back, and it would wait for ever.
fn may_share(ctx: &Ctx<'_>, input: &Claim, me: &Me) -> Result<bool, Reject> {
    if !me.kind.is_certain() {
        return Ok(true);
    }
    if !input.by_kind.is_certain() || input.by_kind == me.kind || input.by_has.contains(&me.kind) {
        return Ok(false);
    }
    let known = identities::find(ctx.sql, input.by)?;
    let is_other = known.is_some_and(|row| row.state == identities::CONFLICT);
    Ok(!is_other && !identities::certain_kinds(ctx.sql, input.by)?.contains(&input.by_kind))
}

fn of_alias(ctx: &Ctx<'_>, input: &Claim, to: ProspectId) -> Result<ClaimReply, Reject> {
    let handing_over = merge::is_handing_over(ctx)?;
    Ok(match (to == input.by, handing_over) {
        (true, true) => ClaimReply::HandingOver {},
        (true, false) => ClaimReply::Linked {},
        (false, handing_over) => ClaimReply::AliasOf { to, handing_over },
    })
}

fn claim_back(ctx: &mut Ctx<'_>, input: &Claim, me: &mut Me) -> Result<ClaimReply, Reject> {
    if person::claim(ctx, input.by, input.by_identity.as_deref(), input.certain)? {
        person::note(ctx, "identity.claimed", Some(input.by.to_string()))?;
        person::touch(ctx, me)?;
    }
    Ok(ClaimReply::ClaimYou {})
}
