//! What a prospect wants from other identities: claims, hand-overs, forwards, and to be forgotten,
//! by its room too; and what it puts on the queues of the pipeline.
//!
//! All of it is tried until it is settled, and doing it twice changes nothing.

use super::store::identities;
use super::store::me::{self, Me};
use super::{merge, person, pipeline};
use crate::kernel::actor::Settled;
use crate::kernel::{Ctx, Effect, Entry, Outcome};
use schema::codec::{read_json, to_json};
use schema::ids::ProspectId;
use schema::prospect::{Claim, ClaimReply, Forget, IdentityRow, ProspectCommand, moved_to};
use schema::room::RoomCommand;
use schema::room::enrolment::ForgetProspect;
use schema::{ActorKind, Code, Millis, Reject};

/// Claims the identity that the key names.
pub const CLAIM: &str = "claim";
/// Sends everything to the owner; the body is the command.
pub const ABSORB: &str = "absorb";
/// Sends a command on to the owner; the body is the command.
pub const FORWARD: &str = "forward";
/// Makes the alias that the key names forget its identity's text.
pub const FORGET: &str = "forget";
/// Makes campaigns forget what they know under the identity that the key names.
pub const FORGET_OUTREACH: &str = "forgetOutreach";

/// How long to wait for another identity to settle what it is about.
pub const POLL_MS: Millis = 2_000;
/// How long to wait after a refusal that should not happen.
pub const REFUSED_MS: Millis = 10 * 60 * 1000;

/// Says what an entry wants, as of now.
///
/// # Errors
/// A storage fault.
pub fn begin(ctx: &mut Ctx<'_>, entry: &Entry) -> Result<Effect, Reject> {
    let Some(me) = me::load(ctx.sql)? else { return Ok(Effect::Nothing) };
    match (entry.kind.as_str(), me.alias_of) {
        (CLAIM, None) => begin_claim(ctx, &me, entry),
        (ABSORB, Some(to)) => {
            let key = format!("absorb:{}", person::own_id(ctx)?);
            Ok(person::call_packed(ctx, to, key, entry.body.clone()))
        }
        (FORWARD, Some(to)) => {
            let key = format!("forward:{}:{}", person::own_id(ctx)?, entry.key);
            Ok(person::call_packed(ctx, to, key, entry.body.clone()))
        }
        (pipeline::WORK, None) => pipeline::effect(ctx),
        (FORGET, _) => {
            let key = format!("forget:{}", person::own_id(ctx)?);
            Ok(person::call(ctx, id_of(entry)?, key, &ProspectCommand::Forget(Forget {})))
        }
        (FORGET_OUTREACH, _) => {
            let forget = RoomCommand::ForgetProspect(ForgetProspect { prospect_id: id_of(entry)? });
            Ok(Effect::Call {
                actor: ActorKind::WorkspaceRoom,
                instance: ctx.principal.workspace.to_string(),
                key: format!("{FORGET_OUTREACH}:{}:{}", entry.key, entry.version),
                command: to_json(&forget),
            })
        }
        // Of claims that an alias had open, its owner takes care.
        _ => Ok(Effect::Nothing),
    }
}

fn begin_claim(ctx: &mut Ctx<'_>, me: &Me, entry: &Entry) -> Result<Effect, Reject> {
    let other = id_of(entry)?;
    let Some(row) = identities::find(ctx.sql, other)? else { return Ok(Effect::Nothing) };
    if row.state != identities::PENDING {
        return Ok(Effect::Nothing);
    }
    let by = person::own_id(ctx)?;
    let claim = Claim {
        by,
        by_kind: me.kind,
        by_identity: me.identity.clone(),
        by_has: identities::certain_kinds(ctx.sql, other)?,
        identity: row.identity,
        certain: row.certain,
    };
    // Without a key: a claim may be repeated, its answer changes from one try to the next, and an
    // alias that remembers nothing needs no alarm to forget it.
    Ok(person::call(ctx, other, String::new(), &ProspectCommand::Claim(claim)))
}

