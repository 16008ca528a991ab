//! May this send write this step to the person?
//!
//! For inboxes. A step is given to one send; a send that asks again gets the same answer unless
//! something came between. While it is being found out under which identities the person is known,
//! nobody gets a permit: another identity may know of an opt-out, or have written the step.

use crate::kernel::Ctx;
use crate::prospect_dedup::identity::Identity;
use crate::prospect_dedup::store::{identities, me, permits, suppressions};
use crate::prospect_dedup::{ID_CHARS_MAX, person, timer};
use schema::prospect::{Denial, Permit, PermitReply, PermitRow, Reason};
use schema::{Millis, Reject, check};

/// When to ask again while identities are unsettled.
const UNSETTLED_MS: Millis = 2_000;
/// How long a permit may hold that runs out: a day.
const HOLD_MS_MAX: Millis = 24 * 60 * 60 * 1000;

/// Gives or denies a permit.
///
/// # Errors
/// `forbidden` (only for Postroom itself), `invalid_input`.
pub fn permit(ctx: &mut Ctx<'_>, input: &Permit) -> Result<PermitReply, Reject> {
    ctx.require_system()?;
    check_step(&input.send_id, &input.campaign, input.step)?;
    if input.hold_ms.is_some_and(|hold| !(1..=HOLD_MS_MAX).contains(&hold)) {
        return Err(Reject::field("holdMs", "must be more than 0 and at most a day"));
    }
    let Some(mut me) = me::load(ctx.sql)? else { return denied(Denial::UnknownProspect, None) };
    if let Some(to) = me.alias_of {
        return Ok(PermitReply::Moved { to });
    }
    if let Some(reason) = suppressions::strongest(ctx.sql)? {
        return denied(denial(reason), None);
    }
    if identities::any_pending(ctx.sql)? {
        return denied(Denial::IdentityUnsettled, Some(UNSETTLED_MS));
    }
    if let Some(to) = &input.to
        && !is_theirs(ctx, to)?
    {
        return denied(Denial::OtherAddress, None);
    }
    let rows = permits::of_step(ctx.sql, &input.campaign, input.step)?;
    if rows.iter().any(|row| row.state == permits::SPENT) {
        return denied(Denial::StepAlreadySent, None);
    }
    let mine = rows.iter().find(|row| row.send_id == input.send_id);
    if let Some(row) = rows.iter().find(|row| row.state == permits::GRANTED) {
        if row.send_id == input.send_id {
            return Ok(PermitReply::Granted { valid_until: row.until });
        }
        let retry = row.until.map(|until| (until - ctx.now).max(1));
        return denied(Denial::StepTaken, retry.filter(|_| !row.began));
    }

    let row = PermitRow {
        campaign: input.campaign.clone(),
        step: input.step,
        send_id: input.send_id.clone(),
        round: mine.map_or(1, |row| row.round + 1),
        state: permits::GRANTED.to_owned(),
        began: false,
        until: input.hold_ms.map(|hold| ctx.now + hold),
        at: ctx.now,
    };
    permits::put(ctx.sql, &row)?;
    timer::set_for_permit(ctx, &row)?;
    person::note(ctx, "permit.granted", Some(describe(&row.campaign, row.step, &row.send_id)))?;
    person::touch(ctx, &mut me)?;
    Ok(PermitReply::Granted { valid_until: row.until })
}

/// Whether an address is the person's: what holds for one person must not let a mail to another
/// out, who may have asked for none.
fn is_theirs(ctx: &Ctx<'_>, address: &str) -> Result<bool, Reject> {
    let id = Identity::email("to", address)?.id(ctx.principal.workspace);
    if id == person::own_id(ctx)? {
        return Ok(true);
    }
    let known = identities::find(ctx.sql, id)?;
    Ok(known.is_some_and(|row| row.state == identities::LINKED))
}

/// Checks what names a step of a send.
///
/// # Errors
/// `invalid_input`.
pub fn check_step(send_id: &str, campaign: &str, step: i64) -> Result<(), Reject> {
    check::line("sendId", send_id, ID_CHARS_MAX)?;
    check::line("campaign", campaign, ID_CHARS_MAX)?;
    if !(0..=10_000).contains(&step) {
        return Err(Reject::field("step", "must be 0 to 10,000"));
    }
    Ok(())
}

/// A step of a send, for the history.
#[must_use]
pub fn describe(campaign: &str, step: i64, send_id: &str) -> String {
    format!("{campaign} step {step}, send {send_id}")
}

const fn denied(reason: Denial, retry_after_ms: Option<Millis>) -> Result<PermitReply, Reject> {
    Ok(PermitReply::Denied { reason, retry_after_ms })
}

