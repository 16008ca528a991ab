//! Invariant 7: nothing of one tenant reaches another, and no secret reaches anybody.

use crate::sim::object::Name;
use crate::sim::plan::SECRET;
use crate::sim::world::{World, short};
use schema::summary::{Cell, Summary};

const PRIVATE: &str = "7 no other tenant's data, no secret";

impl World {
    /// What leaves an object, whatever it is.
    pub(in crate::sim) fn check_secrets(&mut self, from: &Name, what: &str, bytes: &[u8]) {
        let text = String::from_utf8_lossy(bytes);
        if text.contains(SECRET) || text.contains(&as_numbers()) {
            let text = format!("a {what} of {} has a secret: {text}", short(from));
            return self.violate(PRIVATE, text);
        }
        let foreign = |tenant: &&crate::sim::plan::Tenant| {
            !from.1.starts_with(&tenant.room.1) && text.contains(&tenant.canary)
        };
        if let Some(tenant) = self.plan.tenants.iter().find(foreign) {
            let text = format!("a {what} of {} has {}: {text}", short(from), tenant.canary);
            self.violate(PRIVATE, text);
        }
    }

    /// A row for D1.
    pub(in crate::sim) fn check_summary(&mut self, from: &Name, row: &Summary) {
        if !from.1.starts_with(&row.workspace) {
            let text = format!("{} writes a row of workspace {}", short(from), row.workspace);
            self.violate(PRIVATE, text);
        }
        let columns = schema::summary::columns(row.table).len();
        if !row.deleted && row.cells.len() != columns {
            let text = format!("{:?} has {} cells for {columns}", row.table, row.cells.len());
            self.violate("6 D1 equals the actors", text);
        }
        for cell in &row.cells {
            if let Cell::Text(text) = cell {
                self.check_secrets(from, "row", text.as_bytes());
            }
        }
    }
}

/// The secret's first bytes as JSON shows bytes.
fn as_numbers() -> String {
    let numbers: Vec<_> = SECRET.bytes().take(8).map(|byte| byte.to_string()).collect();
    numbers.join(",")
}
