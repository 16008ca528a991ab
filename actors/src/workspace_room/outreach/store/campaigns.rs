//! Campaigns, and what outreach as a whole may do.

use crate::kernel::{Fault, Row, Sql};
use schema::Millis;
use schema::codec::read_json;
use schema::ids::CampaignId;
use schema::room::campaign::{CampaignPlan, CampaignStatus, OutreachSettings};

/// A campaign's row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Campaign {
    /// The key of its enrolments.
    pub number: i64,
    /// The campaign.
    pub id: CampaignId,
    /// What it is called.
    pub name: String,
    /// Whether it sends.
    pub status: CampaignStatus,
    /// What it is.
    pub plan: CampaignPlan,
    /// How links to opt out begin.
    pub public_url: String,
    /// Grows with each change.
    pub version: i64,
    /// When it was made.
    pub created_at: Millis,
    /// When it was last changed.
    pub updated_at: Millis,
}

impl Campaign {
    /// A new one, which does not send yet, before the table gives it a number.
    #[must_use]
    pub const fn draft(id: CampaignId, name: String, plan: CampaignPlan, now: Millis) -> Self {
        Self {
            number: 0,
            id,
            name,
            status: CampaignStatus::Draft,
            plan,
            public_url: String::new(),
            version: 1,
            created_at: now,
            updated_at: now,
        }
    }
}

const INSERT: &str = "insert into campaigns
    (id, name, status, plan, public_url, version, created_at, updated_at)
    values (?, ?, ?, ?, ?, ?, ?, ?)";

/// Adds a campaign; its number is given by the table.
///
/// # Errors
/// A storage fault.
pub fn insert(sql: &dyn Sql, campaign: &Campaign) -> Result<(), Fault> {
    let params = [
        campaign.id.to_string().into(),
        (&campaign.name).into(),
        campaign.status.as_str().into(),
        json(&campaign.plan)?.into(),
        (&campaign.public_url).into(),
        campaign.version.into(),
        campaign.created_at.into(),
        campaign.updated_at.into(),
    ];
    sql.exec(INSERT, &params).map(drop)
}

const SAVE: &str = "update campaigns set name = ?, status = ?, plan = ?, public_url = ?,
    version = ?, updated_at = ? where number = ?";

/// Writes a campaign.
///
/// # Errors
/// A storage fault.
pub fn save(sql: &dyn Sql, campaign: &Campaign) -> Result<(), Fault> {
    let params = [
        (&campaign.name).into(),
        campaign.status.as_str().into(),
        json(&campaign.plan)?.into(),
        (&campaign.public_url).into(),
        campaign.version.into(),
        campaign.updated_at.into(),
        campaign.number.into(),
    ];
    sql.exec(SAVE, &params).map(drop)
}

fn json(plan: &CampaignPlan) -> Result<String, Fault> {
    serde_json::to_string(plan).map_err(|error| Fault(format!("plan: {error}")))
}

/// The columns that [`read`] takes.
macro_rules! columns {
    ($rest:literal) => {
        concat!(
            "select number, id, name, status, plan, public_url, version, created_at, updated_at \
             from campaigns ",
            $rest
        )
    };
}

const FIND: &str = columns!("where id = ?");

/// A campaign by id.
///
/// # Errors
/// A storage fault.
pub fn find(sql: &dyn Sql, id: CampaignId) -> Result<Option<Campaign>, Fault> {
    sql.first(FIND, &[id.to_string().into()])?.as_ref().map(read).transpose()
}

const AT: &str = columns!("where number = ?");

/// A campaign by number.
///
/// # Errors
/// A storage fault, also where there is none.
pub fn at(sql: &dyn Sql, number: i64) -> Result<Campaign, Fault> {
    let row = sql.first(AT, &[number.into()])?;
    row.as_ref().map(read).unwrap_or_else(|| Err(Fault(format!("no campaign {number}"))))
}

