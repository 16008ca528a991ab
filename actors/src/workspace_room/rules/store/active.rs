//! How much there is that reacts.

use crate::kernel::{Fault, Sql};

/// How much there is that reacts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Active {
    /// Automations that act on events.
    pub automations: i64,
    /// Automations that act on silence.
    pub silences: i64,
    /// SLA policies that count.
    pub policies: i64,
    /// Workflow runs that go on.
    pub runs: i64,
}

impl Active {
    /// Whether anything at all may react to an event.
    #[must_use]
    pub const fn any(self) -> bool {
        self.automations > 0 || self.silences > 0 || self.policies > 0 || self.runs > 0
    }
}

const FIND: &str = "select automations, silences, policies, runs from rules_active where id = 1";

/// How much there is that reacts.
///
/// # Errors
/// A storage fault.
pub fn find(sql: &dyn Sql) -> Result<Active, Fault> {
    let Some(row) = sql.first(FIND, &[])? else { return Ok(Active::default()) };
    Ok(Active {
        automations: row.integer(0)?,
        silences: row.integer(1)?,
        policies: row.integer(2)?,
        runs: row.integer(3)?,
    })
}

const RECOUNT: &str = "update rules_active set
    automations = (select count(*) from rules where kind = 'automation' and enabled = 1
        and occasion not in ('noAgentReply', 'noUserReply', 'unassigned')),
    silences = (select count(*) from rules where kind = 'automation' and enabled = 1
        and occasion in ('noAgentReply', 'noUserReply', 'unassigned')),
    policies = (select count(*) from rules where kind = 'slaPolicy' and enabled = 1)
    where id = 1";

/// Counts the definitions again, after one of them changed.
///
/// # Errors
/// A storage fault.
pub fn recount(sql: &dyn Sql) -> Result<(), Fault> {
    sql.exec(RECOUNT, &[]).map(drop)
}

const COUNT_RUN: &str = "update rules_active set runs = runs + cast(? as integer) where id = 1";

/// Counts a run that began (or ended, below zero).
///
/// # Errors
/// A storage fault.
pub fn count_run(sql: &dyn Sql, runs: i64) -> Result<(), Fault> {
    sql.exec(COUNT_RUN, &[runs.into()]).map(drop)
}

#[cfg(test)]
pub(in crate::workspace_room) const STATEMENTS: &[&str] = &[FIND, RECOUNT, COUNT_RUN];
