//! The index, its marks, and the texts that it is made of.

use crate::kernel::{Fault, Row, Sql, Value};
use crate::workspace_room::store::TOP;
use crate::workspace_room::store::tickets::word;
use crate::workspace_room::transfer::store::BEFORE_IMPORTED;
use schema::event::By;
use schema::ids::AgentId;
use schema::room::comment::Visibility;
use schema::room::search::{HitComment, HitTicket, HitUser};
use schema::room::ticket::Status;

/// Where the numbers of tickets begin in the index; comments are by their seq.
pub const TICKETS: i64 = 1 << 44;
/// Where the numbers of users begin.
pub const USERS: i64 = 1 << 45;

/// Up to where the index has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Marks {
    /// The last comment's seq.
    pub comments: i64,
    /// The last ticket's number.
    pub tickets: i64,
    /// The last user's number.
    pub users: i64,
    /// The seq of the last imported comment: below zero.
    pub imported: i64,
}

impl Marks {
    /// The last of a kind.
    #[must_use]
    pub const fn of(self, kind: Kind) -> i64 {
        match kind {
            Kind::Comments => self.comments,
            Kind::Tickets => self.tickets,
            Kind::Users => self.users,
        }
    }

    /// Where the rows stand that are behind the marks, by kind: from and to.
    #[must_use]
    pub const fn behind(self) -> [(Kind, (i64, i64)); 4] {
        [
            (Kind::Comments, (self.comments + 1, TOP)),
            (Kind::Comments, (self.imported + 1, -1)),
            (Kind::Tickets, (self.tickets + 1, TOP)),
            (Kind::Users, (self.users + 1, TOP)),
        ]
    }
}

const MARKS: &str = "select comments, tickets, users, imported from search_state
    where id = 1";

/// Up to where the index has come.
///
/// # Errors
/// A storage fault.
pub fn marks(sql: &dyn Sql) -> Result<Marks, Fault> {
    let row = sql.first(MARKS, &[])?.ok_or_else(|| Fault("no search_state".into()))?;
    let (comments, tickets, users) = (row.integer(0)?, row.integer(1)?, row.integer(2)?);
    Ok(Marks { comments, tickets, users, imported: row.integer(3)? })
}

const SET_MARKS: &str = "update search_state
    set comments = ?, tickets = ?, users = ?, imported = ? where id = 1";

/// Moves the marks.
///
/// # Errors
/// A storage fault.
pub fn set_marks(sql: &dyn Sql, marks: Marks) -> Result<(), Fault> {
    let Marks { comments, tickets, users, imported } = marks;
    let params = [comments.into(), tickets.into(), users.into(), imported.into()];
    sql.exec(SET_MARKS, &params).map(drop)
}

// FTS5 takes a rowid that is bound as a real number for none at all: hence the casts.
const ADD: &str = "insert into search_words (rowid, words) values (cast(? as integer), ?)";

/// Adds a row to the index.
///
/// # Errors
/// A storage fault.
pub fn add(sql: &dyn Sql, entry: i64, words: &str) -> Result<(), Fault> {
    sql.exec(ADD, &[entry.into(), words.into()]).map(drop)
}

const REMOVE: &str = "insert into search_words (search_words, rowid, words)
    values ('delete', cast(? as integer), ?)";

/// Removes a row from the index, which must have exactly these words of it.
///
/// # Errors
/// A storage fault.
pub fn remove(sql: &dyn Sql, entry: i64, words: &str) -> Result<(), Fault> {
    sql.exec(REMOVE, &[entry.into(), words.into()]).map(drop)
}

const FLUSH: &str = "insert into search_words (search_words) values ('flush')";

/// Writes what was removed, before anything is added: where FTS5 (3.50) with `detail = none` and
/// `secure-delete` writes both of one row together, it loses words of it or keeps those that went.
///
/// # Errors
/// A storage fault.
pub fn flush(sql: &dyn Sql) -> Result<(), Fault> {
    sql.exec(FLUSH, &[]).map(drop)
}

const CHANGES: &str = "select entry, was from search_changes
    where entry > -9007199254740991 order by entry limit ?";

/// What has changed behind the marks: rows of the index, and the text that it has of each.
///
/// # Errors
/// A storage fault.
pub fn changes(sql: &dyn Sql, limit: i64) -> Result<Vec<(i64, String)>, Fault> {
    texts(&sql.exec(CHANGES, &[limit.into()])?)
}

const NOTE_TICKET: &str = "insert or ignore into search_changes (entry, was)
    select cast(? as integer), '' from search_state where id = 1 and tickets >= ?";

