//! Sources of prospects: a catalogue of feeds, and how far each was read. The gateway reads them;
//! what comes of an item stands with the import that a reading is.

pub mod store;
#[cfg(test)]
mod tests;

use crate::kernel::{Ctx, Migration, Reply, migration};
use crate::webhook::target::{self, Loopback};
use crate::workspace_room::access::authorise;
use crate::workspace_room::prospect_imports;
use crate::workspace_room::tickets::check_version;
use schema::ids::SourceId;
use schema::room::source::{
    BeginReading, ChangeSource, CreateSource, EndReading, MAPPED_ATTRIBUTES_MAX, Mapping, Mark,
    OneSource, PATH_CHARS_MAX, ProspectSource, Reading, SOURCE_NAME_CHARS_MAX, SOURCES_MAX,
    SourceEvent, SourceMark,
};
use schema::{Permission, Reject, check};
use serde_json::json;

/// The table of sources.
pub const MIGRATION: Migration = migration!("workspace_room/0027_sources");

/// How much of what a server says of its answer is kept.
const MARK_BYTES_MAX: usize = 1_000;

/// All sources, the latest first. Their addresses may hold secrets: for who manages.
///
/// # Errors
/// `forbidden`.
pub fn list(ctx: &Ctx<'_>) -> Result<Reply, Reject> {
    authorise::require(ctx, Permission::Manage)?;
    Reply::of(&store::list(ctx.sql)?)
}

/// A source.
///
/// # Errors
/// `forbidden`, `not_found`.
pub fn get(ctx: &Ctx<'_>, input: &OneSource) -> Result<Reply, Reject> {
    authorise::require(ctx, Permission::Manage)?;
    Reply::of(&find(ctx, input.source_id)?.0)
}

/// Makes a source. Event `source.created`.
///
/// # Errors
/// `forbidden`; `invalid_input`; `conflict` where there are too many.
pub fn create(ctx: &mut Ctx<'_>, input: &CreateSource) -> Result<Reply, Reject> {
    authorise::require(ctx, Permission::Manage)?;
    let source = ProspectSource {
        id: SourceId(ctx.uuid()),
        name: check::line("name", &input.name, SOURCE_NAME_CHARS_MAX)?,
        url: url(&input.url)?,
        kind: input.kind,
        mapping: mapping(&input.mapping)?,
        active: input.active.unwrap_or(true),
        last_import_id: None,
        last_read_at: None,
        created_at: ctx.now,
        updated_at: ctx.now,
        version: 1,
    };
    if store::count(ctx.sql)? >= SOURCES_MAX {
        return Err(Reject::conflict(format!("a workspace has at most {SOURCES_MAX} sources")));
    }
    store::insert(ctx.sql, &source)?;
    ctx.event("source.created", None, &mark(&source))?;
    Reply::of(&source)
}

/// Changes a source: all of it is read anew. Event `source.changed`.
///
/// # Errors
/// `forbidden`, `not_found`, `invalid_input`, `version_mismatch`.
pub fn change(ctx: &mut Ctx<'_>, input: &ChangeSource) -> Result<Reply, Reject> {
    authorise::require(ctx, Permission::Manage)?;
    let (before, _) = find(ctx, input.source_id)?;
    check_version(input.if_version, before.version)?;
    let mut source = before.clone();
    if let Some(name) = &input.name {
        source.name = check::line("name", name, SOURCE_NAME_CHARS_MAX)?;
    }
    if let Some(address) = &input.url {
        source.url = url(address)?;
    }
    if let Some(paths) = &input.mapping {
        source.mapping = mapping(paths)?;
    }
    source.kind = input.kind.unwrap_or(source.kind);
    source.active = input.active.unwrap_or(source.active);
    if source != before {
        source.version += 1;
        source.updated_at = ctx.now;
        store::save(ctx.sql, &source)?;
        store::mark(ctx.sql, (source.id, source.version), &(Mark::default(), None))?;
        ctx.event("source.changed", None, &mark(&source))?;
    }
    Reply::of(&source)
}

