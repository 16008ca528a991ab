//! The send ledger.

use super::complaints;
use crate::kernel::{Fault, Row, Sql, Value};
use crate::mail::identity::{person, source};
use schema::Millis;
use schema::codec::read_json;
use schema::ids::{ProspectId, SendId};
use schema::inbox::{Outreach, SendState};
use schema::report::{ReportClass, SendReport};
use std::collections::BTreeSet;

/// A mail's row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Send {
    /// The mail.
    pub id: SendId,
    /// Its idempotency key.
    pub key: String,
    /// The hash of what was asked under it.
    pub hash: String,
    /// Without angle brackets.
    pub message_id: String,
    /// Addresses.
    pub to: Vec<String>,
    /// Addresses.
    pub cc: Vec<String>,
    /// One line.
    pub subject: String,
    /// Set for outreach.
    pub prospect: Option<Outreach>,
    /// Not begun to leave by then, it is taken back.
    pub leave_by: Option<Millis>,
    /// When it was asked for.
    pub queued_at: Millis,
    /// Where it is.
    pub state: SendState,
    /// Whether it is written down that nobody knows whether it left.
    pub was_unknown: bool,
    /// Grows with each change.
    pub version: i64,
    /// Whether an outbox entry of it is under way.
    pub asked: bool,
    /// How many questions about it were answered.
    pub answers: i64,
    /// The prospect that owns the person, where it is another than the one that was named.
    pub owner: Option<ProspectId>,
    /// When the day of its slot ends.
    pub slot_until: Option<Millis>,
    /// When its prospect permitted it.
    pub permitted_at: Option<Millis>,
    /// Whether the deployment's suppression list let it pass since.
    pub screened: bool,
    /// How often it was handed to the transport.
    pub attempts: i64,
    /// Before when it is not tried.
    pub not_before: Millis,
    /// What went wrong last.
    pub error: Option<String>,
    /// When it left, or may have.
    pub left_at: Option<Millis>,
    /// 1: it came back; 2: for good.
    pub bounced: i64,
    /// Whether its reader complained.
    pub complained: bool,
    /// What was reported of it last.
    pub report: Option<SendReport>,
    /// When it came to an end.
    pub settled_at: Option<Millis>,
    /// When it changed.
    pub updated_at: Millis,
}

impl Send {
    /// Everybody whom it goes to.
    pub fn recipients(&self) -> impl Iterator<Item = &String> {
        self.to.iter().chain(&self.cc)
    }

    /// The recipient who has an address, as it stands here.
    #[must_use]
    pub fn recipient(&self, address: &str) -> Option<&String> {
        self.recipients().find(|recipient| recipient.eq_ignore_ascii_case(address))
    }

    /// Whom it goes to, where that is one address.
    #[must_use]
    pub fn sole_recipient(&self) -> Option<&String> {
        let mut all = self.recipients();
        all.next().filter(|_| all.next().is_none())
    }

    /// Keeps a report.
    pub fn keep_report(&mut self, report: &SendReport) {
        let (class, status) = (report.class, report.status.as_deref().unwrap_or_default());
        let bounce = if class == ReportClass::Complaint { "" } else { " bounce" };
        self.error = Some(format!("{}{bounce} {status}", class.as_str()).trim_end().to_owned());
        self.report = Some(report.clone());
    }
}

const INSERT: &str = "insert into ledger
        (id, key, hash, message_id, recipients, copies, subject, prospect_id, campaign, step,
        queued_at, leave_by, state, version, asked, answers, attempts, not_before, bounced,
        updated_at)
    values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'queued', 0, 0, 0, 0, 0, 0, ?)";

/// Adds a mail.
///
/// # Errors
/// A storage fault; a key or message id that is known is one.
pub fn insert(sql: &dyn Sql, send: &Send) -> Result<(), Fault> {
    let prospect = send.prospect.as_ref();
    let params: [Value; 13] = [
        send.id.to_string().into(),
        (&send.key).into(),
        (&send.hash).into(),
        (&send.message_id).into(),
        list(&send.to)?.into(),
        list(&send.cc)?.into(),
        (&send.subject).into(),
        prospect.map(|one| one.prospect_id.to_string()).into(),
        prospect.map(|one| &one.campaign).into(),
        prospect.map(|one| one.step).into(),
        send.queued_at.into(),
        send.leave_by.into(),
        send.updated_at.into(),
    ];
    sql.exec(INSERT, &params).map(drop)
}

