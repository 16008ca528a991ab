//! Imports of prospects: how far each is, counted by parts. What becomes of a row is for its
//! prospect to say; here it is only counted.

pub mod store;
#[cfg(test)]
mod tests;

use self::store::Import;
use crate::kernel::{Ctx, Migration, Reply, migration};
use crate::workspace_room::access::authorise;
use crate::workspace_room::mail::trim;
use schema::ids::ProspectImportId;
use schema::room::prospect_import::{
    BeginProspectImport, ERRORS_MAX, EndProspectImport, GetProspectImport, IMPORTS_MAX,
    ImportState, NoteProspectImport, PART_ROWS_MAX, ProspectImport, REASON_CHARS_MAX,
};
use schema::{Code, Millis, Permission, Reject, check};

/// The tables of imports.
pub const MIGRATION: Migration = migration!("workspace_room/0023_prospect_imports");
/// Which file was read.
pub const DIGESTS: Migration = migration!("workspace_room/0028_prospect_import_digests");

/// After so long without word, whoever read the file is dead.
const SILENT_MS: Millis = 15 * 60 * 1000;
/// After so long without word of any part, one is lost: longer than a queue waits between tries.
const LOST_MS: Millis = 2 * 60 * 60 * 1000;

/// Begins an import; one that is there goes on as it is. Of more than a hundred the oldest are
/// forgotten, but none that is under way: readings of sources are imports, too.
///
/// # Errors
/// `unauthorized`, `forbidden`.
pub fn begin(ctx: &mut Ctx<'_>, input: &BeginProspectImport) -> Result<Reply, Reject> {
    authorise::require(ctx, Permission::Work)?;
    if store::find(ctx.sql, input.import_id)?.is_none() {
        store::trim(ctx.sql, IMPORTS_MAX - 1, ctx.now - LOST_MS)?;
        store::insert(ctx.sql, input.import_id, ctx.now)?;
    }
    shown(ctx, input.import_id)
}

/// Takes note that a file was read.
///
/// # Errors
/// `forbidden` for everybody but Postroom itself; `not_found`; `key_reused` for another file than
/// the one that was read.
pub fn end(ctx: &mut Ctx<'_>, input: &EndProspectImport) -> Result<Reply, Reject> {
    ctx.require_system()?;
    let mut import = known(ctx, input.import_id)?;
    let is_another = |known: &String| input.digest.as_ref().is_some_and(|given| given != known);
    if import.digest.as_ref().is_some_and(is_another) {
        let why = "this key was used with another file: send that one, or take another key";
        return Err(Reject::new(Code::KeyReused, why));
    }
    match import.state {
        // One that broke off may be sent again; one that was read was read.
        ImportState::Reading | ImportState::Broken => {
            import.why = input.broken.as_deref().map(|why| trim(why, REASON_CHARS_MAX));
            (import.parts, import.rows) = (Some(input.parts), Some(input.rows));
            import.digest.clone_from(&input.digest);
            import.state = ImportState::Running;
            if import.why.is_some() {
                (import.state, import.rows) = (ImportState::Broken, None);
            }
            finish(ctx, import)?;
        }
        // It was sent again because a part was lost: its parts are on the queue once more.
        ImportState::Running if input.parts > 0 => finish(ctx, import)?,
        ImportState::Running | ImportState::Done => {}
    }
    shown(ctx, input.import_id)
}

/// Takes note of what came of a part: once.
///
/// # Errors
/// `forbidden` for everybody but Postroom itself; `not_found`; `invalid_input`.
pub fn note(ctx: &mut Ctx<'_>, input: NoteProspectImport) -> Result<Reply, Reject> {
    ctx.require_system()?;
    check::items("errors", &input.errors, PART_ROWS_MAX)?;
    let mut import = known(ctx, input.import_id)?;
    if import.state == ImportState::Done || store::has_part(ctx.sql, import.id, input.part)? {
        return shown(ctx, input.import_id);
    }
    store::add_part(ctx.sql, import.id, input.part)?;
    let room = usize::try_from(ERRORS_MAX - import.failed).unwrap_or(0);
    for error in input.errors.iter().take(room) {
        let reason = trim(&error.reason, REASON_CHARS_MAX);
        store::add_error(ctx.sql, import.id, error.row, &reason)?;
    }
    import.created += input.created;
    import.known += input.known;
    import.failed += input.errors.len() as i64;
    import.parts_done += 1;
    finish(ctx, import)?;
    shown(ctx, input.import_id)
}

/// How far an import is.
///
/// # Errors
/// `unauthorized`, `forbidden`, `not_found`.
pub fn get(ctx: &mut Ctx<'_>, input: &GetProspectImport) -> Result<Reply, Reject> {
    authorise::require(ctx, Permission::Read)?;
    shown(ctx, input.import_id)
}

/// Whether all rows of an import have come; not of one that is forgotten.
///
/// # Errors
/// A storage fault.
pub fn is_done(ctx: &Ctx<'_>, id: ProspectImportId) -> Result<bool, Reject> {
    Ok(store::find(ctx.sql, id)?.is_some_and(|import| import.state == ImportState::Done))
}

fn known(ctx: &Ctx<'_>, id: ProspectImportId) -> Result<Import, Reject> {
    store::find(ctx.sql, id)?.ok_or_else(|| Reject::not_found("import"))
}

/// Writes an import, which is done when all of its parts are.
fn finish(ctx: &Ctx<'_>, mut import: Import) -> Result<(), Reject> {
    // More than there are: of a feed that was read twice, and was shorter the second time.
    let all_came = import.parts.is_some_and(|parts| parts <= import.parts_done);
    if import.state == ImportState::Running && all_came {
        import.state = ImportState::Done;
        store::forget_parts(ctx.sql, import.id)?;
    }
    import.updated_at = ctx.now;
    Ok(store::update(ctx.sql, &import)?)
}

fn shown(ctx: &Ctx<'_>, id: ProspectImportId) -> Result<Reply, Reject> {
    let import = known(ctx, id)?;
    let patience = match import.state {
        ImportState::Reading => Some((SILENT_MS, "whoever read the file is gone: send it again")),
        ImportState::Running => Some((LOST_MS, "a part of the file may be lost: send it again")),
        ImportState::Done | ImportState::Broken => None,
    };
    let (state, why) = match patience {
        Some((ms, why)) if ctx.now - import.updated_at > ms => {
            (ImportState::Broken, Some(why.to_owned()))
        }
        _ => (import.state, import.why),
    };
    Reply::of(&ProspectImport {
        id,
        state,
        why,
        rows: import.rows,
        created: import.created,
        known: import.known,
        failed: import.failed,
        created_at: import.created_at,
        updated_at: import.updated_at,
        errors: store::errors(ctx.sql, id, ERRORS_MAX)?,
    })
}
