//! Another identity of the same person asks for this one.
//!
//! Between prospect actors. Asked by a stronger identity, this one becomes its alias, and hands
//! over what it has; asked by a weaker one, it claims that one. An address is only given away where
//! somebody said for certain that both are one person. Asked again, it says the same.

use crate::kernel::Ctx;
use crate::prospect_dedup::identity::{Identity, rank};
use crate::prospect_dedup::store::me::{self, Me};
use crate::prospect_dedup::{merge, person};
use schema::Reject;
use schema::ids::ProspectId;
use schema::prospect::{Claim, ClaimReply, IdentityKind};

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
    if me.kind == IdentityKind::Email && !input.certain {
        return Ok(ClaimReply::AliasOf { to: own, handing_over: false });
    }
    if !person::is_stronger(&me, own, input.by_kind, input.by) {
        return claim_back(ctx, input, &mut me);
    }
    merge::hand_over(ctx, &mut me, input.by)?;
    Ok(ClaimReply::HandingOver {})
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
    if person::claim(ctx, input.by, None, input.certain)? {
        person::note(ctx, "identity.claimed", Some(input.by.to_string()))?;
        person::touch(ctx, me)?;
    }
    Ok(ClaimReply::ClaimYou {})
}