/// Notes a ticket that came with a number behind the mark: the index has nothing of it.
///
/// # Errors
/// A storage fault.
pub fn note_ticket(sql: &dyn Sql, number: i64) -> Result<(), Fault> {
    sql.exec(NOTE_TICKET, &[(TICKETS + number).into(), number.into()]).map(drop)
}

const FORGET_CHANGE: &str = "delete from search_changes where entry = ?";

/// Forgets a change that the index has taken in.
///
/// # Errors
/// A storage fault.
pub fn forget_change(sql: &dyn Sql, entry: i64) -> Result<(), Fault> {
    sql.exec(FORGET_CHANGE, &[entry.into()]).map(drop)
}

const COMMENT_TEXTS: &str =
    "select seq, body from comments where seq between ? and ? order by seq limit ?";
const TICKET_TEXTS: &str = "select number, number || ' ' || subject || ' ' || tags from tickets
    where number between ? and ? order by number limit ?";
// The same expressions as in the triggers of migration 0006.
const USER_TEXTS: &str = "select u.number,
    case when u.archived = 2 then ''
    else coalesce(u.email, '') || ' ' || coalesce(u.name, '') || ' ' || coalesce(c.name, '') end
    from users u left join companies c on c.id = u.company_id
    where u.number between ? and ? order by u.number limit ?";

/// A kind of rows of the index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Comments, by seq.
    Comments,
    /// Tickets, by number.
    Tickets,
    /// Users, by number.
    Users,
}

impl Kind {
    /// The row of the index 0 of this kind.
    #[must_use]
    pub const fn base(self) -> i64 {
        match self {
            Self::Comments => 0,
            Self::Tickets => TICKETS,
            Self::Users => USERS,
        }
    }

    /// What lies before the first number of this kind: imported comments are below zero.
    #[must_use]
    pub const fn end(self) -> i64 {
        match self {
            Self::Comments => BEFORE_IMPORTED,
            Self::Tickets | Self::Users => 0,
        }
    }

    /// The kind and number of a row of the index.
    #[must_use]
    pub const fn of(entry: i64) -> (Self, i64) {
        match entry {
            USERS.. => (Self::Users, entry - USERS),
            TICKETS.. => (Self::Tickets, entry - TICKETS),
            _ => (Self::Comments, entry),
        }
    }
}

/// The texts of a kind from one number to another, in their order.
///
/// # Errors
/// A storage fault.
pub fn texts_of(
    sql: &dyn Sql,
    kind: Kind,
    (from, to): (i64, i64),
    limit: i64,
) -> Result<Vec<(i64, String)>, Fault> {
    let statement = match kind {
        Kind::Comments => COMMENT_TEXTS,
        Kind::Tickets => TICKET_TEXTS,
        Kind::Users => USER_TEXTS,
    };
    texts(&sql.exec(statement, &[from.into(), to.into(), limit.into()])?)
}

fn texts(rows: &[Row]) -> Result<Vec<(i64, String)>, Fault> {
    rows.iter().map(|row| Ok((row.integer(0)?, row.text(1)?))).collect()
}

const MATCHES: &str = "select rowid from search_words where search_words match ?
    and rowid between cast(? as integer) and cast(? as integer)
    order by rowid desc limit cast(? as integer)";

/// The newest rows of the index that match an expression of FTS5, from one to another.
///
/// # Errors
/// A storage fault.
pub fn matches(
    sql: &dyn Sql,
    expression: &str,
    (first, last): (i64, i64),
    limit: i64,
) -> Result<Vec<i64>, Fault> {
    let params = [expression.into(), first.into(), last.into(), limit.into()];
    sql.exec(MATCHES, &params)?.iter().map(|row| row.integer(0)).collect()
}

/// Which tickets are asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// In one of these states; any where empty.
    pub status: Vec<Status>,
    /// Of this assignee.
    pub assignee: Option<AgentId>,
}

impl Filter {
    /// Whether it takes every ticket.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.status.is_empty() && self.assignee.is_none()
    }

    fn params(&self, numbers: &[i64], limit: i64) -> Vec<Value> {
        let names: Vec<&str> = self.status.iter().map(|status| status.as_str()).collect();
        let status = (!names.is_empty()).then(|| serde_json::Value::from(names).to_string());
        let assignee = self.assignee.map(|id| id.to_string());
        vec![
            serde_json::Value::from(numbers).to_string().into(),
            assignee.clone().into(),
            assignee.into(),
            status.clone().into(),
            status.into(),
            limit.into(),
        ]
    }
}

