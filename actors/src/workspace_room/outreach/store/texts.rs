//! What models write, and what the workspace tells them.

use crate::kernel::{Fault, Row, Sql};
use schema::Millis;
use schema::room::writing::{AiSettings, WritingState};

/// What stands for a step where a model reads what the prospect answered.
pub const ANSWER: i64 = 0;

/// A text's row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    /// Its key.
    pub number: i64,
    /// The campaign's number.
    pub campaign: i64,
    /// The enrolment.
    pub enrolment: i64,
    /// The step; [`ANSWER`] for what the prospect answered.
    pub step: i64,
    /// How far it is.
    pub state: WritingState,
    /// What was written last; of an answer that is to be read, the id of its comment.
    pub text: Option<String>,
    /// Why it is refused, or is not there yet.
    pub reason: Option<String>,
    /// Who wrote it.
    pub writer: Option<String>,
    /// A hash of what a model was told of the person; none where a person wrote it.
    pub facts: Option<String>,
    /// A hash of the step and the rules that it is written for; none where nobody has begun.
    pub basis: Option<String>,
    /// Numbers the tries.
    pub attempt: i64,
    /// How many texts were refused.
    pub refusals: i64,
    /// How often in a row a try has begun of which nothing came.
    pub delays: i64,
    /// When it is asked for again.
    pub ask_at: Option<Millis>,
    /// Until then a consumer is at it.
    pub leased_until: Millis,
    /// When it last changed.
    pub updated_at: Millis,
}

const INSERT: &str = "insert into outreach_texts (campaign, enrolment, step, state, attempt,
        refusals, delays, ask_at, leased_until, updated_at)
    values (?, ?, ?, 'waiting', 1, 0, 0, ?, 0, ?)
    on conflict (enrolment, step) do nothing returning number";

/// Adds the text of a step; gives its number where there was none.
///
/// # Errors
/// A storage fault.
pub fn insert(
    sql: &dyn Sql,
    (campaign, enrolment, step): (i64, i64, i64),
    ask_at: Millis,
    now: Millis,
) -> Result<Option<i64>, Fault> {
    let params = [campaign.into(), enrolment.into(), step.into(), ask_at.into(), now.into()];
    sql.first(INSERT, &params)?.map(|row| row.integer(0)).transpose()
}

const SAVE: &str = "update outreach_texts set state = ?, text = ?, reason = ?, writer = ?,
        facts = ?, basis = ?, attempt = ?, refusals = ?, delays = ?, ask_at = ?, leased_until = ?,
        updated_at = ?
    where number = ?";

/// Writes a text.
///
/// # Errors
/// A storage fault.
pub fn save(sql: &dyn Sql, one: &Text) -> Result<(), Fault> {
    let params = [
        one.state.as_str().into(),
        one.text.clone().into(),
        one.reason.clone().into(),
        one.writer.clone().into(),
        one.facts.clone().into(),
        one.basis.clone().into(),
        one.attempt.into(),
        one.refusals.into(),
        one.delays.into(),
        one.ask_at.into(),
        one.leased_until.into(),
        one.updated_at.into(),
        one.number.into(),
    ];
    sql.exec(SAVE, &params).map(drop)
}

/// The columns that [`read`] takes.
macro_rules! columns {
    ($rest:literal) => {
        concat!(
            "select number, campaign, enrolment, step, state, text, reason, writer, facts, \
             basis, attempt, refusals, delays, ask_at, leased_until, updated_at \
             from outreach_texts ",
            $rest
        )
    };
}

const AT: &str = columns!("where number = ?");

/// A text by number.
///
/// # Errors
/// A storage fault.
pub fn at(sql: &dyn Sql, number: i64) -> Result<Option<Text>, Fault> {
    sql.first(AT, &[number.into()])?.as_ref().map(read).transpose()
}

const FIND: &str = columns!("where enrolment = ? and step = ?");

