//! Makes the prospect, or fills what is missing in it.
//!
//! For agents who may work. The row's other identities are claimed. Rejects: `invalid_input`, `gone`
//! with `movedTo` (ask there, with `followed`), `gone` with `erased` (never written to again).

use crate::kernel::Ctx;
use crate::prospect_dedup::identity::Identity;
use crate::prospect_dedup::store::fields::{self, ATTRIBUTE};
use crate::prospect_dedup::store::identities::{self, LINKED};
use crate::prospect_dedup::store::me::{self, Me};
use crate::prospect_dedup::{ALSO_MAX, ATTRIBUTES_MAX, FIELD_CHARS_MAX, person};
use schema::ids::ProspectId;
use schema::prospect::{FieldRow, IdentityKind, IdentityRow, Import, Imported, moved};
use schema::{Permission, Reject, check};

/// Imports a row.
///
/// # Errors
/// See above.
pub fn import(ctx: &mut Ctx<'_>, input: Import) -> Result<Imported, Reject> {
    ctx.require(Permission::Work)?;
    let identity = Identity::parse("identity", &input.identity)?;
    check::items("also", &input.also, ALSO_MAX)?;
    let also: Result<Vec<_>, _> =
        input.also.iter().map(|text| Identity::parse("also", text)).collect();
    let (also, fields) = (also?, given_fields(ctx, &input)?);
    let own = person::own_id(ctx)?;
    let id = identity.id(ctx.principal.workspace);
    let loaded = me::load(ctx.sql)?;
    // Only who was sent here by an alias may bring the identity of another actor.
    if id != own && !(input.followed && loaded.is_some()) {
        return Err(Reject::field("identity", "belongs to another prospect"));
    }
    let created = loaded.is_none();
    let mut me = open(ctx, loaded, &identity)?;
    let full = fields::attributes(ctx.sql)? + input.attributes.len() as i64;
    if full > 2 * ATTRIBUTES_MAX as i64 {
        return Err(Reject::field("attributes", "this prospect has too many already"));
    }

    let mut changed = created;
    for field in &fields {
        changed |= fields::join(ctx.sql, field)?;
    }
    if id != own {
        changed |=
            person::claim(ctx, id, Some(&identity.text), identity.kind == IdentityKind::Email)?;
    }
    count(ctx, id, &identity)?;
    for other in &also {
        let id = other.id(ctx.principal.workspace);
        let certain = other.kind == IdentityKind::Email;
        changed |= person::claim(ctx, id, Some(&other.text), certain)?;
    }
    if changed {
        person::note(
            ctx,
            if created { "prospect.created" } else { "prospect.filled" },
            input.source,
        )?;
        person::touch(ctx, &mut me)?;
    }
    Ok(Imported { id: own, created, imports: identities::imports(ctx.sql)? })
}

fn open(ctx: &Ctx<'_>, loaded: Option<Me>, identity: &Identity) -> Result<Me, Reject> {
    match loaded {
        None => Ok(Me::new(identity.kind, identity.text.clone(), ctx.now)),
        Some(Me { alias_of: Some(to), .. }) => Err(moved(to)),
        Some(Me { erased: true, .. }) => Err(person::erased()),
        Some(me) => Ok(me),
    }
}

/// Counts the row under its identity.
fn count(ctx: &Ctx<'_>, id: ProspectId, identity: &Identity) -> Result<(), Reject> {
    let known = identities::find(ctx.sql, id)?;
    let fresh = || IdentityRow {
        id,
        identity: Some(identity.text.clone()),
        state: LINKED.to_owned(),
        certain: true,
        imports: 0,
    };
    let mut row = known.unwrap_or_else(fresh);
    row.imports += 1;
    Ok(identities::put(ctx.sql, &row)?)
}

fn given_fields(ctx: &Ctx<'_>, input: &Import) -> Result<Vec<FieldRow>, Reject> {
    check_attributes(&input.attributes)?;
    let named = [
        ("email", &input.email),
        ("name", &input.name),
        ("company", &input.company),
        ("domain", &input.domain),
        ("title", &input.title),
        ("linkedin", &input.linkedin),
        ("source", &input.source),
    ];
    let mut fields = Vec::new();
    for (name, value) in named {
        // A row of a file has empty cells: they say nothing.
        let Some(value) = value.as_ref().filter(|value| !value.trim().is_empty()) else { continue };
        let value = check::line(name, value, FIELD_CHARS_MAX)?;
        fields.push(FieldRow { name: name.to_owned(), value, by_hand: false, at: ctx.now });
    }
    for (name, value) in input.attributes.iter().filter(|(_, value)| !value.trim().is_empty()) {
        let value = check::text("attributes", value, FIELD_CHARS_MAX)?;
        let name = format!("{ATTRIBUTE}{name}");
        fields.push(FieldRow { name, value, by_hand: false, at: ctx.now });
    }
    Ok(fields)
}

/// Checks the names of attributes, and how many there are.
///
/// # Errors
/// `invalid_input`.
pub fn check_attributes(
    attributes: &std::collections::BTreeMap<String, String>,
) -> Result<(), Reject> {
    if attributes.len() > ATTRIBUTES_MAX {
        let most = format!("must have at most {ATTRIBUTES_MAX} entries");
        return Err(Reject::field("attributes", most));
    }
    for name in attributes.keys() {
        if check::line("attributes", name, 100)? != *name {
            return Err(Reject::field("attributes", "a name must not begin or end with a space"));
        }
    }
    Ok(())
}
