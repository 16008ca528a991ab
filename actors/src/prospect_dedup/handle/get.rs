//! Reads the prospect.
//!
//! For everybody of the workspace. Rejects: `not_found`, `gone` with `movedTo` or `erased`.

use crate::kernel::Ctx;
use crate::prospect_dedup::{person, view};
use schema::prospect::{Get, Prospect};
use schema::{Permission, Reject};

/// Reads the prospect.
///
/// # Errors
/// See above.
pub fn get(ctx: &Ctx<'_>, _input: &Get) -> Result<Prospect, Reject> {
    ctx.require(Permission::Read)?;
    let me = person::owner(ctx)?;
    view::prospect(ctx, me)
}