const SAVE: &str = "update ledger set
        state = ?, version = ?, asked = ?, answers = ?, owner_id = ?, slot_until = ?,
        permitted_at = ?, attempts = ?, not_before = ?, error = ?, left_at = ?, bounced = ?,
        settled_at = ?, updated_at = ?, complained = ?, report = ?, screened = ?
    where id = ?";

/// Writes what may change of a mail.
///
/// # Errors
/// A storage fault.
pub fn save(sql: &dyn Sql, send: &Send) -> Result<(), Fault> {
    let report = send.report.as_ref().map(serde_json::to_string).transpose();
    let params: [Value; 18] = [
        send.state.as_str().into(),
        send.version.into(),
        i64::from(send.asked).into(),
        send.answers.into(),
        send.owner.map(|id| id.to_string()).into(),
        send.slot_until.into(),
        send.permitted_at.into(),
        send.attempts.into(),
        send.not_before.into(),
        send.error.clone().into(),
        send.left_at.into(),
        send.bounced.into(),
        send.settled_at.into(),
        send.updated_at.into(),
        i64::from(send.complained).into(),
        report.map_err(|error| Fault(format!("report: {error}")))?.into(),
        i64::from(send.screened).into(),
        send.id.to_string().into(),
    ];
    sql.exec(SAVE, &params).map(drop)
}

const RENAME: &str = "update ledger set message_id = ? where id = ?";

/// Gives a mail the message id that its transport has given it.
///
/// # Errors
/// A storage fault; an id that another mail has is one.
pub fn rename(sql: &dyn Sql, id: SendId, message_id: &str) -> Result<(), Fault> {
    sql.exec(RENAME, &[message_id.into(), id.to_string().into()]).map(drop)
}

const DEFERRED: &str = "select deferred from ledger where id = ?";

/// Whom a mail that has left has still to reach.
///
/// # Errors
/// A storage fault.
pub fn deferred(sql: &dyn Sql, id: SendId) -> Result<Vec<String>, Fault> {
    let row = sql.first(DEFERRED, &[id.to_string().into()])?;
    row.map_or(Ok(Vec::new()), |row| texts(&row.text(0)?))
}

const DEFER: &str = "update ledger set deferred = ? where id = ?";

/// Notes whom a mail that has left has still to reach.
///
/// # Errors
/// A storage fault.
pub fn set_deferred(sql: &dyn Sql, id: SendId, whom: &[String]) -> Result<(), Fault> {
    sql.exec(DEFER, &[list(whom)?.into(), id.to_string().into()]).map(drop)
}

const GET: &str = "select id, key, hash, message_id, recipients, copies, subject, prospect_id,
        campaign, step, queued_at, state, version, asked, answers, owner_id, slot_until,
        permitted_at, attempts, not_before, error, left_at, bounced, settled_at, updated_at,
        complained, report, leave_by, screened
    from ledger where id = ?";

/// A mail.
///
/// # Errors
/// A storage fault.
pub fn get(sql: &dyn Sql, id: SendId) -> Result<Option<Send>, Fault> {
    sql.first(GET, &[id.to_string().into()])?.map(|row| read(&row)).transpose()
}

const BY_KEY: &str = "select id from ledger where key = ?";

/// The mail of an idempotency key.
///
/// # Errors
/// A storage fault.
pub fn by_key(sql: &dyn Sql, key: &str) -> Result<Option<SendId>, Fault> {
    sql.first(BY_KEY, &[key.into()])?.map(|row| row.id(0)).transpose()
}

const BY_MESSAGE_ID: &str = "select id from ledger where message_id = ?";

/// The mail of a message id.
///
/// # Errors
/// A storage fault.
pub fn by_message_id(sql: &dyn Sql, message_id: &str) -> Result<Option<SendId>, Fault> {
    sql.first(BY_MESSAGE_ID, &[message_id.into()])?.map(|row| row.id(0)).transpose()
}

// Left to itself, SQLite takes the index by state and sorts all that waits.
const IDLE: &str = "select id, state, not_before from ledger indexed by ledger_idle
    where asked = 0 and state in ('queued', 'reserved', 'permitted') and id > ?
    order by id limit ?";

/// Mails that wait and of which no outbox entry is under way, after one, oldest first, each with
/// where it is, and the time before which it is not tried.
///
/// # Errors
/// A storage fault.
pub fn idle(
    sql: &dyn Sql,
    after: &str,
    limit: i64,
) -> Result<Vec<(SendId, SendState, Millis)>, Fault> {
    let rows = sql.exec(IDLE, &[after.into(), limit.into()])?;
    rows.iter().map(|row| Ok((row.id(0)?, state(row, 1)?, row.integer(2)?))).collect()
}

