//! What came of a send that had a permit.
//!
//! For inboxes. What left, or may have left, spends the step for ever. An alias forwards it. Told
//! twice, or late, it changes nothing that matters. Rejects: `invalid_input`, `not_found`,
//! `unavailable` (the permit is on its way from an alias: say it again).

use crate::kernel::Ctx;
use crate::prospect_dedup::handle::permit::{check_step, describe};
use crate::prospect_dedup::handle::suppress;
use crate::prospect_dedup::store::me::{self, Me};
use crate::prospect_dedup::store::{identities, permits, suppressions};
use crate::prospect_dedup::{NOTE_CHARS_MAX, outbox, person, timer};
use schema::codec::to_json;
use schema::prospect::{Fate, Noted, PermitRow, ProspectCommand, Record, Stage};
use schema::{Code, Reject, check};

/// Takes note of what came of a send.
///
/// # Errors
/// See above.
pub fn record(ctx: &mut Ctx<'_>, input: &Record) -> Result<Noted, Reject> {
    ctx.require_system()?;
    check_step(&input.send_id, &input.campaign, input.step)?;
    let said = input.note.as_ref().map(|note| check::text("note", note, NOTE_CHARS_MAX));
    let said = said.transpose()?;
    let mut me = me::load(ctx.sql)?.ok_or_else(|| Reject::not_found("prospect"))?;
    if let Some(to) = me.alias_of {
        let key = format!("record:{}", ctx.uuid());
        let at = Some(input.at.unwrap_or(ctx.now));
        let command = ProspectCommand::Record(Record { at, ..input.clone() });
        ctx.outbox(outbox::FORWARD, &key, &to_json(&command))?;
        return Ok(Noted::Forwarded { to });
    }
    let rows = permits::of_step(ctx.sql, &input.campaign, input.step)?;
    let known = rows.into_iter().find(|row| row.send_id == input.send_id);
    let row = next(ctx, input, known)?;
    // A mail comes back, or is complained about, after it was sent.
    let is_news = match input.fate.suppresses() {
        Some(reason) => !suppressions::is_active(ctx.sql, reason)?,
        None => false,
    };
    if row.is_none() && !is_news {
        return Ok(Noted::Here {});
    }

    if let Some(row) = row {
        permits::put(ctx.sql, &row)?;
        ctx.cancel_timer(timer::PERMIT, &timer::permit_key(&row))?;
    }
    if input.fate == Fate::Sent {
        contacted(ctx, &mut me, input);
    }
    let mut detail = describe(&input.campaign, input.step, &input.send_id);
    if let Some(said) = said.filter(|_| !me.erased) {
        detail = format!("{detail}: {said}");
    }
    person::note(ctx, kind(input.fate), Some(detail))?;
    if let Some(reason) = input.fate.suppresses() {
        suppress::add(ctx, &mut me, reason, None, None)?;
    }
    person::touch(ctx, &mut me)?;
    Ok(Noted::Here {})
}

/// The permit after this; none where nothing changes.
fn next(
    ctx: &Ctx<'_>,
    input: &Record,
    known: Option<PermitRow>,
) -> Result<Option<PermitRow>, Reject> {
    let is_known = known.is_some();
    let mut row = known.unwrap_or_else(|| PermitRow {
        campaign: input.campaign.clone(),
        step: input.step,
        send_id: input.send_id.clone(),
        round: 0,
        state: permits::FREE.to_owned(),
        began: false,
        until: None,
        at: ctx.now,
    });
    let state = match input.fate {
        _ if row.state == permits::SPENT => return Ok(None),
        Fate::Sent | Fate::Unknown | Fate::HardBounced | Fate::Complained => permits::SPENT,
        Fate::Sending if row.began && row.state == permits::GRANTED => return Ok(None),
        Fate::Sending => {
            // It began although the permit had run out, or is on its way from an alias.
            row.round += i64::from(row.state == permits::FREE);
            row.began = true;
            permits::GRANTED
        }
        Fate::Failed | Fate::Released if row.state == permits::GRANTED => permits::FREE,
        Fate::Failed | Fate::Released if !is_known && identities::any_pending(ctx.sql)? => {
            let why = "the permit is on its way from another identity";
            return Err(Reject::new(Code::Unavailable, why));
        }
        Fate::Failed | Fate::Released => return Ok(None),
    };
    state.clone_into(&mut row.state);
    row.at = ctx.now;
    Ok(Some(row))
}

fn contacted(ctx: &Ctx<'_>, me: &mut Me, input: &Record) {
    let at = input.at.unwrap_or(ctx.now).clamp(0, ctx.now);
    me.last_contact_at = me.last_contact_at.max(Some(at));
    if me.stage < Stage::Contacted {
        me.stage = Stage::Contacted;
        me.stage_at = ctx.now;
    }
}

const fn kind(fate: Fate) -> &'static str {
    match fate {
        Fate::Sending => "send.began",
        Fate::Sent => "send.sent",
        Fate::Failed => "send.failed",
        Fate::Released => "send.released",
        Fate::Unknown => "send.unknown",
        Fate::HardBounced => "send.bounced",
        Fate::Complained => "send.complained",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prospect_dedup::harness::{Town, record as tell, row};
    use schema::prospect::{Denial, PermitReply};

    #[test]
    fn a_step_is_free_again_only_where_nothing_can_have_left() {
        let spent = PermitReply::Denied { reason: Denial::StepAlreadySent, retry_after_ms: None };
        let bounced = PermitReply::Denied { reason: Denial::Bounced, retry_after_ms: None };
        let complained = PermitReply::Denied { reason: Denial::Complained, retry_after_ms: None };
        let granted = PermitReply::Granted { valid_until: None };
        for (fates, after) in [
            (vec![Fate::Sent], &spent),
            (vec![Fate::Unknown], &spent),
            (vec![Fate::Sending, Fate::Unknown, Fate::Failed], &spent),
            (vec![Fate::Released, Fate::Sent, Fate::Released], &spent),
            (vec![Fate::HardBounced], &bounced),
            // What left comes back later, or is complained about.
            (vec![Fate::Sent, Fate::HardBounced], &bounced),
            (vec![Fate::Unknown, Fate::HardBounced, Fate::HardBounced], &bounced),
            (vec![Fate::Sent, Fate::Complained], &complained),
            (vec![Fate::Sent, Fate::HardBounced, Fate::Complained], &complained),
            (vec![Fate::Failed], &granted),
            (vec![Fate::Sending, Fate::Released, Fate::Released], &granted),
        ] {
            let mut town = Town::new(4);
            let ann = town.import(row(Some("ann@acme.example"), None, None));
            assert_eq!(town.permit(ann, "s1", 1), granted);
            for fate in &fates {
                town.note(ann, &tell("s1", 1, *fate));
                town.note(ann, &tell("s1", 1, *fate));
            }
            assert_eq!(&town.permit(ann, "s2", 1), after, "{fates:?}");
            let sent = fates.contains(&Fate::Sent);
            let person = town.get(ann);
            assert_eq!(person.last_contact_at.is_some(), sent);
            assert_eq!(person.stage == Stage::Contacted, sent);
        }
    }
}
