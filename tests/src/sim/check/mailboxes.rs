//! Invariant 21: every mail of a mailbox becomes one comment.

use super::log::text;
use crate::sim::mailboxes::WRONG;
use crate::sim::object::Name;
use crate::sim::world::{World, short};
use rusqlite::OptionalExtension;
use schema::Millis;

const ONCE: &str = "21 a mail of a mailbox is one comment";

impl World {
    /// In the end: whatever has come into a mailbox since it was connected is in the room, once.
    pub(super) fn check_mailboxes(&mut self) {
        let names: Vec<Name> = self.mailboxes.keys().cloned().collect();
        for name in names {
            if let Err(why) = self.all_taken_in(&name) {
                return self.violate(ONCE, format!("{}: {why}", short(&name)));
            }
        }
    }

    fn all_taken_in(&mut self, name: &Name) -> Result<(), String> {
        let Some(object) = self.objects.get(name) else { return Ok(()) };
        let connection = object.storage.connection();
        let sql = "select since, sealed_password from mailbox";
        let read = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?));
        let row = connection.query_row(sql, [], read).optional().map_err(text)?;
        let Some((since, password)): Option<(Millis, Vec<u8>)> = row else { return Ok(()) };
        let sql = "select count(*) from passed_over";
        let passed: i64 = connection.query_row(sql, [], |row| row.get(0)).map_err(text)?;
        if passed > 0 {
            return Err(format!("{passed} mails were passed over"));
        }
        if password.ends_with(WRONG) {
            return Ok(());
        }
        let own = self.plan.tenants.iter().find(|own| name.1.starts_with(&own.room.1));
        let Some(room) = own.map(|own| own.room.clone()) else { return Ok(()) };
        let Some(log) = self.checks.logs.get(&room) else { return Ok(()) };
        let is_erasing = self.checks.erasing.contains(&room);
        // What was answered on a ticket that is gone is nobody's.
        let is_deleting = log.events.iter().any(|event| event.contains("\"ticket.deleted\""));
        let wanted = self.mailboxes[name].iter().filter(|it| it.received_at >= since);
        let (mut count, mut by_hand) = (0, 0);
        for mail in wanted {
            let Some(token) = &mail.token else { continue };
            let times = log.count(token, "comment.created");
            let is_right = match &mail.answers {
                None => times == 1,
                Some(answered) => {
                    let is_there = log.count(answered, "comment.created") > 0;
                    by_hand += times;
                    times == usize::from(is_there) || is_erasing || is_deleting && times == 0
                }
            };
            if !is_right {
                return Err(format!("{token} is in {times} comments"));
            }
            count += 1;
        }
        let doubtful = self.doubtful_copies(name, since)?;
        if let Some(id) = doubtful {
            return Err(format!("{id} lies among what was sent, and nobody knows"));
        }
        if count > 0 {
            self.mark("mails of a mailbox are comments");
        }
        if by_hand > 0 {
            self.mark("answers of mail programs are comments");
        }
        Ok(())
    }

    /// A mail of which the inbox does not know that it has left, though its copy has been read.
    fn doubtful_copies(&mut self, name: &Name, since: Millis) -> Result<Option<String>, String> {
        let Some(object) = self.objects.get(name) else { return Ok(None) };
        let sql = "select id from ledger where state = 'unknown' and deferred = '[]'";
        let mut rows = object.storage.connection().prepare(sql).map_err(text)?;
        let ids = rows.query_map([], |row| row.get::<_, String>(0)).map_err(text)?;
        let ids: Vec<String> = ids.collect::<Result<_, _>>().map_err(text)?;
        let is_copied = |id: &String| {
            let token = id.replace('-', "");
            let mut copies = self.mailboxes[name].iter().filter(|it| it.received_at >= since);
            copies.any(|it| it.token.is_none() && String::from_utf8_lossy(&it.raw).contains(&token))
        };
        Ok(ids.into_iter().find(is_copied))
    }
}
