//! Every question that the gateway asks of D1. Rows there are summaries: they may be some moments
//! old, and an actor knows better about what is its own.

pub mod emails;

use crate::cursor::Cursor;
use crate::platform::Platform;
use schema::codec::INTEGER_MAX;
use schema::ids::{InboxId, ProspectId, WorkspaceId};
use schema::prospect::Reason;
use schema::summary::{ADDRESSES, Cell};
use schema::{Millis, Reject};
use serde::{Deserialize, Serialize};

/// An inbox in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct InboxRow {
    /// The inbox.
    pub id: InboxId,
    /// The address that it sends from.
    pub email: Option<String>,
    /// The name beside the address.
    #[serde(rename(serialize = "displayName"))]
    pub display_name: Option<String>,
    /// How it sends.
    pub transport: Option<String>,
    /// Whether it sends.
    pub status: Option<String>,
    /// Why not.
    #[serde(rename(serialize = "pauseReason"))]
    pub pause_reason: Option<String>,
    /// Mails that left.
    pub sent: Option<i64>,
    /// Mails that came back.
    pub bounced: Option<i64>,
    /// The share that came back, in hundredths of a per cent.
    #[serde(rename(serialize = "bounceRateBp"))]
    pub bounce_rate_bp: Option<i64>,
    /// When it was registered.
    #[serde(rename(serialize = "createdAt"))]
    pub created_at: Option<Millis>,
    /// When it last changed.
    #[serde(rename(serialize = "updatedAt"))]
    pub updated_at: Millis,
}

/// A prospect in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct ProspectRow {
    /// The prospect.
    pub id: ProspectId,
    /// Its address.
    pub email: Option<String>,
    /// The person's name.
    pub name: Option<String>,
    /// The company's name.
    pub company: Option<String>,
    /// The company's domain.
    pub domain: Option<String>,
    /// How far outreach has come.
    pub stage: Option<String>,
    /// Why no automated mail may leave.
    pub suppression: Option<String>,
    /// Where it came from.
    pub source: Option<String>,
    /// When it was made.
    #[serde(rename(serialize = "createdAt"))]
    pub created_at: Option<Millis>,
    /// When mail last left.
    #[serde(rename(serialize = "lastContactAt"))]
    pub last_contact_at: Option<Millis>,
    /// When it last changed.
    #[serde(rename(serialize = "updatedAt"))]
    pub updated_at: Millis,
}

/// An object by its workspace and id.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Known {
    /// The tenant.
    pub workspace_id: WorkspaceId,
    /// The thing.
    pub id: String,
}

#[derive(Deserialize)]
struct Address {
    email: String,
}

fn text(value: impl ToString) -> Cell {
    Cell::Text(value.to_string())
}

/// A first page begins after everything that can be.
fn from(cursor: Option<&Cursor>) -> (Cell, Cell) {
    let first = Cursor { at: INTEGER_MAX, id: "~".into() };
    let cursor = cursor.unwrap_or(&first);
    (Cell::Integer(cursor.at), text(&cursor.id))
}

const INBOXES: &str = "select id, email, display_name, transport, status, pause_reason, sent, \
    bounced, bounce_rate_bp, created_at, updated_at from inboxes \
    where workspace_id = ?1 and deleted = 0 and (created_at, id) < (?2, ?3) \
    order by created_at desc, id desc limit cast(?4 as integer)";

/// A workspace's inboxes, the latest first.
///
/// # Errors
/// `unavailable`.
pub async fn inboxes<P: Platform>(
    platform: &P,
    workspace: WorkspaceId,
    after: Option<&Cursor>,
    limit: i64,
) -> Result<Vec<InboxRow>, Reject> {
    let (at, id) = from(after);
    platform.rows(INBOXES, &[text(workspace), at, id, Cell::Integer(limit)]).await
}

/// What a list of prospects may be narrowed to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProspectFilter {
    /// Nothing.
    All,
    /// A stage.
    Stage(String),
    /// An address, whole.
    Email(String),
    /// A company's domain, whole.
    Domain(String),
    /// Whether no automated mail may leave.
    Suppressed(bool),
    /// The strongest reason why no automated mail may leave.
    Suppression(Reason),
}

/// The list, of those for which one thing more holds.
macro_rules! prospects {
    ($which:literal) => {
        concat!(
            "select id, email, name, company, domain, stage, suppression, source, created_at, \
            last_contact_at, updated_at from prospects \
            where workspace_id = ?1 and deleted = 0 and (created_at, id) < (?2, ?3) ",
            $which,
            "order by created_at desc, id desc limit cast(?4 as integer)"
        )
    };
}

