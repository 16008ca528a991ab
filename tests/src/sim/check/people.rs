//! The directory, and what is derived from the log, as the tables have it in the end.
//!
//! Each handle is one user's, a merged user has nothing of their own, companies know how many they
//! are, what can be searched is found, and the figures are those of a plain recount.

use super::log::text;
use crate::sim::object::Name;
use crate::sim::world::{World, short};
use rusqlite::Connection;
use serde_json::Value;
use std::collections::BTreeMap;

const WHOLE: &str = "20 one person is one user";
const COUNTED: &str = "20 figures are those of the log";
const FOUND: &str = "20 what is written is found";

/// What must not be, and in which words.
const NEVER: [(&str, &str); 6] = [
    (
        "select u.id from users u join handles h on h.user = u.number
         where u.merged_into is not null limit 1",
        "was merged into another and has a handle",
    ),
    (
        "select u.id from users u join tickets t on t.user_id = u.id
         where u.merged_into is not null limit 1",
        "was merged into another and has a ticket",
    ),
    (
        "select u.id from users u join users k on k.id = u.merged_into
         where k.merged_into is not null limit 1",
        "was merged into one who is merged too",
    ),
    (
        "select u.id from users u where u.merged_into is null and u.email is not
         (select h.value from handles h where h.user = u.number and h.kind = 'email'
          and h.main = 1) limit 1",
        "has another address than their handles say",
    ),
    (
        "select c.id from companies c where c.users <> (select count(*) from users u
         where u.company_id = c.id and u.merged_into is null) limit 1",
        "has another number of users than it says",
    ),
    (
        "select u.id from users u where u.company_id is not null
         and u.company_id not in (select id from companies) limit 1",
        "belongs to a company that is gone",
    ),
];

impl World {
    /// The rooms' directories, indices and figures.
    pub(super) fn check_directory(&mut self) {
        let rooms: Vec<Name> = self.plan.tenants.iter().map(|own| own.room.clone()).collect();
        for room in rooms {
            let (Some(object), Some(log)) = (self.objects.get(&room), self.checks.logs.get(&room))
            else {
                continue;
            };
            let connection = object.storage.connection();
            let events: Vec<Value> =
                log.events.iter().filter_map(|json| serde_json::from_str(json).ok()).collect();
            let found = [
                (WHOLE, whole(connection)),
                (COUNTED, counted(connection, &events)),
                (FOUND, searchable(connection)),
            ];
            let wrong = found.into_iter().find_map(|(what, it)| Some((what, it.err()?)));
            if let Some((what, why)) = wrong {
                return self.violate(what, format!("{}: {why}", short(&room)));
            }
        }
    }
}

fn whole(connection: &Connection) -> Result<(), String> {
    for (sql, what) in NEVER {
        let mut found = connection.prepare_cached(sql).map_err(text)?;
        let mut rows = found.query([]).map_err(text)?;
        if let Some(row) = rows.next().map_err(text)? {
            let id: String = row.get(0).map_err(text)?;
            return Err(format!("{id} {what}"));
        }
    }
    Ok(())
}

/// Created, first replies, solved, reopened, and how many are left: in all, whatever the day.
fn counted(connection: &Connection, events: &[Value]) -> Result<(), String> {
    #[derive(Default)]
    struct Known {
        done: bool,
        /// Deleted or merged: it comes back as it was.
        away: bool,
        replied: bool,
    }
    let mut tickets: BTreeMap<String, Known> = BTreeMap::new();
    let mut sums = [0_i64; 5];
    let upto = "select seq from report_state";
    let upto: usize = connection.query_row(upto, [], |row| row.get(0)).map_err(text)?;
    // They are brought up to date when somebody asks, and every so many events.
    for event in events.iter().take(upto) {
        let ticket = &event["data"]["ticket"];
        let Some(id) = ticket["id"].as_str() else { continue };
        let first = !tickets.contains_key(id);
        let whole = !ticket["createdAt"].is_null() && !ticket["source"].is_null();
        if first && !whole {
            continue;
        }
        let known = tickets.entry(id.to_owned()).or_default();
        let status = ticket["status"].as_str().unwrap_or_default();
        let gone = !ticket["deletedAt"].is_null();
        let done = gone || matches!(status, "solved" | "closed");
        let merged = !ticket["mergedIntoId"].is_null();
        let reply = event["type"] == "comment.created" && !ticket["firstReplyAt"].is_null();
        sums[0] += i64::from(event["type"] == "ticket.created");
        sums[1] += i64::from(reply && !known.replied && ticket["firstReplyAt"] == event["at"]);
        sums[2] += i64::from(done && !known.done && !gone && !merged);
        sums[3] += i64::from(!done && known.done && !known.away);
        sums[4] += i64::from(!done) - i64::from(!known.done && !first);
        // What a merge or its undoing takes along is told by the whole ticket.
        known.replied = !ticket["firstReplyAt"].is_null() || !whole && known.replied;
        known.done = done;
        known.away = if whole { gone || merged } else { known.away };
    }
    let sql = "select ifnull(sum(created), 0), ifnull(sum(first_replies), 0),
        ifnull(sum(solved), 0), ifnull(sum(reopened), 0), ifnull(sum(backlog), 0)
        from report_days";
    let figures: [i64; 5] = connection
        .query_row(sql, [], |row| {
            Ok([row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?])
        })
        .map_err(text)?;
    if figures == sums { Ok(()) } else { Err(format!("{figures:?}, the log has {sums:?}")) }
}

/// The token of each subject and each comment leads to it.
fn searchable(connection: &Connection) -> Result<(), String> {
    // Rows of the index: a comment by its number, a ticket by its number and 2^44. It is brought up
    // to date when somebody asks, and every so many events.
    let sql = "select body, seq from comments where seq <= (select comments from search_state)
        and seq not in (select entry from search_changes)
        union all select subject, number + 17592186044416 from tickets
        where number <= (select tickets from search_state)
        and number + 17592186044416 not in (select entry from search_changes)";
    let mut texts = connection.prepare(sql).map_err(text)?;
    let mut rows = texts.query([]).map_err(text)?;
    let find = "select count(*) from search_words where search_words match ? and rowid = ?";
    let mut find = connection.prepare(find).map_err(text)?;
    while let Some(row) = rows.next().map_err(text)? {
        let (written, entry): (String, i64) =
            (row.get(0).map_err(text)?, row.get(1).map_err(text)?);
        for token in super::log::tokens(&written) {
            let count: i64 = find.query_row((&token, entry), |row| row.get(0)).map_err(text)?;
            if count == 0 {
                return Err(format!("{token} does not lead to {entry}"));
            }
        }
    }
    Ok(())
}
