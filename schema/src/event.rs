//! What happened in a workspace, numbered 1, 2, 3… without a gap.
//!
//! An event is stored once, as the JSON text that clients get, and stays as it is, but for one
//! thing: who is erased goes from it too. Its number, type, time and ids never change. Readers
//! ignore fields they do not know.

use crate::Millis;
use crate::ids::{AgentId, TicketId};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// Who caused an event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(tag = "kind", rename_all = "camelCase")]
pub enum By {
    /// An agent.
    Agent {
        /// The agent.
        id: AgentId,
    },
    /// A customer, by mail.
    User {
        /// The customer.
        id: crate::ids::UserId,
    },
    /// Postroom: an alarm, a rule, the operator.
    System,
}

/// An event as it is written.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NewEvent<'a, T: Serialize> {
    /// Its number in the workspace.
    pub seq: i64,
    /// When, never before the event before it.
    pub at: Millis,
    /// What, as `thing.verb`: `ticket.created`, `comment.created`.
    #[serde(rename = "type")]
    pub kind: &'a str,
    /// Who.
    pub by: &'a By,
    /// The ticket it concerns, where it concerns one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ticket_id: Option<TicketId>,
    /// The thing after the change, in the shape that the HTTP API gives.
    pub data: &'a T,
}

/// An event as it is read.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Event {
    /// Its number in the workspace.
    pub seq: i64,
    /// When.
    pub at: Millis,
    /// What.
    #[serde(rename = "type")]
    pub kind: String,
    /// Who.
    pub by: By,
    /// The ticket it concerns, where it concerns one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ticket_id: Option<TicketId>,
    /// The thing after the change.
    #[cfg_attr(feature = "openapi", schemars(with = "serde_json::Value"))]
    pub data: Box<RawValue>,
}