/// Takes note of what came of an entry.
///
/// # Errors
/// A storage fault, or an answer that cannot be read.
pub fn settle(ctx: &mut Ctx<'_>, entry: &Entry, outcome: &Outcome) -> Result<Settled, Reject> {
    let Some(mut me) = me::load(ctx.sql)? else { return Ok(Settled::Finished) };
    match (entry.kind.as_str(), outcome) {
        // A late answer to an earlier asking: what it says may have changed.
        (CLAIM, _) if !is_current(ctx, entry)? => Ok(Settled::Finished),
        (CLAIM, Outcome::Done(json)) if me.alias_of.is_none() => {
            let reply = read_json(json)
                .map_err(|error| Reject::internal(format!("answer: {}", error.message)))?;
            settle_claim(ctx, &mut me, id_of(entry)?, &reply)
        }
        (CLAIM, _) if me.alias_of.is_some() => Ok(Settled::Finished),
        (_, Outcome::Done(_)) => Ok(Settled::Finished),
        (ABSORB, Outcome::Rejected(reject)) if moved_to(reject).is_some() => {
            if let Some(to) = moved_to(reject) {
                merge::point_to(ctx, &mut me, to)?;
            }
            Ok(Settled::Again(ctx.now))
        }
        // There is no such room any more.
        (FORGET_OUTREACH, Outcome::Rejected(Reject { code: Code::NotFound, .. })) => {
            Ok(Settled::Finished)
        }
        _ => Ok(Settled::Again(ctx.now + REFUSED_MS)),
    }
}

fn settle_claim(
    ctx: &mut Ctx<'_>,
    me: &mut Me,
    other: ProspectId,
    reply: &ClaimReply,
) -> Result<Settled, Reject> {
    let Some(row) = identities::find(ctx.sql, other)? else { return Ok(Settled::Finished) };
    if row.state != identities::PENDING {
        return Ok(Settled::Finished);
    }
    match reply {
        ClaimReply::Linked {} => linked(ctx, me, other)?,
        // By a name it may be refused here, or become another's alias first: it is asked again.
        ClaimReply::ClaimYou {} if !row.certain => return Ok(Settled::Again(ctx.now + POLL_MS)),
        // What it has, or its own claim, is in its outbox and will come.
        ClaimReply::HandingOver {} | ClaimReply::ClaimYou {} => {}
        ClaimReply::AliasOf { to, handing_over } => {
            return settle_alias(ctx, me, row, *to, *handing_over);
        }
        ClaimReply::Unknown {} => {
            identities::delete(ctx.sql, other)?;
            person::note(ctx, "identity.unknown", Some(other.to_string()))?;
            person::touch(ctx, me)?;
        }
    }
    Ok(Settled::Finished)
}

/// The claimed identity is an alias: of an identity of this person, of one that is to become this
/// person's, or of another person.
fn settle_alias(
    ctx: &mut Ctx<'_>,
    me: &mut Me,
    row: IdentityRow,
    to: ProspectId,
    handing_over: bool,
) -> Result<Settled, Reject> {
    // It names itself where it is an address that is only given away for certain.
    let owner = if to == row.id { None } else { identities::find(ctx.sql, to)? };
    let state = owner.map(|owner| owner.state);
    match state.as_deref() {
        Some(identities::LINKED) if !handing_over => linked(ctx, me, row.id)?,
        Some(identities::LINKED | identities::PENDING) => {
            return Ok(Settled::Again(ctx.now + POLL_MS));
        }
        // Whoever owns it is asked, too: a name may have been an alias of another name.
        known if to != row.id && (row.certain || known.is_none()) => {
            person::claim(ctx, to, None, row.certain)?;
            return Ok(Settled::Again(ctx.now + POLL_MS));
        }
        _ => person::conflict(ctx, me, row)?,
    }
    Ok(Settled::Finished)
}

fn linked(ctx: &mut Ctx<'_>, me: &mut Me, other: ProspectId) -> Result<(), Reject> {
    merge::set_linked(ctx, other, None)?;
    if me.erased {
        ctx.outbox(FORGET, &other.to_string(), &[])?;
        ctx.outbox(FORGET_OUTREACH, &other.to_string(), &[])?;
        identities::forget_texts(ctx.sql)?;
    }
    person::touch(ctx, me)
}

fn is_current(ctx: &Ctx<'_>, entry: &Entry) -> Result<bool, Reject> {
    let current = crate::kernel::store::outbox::find(ctx.sql, &entry.kind, &entry.key)?;
    Ok(current.is_some_and(|current| current.version == entry.version))
}

fn id_of(entry: &Entry) -> Result<ProspectId, Reject> {
    let broken = |_| Reject::internal(format!("{} of whom? {}", entry.kind, entry.key));
    entry.key.parse().map_err(broken)
}