/// Deletes a source; its prospects stay. Event `source.deleted`.
///
/// # Errors
/// `forbidden`, `not_found`.
pub fn delete(ctx: &mut Ctx<'_>, input: &OneSource) -> Result<Reply, Reject> {
    authorise::require(ctx, Permission::Manage)?;
    let (source, _) = find(ctx, input.source_id)?;
    store::delete(ctx.sql, source.id)?;
    ctx.event("source.deleted", None, &mark(&source))?;
    Reply::of(&source)
}

fn mark(source: &ProspectSource) -> SourceEvent {
    let ProspectSource { id, name, version, .. } = source;
    SourceEvent { source: SourceMark { id: *id, name: name.clone(), version: *version } }
}

/// A reading begins: gives what is to be read. What the server has said counts once all that it
/// gave has arrived: else nobody would give us again what got lost on the way.
///
/// # Errors
/// `forbidden` for everybody but Postroom itself; `not_found`.
pub fn begin_reading(ctx: &mut Ctx<'_>, input: &BeginReading) -> Result<Reply, Reject> {
    ctx.require_system()?;
    let (mut source, (mark, import)) = find(ctx, input.source_id)?;
    source.last_import_id = Some(input.import_id);
    source.last_read_at = Some(ctx.now);
    store::save(ctx.sql, &source)?;
    let arrived = match import {
        Some(import) => prospect_imports::is_done(ctx, import)?,
        None => false,
    };
    let mark = if arrived { mark } else { Mark::default() };
    Reply::of(&Reading { source, mark })
}

/// All was read: once it has arrived, what has not changed is not read again.
///
/// # Errors
/// `forbidden` for everybody but Postroom itself; `not_found`.
pub fn end_reading(ctx: &mut Ctx<'_>, input: &EndReading) -> Result<Reply, Reject> {
    ctx.require_system()?;
    let (source, _) = find(ctx, input.source_id)?;
    // It goes back as a header, and only so.
    let is_plain = |b: u8| b == b' ' || b.is_ascii_graphic();
    let kept = |text: &Option<String>| {
        text.clone().filter(|text| text.len() <= MARK_BYTES_MAX && text.bytes().all(is_plain))
    };
    let Mark { etag, last_modified } = &input.mark;
    let mark = Mark { etag: kept(etag), last_modified: kept(last_modified) };
    store::mark(ctx.sql, (source.id, input.version), &(mark, Some(input.import_id)))?;
    Reply::of(&json!({}))
}

fn find(ctx: &Ctx<'_>, id: SourceId) -> Result<(ProspectSource, store::Marked), Reject> {
    store::find(ctx.sql, id)?.ok_or_else(|| Reject::not_found("source"))
}

/// Whether this environment may ask itself is for the gateway to say, before and at each reading.
fn url(value: &str) -> Result<String, Reject> {
    let url = target::check(value.trim(), Loopback::Allowed);
    url.map(|url| url.href).map_err(|why| Reject::field("url", why))
}

fn mapping(given: &Mapping) -> Result<Mapping, Reject> {
    let path = |name: &str, path: &Option<String>| {
        let field = format!("mapping.{name}");
        path.as_ref().map(|path| check::line(&field, path, PATH_CHARS_MAX)).transpose()
    };
    if given.attributes.len() > MAPPED_ATTRIBUTES_MAX {
        let why = format!("must have at most {MAPPED_ATTRIBUTES_MAX} entries");
        return Err(Reject::field("mapping.attributes", why));
    }
    let mut attributes = std::collections::BTreeMap::new();
    for (name, at) in &given.attributes {
        let name = check::line("mapping.attributes", name, SOURCE_NAME_CHARS_MAX)?;
        attributes.insert(name, check::line("mapping.attributes", at, PATH_CHARS_MAX)?);
    }
    let mapping = Mapping {
        items: path("items", &given.items)?,
        email: path("email", &given.email)?,
        name: path("name", &given.name)?,
        company: path("company", &given.company)?,
        domain: path("domain", &given.domain)?,
        title: path("title", &given.title)?,
        linkedin: path("linkedin", &given.linkedin)?,
        attributes,
    };
    let by_name = mapping.name.is_some() && mapping.domain.is_some();
    if mapping.email.is_none() && mapping.linkedin.is_none() && !by_name {
        return Err(Reject::field("mapping", "must have email, or linkedin, or name and domain"));
    }
    Ok(mapping)
}
