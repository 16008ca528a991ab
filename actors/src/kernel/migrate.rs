//! Numbered migrations of an object's own tables.
//!
//! The platform refuses `pragma user_version`, so the version is a row. Migrations run in one
//! transaction when the object wakes; they only ever go forward, and data written by a newer build
//! is refused rather than misread.

use super::sql::{Fault, Sql};
use super::store::migrations;

/// One step: everything in `sql`, once.
#[derive(Debug, Clone, Copy)]
pub struct Migration {
    /// Unique among the actor's steps; shown in errors.
    pub name: &'static str,
    /// Statements, each ended by a semicolon.
    pub sql: &'static str,
}

/// The kernel's own tables.
const KERNEL: &[Migration] = &[
    Migration {
        name: "kernel/0001_kernel",
        sql: include_str!("../../../schema/migrations/kernel/0001_kernel.sql"),
    },
    Migration {
        name: "kernel/0002_marks",
        sql: include_str!("../../../schema/migrations/kernel/0002_marks.sql"),
    },
];

/// Brings the object's tables to what this build expects.
///
/// # Errors
/// A fault where a step fails, or where the object was written by a newer build.
pub fn migrate(sql: &dyn Sql, actor: &[Migration]) -> Result<(), Fault> {
    migrations::create(sql)?;
    for (part, steps) in [("kernel", KERNEL), ("actor", actor)] {
        let done = migrations::done(sql, part)?;
        if done > steps.len() as i64 {
            return Err(Fault(format!("{part} tables are at step {done}, newer than this build")));
        }
        for (number, step) in (1..).zip(steps).filter(|(number, _)| *number > done) {
            sql.exec(step.sql, &[])
                .map_err(|fault| Fault(format!("{}: {}", step.name, fault.0)))?;
            migrations::record(sql, part, number, step.name)?;
        }
    }
    Ok(())
}
