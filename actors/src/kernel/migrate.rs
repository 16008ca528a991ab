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

/// The step that a file of `schema/migrations` holds, by the file's path, which is also its name.
///
/// Without its comments: they are for those who read the file, and a tenth of a Worker's texts.
macro_rules! migration {
    ($path:literal) => {{
        const FILE: &str = include_str!(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../schema/migrations/",
            $path,
            ".sql"
        ));
        const SQL: [u8; $crate::kernel::migrate::without_comments::<0>(FILE).1] =
            $crate::kernel::migrate::without_comments(FILE).0;
        let Ok(sql) = std::str::from_utf8(&SQL) else { panic!("a migration is text") };
        $crate::kernel::Migration { name: $path, sql }
    }};
}
pub(crate) use migration;

/// The first `N` bytes of a file's statements, and how many there are. A text in a statement holds
/// no `--`.
pub(crate) const fn without_comments<const N: usize>(file: &str) -> ([u8; N], usize) {
    let file = file.as_bytes();
    let (mut sql, mut length, mut at) = ([0; N], 0, 0);
    while at < file.len() {
        if file[at] == b'-' && at + 1 < file.len() && file[at + 1] == b'-' {
            while at < file.len() && file[at] != b'\n' {
                at += 1;
            }
            continue;
        }
        if length < N {
            sql[length] = file[at];
        }
        length += 1;
        at += 1;
    }
    (sql, length)
}

/// The kernel's own tables.
const KERNEL: &[Migration] = &[
    migration!("kernel/0001_kernel"),
    migration!("kernel/0002_marks"),
    migration!("kernel/0003_summarised"),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_stay_out_and_statements_stay_whole() {
        const FILE: &str = "create -- it's a table\n-- of things\ntable t (a - b);\n--";
        const LENGTH: usize = without_comments::<0>(FILE).1;
        assert_eq!(without_comments::<LENGTH>(FILE).0, *b"create \n\ntable t (a - b);\n");
        assert!(KERNEL.iter().all(|step| !step.sql.contains("--")));
    }
}
