//! The events of a ticket.
//!
//! The log lists a ticket's events, except that a comment is said there: the comment's row has the
//! number of its event and an entry under its ticket already, and a second entry would be one more
//! row of every comment. Such an event names no ticket in its row. Before a comment goes to another
//! ticket, or goes altogether, its event gets the name of the ticket it was said on, so that what
//! happened to a ticket stays what happened to it.

use crate::kernel::{Fault, Sql};
use schema::ids::TicketId;
use schema::sort::SortSmall;

const LISTED: &str = "select seq, json from events
    where ticket_id = ? and seq < ? order by seq desc limit ?";
// Imported comments have no events, and numbers below zero. Events of before this was so are in
// both lists: leaving them out here would read on through all of them.
const SAID: &str = "select e.seq, e.json from tickets t
    cross join comments c on c.ticket = t.number
    cross join events e on e.seq = c.seq
    where t.id = ? and c.seq > 0 and c.seq < ? and (e.ticket_id is null or e.ticket_id = t.id)
    order by c.seq desc limit ?";

/// The events of a ticket before number `before`, newest first, at most `limit`: number and JSON
/// text.
///
/// # Errors
/// A storage fault.
pub fn of_ticket(
    sql: &dyn Sql,
    ticket: TicketId,
    before: i64,
    limit: i64,
) -> Result<Vec<(i64, String)>, Fault> {
    let params = [ticket.to_string().into(), before.into(), limit.into()];
    let mut events = Vec::new();
    for list in [LISTED, SAID] {
        for row in &sql.exec(list, &params)? {
            events.push((row.integer(0)?, row.text(1)?));
        }
    }
    events.sort_small_by_key(|(seq, _)| std::cmp::Reverse(*seq));
    events.dedup_by_key(|(seq, _)| *seq);
    events.truncate(usize::try_from(limit).unwrap_or_default());
    Ok(events)
}

const KEEP_MOVED: &str = "update events set ticket_id = ? where ticket_id is null
    and seq in (select comment from moved_comments where move = ?)";

/// Has the events of the comments of a merge or split stay with the ticket that they leave.
///
/// # Errors
/// A storage fault.
pub fn keep_moved(sql: &dyn Sql, ticket: TicketId, number: i64) -> Result<(), Fault> {
    sql.exec(KEEP_MOVED, &[ticket.to_string().into(), number.into()]).map(drop)
}

const KEEP_FIRST: &str = "update events set ticket_id = ? where ticket_id is null
    and seq in (select seq from comments where ticket = ? order by seq limit ?)";

/// The same for the first `limit` comments of the ticket of a number.
///
/// # Errors
/// A storage fault.
pub fn keep_first(sql: &dyn Sql, ticket: TicketId, number: i64, limit: i64) -> Result<(), Fault> {
    let params = [ticket.to_string().into(), number.into(), limit.into()];
    sql.exec(KEEP_FIRST, &params).map(drop)
}

#[cfg(test)]
pub(in crate::workspace_room) const STATEMENTS: &[&str] = &[LISTED, SAID, KEEP_MOVED, KEEP_FIRST];
