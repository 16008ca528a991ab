//! API keys: named, no mightier than their maker, kept as a hash.
//!
//! A caller with a key is known at the beginning of a step ([`identify`]), from the key's row as it
//! is at that moment: revoked, run out or made by somebody who is no longer active, it is nobody's.

pub mod create;
pub mod read;
pub mod revoke;
pub mod store;

#[cfg(test)]
mod tests;

use super::access::authorise::unauthorized;
use crate::kernel::{Migration, Sql, migration};
use schema::{Caller, Millis, Principal, Reject};

/// The tables of keys and of the audit.
pub const MIGRATION: Migration = migration!("workspace_room/0010_account");

/// How coarse the time of the last use is.
pub const USE_MS: Millis = 60 * 60 * 1000;

/// Finds out for whom a key acts, and what it may.
///
/// # Errors
/// `unauthorized` for a key that is none, or no longer good.
pub fn identify(sql: &dyn Sql, principal: Principal, now: Millis) -> Result<Principal, Reject> {
    let Caller::Key { hash, .. } = principal.caller else { return Ok(principal) };
    let standing = store::standing(sql, &hash)?.ok_or_else(unauthorized)?;
    let over = standing.expires_at.is_some_and(|at| at <= now);
    if !standing.active || over {
        return Err(unauthorized());
    }
    if standing.last_used_at.is_none_or(|at| at + USE_MS <= now) {
        store::used(sql, standing.id, now)?;
    }
    let caller = Caller::Key {
        hash,
        id: Some(standing.id),
        agent: Some(standing.agent),
        role: standing.role.min(standing.agent_role),
    };
    Ok(Principal { caller, ..principal })
}
