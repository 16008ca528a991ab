//! What a request costs, for its `Server-Timing` header. Only a room that says its prices makes it
//! one that is told.

use schema::envelope::Price;
use schema::ids::WorkspaceId;
use std::fmt;

/// What the actors were asked for a request, and what that cost.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// The workspace that wants it told, once its room has said so.
    pub of: Option<WorkspaceId>,
    sum: Price,
    calls: u64,
}

impl Tally {
    /// The same with one more call, and its price where the actor has said one.
    #[must_use]
    pub fn add(mut self, workspace: WorkspaceId, price: Option<Price>) -> Self {
        self.calls += 1;
        if let Some(price) = price {
            self.of.get_or_insert(workspace);
            self.sum.read += price.read;
            self.sum.written += price.written;
        }
        self
    }
}

impl fmt::Display for Tally {
    /// As the header has it: descriptions, since these are no durations.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Price { read, written }, calls) = (self.sum, self.calls);
        write!(
            out,
            "rowsRead;desc=\"{read}\", rowsWritten;desc=\"{written}\", calls;desc=\"{calls}\""
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_costs_the_sum_of_its_calls_and_is_told_once_a_room_says_prices() {
        let workspace = WorkspaceId(uuid::Uuid::from_u128(7));
        let asked = Tally::default().add(workspace, None);
        assert_eq!(asked.of, None);
        let told = asked
            .add(workspace, Some(Price { read: 5, written: 0 }))
            .add(workspace, Some(Price { read: 20, written: 9 }));
        assert_eq!(told.of, Some(workspace));
        let header = r#"rowsRead;desc="25", rowsWritten;desc="9", calls;desc="3""#;
        assert_eq!(told.to_string(), header);
    }
}
