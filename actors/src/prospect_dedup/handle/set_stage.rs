//! Moves the prospect to a stage.
//!
//! For agents who may work. Rejects: `not_found`, `gone`.

use crate::kernel::Ctx;
use crate::prospect_dedup::{person, view};
use schema::prospect::{Prospect, SetStage};
use schema::{Permission, Reject};

/// Moves the prospect to a stage.
///
/// # Errors
/// See above.
pub fn set_stage(ctx: &mut Ctx<'_>, input: &SetStage) -> Result<Prospect, Reject> {
    ctx.require(Permission::Work)?;
    let mut me = person::owner(ctx)?;
    if me.stage != input.stage {
        let detail = format!("{} → {}", me.stage.as_str(), input.stage.as_str());
        me.stage = input.stage;
        me.stage_at = ctx.now;
        person::note(ctx, "stage.changed", Some(detail))?;
        person::touch(ctx, &mut me)?;
    }
    view::prospect(ctx, me)
}