const PROSPECTS: &str = prospects!("");
const PROSPECTS_OF_STAGE: &str = prospects!("and stage = ?5 ");
const PROSPECTS_BY_EMAIL: &str = prospects!("and email = ?5 ");
const PROSPECTS_BY_DOMAIN: &str = prospects!("and domain = ?5 ");
const PROSPECTS_SUPPRESSED: &str = prospects!("and suppression is not null ");
const PROSPECTS_NOT_SUPPRESSED: &str = prospects!("and suppression is null ");
const PROSPECTS_BY_SUPPRESSION: &str = prospects!("and suppression = ?5 ");

/// A workspace's prospects, the latest first.
///
/// # Errors
/// `unavailable`.
pub async fn prospects<P: Platform>(
    platform: &P,
    workspace: WorkspaceId,
    filter: &ProspectFilter,
    after: Option<&Cursor>,
    limit: i64,
) -> Result<Vec<ProspectRow>, Reject> {
    let (at, id) = from(after);
    let (statement, which) = match filter {
        ProspectFilter::All => (PROSPECTS, None),
        ProspectFilter::Stage(stage) => (PROSPECTS_OF_STAGE, Some(text(stage))),
        ProspectFilter::Email(email) => (PROSPECTS_BY_EMAIL, Some(text(email))),
        ProspectFilter::Domain(domain) => (PROSPECTS_BY_DOMAIN, Some(text(domain))),
        ProspectFilter::Suppressed(true) => (PROSPECTS_SUPPRESSED, None),
        ProspectFilter::Suppressed(false) => (PROSPECTS_NOT_SUPPRESSED, None),
        ProspectFilter::Suppression(reason) => {
            (PROSPECTS_BY_SUPPRESSION, Some(text(reason.as_str())))
        }
    };
    let mut params = vec![text(workspace), at, id, Cell::Integer(limit)];
    params.extend(which);
    platform.rows(statement, &params).await
}

const PROSPECT_IDS: &str = "select workspace_id, id from prospects \
    where workspace_id = ?1 and id > ?2 order by id limit cast(?3 as integer)";

/// Ids of a workspace's prospects after one, those that are gone too.
///
/// # Errors
/// `unavailable`.
pub async fn prospects_after<P: Platform>(
    platform: &P,
    workspace: WorkspaceId,
    after: &str,
    limit: i64,
) -> Result<Vec<Known>, Reject> {
    platform.rows(PROSPECT_IDS, &[text(workspace), text(after), Cell::Integer(limit)]).await
}

const INBOX_IDS: &str = "select workspace_id, id from inboxes \
    where workspace_id = ?1 order by id limit cast(?2 as integer)";

/// Ids of a workspace's inboxes.
///
/// # Errors
/// `unavailable`.
pub async fn inboxes_of<P: Platform>(
    platform: &P,
    workspace: WorkspaceId,
    limit: i64,
) -> Result<Vec<Known>, Reject> {
    platform.rows(INBOX_IDS, &[text(workspace), Cell::Integer(limit)]).await
}

/// The addresses that a workspace sends from.
///
/// # Errors
/// `unavailable`.
pub async fn addresses<P: Platform>(
    platform: &P,
    workspace: WorkspaceId,
) -> Result<Vec<String>, Reject> {
    let rows: Vec<Address> = platform.rows(ADDRESSES, &[text(workspace)]).await?;
    Ok(rows.into_iter().map(|row| row.email).collect())
}

const INBOXES_SINCE: &str = "select workspace_id, id from inboxes \
    where deleted = 0 and updated_at > ?1 order by updated_at desc limit cast(?2 as integer)";
const WORKSPACES_SINCE: &str = "select workspace_id, id from workspaces \
    where deleted = 0 and updated_at > ?1 order by updated_at desc limit cast(?2 as integer)";

/// The inboxes of all workspaces that changed since a time, the latest first.
///
/// # Errors
/// `unavailable`.
pub async fn inboxes_since<P: Platform>(
    platform: &P,
    since: Millis,
    limit: i64,
) -> Result<Vec<Known>, Reject> {
    platform.rows(INBOXES_SINCE, &[Cell::Integer(since), Cell::Integer(limit)]).await
}

