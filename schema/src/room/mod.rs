//! Commands and replies of the room actor.
//!
//! One flat enum holds every command, named as on the wire: `{"postComment":{…}}` is the same in a
//! WebSocket frame and, as MessagePack, in an envelope. The account half (agents, sessions,
//! invitations, realtime tickets) is in [`access`]; the desk half is in the other files.

pub mod access;
pub mod answer;
pub mod api_key;
pub mod attention;
pub mod attribute;
pub mod audit;
pub mod automation;
pub mod by_hand;
pub mod campaign;
pub mod catalogue;
mod command;
pub mod comment;
pub mod company;
pub mod condition;
pub mod delivery;
pub mod draft;
pub mod enrolment;
pub mod hours;
pub mod known;
pub mod mail;
pub mod moves;
pub mod notification;
pub mod privacy;
pub mod prospect_import;
pub mod report;
pub mod schedule;
pub mod search;
pub mod sla;
pub mod snapshot;
pub mod source;
pub mod team;
pub mod ticket;
pub mod transfer;
pub mod upload;
pub mod user;
pub mod webhook;
pub mod workflow;
pub mod writing;

pub use command::RoomCommand;
use serde::{Deserialize, Deserializer};

/// Reads a field that may be absent (`None`), null (`Some(None)`) or a value; for
/// `#[serde(default, deserialize_with = "…", skip_serializing_if = "Option::is_none")]`.
///
/// # Errors
/// Where the value is none of `T`.
pub fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<Option<T>>, D::Error> {
    // A reader may take a field that is absent for null, but for a wrapper it does not.
    #[derive(Deserialize)]
    struct Present<T>(Option<T>);
    let Present(value) = Present::deserialize(deserializer)?;
    Ok(Some(value))
}
