//! The inbox's tables, one file each.

pub mod alerts;
pub mod bodies;
pub mod complaints;
pub mod deliveries;
pub mod inbox;
pub mod ledger;
pub mod mailbox;
pub mod microsoft;
pub mod subscription;

#[cfg(test)]
mod tests {
    use super::{complaints, deliveries, ledger};
    use crate::inbox_state::Core;
    use crate::kernel::testing::{Bench, WORKSPACE};

    #[test]
    fn no_statement_of_the_ledger_reads_all_of_it() {
        let bench = Bench::<Core>::founded(format!("{WORKSPACE}/x"));
        let others = deliveries::STATEMENTS.iter().chain(&complaints::STATEMENTS);
        for statement in ledger::STATEMENTS.iter().chain(others) {
            let sql = format!("explain query plan {statement}");
            let mut plan = bench.home.connection().prepare(&sql).expect(statement);
            let count = plan.parameter_count();
            let nulls = vec![rusqlite::types::Null; count];
            let rows = plan.query_map(rusqlite::params_from_iter(nulls), |row| row.get(3));
            for line in rows.expect("a plan") {
                let line: String = line.expect("a line");
                let whole = ["SCAN ledger", "SCAN deliver", "SCAN complaints"];
                let all = whole.iter().any(|scan| line.starts_with(scan))
                    && !line.contains("ledger_asking");
                assert!(!all && !line.contains("TEMP B-TREE"), "{statement}: {line}");
            }
        }
    }
}
