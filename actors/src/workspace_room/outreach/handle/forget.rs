//! `forgetProspect`. Who: Postroom itself, when a prospect was erased, for each of its identities.
//!
//! That there was an enrolment, which steps it got and under which ids stays: so that no campaign
//! begins anew with the person, and that what comes back finds its send. What was written to the
//! person, what is said of the person, and what the person answered goes.

use crate::kernel::{Ctx, Reply};
use crate::workspace_room::access::authorise;
use crate::workspace_room::outreach::store::{answers, decisions, enrolments, mails, texts};
use crate::workspace_room::outreach::{keep, post, word_of};
use schema::prospect::Reason;
use schema::room::enrolment::{EnrolmentState, ForgetProspect};
use schema::{Permission, Reject};

/// Stops every campaign for a prospect, and forgets what is personal in them. Event
/// `outreach.stopped` for each that went on. Done twice, the second changes nothing.
///
/// # Errors
/// `forbidden` for everybody but Postroom itself.
pub fn forget_prospect(ctx: &mut Ctx<'_>, input: ForgetProspect) -> Result<Reply, Reject> {
    ctx.require_system()?;
    authorise::require(ctx, Permission::Work)?;
    for mut one in enrolments::of_prospect(ctx.sql, input.prospect_id)? {
        if !matches!(one.state, EnrolmentState::Stopped | EnrolmentState::Finished) {
            post::stop(ctx, &mut one, Reason::Erased.as_str())?;
        }
        one.subject = None;
        one.reason = one.reason.as_deref().and_then(word_of).map(str::to_owned);
        keep(ctx, &mut one)?;
        texts::forget(ctx.sql, one.number)?;
        answers::forget(ctx.sql, one.number)?;
        mails::forget(ctx.sql, one.number)?;
        decisions::forget_words(ctx.sql, one.number)?;
    }
    Reply::of(&serde_json::json!({}))
}
