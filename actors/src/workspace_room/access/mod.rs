//! Access: who works here, how they prove it, and what each may do.
//!
//! A caller is believed for as long as their session's row is there, has not run out, and their
//! token has the agent's epoch; the role is that of the agent's row at the moment of the command.
//! So a role that is taken away is gone at the next request, whatever the token says.
//!
//! | what | how long |
//! | --- | --- |
//! | session | 30 days after its last refresh, 90 days after the log-in at most |
//! | refresh token | one use; used again, its session ends |
//! | realtime ticket | one use, 30 seconds |
//! | invitation | one use, 7 days |

pub mod accept_invitation;
pub mod authorise;
pub mod begin_login;
pub mod change_agent;
pub mod change_password;
pub mod check;
pub mod connect;
pub mod invite;
pub mod link_identity;
pub mod list_agents;
pub mod login;
pub mod login_by_identity;
pub mod logout;
pub mod open;
pub mod refresh;
pub mod register;
pub mod revoke_invitation;
pub mod store;
pub mod sweep;
pub mod workspace;

#[cfg(test)]
pub(super) mod tests;

use crate::kernel::{Migration, migration};
use schema::Millis;

/// The tables of access.
pub const MIGRATION: Migration = migration!("workspace_room/0001_access");
/// The table of accounts at Microsoft.
pub const IDENTITIES: Migration = migration!("workspace_room/0021_identities");
/// Whether answers say what they cost.
pub const SERVER_TIMING: Migration = migration!("workspace_room/0031_server_timing");

/// The room's bit (see [`Ctx::mark`](crate::kernel::Ctx::mark)) that says the same.
pub const PRICE_MARK: u32 = 1;

/// How long a session lives after its last refresh.
pub const SESSION_IDLE_MS: Millis = 30 * DAY_MS;
/// How long a session lives after the log-in, however often it is refreshed.
pub const SESSION_MS_MAX: Millis = 90 * DAY_MS;
/// How many sessions an agent may have; the next one ends the oldest.
pub const SESSIONS_PER_AGENT_MAX: usize = 50;
/// How long a realtime ticket is good.
pub const TICKET_MS: Millis = 30_000;
/// How many unused tickets a session may have.
pub const TICKETS_PER_SESSION_MAX: i64 = 100;
/// How long an invitation can be accepted.
pub const INVITATION_MS: Millis = 7 * DAY_MS;
/// How long an invitation is kept after it ran out, so that its token is `gone`, not unknown.
pub const INVITATION_KEPT_MS: Millis = 90 * DAY_MS;
/// How many open invitations a workspace may have.
pub const INVITATIONS_OPEN_MAX: i64 = 500;
/// How many agents a workspace may have.
pub const AGENTS_MAX: i64 = 1_000;

const DAY_MS: Millis = 24 * 60 * 60 * 1000;
