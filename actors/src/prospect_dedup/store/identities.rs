//! What this prospect knows of identities: of another person, claimed, or its own.

use crate::kernel::{Fault, Row, Sql};
use crate::prospect_dedup::identity::prefix;
use schema::ids::ProspectId;
use schema::prospect::{IdentityKind, IdentityRow};

/// It is another person's.
pub const CONFLICT: &str = "conflict";
/// It is claimed; until that is settled nobody may write to the person.
pub const PENDING: &str = "pending";
/// It is this person's, and this object has all that was known under it.
pub const LINKED: &str = "linked";

const ALL: &str = "select id, identity, state, certain, imports from identities order by id";

/// All of them.
///
/// # Errors
/// A storage fault.
pub fn all(sql: &dyn Sql) -> Result<Vec<IdentityRow>, Fault> {
    sql.exec(ALL, &[])?.iter().map(read).collect()
}

const FIND: &str = "select id, identity, state, certain, imports from identities where id = ?";

/// One of them.
///
/// # Errors
/// A storage fault.
pub fn find(sql: &dyn Sql, id: ProspectId) -> Result<Option<IdentityRow>, Fault> {
    sql.first(FIND, &[id.to_string().into()])?.as_ref().map(read).transpose()
}

const PUT: &str = "insert or replace into identities (id, identity, state, certain, imports)
    values (?, ?, ?, ?, ?)";

/// Writes one.
///
/// # Errors
/// A storage fault.
pub fn put(sql: &dyn Sql, row: &IdentityRow) -> Result<(), Fault> {
    let params = [
        row.id.to_string().into(),
        row.identity.clone().into(),
        (&row.state).into(),
        i64::from(row.certain).into(),
        row.imports.into(),
    ];
    sql.exec(PUT, &params).map(drop)
}

const DELETE: &str = "delete from identities where id = ?";

/// Forgets one.
///
/// # Errors
/// A storage fault.
pub fn delete(sql: &dyn Sql, id: ProspectId) -> Result<(), Fault> {
    sql.exec(DELETE, &[id.to_string().into()]).map(drop)
}

const ANY_PENDING: &str = "select 1 from identities where state = 'pending' limit 1";

/// Whether any claim is unsettled.
///
/// # Errors
/// A storage fault.
pub fn any_pending(sql: &dyn Sql) -> Result<bool, Fault> {
    Ok(sql.first(ANY_PENDING, &[])?.is_some())
}

/// Of which certain kinds there are identities that are the person's, or may be, one of them apart.
///
/// # Errors
/// A storage fault.
pub fn certain_kinds(sql: &dyn Sql, apart: ProspectId) -> Result<Vec<IdentityKind>, Fault> {
    let mut known = all(sql)?;
    known.retain(|row| row.id != apart && row.state != CONFLICT);
    let may_be = |row: &IdentityRow, kind: IdentityKind| match &row.identity {
        // It is the address that decides whether a name is enough, and it decides anew whenever
        // it is asked: nobody has it by asking.
        _ if kind == IdentityKind::Email && row.state == PENDING && !row.certain => false,
        Some(text) => text.starts_with(prefix(kind)),
        // It is claimed by its id, and not known yet.
        None => row.state == PENDING,
    };
    let mut kinds = vec![IdentityKind::Email, IdentityKind::Linkedin];
    kinds.retain(|kind| known.iter().any(|row| may_be(row, *kind)));
    Ok(kinds)
}

const IMPORTS: &str = "select coalesce(sum(imports), 0) from identities";

/// How many rows were imported.
///
/// # Errors
/// A storage fault.
pub fn imports(sql: &dyn Sql) -> Result<i64, Fault> {
    sql.first(IMPORTS, &[])?.map_or(Ok(0), |row| row.integer(0))
}

const FORGET: &str = "update identities
    set identity = case state when 'linked' then substr(identity, 1, 2) end
    where state <> 'pending'";

/// Forgets the texts of those that are settled; a claim still needs its own. Of the person's own
/// stays which kind they are (`l:`): a namesake with another profile is another person after the
/// erasure as before it.
///
/// # Errors
/// A storage fault.
pub fn forget_texts(sql: &dyn Sql) -> Result<(), Fault> {
    sql.exec(FORGET, &[]).map(drop)
}

const FORGET_ALL: &str = "update identities set identity = null where identity is not null";

/// Forgets the texts of all: an alias's claims are its owner's.
///
/// # Errors
/// A storage fault.
pub fn forget_all_texts(sql: &dyn Sql) -> Result<(), Fault> {
    sql.exec(FORGET_ALL, &[]).map(drop)
}

fn read(row: &Row) -> Result<IdentityRow, Fault> {
    Ok(IdentityRow {
        id: row.id(0)?,
        identity: row.text_or_null(1)?,
        state: row.text(2)?,
        certain: row.flag(3)?,
        imports: row.integer(4)?,
    })
}