const ASKING: &str = "select count(*) from ledger where asked = 1 and state = 'queued'";

/// How many mails are asking for a slot.
///
/// # Errors
/// A storage fault.
pub fn asking(sql: &dyn Sql) -> Result<i64, Fault> {
    sql.first(ASKING, &[])?.map_or(Ok(0), |row| row.integer(0))
}

const COUNT: &str = "select count(*) from ledger where state in (select value from json_each(?))";

/// How many mails are in one of some states.
///
/// # Errors
/// A storage fault.
pub fn count(sql: &dyn Sql, states: &[SendState]) -> Result<i64, Fault> {
    let names: Vec<String> = states.iter().map(|state| state.as_str().to_owned()).collect();
    sql.first(COUNT, &[list(&names)?.into()])?.map_or(Ok(0), |row| row.integer(0))
}

const PAGE: &str = "select id from ledger where id < ? order by id desc limit ?";
const PAGE_OF: &str = "select id from ledger where state = ? and id < ? order by id desc limit ?";

/// Mails before one, newest first.
///
/// # Errors
/// A storage fault.
pub fn page(
    sql: &dyn Sql,
    state: Option<SendState>,
    before: &str,
    limit: i64,
) -> Result<Vec<SendId>, Fault> {
    let rows = match state {
        None => sql.exec(PAGE, &[before.into(), limit.into()])?,
        Some(state) => sql.exec(PAGE_OF, &[state.as_str().into(), before.into(), limit.into()])?,
    };
    rows.iter().map(|row| row.id(0)).collect()
}

const WINDOW: &str = "select count(*), coalesce(sum(bounced > 0), 0), coalesce(min(left_at), 0)
    from (select left_at, bounced from ledger
    where left_at is not null and left_at > ? order by left_at desc limit ?)";

// A report names its address; a refusal from before reports were kept names none.
const BOUNCED: &str = "select coalesce(json_extract(report, '$.address'), ledger.id)
    from (select id, bounced from ledger
    where left_at is not null and left_at > ? order by left_at desc limit ?) as late
    join ledger on ledger.id = late.id where late.bounced > 0";

/// The latest mails that left, counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Window {
    /// All of them.
    pub sends: i64,
    /// The people from whom one came back.
    pub bounced: i64,
    /// The people who complained about one.
    pub complained: i64,
    /// The people of either kind; of those who complained, one for each [`source`].
    pub unwelcome: i64,
}

/// Counts the latest mails that left after a time. A person counts once, whatever became of how
/// many mails to however many addresses of theirs.
///
/// # Errors
/// A storage fault.
pub fn window(sql: &dyn Sql, after: Millis, limit: i64) -> Result<Window, Fault> {
    let params = [after.into(), limit.into()];
    let Some(row) = sql.first(WINDOW, &params)? else { return Ok(Window::default()) };
    let (sends, first) = (row.integer(0)?, row.integer(2)?);
    if sends == 0 {
        return Ok(Window::default());
    }
    let mut people: BTreeSet<String> = if row.integer(1)? == 0 {
        BTreeSet::new()
    } else {
        let rows = sql.exec(BOUNCED, &params)?;
        rows.iter().map(|row| Ok(person(&row.text(0)?))).collect::<Result<_, Fault>>()?
    };
    let bounced = count_of(&people);
    let complainers = complaints::since(sql, first)?.people;
    let complained = count_of(&complainers);
    let mut sources = BTreeSet::new();
    people.extend(complainers.into_iter().filter(|one| sources.insert(source(one).to_owned())));
    Ok(Window { sends, bounced, complained, unwelcome: count_of(&people) })
}

/// How many there are.
fn count_of(people: &BTreeSet<String>) -> i64 {
    i64::try_from(people.len()).unwrap_or(i64::MAX)
}

const OUTREACH: &str = "select count(*), coalesce(min(left_at), 0)
    from (select left_at from ledger indexed by ledger_outreach
    where left_at is not null and prospect_id is not null and left_at > ?
    order by left_at desc limit ?)";

/// The latest mails of outreach that left, counted, where people complained about any.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Complained {
    /// All of them.
    pub sends: i64,
    /// The people who complained about one.
    pub people: i64,
    /// By how many these could have been made up, as [`source`] has it.
    pub sources: i64,
    /// When the first left that somebody complained about.
    pub first: Option<Millis>,
}

