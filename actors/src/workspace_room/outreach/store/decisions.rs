//! What was decided, about enrolments one by one and about a campaign's turns.

use crate::kernel::{Fault, Sql};
use schema::Millis;
use schema::alert::OutreachCounts;
use schema::room::enrolment::{ArchivedDecision, Decision, Turns};

const INSERT: &str = "insert into outreach_decisions (enrolment, at, step, what, why)
    values (?, ?, ?, ?, ?)";

/// Adds a decision.
///
/// # Errors
/// A storage fault.
pub fn insert(sql: &dyn Sql, enrolment: i64, decision: &Decision) -> Result<(), Fault> {
    let Decision { at, step, what, why } = decision;
    let params = [enrolment.into(), (*at).into(), (*step).into(), what.into(), why.clone().into()];
    sql.exec(INSERT, &params).map(drop)
}

const LIST: &str = "select number, at, step, what, why from outreach_decisions
    where enrolment = ? and number < ? order by number desc limit ?";

/// Decisions about an enrolment before a number, the latest first.
///
/// # Errors
/// A storage fault.
pub fn list(
    sql: &dyn Sql,
    enrolment: i64,
    before: i64,
    limit: i64,
) -> Result<Vec<(i64, Decision)>, Fault> {
    let rows = sql.exec(LIST, &[enrolment.into(), before.into(), limit.into()])?;
    let read = |row: &crate::kernel::Row| {
        let decision = Decision {
            at: row.integer(1)?,
            step: row.integer(2)?,
            what: row.text(3)?,
            why: row.text_or_null(4)?,
        };
        Ok((row.integer(0)?, decision))
    };
    rows.iter().map(read).collect()
}

const TURNS: &str = "select number, from_at, to_at, turns, why, until, assigned
    from outreach_turns where campaign = ? and number < ? order by number desc limit ?";

/// A campaign's turns before a number, the latest first.
///
/// # Errors
/// A storage fault.
pub fn turns(
    sql: &dyn Sql,
    campaign: i64,
    before: i64,
    limit: i64,
) -> Result<Vec<(i64, Turns)>, Fault> {
    let rows = sql.exec(TURNS, &[campaign.into(), before.into(), limit.into()])?;
    let read = |row: &crate::kernel::Row| {
        let turns = Turns {
            from_at: row.integer(1)?,
            to_at: row.integer(2)?,
            turns: row.integer(3)?,
            why: row.text(4)?,
            until: row.integer_or_null(5)?,
            assigned: row.integer(6)?,
        };
        Ok((row.integer(0)?, turns))
    };
    rows.iter().map(read).collect()
}

const ADD_TURNS: &str = "insert into outreach_turns
    (campaign, from_at, to_at, turns, why, until, assigned) values (?, ?, ?, ?, ?, ?, ?)";

/// Adds turns that ended in a new way.
///
/// # Errors
/// A storage fault.
pub fn add_turns(sql: &dyn Sql, campaign: i64, turns: &Turns) -> Result<(), Fault> {
    let params = [
        campaign.into(),
        turns.from_at.into(),
        turns.to_at.into(),
        turns.turns.into(),
        (&turns.why).into(),
        turns.until.into(),
        turns.assigned.into(),
    ];
    sql.exec(ADD_TURNS, &params).map(drop)
}

const MORE_TURNS: &str = "update outreach_turns set to_at = ?, turns = ?, until = ?, assigned = ?
    where number = ?";

/// Writes turns that went on in the same way.
///
/// # Errors
/// A storage fault.
pub fn more_turns(sql: &dyn Sql, number: i64, turns: &Turns) -> Result<(), Fault> {
    let params = [
        turns.to_at.into(),
        turns.turns.into(),
        turns.until.into(),
        turns.assigned.into(),
        number.into(),
    ];
    sql.exec(MORE_TURNS, &params).map(drop)
}

const OLDEST: &str = "select decision.number, campaign.id, decision.enrolment, decision.at,
        decision.step, decision.what, decision.why
    from outreach_decisions decision
    join enrolments enrolment on enrolment.number = decision.enrolment
    join campaigns campaign on campaign.number = enrolment.campaign
    where decision.number > 0 order by decision.number limit ?";

/// The oldest decisions of all.
///
/// # Errors
/// A storage fault.
pub fn oldest(sql: &dyn Sql, limit: i64) -> Result<Vec<ArchivedDecision>, Fault> {
    let read = |row: &crate::kernel::Row| {
        let decision = Decision {
            at: row.integer(3)?,
            step: row.integer(4)?,
            what: row.text(5)?,
            why: row.text_or_null(6)?,
        };
        let (campaign_id, enrolment) = (row.id(1)?, row.integer(2)?);
        Ok(ArchivedDecision { number: row.integer(0)?, campaign_id, enrolment, decision })
    };
    sql.exec(OLDEST, &[limit.into()])?.iter().map(read).collect()
}

