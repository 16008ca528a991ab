//! Uploads, and the contents that they and attachments hold.

use crate::kernel::{Fault, Row, Sql};
use schema::Millis;
use schema::ids::{AgentId, AttachmentId};

/// A file that belongs to no comment yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upload {
    /// The file.
    pub id: AttachmentId,
    /// What it is called.
    pub file_name: String,
    /// What its sender says it is.
    pub content_type: String,
    /// Where its content is, or will be.
    pub key: String,
    /// By which a text points to it.
    pub content_id: Option<String>,
    /// Who uploads it.
    pub agent: Option<AgentId>,
    /// The hash of its content, once all of that is there.
    pub sha256: Option<String>,
    /// What its content shows that it is.
    pub media: Option<String>,
    /// Its size.
    pub bytes_count: Option<i64>,
    /// When it was begun.
    pub created_at: Millis,
}

/// A content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Where it is.
    pub key: String,
    /// Its size.
    pub bytes_count: i64,
    /// What it shows that it is; empty where nobody has looked.
    pub media: String,
}

const INSERT: &str = "insert into uploads (id, file_name, content_type, key, content_id, agent_id,
    created_at) values (?, ?, ?, ?, ?, ?, ?)";

/// Begins an upload.
///
/// # Errors
/// A storage fault.
pub fn insert(sql: &dyn Sql, upload: &Upload) -> Result<(), Fault> {
    let params = [
        upload.id.to_string().into(),
        (&upload.file_name).into(),
        (&upload.content_type).into(),
        (&upload.key).into(),
        upload.content_id.clone().into(),
        upload.agent.map(|id| id.to_string()).into(),
        upload.created_at.into(),
    ];
    sql.exec(INSERT, &params).map(drop)
}

const FINISH: &str = "update uploads set sha256 = ?, media = ?, bytes_count = ?, key = ?
    where id = ?";

/// Finishes an upload.
///
/// # Errors
/// A storage fault.
pub fn finish(sql: &dyn Sql, upload: &Upload) -> Result<(), Fault> {
    let params = [
        upload.sha256.clone().into(),
        upload.media.clone().into(),
        upload.bytes_count.into(),
        (&upload.key).into(),
        upload.id.to_string().into(),
    ];
    sql.exec(FINISH, &params).map(drop)
}

const FIND: &str = "select id, file_name, content_type, key, content_id, agent_id, sha256, media,
    bytes_count, created_at from uploads where id = ?";

/// An upload.
///
/// # Errors
/// A storage fault.
pub fn find(sql: &dyn Sql, id: AttachmentId) -> Result<Option<Upload>, Fault> {
    sql.first(FIND, &[id.to_string().into()])?.as_ref().map(read).transpose()
}

const REMOVE: &str = "delete from uploads where id = ?";

/// Takes an upload away.
///
/// # Errors
/// A storage fault.
pub fn remove(sql: &dyn Sql, id: AttachmentId) -> Result<(), Fault> {
    sql.exec(REMOVE, &[id.to_string().into()]).map(drop)
}

const BEFORE: &str = "select id, file_name, content_type, key, content_id, agent_id, sha256, media,
    bytes_count, created_at from uploads where created_at <= ? order by created_at limit ?";

/// The uploads that were begun by a time, oldest first.
///
/// # Errors
/// A storage fault.
pub fn before(sql: &dyn Sql, at: Millis, limit: i64) -> Result<Vec<Upload>, Fault> {
    sql.exec(BEFORE, &[at.into(), limit.into()])?.iter().map(read).collect()
}

const OLDEST: &str = "select min(created_at) from uploads";

/// When the oldest upload was begun.
///
/// # Errors
/// A storage fault.
pub fn oldest(sql: &dyn Sql) -> Result<Option<Millis>, Fault> {
    sql.first(OLDEST, &[])?.map_or(Ok(None), |row| row.integer_or_null(0))
}

const COUNT: &str = "select count(*) from (
    select created_at from uploads order by created_at limit ?)";