/// Counts the latest mails of outreach that left after a time, and the people who complained about
/// one of them; nothing where nobody did.
///
/// # Errors
/// A storage fault.
pub fn complained(sql: &dyn Sql, after: Millis, limit: i64) -> Result<Complained, Fault> {
    if complaints::since(sql, after + 1)?.first.is_none() {
        return Ok(Complained::default());
    }
    let Some(row) = sql.first(OUTREACH, &[after.into(), limit.into()])? else {
        return Ok(Complained::default());
    };
    let found = complaints::since(sql, row.integer(1)?)?;
    let sources = found.people.iter().map(|person| source(person).to_owned()).collect();
    Ok(Complained {
        sends: row.integer(0)?,
        people: count_of(&found.people),
        sources: count_of(&sources),
        first: found.first,
    })
}

fn list(texts: &[String]) -> Result<String, Fault> {
    serde_json::to_string(texts).map_err(|error| Fault(error.to_string()))
}

fn texts(json: &str) -> Result<Vec<String>, Fault> {
    read_json(json.as_bytes()).map_err(|error| Fault(error.message))
}

fn state(row: &Row, at: usize) -> Result<SendState, Fault> {
    let name = row.text(at)?;
    SendState::parse(&name).ok_or_else(|| Fault(format!("no state is {name}")))
}

fn read(row: &Row) -> Result<Send, Fault> {
    let state = state(row, 11)?;
    let prospect = match (row.id_or_null(7)?, row.text_or_null(8)?, row.integer_or_null(9)?) {
        (Some(prospect_id), Some(campaign), Some(step)) => {
            Some(Outreach { prospect_id, campaign, step })
        }
        _ => None,
    };
    let report = row.text_or_null(26)?.map(|json| read_json(json.as_bytes())).transpose();
    Ok(Send {
        id: row.id(0)?,
        key: row.text(1)?,
        hash: row.text(2)?,
        message_id: row.text(3)?,
        to: texts(&row.text(4)?)?,
        cc: texts(&row.text(5)?)?,
        subject: row.text(6)?,
        prospect,
        queued_at: row.integer(10)?,
        state,
        was_unknown: state == SendState::Unknown,
        version: row.integer(12)?,
        asked: row.flag(13)?,
        answers: row.integer(14)?,
        owner: row.id_or_null(15)?,
        slot_until: row.integer_or_null(16)?,
        permitted_at: row.integer_or_null(17)?,
        attempts: row.integer(18)?,
        not_before: row.integer(19)?,
        error: row.text_or_null(20)?,
        left_at: row.integer_or_null(21)?,
        bounced: row.integer(22)?,
        settled_at: row.integer_or_null(23)?,
        updated_at: row.integer(24)?,
        complained: row.flag(25)?,
        report: report.map_err(|error| Fault(format!("report: {}", error.message)))?,
        leave_by: row.integer_or_null(27)?,
        screened: row.flag(28)?,
    })
}

const LATELY: &str = "select count(*), min(left_at) from ledger
    where left_at is not null and left_at > ? and prospect_id is not null
    and instr(recipients, ?) > 0";
const UNDER_WAY: &str = "select count(*) from ledger
    where state = 'sending' and prospect_id is not null and instr(recipients, ?) > 0";

/// How many mails of outreach left to a domain after a time or are about to, and when the first of
/// them left.
///
/// # Errors
/// A storage fault.
pub fn outreach_to(
    sql: &dyn Sql,
    domain: &str,
    after: Millis,
) -> Result<(i64, Option<Millis>), Fault> {
    // As it ends in the list: one address, in quotes.
    let end = format!("@{domain}\"");
    let under_way = sql.first(UNDER_WAY, &[(&end).into()])?;
    let under_way = under_way.map_or(Ok(0), |row| row.integer(0))?;
    let Some(row) = sql.first(LATELY, &[after.into(), (&end).into()])? else {
        return Ok((under_way, None));
    };
    Ok((under_way + row.integer(0)?, row.integer_or_null(1)?))
}

/// The statements that find mails, for the test of their plans.
#[cfg(test)]
pub(super) const STATEMENTS: [&str; 15] = [
    DEFERRED,
    DEFER,
    GET,
    BY_KEY,
    BY_MESSAGE_ID,
    IDLE,
    ASKING,
    COUNT,
    PAGE,
    PAGE_OF,
    WINDOW,
    BOUNCED,
    LATELY,
    UNDER_WAY,
    OUTREACH,
];
