//! Defining attributes: `listAttributes`, `getAttribute`, `createAttribute`, `changeAttribute`,
//! `deleteAttribute`.
//!
//! Who: everybody reads, who manages changes. Key, subject and type of a definition stay, because
//! values were checked against them. Events: `attribute.created`, `.changed`, `.deleted`.

use super::former;
use super::store::attributes as store;
use crate::kernel::{Ctx, Reply};
use crate::workspace_room::access::authorise;
use crate::workspace_room::cursor;
use crate::workspace_room::tickets::check_version;
use schema::ids::AttributeId;
use schema::page;
use schema::room::attribute::{
    ATTRIBUTES_MAX, Attribute, AttributeChanged, AttributeEvent, AttributeType, ChangeAttribute,
    CreateAttribute, DeleteAttribute, GetAttribute, KEY_CHARS_MAX, LABEL_CHARS_MAX, ListAttributes,
    OPTIONS_MAX, Subject,
};
use schema::sort::SortSmall;
use schema::{Permission, Reject, check};

/// Lists definitions, in the order of their making.
///
/// # Errors
/// `invalid_input` for a bad limit or cursor.
pub fn list_attributes(ctx: &Ctx<'_>, input: &ListAttributes) -> Result<Reply, Reject> {
    authorise::require(ctx, Permission::Read)?;
    let limit = page::limit(input.limit)?;
    let list = format!("attributes/{:?}", input.subject);
    let position = cursor::read(ctx, &list, input.cursor.as_deref())?;

    let subjects = match input.subject {
        Some(subject) => vec![subject],
        None => Subject::ALL.to_vec(),
    };
    let mut defined = Vec::new();
    for subject in subjects {
        defined.extend(store::of_subject(ctx.sql, subject)?);
    }
    defined.sort_small_by_key(|(number, _)| *number);
    let after = position.map_or(0, |(_, number)| number);
    let rows = defined
        .into_iter()
        .filter(|(number, _)| *number > after)
        .map(|(number, attribute)| ((0, number), attribute))
        .collect();
    Reply::of(&cursor::page(ctx, &list, limit, rows))
}

/// Reads a definition.
///
/// # Errors
/// `not_found`.
pub fn get_attribute(ctx: &Ctx<'_>, input: &GetAttribute) -> Result<Reply, Reject> {
    authorise::require(ctx, Permission::Read)?;
    Reply::of(&find(ctx, input.attribute_id)?)
}

fn find(ctx: &Ctx<'_>, id: AttributeId) -> Result<Attribute, Reject> {
    store::find(ctx.sql, id)?.ok_or_else(|| Reject::not_found("attribute"))
}

/// Defines an attribute.
///
/// # Errors
/// `forbidden`, `invalid_input`; `conflict` where the key is taken, and for too many.
pub fn create_attribute(ctx: &mut Ctx<'_>, input: &CreateAttribute) -> Result<Reply, Reject> {
    authorise::require(ctx, Permission::Manage)?;

    let key = check_key(&input.key)?;
    let label = check::line("label", &input.label, LABEL_CHARS_MAX)?;
    let options = options(input.kind, &input.options)?;
    let defined = store::of_subject(ctx.sql, input.subject)?;
    if let Some((_, other)) = defined.iter().find(|(_, other)| other.key == key) {
        return Err(Reject::conflict("there is an attribute with this key")
            .with(serde_json::json!({ "attributeId": other.id })));
    }
    if defined.len() as i64 >= ATTRIBUTES_MAX {
        let why = format!("there are at most {ATTRIBUTES_MAX} attributes of each kind of thing");
        return Err(Reject::conflict(why));
    }

    let attribute = Attribute {
        id: AttributeId(ctx.uuid()),
        subject: input.subject,
        key,
        label,
        kind: input.kind,
        options,
        created_at: ctx.now,
        updated_at: ctx.now,
        version: 1,
    };
    store::insert(ctx.sql, &attribute)?;
    let data = AttributeEvent { attribute };
    ctx.event("attribute.created", None, &data)?;
    Reply::of(&data.attribute)
}

/// Changes a definition; nothing happens where nothing changes.
///
/// # Errors
/// `forbidden`, `not_found`, `invalid_input`, `version_mismatch`.
pub fn change_attribute(ctx: &mut Ctx<'_>, input: &ChangeAttribute) -> Result<Reply, Reject> {
    authorise::require(ctx, Permission::Manage)?;

    let before = find(ctx, input.attribute_id)?;
    check_version(input.if_version, before.version)?;
    let mut attribute = before.clone();
    if let Some(label) = &input.label {
        attribute.label = check::line("label", label, LABEL_CHARS_MAX)?;
    }
    if let Some(list) = &input.options {
        attribute.options = options(attribute.kind, list)?;
    }
    if attribute == before {
        return Reply::of(&attribute);
    }

    attribute.updated_at = ctx.now;
    attribute.version += 1;
    store::update(ctx.sql, &attribute)?;
    let data = AttributeChanged { before: former(&before, &attribute), attribute };
    ctx.event("attribute.changed", None, &data)?;
    Reply::of(&data.attribute)
}

/// Deletes a definition.
///
/// # Errors
/// `forbidden`, `not_found`, `version_mismatch`.
pub fn delete_attribute(ctx: &mut Ctx<'_>, input: &DeleteAttribute) -> Result<Reply, Reject> {
    authorise::require(ctx, Permission::Manage)?;

    let attribute = find(ctx, input.attribute_id)?;
    check_version(input.if_version, attribute.version)?;

    store::remove(ctx.sql, attribute.id)?;
    let data = AttributeEvent { attribute };
    ctx.event("attribute.deleted", None, &data)?;
    Reply::of(&data.attribute)
}

/// A key as it is kept.
///
/// # Errors
/// `invalid_input`.
pub fn check_key(key: &str) -> Result<String, Reject> {
    let word = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    let good = (1..=KEY_CHARS_MAX).contains(&key.len())
        && key.bytes().all(word)
        && key.as_bytes()[0].is_ascii_lowercase();
    if good {
        return Ok(key.to_owned());
    }
    Err(Reject::field("key", "must be 1 to 50 of a-z, 0-9 and _, a letter first"))
}

/// The options of a list as they are kept; nothing else has any.
///
/// # Errors
/// `invalid_input`.
pub fn options(kind: AttributeType, options: &[String]) -> Result<Vec<String>, Reject> {
    if (kind == AttributeType::List) == options.is_empty() {
        let why = "must be there for a list, and for nothing else";
        return Err(Reject::field("options", why));
    }
    check::items("options", options, OPTIONS_MAX)?;
    let mut kept: Vec<String> = Vec::with_capacity(options.len());
    for option in options {
        let option = check::line("options", option, LABEL_CHARS_MAX)?;
        if kept.contains(&option) {
            return Err(Reject::field("options", "must not have one twice"));
        }
        kept.push(option);
    }
    Ok(kept)
}
