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
        let connection = object.native.connection();
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
        let wanted = self.mailboxes[name].iter().filter(|it| it.received_at >= since);
        let mut count = 0;
        for mail in wanted {
            count += 1;
            let times = log.count(&mail.token, "comment.created");
            if times != 1 {
                return Err(format!("{} is in {times} comments", mail.token));
            }
        }
        if count > 0 {
            self.mark("mails of a mailbox are comments");
        }
        Ok(())
    }
}