/// How much of a comment's text is read for ranking, in characters: as [`COMMENTS`] does.
pub const READ_CHARS: usize = 4_000;

const COMMENTS: &str = "select t.id, t.number, t.subject, t.status, t.assignee_id, t.updated_at,
    c.id, c.seq, c.author_kind, c.author_id, c.visibility, c.created_at, substr(c.body, 1, 4000)
    from json_each(?) j cross join comments c on c.seq = j.value
    cross join tickets t on t.number = c.ticket
    where t.deleted_at is null and (? is null or t.assignee_id = ?)
    and (? is null or t.status in (select value from json_each(?)))
    limit ?";

/// Comments that a filter takes, in the order of `seqs`, with their tickets and the beginnings of
/// their texts.
///
/// # Errors
/// A storage fault.
pub fn comments(
    sql: &dyn Sql,
    seqs: &[i64],
    filter: &Filter,
    limit: i64,
) -> Result<Vec<(HitTicket, HitComment, String)>, Fault> {
    let rows = sql.exec(COMMENTS, &filter.params(seqs, limit))?;
    let read = |row: &Row| {
        let author = match row.text(8)?.as_str() {
            "agent" => By::Agent { id: row.id(9)? },
            "user" => By::User { id: row.id(9)? },
            _ => By::System,
        };
        let comment = HitComment {
            id: row.id(6)?,
            seq: row.integer(7)?,
            author,
            visibility: word(row, 10, Visibility::parse)?,
            created_at: row.integer(11)?,
        };
        Ok((ticket(row)?, comment, row.text(12)?))
    };
    rows.iter().map(read).collect()
}

const TICKET_ROWS: &str = "select t.id, t.number, t.subject, t.status, t.assignee_id, t.updated_at,
    '#' || t.number || ' ' || t.subject, t.tags
    from json_each(?) j cross join tickets t on t.number = j.value
    where t.deleted_at is null and (? is null or t.assignee_id = ?)
    and (? is null or t.status in (select value from json_each(?)))
    limit ?";

/// Tickets that a filter takes, in the order of `numbers`, with their texts and tags.
///
/// # Errors
/// A storage fault.
pub fn tickets(
    sql: &dyn Sql,
    numbers: &[i64],
    filter: &Filter,
    limit: i64,
) -> Result<Vec<(HitTicket, String)>, Fault> {
    let rows = sql.exec(TICKET_ROWS, &filter.params(numbers, limit))?;
    let read = |row: &Row| {
        let tags: Vec<String> = serde_json::from_slice(row.text(7)?.as_bytes())
            .map_err(|error| Fault(format!("tags: {error}")))?;
        let tags: String = tags.iter().map(|tag| format!(" [{tag}]")).collect();
        Ok((ticket(row)?, row.text(6)? + &tags))
    };
    rows.iter().map(read).collect()
}

fn ticket(row: &Row) -> Result<HitTicket, Fault> {
    Ok(HitTicket {
        id: row.id(0)?,
        number: row.integer(1)?,
        subject: row.text(2)?,
        status: word(row, 3, Status::parse)?,
        assignee_id: row.id_or_null(4)?,
        updated_at: row.integer(5)?,
    })
}

const USER_ROWS: &str = "select u.number, u.id, u.email, u.name, u.company_id, c.name, u.updated_at
    from json_each(?) j cross join users u on u.number = j.value
    left join companies c on c.id = u.company_id";

/// Users, in the order of `numbers`: number, user, when they last changed.
///
/// # Errors
/// A storage fault.
pub fn users(sql: &dyn Sql, numbers: &[i64]) -> Result<Vec<(i64, HitUser, i64)>, Fault> {
    let rows = sql.exec(USER_ROWS, &[serde_json::Value::from(numbers).to_string().into()])?;
    let read = |row: &Row| {
        let user = HitUser {
            id: row.id(1)?,
            email: row.text_or_null(2)?,
            name: row.text_or_null(3)?,
            company_id: row.id_or_null(4)?,
            company_name: row.text_or_null(5)?,
        };
        Ok((row.integer(0)?, user, row.integer(6)?))
    };
    rows.iter().map(read).collect()
}

#[cfg(test)]
pub(in crate::workspace_room) const STATEMENTS: &[&str] = &[
    MARKS,
    SET_MARKS,
    ADD,
    REMOVE,
    FLUSH,
    CHANGES,
    NOTE_TICKET,
    FORGET_CHANGE,
    COMMENT_TEXTS,
    TICKET_TEXTS,
    USER_TEXTS,
    MATCHES,
    COMMENTS,
    TICKET_ROWS,
    USER_ROWS,
];