const fn denial(reason: Reason) -> Denial {
    match reason {
        Reason::Manual => Denial::Manual,
        Reason::Replied => Denial::Replied,
        Reason::Bounced => Denial::Bounced,
        Reason::OptOut => Denial::OptOut,
        Reason::Complained => Denial::Complained,
        Reason::Erased => Denial::Erased,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::testing::agent;
    use crate::prospect_dedup::harness::{Town, id_of, permit as ask, record, row, suppress};
    use schema::ids::ProspectId;
    use schema::prospect::{Fate, ProspectCommand};
    use schema::{Code, Role};

    const GRANTED: PermitReply = PermitReply::Granted { valid_until: None };

    fn town() -> (Town, ProspectId) {
        let mut town = Town::new(4);
        let ann = town.import(row(Some("ann@acme.example"), None, None));
        (town, ann)
    }

    const fn denied(reason: Denial) -> PermitReply {
        PermitReply::Denied { reason, retry_after_ms: None }
    }

    #[test]
    fn a_step_is_given_to_one_send_and_the_same_send_gets_the_same_answer() {
        let (mut town, ann) = town();
        assert_eq!(town.permit(ann, "s1", 1), GRANTED);
        assert_eq!(town.permit(ann, "s1", 1), GRANTED);
        assert_eq!(town.permit(ann, "s2", 1), denied(Denial::StepTaken));
        assert_eq!(town.permit(ann, "s2", 2), GRANTED);
        town.note(ann, &record("s1", 1, Fate::Sent));
        assert_eq!(town.permit(ann, "s1", 1), denied(Denial::StepAlreadySent));
        assert_eq!(town.permit(ann, "s3", 1), denied(Denial::StepAlreadySent));
        let nobody = id_of("bob@acme.example");
        assert_eq!(town.permit(nobody, "s4", 1), denied(Denial::UnknownProspect));
        assert_eq!(town.objects[&nobody].count("head"), 0, "asking made something");
    }

    #[test]
    fn each_suppression_denies_even_what_was_granted() {
        for (reason, denial) in [
            (Reason::Manual, Denial::Manual),
            (Reason::Replied, Denial::Replied),
            (Reason::Bounced, Denial::Bounced),
            (Reason::OptOut, Denial::OptOut),
            (Reason::Complained, Denial::Complained),
        ] {
            let (mut town, ann) = town();
            assert_eq!(town.permit(ann, "s1", 1), GRANTED);
            town.note(ann, &suppress(reason));
            assert_eq!(town.permit(ann, "s1", 1), denied(denial));
            assert_eq!(town.permit(ann, "s2", 2), denied(denial));
        }
    }

    #[test]
    fn a_permit_that_runs_out_frees_the_step_unless_the_send_began() {
        let hold = |send: &str, step| {
            let ProspectCommand::Permit(input) = ask(send, step) else { panic!("a permit") };
            ProspectCommand::Permit(Permit { hold_ms: Some(600_000), ..input })
        };
        let (mut town, ann) = town();
        let until = PermitReply::Granted { valid_until: Some(town.now + 600_000) };
        for step in [1, 2] {
            assert_eq!(town.ask::<PermitReply>(ann, &hold("s1", step)), Ok(until.clone()));
        }
        town.note(ann, &record("s1", 2, Fate::Sending));
        let wait = PermitReply::Denied { reason: Denial::StepTaken, retry_after_ms: Some(600_000) };
        assert_eq!(town.permit(ann, "s2", 1), wait);
        town.fire_alarms(600_000);
        assert_eq!(town.permit(ann, "s2", 1), GRANTED);
        assert_eq!(town.permit(ann, "s1", 1), denied(Denial::StepTaken));
        assert_eq!(town.permit(ann, "s2", 2), denied(Denial::StepTaken));
    }

    #[test]
    fn nobody_gets_a_permit_while_an_identity_is_unsettled() {
        let mut town = Town::new(4);
        let ann = town.import(row(Some("ann@acme.example"), Some("Ann Smith"), None));
        let reason = Denial::IdentityUnsettled;
        let later = PermitReply::Denied { reason, retry_after_ms: Some(UNSETTLED_MS) };
        assert_eq!(town.permit(ann, "s1", 1), later);
        town.settle();
        assert_eq!(town.permit(ann, "s1", 1), GRANTED);
    }

    #[test]
    fn a_permit_lets_mail_out_to_the_person_s_own_addresses_only() {
        let to = |send: &str, step, to: &str| {
            let ProspectCommand::Permit(input) = ask(send, step) else { panic!("a permit") };
            ProspectCommand::Permit(Permit { to: Some(to.into()), ..input })
        };
        let (mut town, ann) = town();
        let other = Ok(denied(Denial::OtherAddress));
        assert_eq!(town.ask(ann, &to("s1", 1, "bob@acme.example")), other);
        assert_eq!(town.ask(ann, &to("s1", 1, "Ann@ACME.example")), Ok(GRANTED));
        let (ben, import) = row(Some("ben@acme.example"), None, None);
        let also = vec!["e:ben@home.example".into()];
        town.import((ben, schema::prospect::Import { also, ..import }));
        town.settle();
        let PermitReply::Moved { to: owner } = town.permit(ben, "s2", 2) else {
            assert_eq!(town.ask(ben, &to("s3", 3, "ben@home.example")), Ok(GRANTED));
            return;
        };
        assert_eq!(town.ask(owner, &to("s3", 3, "ben@acme.example")), Ok(GRANTED));
    }

    #[test]
    fn only_postroom_itself_asks_and_only_for_a_step() {
        let (mut town, ann) = town();
        for (send, step) in [("", 1), ("s1", -1), ("s1", 10_001), ("s\n1", 1)] {
            let reject = town.ask::<PermitReply>(ann, &ask(send, step)).expect_err("refused");
            assert_eq!(reject.code, Code::InvalidInput, "{send:?} {step}");
        }
        town.who = agent(1, Role::Owner);
        let reject = town.ask::<PermitReply>(ann, &ask("s1", 1)).expect_err("refused");
        assert_eq!(reject.code, Code::Forbidden);
    }
}
