//! The files that came with comments.

use crate::kernel::{Fault, Row, Sql};
use schema::ids::AttachmentId;
use schema::room::comment::Attachment;

const INSERT: &str = "insert into attachments (id, comment, position, file_name, content_type,
    bytes_count, sha256, key, content_id, inline, media) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";

/// Adds a file to the comment of a seq.
///
/// # Errors
/// A storage fault.
pub fn insert(sql: &dyn Sql, comment: i64, position: i64, file: &Attachment) -> Result<(), Fault> {
    let params = [
        file.id.to_string().into(),
        comment.into(),
        position.into(),
        (&file.file_name).into(),
        (&file.content_type).into(),
        file.bytes_count.into(),
        (&file.sha256).into(),
        (&file.key).into(),
        file.content_id.clone().into(),
        i64::from(file.inline).into(),
        file.media.clone().into(),
    ];
    sql.exec(INSERT, &params).map(drop)
}

const FIND: &str = "select a.comment, a.id, a.file_name, a.content_type, a.bytes_count, a.sha256,
    a.key, a.content_id, a.inline, a.media
    from attachments a join comments c on c.seq = a.comment join tickets t on t.number = c.ticket
    where a.id = ? and t.deleted_at is null";

/// A file, unless its ticket is deleted.
///
/// # Errors
/// A storage fault.
pub fn find(sql: &dyn Sql, id: AttachmentId) -> Result<Option<Attachment>, Fault> {
    let row = sql.first(FIND, &[id.to_string().into()])?;
    row.map(|row| read(&row).map(|(_, file)| file)).transpose()
}

const OF_COMMENTS: &str = "select a.comment, a.id, a.file_name, a.content_type, a.bytes_count,
    a.sha256, a.key, a.content_id, a.inline, a.media
    from json_each(?) j cross join attachments a on a.comment = j.value
    order by j.key, a.position";

/// The files of several comments: the comment's seq and the file.
///
/// # Errors
/// A storage fault.
pub fn of_comments(sql: &dyn Sql, seqs: &[i64]) -> Result<Vec<(i64, Attachment)>, Fault> {
    let list = serde_json::Value::from(seqs).to_string();
    sql.exec(OF_COMMENTS, &[list.into()])?.iter().map(read).collect()
}

const REMOVE: &str = "delete from attachments where comment in
    (select seq from comments where ticket = ? order by seq limit ?) returning key, sha256";

/// Removes the files of the first `limit` comments of a ticket; gives where each was kept, and its
/// hash.
///
/// # Errors
/// A storage fault.
pub fn remove_of_ticket(
    sql: &dyn Sql,
    ticket: i64,
    limit: i64,
) -> Result<Vec<(String, String)>, Fault> {
    let rows = sql.exec(REMOVE, &[ticket.into(), limit.into()])?;
    rows.iter().map(|row| Ok((row.text(0)?, row.text(1)?))).collect()
}

const KEY_USED: &str = "select 1 from attachments where key = ? limit 1";

/// Whether a file of a comment has its content there.
///
/// # Errors
/// A storage fault.
pub fn key_used(sql: &dyn Sql, key: &str) -> Result<bool, Fault> {
    Ok(sql.first(KEY_USED, &[key.into()])?.is_some())
}

fn read(row: &Row) -> Result<(i64, Attachment), Fault> {
    let file = Attachment {
        id: row.id(1)?,
        file_name: row.text(2)?,
        content_type: row.text(3)?,
        bytes_count: row.integer(4)?,
        sha256: row.text(5)?,
        key: row.text(6)?,
        content_id: row.text_or_null(7)?,
        inline: row.flag(8)?,
        media: row.text_or_null(9)?,
    };
    Ok((row.integer(0)?, file))
}

#[cfg(test)]
pub(in crate::workspace_room) const STATEMENTS: &[&str] =
    &[INSERT, FIND, OF_COMMENTS, REMOVE, KEY_USED];
