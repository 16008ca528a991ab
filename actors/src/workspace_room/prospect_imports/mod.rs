//! Imports of prospects: how far each is, counted by parts. What becomes of a row is for its
//! prospect to say; here it is only counted.
//!
//! A file may be sent again under its key where it broke off, and a client may send another one by
//! mistake. The first bytes tell most of those apart before anything of them is on the queue; of a
//! file that was read to its end, all of it is compared. What comes in spite of that, because a
//! file differs only further down from one that was never read to its end, is not counted: each
//! part has a hash.

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
use serde_json::json;

/// The tables of imports.
pub const MIGRATION: Migration = migration!("workspace_room/0023_prospect_imports");
/// Which file was read.
pub const DIGESTS: Migration = migration!("workspace_room/0028_prospect_import_digests");

/// After so long without word, whoever read the file is dead.
const SILENT_MS: Millis = 15 * 60 * 1000;
/// After so long without word of any part, one is lost: longer than a queue waits between tries.
const LOST_MS: Millis = 2 * 60 * 60 * 1000;

/// Begins an import; one that is there goes on as it is, and one that broke off is counted anew.
/// Of more than a hundred the oldest are forgotten, but none that is under way: readings of
/// sources are imports, too.
///
/// # Errors
/// `unauthorized`, `forbidden`; `key_reused` for another file.
pub fn begin(ctx: &mut Ctx<'_>, input: &BeginProspectImport) -> Result<Reply, Reject> {
    authorise::require(ctx, Permission::Work)?;
    let Some(import) = store::find(ctx.sql, input.import_id)? else {
        store::trim(ctx.sql, IMPORTS_MAX - 1, ctx.now - LOST_MS)?;
        store::insert(ctx.sql, input.import_id, input.head.clone(), ctx.now)?;
        return shown(ctx, input.import_id);
    };
    same_file(import.head.as_ref(), input.head.as_ref())?;
    same_file(import.digest.as_ref(), input.digest.as_ref())?;
    // As long as it is not known that this is the file that was read, what was counted stays.
    let is_known = import.digest.is_none() || input.digest.is_some();
    if is_known && state(ctx, &import).0 == ImportState::Broken {
        restart(ctx, import, input)?;
    }
    shown(ctx, input.import_id)
}

fn same_file(known: Option<&String>, given: Option<&String>) -> Result<(), Reject> {
    match (known, given) {
        (Some(known), Some(given)) if known != given => {
            let why = "this key was used with another file: send that one, or take another key";
            Err(Reject::new(Code::KeyReused, why))
        }
        _ => Ok(()),
    }
}

/// The file is read once more, and all of its parts are to come again. Which those are is not
/// known before it was read: another build may make other parts of it.
fn restart(ctx: &Ctx<'_>, import: Import, input: &BeginProspectImport) -> Result<(), Reject> {
    store::forget_parts(ctx.sql, import.id)?;
    store::forget_errors(ctx.sql, import.id)?;
    store::keep_hashes(ctx.sql, import.id, None)?;
    let (state, head) = (ImportState::Reading, import.head.or_else(|| input.head.clone()));
    let (created, known, failed) = (0, 0, 0);
    let import = Import { state, why: None, parts: None, parts_done: 0, head, ..import };
    let import = Import { created, known, failed, updated_at: ctx.now, ..import };
    Ok(store::update(ctx.sql, &import)?)
}

/// Takes note that a file was read.
///
/// # Errors
/// `forbidden` for everybody but Postroom itself; `not_found`; `key_reused` for another file than
/// the one that was read.
pub fn end(ctx: &mut Ctx<'_>, input: &EndProspectImport) -> Result<Reply, Reject> {
    ctx.require_system()?;
    let mut import = known(ctx, input.import_id)?;
    same_file(import.digest.as_ref(), input.digest.as_ref())?;
    match import.state {
        // One that broke off may be sent again; one that was read was read.
        ImportState::Reading | ImportState::Broken => {
            import.why = input.broken.as_deref().map(|why| trim(why, REASON_CHARS_MAX));
            import.state = ImportState::Broken;
            if import.why.is_none() {
                was_read(ctx, &mut import, input)?;
            }
            finish(ctx, import)?;
        }
        // It was sent twice at once: its parts are on the queue once more.
        ImportState::Running => finish(ctx, import)?,
        ImportState::Done => {}
    }
    shown(ctx, input.import_id)
}

/// All of the file is on the queue. From here on its own parts alone are counted.
fn was_read(ctx: &Ctx<'_>, import: &mut Import, input: &EndProspectImport) -> Result<(), Reject> {
    // An older build knows neither; what another one found out stays.
    if input.hashes.is_some() {
        store::keep_hashes(ctx.sql, import.id, input.hashes.as_deref())?;
    }
    if input.digest.is_some() {
        import.digest.clone_from(&input.digest);
    }
    (import.parts, import.rows) = (Some(input.parts), Some(input.rows));
    import.state = ImportState::Running;
    if store::has_strange(ctx.sql, import.id)? {
        let why = "parts of another file under this key came between: send the file again";
        (import.state, import.why) = (ImportState::Broken, Some(why.to_owned()));
    }
    Ok(())
}

/// Takes note of what came of a part: once. Nobody who tells it wants to see the import, whose
/// errors are up to a thousand rows.
///
/// # Errors
/// `forbidden` for everybody but Postroom itself; `not_found`; `invalid_input`.
pub fn note(ctx: &mut Ctx<'_>, input: NoteProspectImport) -> Result<Reply, Reject> {
    ctx.require_system()?;
    check::items("errors", &input.errors, PART_ROWS_MAX)?;
    let mut import = known(ctx, input.import_id)?;
    let heard = Reply::of(&json!({}));
    if import.state == ImportState::Done || store::has_part(ctx.sql, import.id, input.part)? {
        return heard;
    }
    let hash = input.hash.as_deref();
    if let Some(hash) = hash
        && store::is_strange(ctx.sql, import.id, input.part, hash)?
    {
        return heard;
    }
    store::add_part(ctx.sql, import.id, input.part, hash)?;
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
    heard
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
    if import.state == ImportState::Running && has_all(ctx, &import)? {
        import.state = ImportState::Done;
        store::forget_parts(ctx.sql, import.id)?;
    }
    import.updated_at = ctx.now;
    Ok(store::update(ctx.sql, &import)?)
}

/// Whether all parts have come. Others may have come, too: of a feed that was read twice, and was
/// longer the first time.
fn has_all(ctx: &Ctx<'_>, import: &Import) -> Result<bool, Reject> {
    let Some(parts) = import.parts.filter(|parts| *parts <= import.parts_done) else {
        return Ok(false);
    };
    Ok(store::count_parts(ctx.sql, import.id, parts)? == parts)
}

/// How far an import is, and why it broke off: also where there was no word of it for too long.
fn state(ctx: &Ctx<'_>, import: &Import) -> (ImportState, Option<String>) {
    let patience = match import.state {
        ImportState::Reading => Some((SILENT_MS, "whoever read the file is gone: send it again")),
        ImportState::Running => Some((LOST_MS, "a part of the file may be lost: send it again")),
        ImportState::Done | ImportState::Broken => None,
    };
    match patience {
        Some((ms, why)) if ctx.now - import.updated_at > ms => {
            (ImportState::Broken, Some(why.to_owned()))
        }
        _ => (import.state, import.why.clone()),
    }
}

fn shown(ctx: &Ctx<'_>, id: ProspectImportId) -> Result<Reply, Reject> {
    let import = known(ctx, id)?;
    let (state, why) = state(ctx, &import);
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