/// The inboxes that read a mailbox: see [`after`].
pub const INBOXES_THAT_READ: &str = "select workspace_id, id from inboxes \
    where deleted = 0 and reads_mailbox = 1 and id > ?1 order by id limit cast(?2 as integer)";

/// The workspaces in which a campaign sends: see [`after`].
pub const WORKSPACES_WITH_CAMPAIGNS: &str = "select workspace_id, id from workspaces \
    where deleted = 0 and active_campaigns > 0 and id > ?1 order by id limit cast(?2 as integer)";

/// All workspaces: see [`after`].
pub const WORKSPACES: &str = "select workspace_id, id from workspaces \
    where deleted = 0 and workspace_id > ?1 order by workspace_id limit cast(?2 as integer)";

/// Objects of all workspaces that one of the statements above finds, by id, after one.
///
/// # Errors
/// `unavailable`.
pub async fn after<P: Platform>(
    platform: &P,
    statement: &str,
    id: &str,
    limit: i64,
) -> Result<Vec<Known>, Reject> {
    platform.rows(statement, &[text(id), Cell::Integer(limit)]).await
}

/// The workspaces that changed since a time, the latest first.
///
/// # Errors
/// `unavailable`.
pub async fn workspaces_since<P: Platform>(
    platform: &P,
    since: Millis,
    limit: i64,
) -> Result<Vec<Known>, Reject> {
    platform.rows(WORKSPACES_SINCE, &[Cell::Integer(since), Cell::Integer(limit)]).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use rusqlite::Connection;
    use schema::summary::{Table, columns, table_name, upsert_sql};

    const MIGRATIONS: [&str; 5] = [
        include_str!("../../schema/migrations/d1/0001_summaries.sql"),
        include_str!("../../schema/migrations/d1/0002_mailboxes.sql"),
        include_str!("../../schema/migrations/d1/0003_campaigns.sql"),
        include_str!("../../schema/migrations/d1/0004_emails.sql"),
        include_str!("../../schema/migrations/d1/0005_suppressed.sql"),
    ];

    fn database() -> Connection {
        let db = Connection::open_in_memory().expect("SQLite");
        for migration in MIGRATIONS {
            db.execute_batch(migration).expect("migration");
        }
        db
    }

    fn declared(db: &Connection, table: &str) -> Vec<(String, String)> {
        let sql = "select name, type from pragma_table_info(?1) order by cid";
        let mut statement = db.prepare(sql).expect("pragma");
        let rows = statement.query_map([table], |row| Ok((row.get(0)?, row.get(1)?)));
        rows.expect("rows").map(|row| row.expect("row")).collect()
    }

    #[test]
    fn tables_have_the_columns_that_summaries_write() {
        let db = database();
        for table in Table::ALL {
            let names: Vec<String> =
                declared(&db, table_name(table)).into_iter().map(|(name, _)| name).collect();
            let mut expected = vec!["workspace_id", "id", "version", "updated_at", "deleted"];
            expected.extend(columns(table));
            assert_eq!(names, expected, "{}", table_name(table));
        }
    }

    #[test]
    fn a_newer_version_replaces_and_an_older_or_equal_one_changes_nothing() {
        let db = database();
        for table in Table::ALL {
            let name = table_name(table);
            let types = declared(&db, name);
            let write = |version: f64, number: f64| {
                // Numbers are bound as REAL, as the Worker binds them.
                let mut params: Vec<rusqlite::types::Value> =
                    vec!["w".to_owned().into(), "i".to_owned().into()];
                params.extend([version.into(), number.into(), 0.0.into()]);
                params.extend(types[5..].iter().map(|(_, kind)| match kind.as_str() {
                    "INTEGER" => number.into(),
                    _ => format!("{number}").into(),
                }));
                let params = rusqlite::params_from_iter(params);
                db.execute(&upsert_sql(table), params).expect(name);
            };
            let (column, read) = (columns(table)[0], |column: &str| -> String {
                let sql = format!("select cast({column} as text) from {name}");
                db.query_row(&sql, [], |row| row.get(0)).expect(name)
            });
            write(2.0, 20.0);
            write(1.0, 10.0);
            write(2.0, 21.0);
            assert_eq!(read(column), "20", "{name}");
            write(3.0, 30.0);
            assert_eq!((read(column).as_str(), read("version").as_str()), ("30", "3"), "{name}");
            assert_eq!(read("typeof(version)"), "integer");
        }
    }

    #[test]
    fn every_list_runs_over_an_index() {
        let db = database();
        for statement in [
            INBOXES,
            PROSPECTS,
            PROSPECTS_OF_STAGE,
            PROSPECTS_BY_EMAIL,
            PROSPECTS_BY_DOMAIN,
            PROSPECTS_SUPPRESSED,
            PROSPECTS_NOT_SUPPRESSED,
            PROSPECTS_BY_SUPPRESSION,
            PROSPECT_IDS,
            INBOX_IDS,
            ADDRESSES,
            INBOXES_SINCE,
            INBOXES_THAT_READ,
            WORKSPACES_WITH_CAMPAIGNS,
            WORKSPACES_SINCE,
            WORKSPACES,
        ]
        .into_iter()
        .chain(emails::STATEMENTS)
        {
            let mut plan = db.prepare(&format!("explain query plan {statement}")).expect(statement);
            let count = plan.parameter_count();
            let params = rusqlite::params_from_iter(vec![1.0; count]);
            let lines = plan.query_map(params, |row| row.get::<_, String>(3)).expect("plan");
            for line in lines.map(|line| line.expect("line")) {
                let sorted = line.contains("TEMP B-TREE") && !line.contains("DISTINCT");
                assert!(!line.starts_with("SCAN") && !sorted, "{statement}: {line}");
            }
        }
    }

    #[test]
    fn who_is_suppressed_is_listed_over_an_index_that_has_nobody_else() {
        let db = database();
        let sql = "insert into prospects (workspace_id, id, version, updated_at, deleted, \
                   suppression, created_at) values ('w', ?1, 1, 1, ?2, ?3, 1)";
        for (id, deleted, suppression) in [
            ("free", 0.0, None),
            ("asked", 0.0, Some("optOut")),
            ("spam", 0.0, Some("complained")),
            ("gone", 1.0, Some("optOut")),
        ] {
            db.execute(sql, rusqlite::params![id, deleted, suppression]).expect("row");
        }
        for (statement, index, expected) in [
            (PROSPECTS_SUPPRESSED, "prospects_suppressed", &["spam", "asked"][..]),
            (PROSPECTS_NOT_SUPPRESSED, "prospects_by_creation", &["free"][..]),
            (PROSPECTS_BY_SUPPRESSION, "prospects_by_suppression", &["asked"][..]),
        ] {
            let explain = format!("explain query plan {statement}");
            let all = [statement, &explain].map(|sql| {
                let mut statement = db.prepare(sql).expect(sql);
                let count = statement.parameter_count();
                let params = ["w", "9", "~", "9", "optOut"].map(str::to_owned);
                let mut params = params.map(rusqlite::types::Value::from);
                params[1] = 9.0.into();
                let column = if sql == explain { 3 } else { 0 };
                let params = rusqlite::params_from_iter(&params[..count]);
                let rows = statement.query_map(params, |row| row.get::<_, String>(column));
                rows.expect(sql).map(|row| row.expect("row")).collect::<Vec<_>>()
            });
            assert_eq!(all[0], expected, "{statement}");
            assert!(all[1][0].contains(&format!("INDEX {index} ")), "{statement}: {:?}", all[1]);
        }
    }

    #[test]
    fn pages_follow_each_other_without_a_gap() {
        let db = database();
        for n in 0..7 {
            let sql = "insert into prospects (workspace_id, id, version, updated_at, deleted, \
                       stage, created_at) values ('w', ?1, 1, 1, 0, 'new', ?2)";
            db.execute(sql, rusqlite::params![format!("p{n}"), f64::from(n / 2)]).expect("row");
        }
        let (mut seen, mut after) = (Vec::new(), from(None));
        loop {
            let mut statement = db.prepare(PROSPECTS_OF_STAGE).expect("statement");
            let (Cell::Integer(at), Cell::Text(id)) = &after else { panic!("a cursor") };
            let params = rusqlite::params!["w", *at as f64, id, 3.0, "new"];
            let rows = statement
                .query_map(params, |row| Ok((row.get::<_, String>(0)?, row.get::<_, i64>(8)?)));
            let rows: Vec<_> = rows.expect("rows").map(|row| row.expect("row")).collect();
            let Some((id, at)) = rows.last().cloned() else { break };
            after = (Cell::Integer(at), Cell::Text(id));
            seen.extend(rows.into_iter().map(|(id, _)| id));
        }
        assert_eq!(seen, ["p6", "p5", "p4", "p3", "p2", "p1", "p0"]);
    }
}
