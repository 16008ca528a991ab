//! Writes fields by hand: they win over imported ones, and an empty text clears.
//!
//! A profile at LinkedIn is claimed, also where it was the person's field before: people of former
//! versions have it as a field only. One that is cleared stays an identity.
//! For agents who may work. Rejects: `invalid_input`, `not_found`, `gone`.

use super::import::{check_attributes, check_room};
use crate::kernel::Ctx;
use crate::prospect_dedup::store::fields::{self, ATTRIBUTE};
use crate::prospect_dedup::{FIELD_CHARS_MAX, person, pipeline, view};
use schema::prospect::{FieldRow, Prospect, Update};
use schema::{Permission, Reject, check};

/// Writes fields by hand.
///
/// # Errors
/// See above.
pub fn update(ctx: &mut Ctx<'_>, input: &Update) -> Result<Prospect, Reject> {
    ctx.require(Permission::Work)?;
    let fields = given_fields(ctx, input)?;
    let mut me = person::owner(ctx)?;
    check_room(ctx, input.attributes.len())?;

    let mut changed = Vec::new();
    for field in &fields {
        if fields::join(ctx.sql, field)? {
            changed.push(field.name.as_str());
        }
    }
    if changed.iter().any(|field| pipeline::is_clue(field)) {
        pipeline::news(ctx)?;
    }
    let profile = input.linkedin.as_deref().unwrap_or_default();
    if person::claim_profile(ctx, profile)? && !changed.contains(&"linkedin") {
        changed.push("linkedin");
    }
    if !changed.is_empty() {
        person::note(ctx, "prospect.updated", Some(changed.join(", ")))?;
        person::touch(ctx, &mut me)?;
    }
    view::prospect(ctx, me)
}

fn given_fields(ctx: &Ctx<'_>, input: &Update) -> Result<Vec<FieldRow>, Reject> {
    check_attributes(&input.attributes)?;
    let named = [
        ("name", &input.name),
        ("company", &input.company),
        ("domain", &input.domain),
        ("title", &input.title),
        ("linkedin", &input.linkedin),
    ];
    let given = named.into_iter().filter_map(|(name, value)| Some((name, value.as_ref()?)));
    let attributes = input.attributes.iter();
    let mut fields = Vec::new();
    for (name, value) in given {
        fields.push(FieldRow {
            name: name.to_owned(),
            value: line(name, value)?,
            by_hand: true,
            at: ctx.now,
        });
    }
    for (name, value) in attributes {
        let value = line("attributes", value)?;
        fields.push(FieldRow {
            name: format!("{ATTRIBUTE}{name}"),
            value,
            by_hand: true,
            at: ctx.now,
        });
    }
    Ok(fields)
}

fn line(field: &str, value: &str) -> Result<String, Reject> {
    if value.is_empty() { Ok(String::new()) } else { check::line(field, value, FIELD_CHARS_MAX) }
}
