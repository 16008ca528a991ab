//! What a client that starts needs: everything as of one event number, to go on from there.

use super::access::{Agent, Workspace};
use super::ticket::Ticket;
use crate::Millis;
use crate::page::Page;
use serde::{Deserialize, Serialize};

/// How many tickets a snapshot holds.
pub const TICKETS_MAX: i64 = 200;

/// Asks for a snapshot.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct GetSnapshot {}

/// How many tickets there are of each status.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct TicketCounts {
    /// How many are open.
    pub open: i64,
    /// How many are pending.
    pub pending: i64,
    /// How many are waiting.
    pub waiting: i64,
    /// How many are solved.
    pub solved: i64,
    /// How many are closed.
    pub closed: i64,
}

/// The workspace as of event `head`: connect with `since=head`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Snapshot {
    /// The number of the last event that is in here.
    pub head: i64,
    /// The room's time.
    pub now: Millis,
    /// The workspace.
    pub workspace: Workspace,
    /// The agents, those that were removed too: they have written comments.
    pub agents: Vec<Agent>,
    /// The tickets that are open, what changed last first, at most [`TICKETS_MAX`]; the cursor goes
    /// on in `listTickets` with `status: ["open"]`.
    pub tickets: Page<Ticket>,
    /// How many tickets there are of each status.
    pub counts: TicketCounts,
}