/// The text of a step of an enrolment.
///
/// # Errors
/// A storage fault.
pub fn find(sql: &dyn Sql, enrolment: i64, step: i64) -> Result<Option<Text>, Fault> {
    sql.first(FIND, &[enrolment.into(), step.into()])?.as_ref().map(read).transpose()
}

const TO_ASK: &str = columns!("where ask_at <= ? order by ask_at limit ?");

/// Those that are to be asked for again, the longest overdue first.
///
/// # Errors
/// A storage fault.
pub fn to_ask(sql: &dyn Sql, now: Millis, limit: i64) -> Result<Vec<Text>, Fault> {
    sql.exec(TO_ASK, &[now.into(), limit.into()])?.iter().map(read).collect()
}

const TO_REVIEW: &str = "select count(*) from (select 1 from outreach_texts text
    cross join enrolments one on one.number = text.enrolment
    cross join campaigns campaign on campaign.number = one.campaign
    where text.state = 'awaitingApproval' and one.step = text.step
        and one.state in ('waiting', 'blocked') and campaign.status <> 'archived' limit ?)";

/// How many texts wait for approval whose step is still to be sent; no more than so many are
/// counted.
///
/// # Errors
/// A storage fault.
pub fn to_review(sql: &dyn Sql, most: i64) -> Result<i64, Fault> {
    sql.first(TO_REVIEW, &[most.into()])?.map_or(Ok(0), |row| row.integer(0))
}

const NEXT: &str = "select ask_at from outreach_texts where ask_at > 0 order by ask_at limit 1";

/// When the next is to be asked for again.
///
/// # Errors
/// A storage fault.
pub fn next(sql: &dyn Sql) -> Result<Option<Millis>, Fault> {
    sql.first(NEXT, &[])?.map(|row| row.integer(0)).transpose()
}

const LIST: &str = columns!(
    "where campaign = ? and number < ? and step > 0
    order by number desc limit ?"
);
const OF_STATE: &str = columns!(
    "where campaign = ? and state = ? and number < ? and step > 0
    order by number desc limit ?"
);

/// Those of a campaign's steps, or of those the ones in a state, before a number, the latest first.
///
/// # Errors
/// A storage fault.
pub fn list(
    sql: &dyn Sql,
    campaign: i64,
    state: Option<WritingState>,
    before: i64,
    limit: i64,
) -> Result<Vec<Text>, Fault> {
    let rows = match state {
        None => sql.exec(LIST, &[campaign.into(), before.into(), limit.into()])?,
        Some(state) => {
            let state = state.as_str().into();
            sql.exec(OF_STATE, &[campaign.into(), state, before.into(), limit.into()])?
        }
    };
    rows.iter().map(read).collect()
}

const OUTDATE: &str = "update outreach_texts set
        state = case when writer is 'person' then 'awaitingApproval' else 'waiting' end,
        text = case when writer is 'person' then text end,
        ask_at = case when writer is 'person' then null else ? end,
        reason = 'campaignChanged', facts = null, basis = null, attempt = attempt + 1, refusals = 0,
        delays = 0, leased_until = 0, updated_at = ?
    where campaign = ? and step = ? and (state <> 'refused' or reason is not 'rejected')
        and exists (select 1 from enrolments one
            where one.number = outreach_texts.enrolment and one.step = outreach_texts.step
                and (one.state in ('waiting', 'blocked')
                    or (one.state = 'sending' and one.send_id is null)))
        and not exists (select 1 from outreach_mails mail
            where mail.enrolment = outreach_texts.enrolment)";

/// Has the texts of a step that are not on their way written anew, but for what a person wrote,
/// which waits for approval, and what a person rejected.
///
/// # Errors
/// A storage fault.
pub fn outdate(sql: &dyn Sql, campaign: i64, step: i64, now: Millis) -> Result<(), Fault> {
    sql.exec(OUTDATE, &[now.into(), now.into(), campaign.into(), step.into()]).map(drop)
}

const RETIRE: &str = "update outreach_texts set state = 'refused', reason = 'archived',
        attempt = attempt + 1, ask_at = null, leased_until = 0, updated_at = ?
    where campaign = ? and state in ('waiting', 'awaitingApproval') and step > 0";