const LAST: &str = "select number from outreach_decisions where number > 0
    order by number desc limit 1";
const FROM: &str = "select number, at from outreach_decisions where number >= ?
    order by number limit 1";

/// The number of the first decision from a time on, or one that none has yet. Numbers grow with
/// time, so that it is found in halves, and no index has to be kept for what is asked once a week.
fn first_since(sql: &dyn Sql, since: Millis) -> Result<i64, Fault> {
    let last = sql.first(LAST, &[])?.map_or(Ok(0), |row| row.integer(0))?;
    let (mut low, mut high) = (0, last + 1);
    while low < high {
        let middle = low + (high - low) / 2;
        let row = sql.first(FROM, &[middle.into()])?;
        let found =
            row.map(|row| Ok::<_, Fault>((row.integer(0)?, row.integer(1)?))).transpose()?;
        match found {
            Some((number, at)) if at < since => low = number + 1,
            _ => high = middle,
        }
    }
    Ok(low)
}

// An answer that a model calls a machine's was noted as `other` before: the next answer says so.
const COUNT: &str = "select coalesce(sum(sent), 0),
        count(case when theirs and not opted_out then 1 end),
        count(case when theirs and not opted_out and meets then 1 end),
        coalesce(sum(opted_out), 0), coalesce(sum(bounced), 0), coalesce(sum(complained), 0)
    from (select count(case when what = 'sent' then 1 end) as sent,
            max(case when what = 'answered'
                    and why in ('interested', 'meeting', 'notNow', 'other')
                then (select later.why from outreach_decisions later
                    where later.enrolment = decision.enrolment
                        and later.number > decision.number and later.what = 'answered'
                    order by later.number limit 1) is not 'outOfOffice'
                else 0 end) as theirs,
            max(what = 'answered' and why is 'meeting') as meets,
            max(why is 'optOut') as opted_out,
            max(why is 'bounced' or why is 'bounce') as bounced,
            max(why is 'complained') as complained
        from outreach_decisions as decision not indexed
        where number >= ? and what in ('sent', 'answered', 'stopped') group by enrolment)";

/// Counts what became of mails from a time on; no texts.
///
/// # Errors
/// A storage fault.
pub fn count(sql: &dyn Sql, since: Millis) -> Result<OutreachCounts, Fault> {
    let from = first_since(sql, since)?;
    let Some(row) = sql.first(COUNT, &[from.into()])? else {
        return Ok(OutreachCounts::default());
    };
    Ok(OutreachCounts {
        sent: row.integer(0)?,
        replied: row.integer(1)?,
        meetings: row.integer(2)?,
        opted_out: row.integer(3)?,
        bounced: row.integer(4)?,
        complained: row.integer(5)?,
        texts_waiting: 0,
    })
}

const FORGET: &str = "delete from outreach_decisions where number <= ? and at < ?";

/// Forgets those up to a number that were made before a time.
///
/// # Errors
/// A storage fault.
pub fn forget(sql: &dyn Sql, through: i64, before: Millis) -> Result<(), Fault> {
    sql.exec(FORGET, &[through.into(), before.into()]).map(drop)
}

const FORGET_TURNS: &str = "delete from outreach_turns where number in
    (select number from outreach_turns where number > 0 order by number limit ?) and to_at < ?";

/// Forgets some of the oldest turns that ended before a time.
///
/// # Errors
/// A storage fault.
pub fn forget_turns(sql: &dyn Sql, before: Millis, limit: i64) -> Result<(), Fault> {
    sql.exec(FORGET_TURNS, &[limit.into(), before.into()]).map(drop)
}

const FORGET_WORDS: &str = "update outreach_decisions set why = null
    where enrolment = ? and why glob '*[^a-zA-Z0-9-]*'";

/// Forgets what others say in the decisions about an enrolment; words of ours and ids stay.
///
/// # Errors
/// A storage fault.
pub fn forget_words(sql: &dyn Sql, enrolment: i64) -> Result<(), Fault> {
    sql.exec(FORGET_WORDS, &[enrolment.into()]).map(drop)
}

#[cfg(test)]
pub(in crate::workspace_room) const STATEMENTS: &[&str] = &[
    INSERT,
    LIST,
    TURNS,
    ADD_TURNS,
    MORE_TURNS,
    OLDEST,
    LAST,
    FROM,
    COUNT,
    FORGET,
    FORGET_TURNS,
    FORGET_WORDS,
];