const ID: &str = "select id from campaigns where number = ?";

/// A campaign's id, by number: of its plan, which may be long, nothing is read.
///
/// # Errors
/// A storage fault, also where there is none.
pub fn id(sql: &dyn Sql, number: i64) -> Result<CampaignId, Fault> {
    let row = sql.first(ID, &[number.into()])?;
    row.map_or_else(|| Err(Fault(format!("no campaign {number}"))), |row| row.id(0))
}

const LIST: &str = columns!("where number < ? order by number desc limit ?");

/// Campaigns before a number, the latest first.
///
/// # Errors
/// A storage fault.
pub fn list(sql: &dyn Sql, before: i64, limit: i64) -> Result<Vec<Campaign>, Fault> {
    sql.exec(LIST, &[before.into(), limit.into()])?.iter().map(read).collect()
}

const OF_STATUS: &str = columns!("where status = ? and number < ? order by number desc limit ?");

/// Those of a status.
///
/// # Errors
/// A storage fault.
pub fn of_status(
    sql: &dyn Sql,
    status: CampaignStatus,
    before: i64,
    limit: i64,
) -> Result<Vec<Campaign>, Fault> {
    let params = [status.as_str().into(), before.into(), limit.into()];
    sql.exec(OF_STATUS, &params)?.iter().map(read).collect()
}

fn read(row: &Row) -> Result<Campaign, Fault> {
    let status = row.text(3)?;
    let plan = read_json(row.text(4)?.as_bytes());
    Ok(Campaign {
        number: row.integer(0)?,
        id: row.id(1)?,
        name: row.text(2)?,
        status: CampaignStatus::parse(&status)
            .ok_or_else(|| Fault(format!("no status is {status}")))?,
        plan: plan.map_err(|error| Fault(format!("plan: {}", error.message)))?,
        public_url: row.text(5)?,
        version: row.integer(6)?,
        created_at: row.integer(7)?,
        updated_at: row.integer(8)?,
    })
}

const COUNT: &str = "select count(*) from campaigns";

/// How many campaigns there are.
///
/// # Errors
/// A storage fault.
pub fn count(sql: &dyn Sql) -> Result<i64, Fault> {
    sql.first(COUNT, &[])?.map_or(Ok(0), |row| row.integer(0))
}

const SETTINGS: &str = "select daily_max, domain_daily_max, inbox_daily_max, version
    from outreach_settings where id = 1";

/// What outreach as a whole may do.
///
/// # Errors
/// A storage fault.
pub fn settings(sql: &dyn Sql) -> Result<OutreachSettings, Fault> {
    let Some(row) = sql.first(SETTINGS, &[])? else { return Ok(OutreachSettings::default()) };
    Ok(OutreachSettings {
        daily_max: row.integer(0)?,
        domain_daily_max: row.integer(1)?,
        inbox_daily_max: row.integer(2)?,
        version: row.integer(3)?,
    })
}

const SET: &str = "insert into outreach_settings
    (id, daily_max, domain_daily_max, inbox_daily_max, version) values (1, ?, ?, ?, ?)
    on conflict (id) do update set daily_max = excluded.daily_max,
        domain_daily_max = excluded.domain_daily_max,
        inbox_daily_max = excluded.inbox_daily_max, version = excluded.version";

/// Sets it.
///
/// # Errors
/// A storage fault.
pub fn set(sql: &dyn Sql, settings: &OutreachSettings) -> Result<(), Fault> {
    let OutreachSettings { daily_max, domain_daily_max, inbox_daily_max, version } = settings;
    let params = [daily_max, domain_daily_max, inbox_daily_max, version].map(|it| (*it).into());
    sql.exec(SET, &params).map(drop)
}

#[cfg(test)]
pub(in crate::workspace_room) const STATEMENTS: &[&str] =
    &[INSERT, SAVE, FIND, AT, ID, LIST, OF_STATUS, COUNT, SETTINGS, SET];