/// Has nobody write, or look at, the texts of a campaign that nobody has approved; what is still
/// being written for one is no text.
///
/// # Errors
/// A storage fault.
pub fn retire(sql: &dyn Sql, campaign: i64, now: Millis) -> Result<(), Fault> {
    sql.exec(RETIRE, &[now.into(), campaign.into()]).map(drop)
}

const RESUME: &str = "update outreach_texts set ask_at = ?
    where campaign = ? and state = 'waiting' and ask_at is null
        and exists (select 1 from enrolments one
            where one.number = outreach_texts.enrolment and one.step = outreach_texts.step
                and one.state in ('waiting', 'blocked'))";

/// Has those of a campaign asked for that are wanted, and that nobody is asked for: a campaign that
/// was paused goes on.
///
/// # Errors
/// A storage fault.
pub fn resume(sql: &dyn Sql, campaign: i64, now: Millis) -> Result<(), Fault> {
    sql.exec(RESUME, &[now.into(), campaign.into()]).map(drop)
}

const FORGET: &str = "update outreach_texts set state = 'refused', text = null,
        reason = 'erased', writer = null, facts = null, attempt = attempt + 1, ask_at = null,
        leased_until = 0
    where enrolment = ?";

/// Forgets the texts of an enrolment. The rows stay, because a number that was another's would be
/// given to what is still being written for the one.
///
/// # Errors
/// A storage fault.
pub fn forget(sql: &dyn Sql, enrolment: i64) -> Result<(), Fault> {
    sql.exec(FORGET, &[enrolment.into()]).map(drop)
}

fn read(row: &Row) -> Result<Text, Fault> {
    let state = row.text(4)?;
    Ok(Text {
        number: row.integer(0)?,
        campaign: row.integer(1)?,
        enrolment: row.integer(2)?,
        step: row.integer(3)?,
        state: WritingState::parse(&state).ok_or_else(|| Fault(format!("no text is {state}")))?,
        text: row.text_or_null(5)?,
        reason: row.text_or_null(6)?,
        writer: row.text_or_null(7)?,
        facts: row.text_or_null(8)?,
        basis: row.text_or_null(9)?,
        attempt: row.integer(10)?,
        refusals: row.integer(11)?,
        delays: row.integer(12)?,
        ask_at: row.integer_or_null(13)?,
        leased_until: row.integer(14)?,
        updated_at: row.integer(15)?,
    })
}

const SETTINGS: &str = "select prompt, version, classify_answers from ai_settings where id = 1";

/// What the workspace tells models.
///
/// # Errors
/// A storage fault.
pub fn settings(sql: &dyn Sql) -> Result<AiSettings, Fault> {
    let Some(row) = sql.first(SETTINGS, &[])? else { return Ok(AiSettings::default()) };
    let classify_answers = row.flag(2)?;
    Ok(AiSettings { prompt: row.text(0)?, classify_answers, version: row.integer(1)? })
}

const SET: &str = "insert into ai_settings (id, prompt, version, classify_answers)
    values (1, ?, ?, ?) on conflict (id) do update set prompt = excluded.prompt,
        version = excluded.version, classify_answers = excluded.classify_answers";

/// Sets it.
///
/// # Errors
/// A storage fault.
pub fn set(sql: &dyn Sql, settings: &AiSettings) -> Result<(), Fault> {
    let AiSettings { prompt, classify_answers, version } = settings;
    let params = [prompt.into(), (*version).into(), i64::from(*classify_answers).into()];
    sql.exec(SET, &params).map(drop)
}

#[cfg(test)]
pub(in crate::workspace_room) const STATEMENTS: &[&str] = &[
    INSERT, SAVE, AT, FIND, TO_ASK, TO_REVIEW, NEXT, LIST, OF_STATE, OUTDATE, RETIRE, RESUME,
    FORGET, SETTINGS, SET,
];