/// How many uploads there are; no more than `most` are counted.
///
/// # Errors
/// A storage fault.
pub fn count(sql: &dyn Sql, most: i64) -> Result<i64, Fault> {
    sql.first(COUNT, &[most.into()])?.map_or(Ok(0), |row| row.integer(0))
}

const FILE: &str = "select key, bytes_count, media from files where sha256 = ?";

/// The content of a hash.
///
/// # Errors
/// A storage fault.
pub fn file(sql: &dyn Sql, sha256: &str) -> Result<Option<File>, Fault> {
    let Some(row) = sql.first(FILE, &[sha256.into()])? else { return Ok(None) };
    Ok(Some(File { key: row.text(0)?, bytes_count: row.integer(1)?, media: row.text(2)? }))
}

const ADD_FILE: &str = "insert into files (sha256, key, bytes_count, media, holders)
    values (?, ?, ?, ?, 1)";

/// Adds a content with one holder.
///
/// # Errors
/// A storage fault.
pub fn add_file(sql: &dyn Sql, sha256: &str, file: &File) -> Result<(), Fault> {
    let params = [sha256.into(), (&file.key).into(), file.bytes_count.into(), (&file.media).into()];
    sql.exec(ADD_FILE, &params).map(drop)
}

const ADOPT: &str = "insert into files (sha256, key, bytes_count, media, holders)
    values (?, ?, ?, '', 1 + (select count(*) from attachments where key = ?2))";

/// Adds a content that nobody has looked at, with one holder and the files of comments that are
/// there already.
///
/// # Errors
/// A storage fault.
pub fn adopt(sql: &dyn Sql, sha256: &str, key: &str, bytes_count: i64) -> Result<(), Fault> {
    sql.exec(ADOPT, &[sha256.into(), key.into(), bytes_count.into()]).map(drop)
}

const HOLD_AT: &str = "update files set holders = holders + 1 where sha256 = ? and key = ?";

/// One more holds a content, if it is kept at this place.
///
/// # Errors
/// A storage fault.
pub fn hold_at(sql: &dyn Sql, sha256: &str, key: &str) -> Result<(), Fault> {
    sql.exec(HOLD_AT, &[sha256.into(), key.into()]).map(drop)
}

const HOLD: &str = "update files set holders = holders + 1 where sha256 = ?";

/// One more holds a content.
///
/// # Errors
/// A storage fault.
pub fn hold(sql: &dyn Sql, sha256: &str) -> Result<(), Fault> {
    sql.exec(HOLD, &[sha256.into()]).map(drop)
}

const LET_GO: &str = "update files set holders = holders - 1 where sha256 = ? returning holders";
const REMOVE_FILE: &str = "delete from files where sha256 = ?";

/// One holder of a content less; tells whether it was the last, and the content is to be forgotten.
///
/// # Errors
/// A storage fault.
pub fn let_go(sql: &dyn Sql, sha256: &str) -> Result<bool, Fault> {
    let Some(row) = sql.first(LET_GO, &[sha256.into()])? else { return Ok(false) };
    if row.integer(0)? > 0 {
        return Ok(false);
    }
    sql.exec(REMOVE_FILE, &[sha256.into()])?;
    Ok(true)
}

fn read(row: &Row) -> Result<Upload, Fault> {
    Ok(Upload {
        id: row.id(0)?,
        file_name: row.text(1)?,
        content_type: row.text(2)?,
        key: row.text(3)?,
        content_id: row.text_or_null(4)?,
        agent: row.id_or_null(5)?,
        sha256: row.text_or_null(6)?,
        media: row.text_or_null(7)?,
        bytes_count: row.integer_or_null(8)?,
        created_at: row.integer(9)?,
    })
}

#[cfg(test)]
pub(in crate::workspace_room) const STATEMENTS: &[&str] = &[
    INSERT,
    FINISH,
    FIND,
    REMOVE,
    BEFORE,
    OLDEST,
    COUNT,
    FILE,
    ADD_FILE,
    ADOPT,
    HOLD_AT,
    HOLD,
    LET_GO,
    REMOVE_FILE,
];
