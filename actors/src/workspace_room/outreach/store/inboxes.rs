//! What is known of the inboxes that campaigns send from.

use crate::kernel::{Fault, Row, Sql};
use schema::Millis;
use schema::ids::InboxId;

/// An inbox, as far as it has said how it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// The inbox.
    pub id: InboxId,
    /// The domain that it sends from.
    pub domain: String,
    /// Why it cannot send.
    pub paused: Option<String>,
    /// How many slots its warm-up has left, where it is under one.
    pub warmup_left: Option<i64>,
    /// When the warm-up gives new ones.
    pub warmup_until: Option<Millis>,
    /// Not before then the next mail.
    pub next_at: Millis,
    /// The enrolment whose mail is under way.
    pub enrolment: Option<i64>,
    /// When it last said how it is; 0 where it is to be asked anew.
    pub known_at: Millis,
    /// Whether it is being asked.
    pub asked: bool,
}

impl Known {
    /// Whether what it said may have changed: it is old, or its warm-up has given new slots since.
    #[must_use]
    pub fn is_stale(&self, now: Millis, believed_ms: Millis) -> bool {
        let renewed = self.warmup_until.is_some_and(|at| self.known_at < at && at <= now);
        self.known_at + believed_ms <= now || renewed
    }

    /// One that has said nothing yet.
    #[must_use]
    pub const fn new(id: InboxId) -> Self {
        Self {
            id,
            domain: String::new(),
            paused: None,
            warmup_left: None,
            warmup_until: None,
            next_at: 0,
            enrolment: None,
            known_at: 0,
            asked: false,
        }
    }
}

const FIND: &str = "select inbox_id, domain, paused, warmup_left, warmup_until, next_at,
    enrolment, known_at, asked from outreach_inboxes where inbox_id = ?";

/// What is known of an inbox.
///
/// # Errors
/// A storage fault.
pub fn find(sql: &dyn Sql, id: InboxId) -> Result<Known, Fault> {
    let row = sql.first(FIND, &[id.to_string().into()])?;
    row.as_ref().map_or_else(|| Ok(Known::new(id)), read)
}

fn read(row: &Row) -> Result<Known, Fault> {
    Ok(Known {
        id: row.id(0)?,
        domain: row.text(1)?,
        paused: row.text_or_null(2)?,
        warmup_left: row.integer_or_null(3)?,
        warmup_until: row.integer_or_null(4)?,
        next_at: row.integer(5)?,
        enrolment: row.integer_or_null(6)?,
        known_at: row.integer(7)?,
        asked: row.flag(8)?,
    })
}

const PUT: &str = "insert into outreach_inboxes (inbox_id, domain, paused, warmup_left,
        warmup_until, next_at, enrolment, known_at, asked)
    values (?, ?, ?, ?, ?, ?, ?, ?, ?)
    on conflict (inbox_id) do update set domain = excluded.domain, paused = excluded.paused,
        warmup_left = excluded.warmup_left, warmup_until = excluded.warmup_until,
        next_at = excluded.next_at, enrolment = excluded.enrolment,
        known_at = excluded.known_at, asked = excluded.asked";

/// Writes what is known of an inbox.
///
/// # Errors
/// A storage fault.
pub fn put(sql: &dyn Sql, known: &Known) -> Result<(), Fault> {
    let params = [
        known.id.to_string().into(),
        (&known.domain).into(),
        known.paused.clone().into(),
        known.warmup_left.into(),
        known.warmup_until.into(),
        known.next_at.into(),
        known.enrolment.into(),
        known.known_at.into(),
        i64::from(known.asked).into(),
    ];
    sql.exec(PUT, &params).map(drop)
}

#[cfg(test)]
pub(in crate::workspace_room) const STATEMENTS: &[&str] = &[FIND, PUT];
