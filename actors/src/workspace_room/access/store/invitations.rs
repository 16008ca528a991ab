//! The invitations.

use super::agents::role;
use crate::kernel::{Fault, Row, Sql};
use schema::Millis;
use schema::ids::InvitationId;
use schema::room::access::{Invitation, InvitationState};

/// The columns that [`read`] takes.
macro_rules! columns {
    ($rest:literal) => {
        concat!(
            "select id, email, name, role, state, invited_by, created_at, expires_at \
             from invitations ",
            $rest
        )
    };
}

const FIND: &str = columns!("where id = ?");

/// An invitation by id.
///
/// # Errors
/// A storage fault.
pub fn find(sql: &dyn Sql, id: InvitationId) -> Result<Option<Invitation>, Fault> {
    sql.first(FIND, &[id.to_string().into()])?.as_ref().map(read).transpose()
}

const FIND_BY_TOKEN: &str = columns!("where token_hash = ?");

/// An invitation by its token's hash.
///
/// # Errors
/// A storage fault.
pub fn find_by_token(sql: &dyn Sql, token_hash: &str) -> Result<Option<Invitation>, Fault> {
    sql.first(FIND_BY_TOKEN, &[token_hash.into()])?.as_ref().map(read).transpose()
}

const FIND_OPEN: &str = columns!("where email = ? and state = 'open'");

/// The open invitation of an address.
///
/// # Errors
/// A storage fault.
pub fn find_open(sql: &dyn Sql, email: &str) -> Result<Option<Invitation>, Fault> {
    sql.first(FIND_OPEN, &[email.into()])?.as_ref().map(read).transpose()
}

const LIST: &str = columns!("order by id desc limit ?");

/// The latest invitations, the latest first.
///
/// # Errors
/// A storage fault.
pub fn list(sql: &dyn Sql, limit: i64) -> Result<Vec<Invitation>, Fault> {
    sql.exec(LIST, &[limit.into()])?.iter().map(read).collect()
}

fn read(row: &Row) -> Result<Invitation, Fault> {
    let state = row.text(4)?;
    Ok(Invitation {
        id: row.id(0)?,
        email: row.text(1)?,
        name: row.text_or_null(2)?,
        role: role(row, 3)?,
        state: InvitationState::parse(&state)
            .ok_or_else(|| Fault(format!("no state of an invitation: {state}")))?,
        invited_by: row.id_or_null(5)?,
        created_at: row.integer(6)?,
        expires_at: row.integer(7)?,
    })
}

const INSERT: &str = "insert into invitations
    (id, email, name, role, token_hash, state, invited_by, created_at, expires_at)
    values (?, ?, ?, ?, ?, ?, ?, ?, ?)";

/// Adds an invitation.
///
/// # Errors
/// A storage fault, also where the token's hash is known already.
pub fn insert(sql: &dyn Sql, invitation: &Invitation, token_hash: &str) -> Result<(), Fault> {
    let params = [
        invitation.id.to_string().into(),
        (&invitation.email).into(),
        invitation.name.clone().into(),
        invitation.role.as_str().into(),
        token_hash.into(),
        invitation.state.as_str().into(),
        invitation.invited_by.map(|id| id.to_string()).into(),
        invitation.created_at.into(),
        invitation.expires_at.into(),
    ];
    sql.exec(INSERT, &params).map(drop)
}

const SET_STATE: &str = "update invitations set state = ? where id = ?";

/// Notes what became of an invitation.
///
/// # Errors
/// A storage fault.
pub fn set_state(sql: &dyn Sql, id: InvitationId, state: InvitationState) -> Result<(), Fault> {
    sql.exec(SET_STATE, &[state.as_str().into(), id.to_string().into()]).map(drop)
}

const COUNT_OPEN: &str = "select count(*) from invitations where state = 'open'
    and expires_at > ?";

/// How many invitations can be accepted at `now`.
///
/// # Errors
/// A storage fault.
pub fn count_open(sql: &dyn Sql, now: Millis) -> Result<i64, Fault> {
    sql.first(COUNT_OPEN, &[now.into()])?.map_or(Ok(0), |row| row.integer(0))
}

const FORGET: &str = "delete from invitations where expires_at <= ?";

/// Forgets the invitations that ran out at `until` or before, whatever became of them.
///
/// # Errors
/// A storage fault.
pub fn forget(sql: &dyn Sql, until: Millis) -> Result<(), Fault> {
    sql.exec(FORGET, &[until.into()]).map(drop)
}

const NEXT_EXPIRY: &str = "select min(expires_at) from invitations";

/// When the next invitation runs out, or the oldest ran out.
///
/// # Errors
/// A storage fault.
pub fn next_expiry(sql: &dyn Sql) -> Result<Option<Millis>, Fault> {
    sql.first(NEXT_EXPIRY, &[])?.map_or(Ok(None), |row| row.integer_or_null(0))
}
