//! Links to opt out. A link names an enrolment and is signed with a key that only the workspace
//! has; it never ends, because nobody may be told that it is too late to say no.

use super::store::campaigns::Campaign;
use super::store::enrolments::{self, Enrolment};
use super::{post, store, texts};
use crate::kernel::actor::Settled;
use crate::kernel::{Ctx, Effect, Entry, Outcome, Reply};
use crate::workspace_room::access::authorise;
use crate::workspace_room::access::store::workspace;
use crate::workspace_room::signing;
use schema::codec::to_json;
use schema::ids::ProspectId;
use schema::prospect::{ProspectCommand, Reason, Suppress};
use schema::room::enrolment::{EnrolmentState, OptOut, OptedOut};
use schema::{ActorKind, Code, Permission, Reject};

/// Tells the prospect; the key is `{prospect}/{reason}`.
pub const OUTBOX: &str = "outreach.suppress";

/// How much of the signature a link has.
const SIGNATURE_BYTES: usize = 16;

/// The link by which a prospect opts out.
///
/// # Errors
/// A storage fault.
pub fn link(ctx: &mut Ctx<'_>, campaign: &Campaign, one: &Enrolment) -> Result<String, Reject> {
    let key = signing::key(ctx)?;
    let signature = signing::sign(&key, &signed(one.number), SIGNATURE_BYTES);
    let token = format!("{:x}.{signature}", one.number);
    Ok(format!("{}/u/{}/{token}", campaign.public_url, ctx.instance))
}

/// What is signed.
fn signed(number: i64) -> String {
    format!("opt out\n{number}")
}

/// The enrolment of a token that this workspace gave.
fn find(ctx: &Ctx<'_>, token: &str) -> Result<Option<Enrolment>, Reject> {
    let Some((digits, signature)) = token.split_once('.') else { return Ok(None) };
    let Ok(number) = i64::from_str_radix(digits, 16) else { return Ok(None) };
    let Some(key) = workspace::reply_key(ctx.sql)? else { return Ok(None) };
    let is_canonical = digits == format!("{number:x}");
    if !is_canonical || !signing::is_signed(&key, &signed(number), SIGNATURE_BYTES, signature) {
        return Ok(None);
    }
    Ok(enrolments::at(ctx.sql, number)?)
}

/// Somebody follows a link: every campaign stops for them, and they are never written to again.
/// Event `outreach.stopped` for each. Done twice, the second changes nothing.
///
/// # Errors
/// `forbidden` for everybody but Postroom itself; `not_found` for a token that is none.
pub fn opt_out(ctx: &mut Ctx<'_>, input: &OptOut) -> Result<Reply, Reject> {
    ctx.require_system()?;
    authorise::require(ctx, Permission::Work)?;
    let one = find(ctx, &input.token)?.ok_or_else(|| Reject::not_found("link"))?;
    if !input.dry {
        stop_all(ctx, one.prospect_id, Reason::OptOut)?;
    }
    Reply::of(&OptedOut { prospect_id: one.prospect_id })
}

/// Stops every campaign for a prospect, and has the prospect know why.
///
/// # Errors
/// A storage fault.
pub fn stop_all(ctx: &mut Ctx<'_>, prospect: ProspectId, reason: Reason) -> Result<(), Reject> {
    for mut one in store::enrolments::of_prospect(ctx.sql, prospect)? {
        if reason == Reason::OptOut {
            // Whatever a model found in what they wrote before, they have said no since.
            texts::answers::withdraw(ctx, &one)?;
        }
        let is_over = matches!(one.state, EnrolmentState::Stopped | EnrolmentState::Finished);
        if !is_over {
            post::stop(ctx, &mut one, reason.as_str())?;
        }
    }
    Ok(ctx.outbox(OUTBOX, &format!("{prospect}/{}", reason.as_str()), &[])?)
}

/// What an entry tells the prospect.
///
/// # Errors
/// `internal` where its key names none.
pub fn begin(ctx: &mut Ctx<'_>, entry: &Entry) -> Result<Effect, Reject> {
    let parts = entry.key.split_once('/');
    let parts = parts.and_then(|(id, reason)| Some((id, Reason::parse(reason)?)));
    let Some((id, reason)) = parts else {
        return Err(Reject::internal(format!("who opts out? {}", entry.key)));
    };
    // The same on every try, and another for who opts out once more.
    let key = format!("outreach:{}", entry.version);
    let suppress = Suppress { reason, note: None, identity: None, id: Some(key.clone()) };
    Ok(Effect::Call {
        actor: ActorKind::ProspectDedup,
        instance: format!("{}/{id}", ctx.instance),
        key,
        command: to_json(&ProspectCommand::Suppress(suppress)),
    })
}

/// Takes note of the answer: it is told until it is heard.
///
/// # Errors
/// None.
pub fn settle(ctx: &mut Ctx<'_>, _: &Entry, outcome: &Outcome) -> Result<Settled, Reject> {
    Ok(match outcome {
        Outcome::Done(_) => Settled::Finished,
        Outcome::Rejected(reject) if reject.code == Code::NotFound => Settled::Finished,
        _ => Settled::Again(ctx.now + AGAIN_MS),
    })
}

/// How long until a prospect that did not hear is told again.
const AGAIN_MS: schema::Millis = 60_000;
