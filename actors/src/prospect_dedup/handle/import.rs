//! Makes the prospect, or fills what is missing in it.
//!
//! For agents who may work. The row's other identities are claimed. Rejects: `invalid_input`,
//! `gone` with `movedTo` (ask there, with `followed`), `gone` with `erased` (never written to
//! again).

use crate::kernel::Ctx;
use crate::mail::identity::bare_address;
use crate::prospect_dedup::identity::Identity;
use crate::prospect_dedup::store::fields::{self, ATTRIBUTE};
use crate::prospect_dedup::store::identities::{self, LINKED};
use crate::prospect_dedup::store::me::{self, Me};
use crate::prospect_dedup::{ALSO_MAX, ATTRIBUTES_MAX, FIELD_CHARS_MAX, person, pipeline};
use schema::ids::ProspectId;
use schema::prospect::{FieldRow, IdentityRow, Import, Imported, moved};
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
    check_room(ctx, input.attributes.len())?;

    let (mut filled, mut clue) = (false, false);
    for field in &fields {
        let is_new = fields::join(ctx.sql, field)?;
        filled |= is_new;
        clue |= is_new && pipeline::is_clue(&field.name);
    }
    let mut changed = created | filled;
    if id != own {
        changed |= person::claim(ctx, id, Some(&identity.text), identity.kind.is_certain())?;
    }
    count(ctx, id, &identity)?;
    for other in &also {
        let id = other.id(ctx.principal.workspace);
        changed |= person::claim(ctx, id, Some(&other.text), other.kind.is_certain())?;
    }
    if clue {
        pipeline::news(ctx)?;
    }
    if input.into_pipeline {
        pipeline::start(ctx)?;
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
        let mut value = check::line(name, value, FIELD_CHARS_MAX)?;
        if name == "email" {
            let bare =
                bare_address(&value).map_err(|error| Reject::field(name, error.to_string()))?;
            value = bare.to_lowercase();
        }
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

/// Refuses more attributes where the person has too many. Two records of one person may have had
/// more together: that keeps nobody from writing anything else.
///
/// # Errors
/// `invalid_input`.
pub fn check_room(ctx: &Ctx<'_>, given: usize) -> Result<(), Reject> {
    if given == 0 || fields::attributes(ctx.sql)? + given as i64 <= 2 * ATTRIBUTES_MAX as i64 {
        return Ok(());
    }
    Err(Reject::field("attributes", "this prospect has too many already"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::testing::agent;
    use crate::prospect_dedup::harness::{Town, id_of, row};
    use schema::prospect::{Link, ProspectCommand, Update};
    use schema::{Code, Role};

    #[test]
    fn a_later_row_fills_what_is_missing_and_what_was_written_by_hand_stays() {
        let mut town = Town::new(4);
        let (ann, mut import) = row(Some("Ann@acme.example"), None, None);
        import.title = Some("CTO".into());
        import.company = Some("  ".into());
        let ask = |town: &mut Town, import: &Import| -> Imported {
            town.ask(ann, &ProspectCommand::Import(import.clone())).expect("imported")
        };
        assert_eq!(ask(&mut town, &import), Imported { id: ann, created: true, imports: 1 });
        town.now += 1_000;
        import.title = Some("CEO".into());
        import.company = Some("Acme".into());
        assert_eq!(ask(&mut town, &import), Imported { id: ann, created: false, imports: 2 });
        let person = town.get(ann);
        assert_eq!(
            (person.title.as_deref(), person.company.as_deref()),
            (Some("CTO"), Some("Acme"))
        );

        let update = Update {
            title: Some("Chair".into()),
            company: Some(String::new()),
            ..Update::default()
        };
        town.ask::<serde_json::Value>(ann, &ProspectCommand::Update(update)).expect("updated");
        let version = town.get(ann).version;
        ask(&mut town, &import);
        let person = town.get(ann);
        assert_eq!((person.title.as_deref(), person.company.as_deref()), (Some("Chair"), None));
        assert_eq!((person.version, person.imports), (version, 3), "nothing new, nothing told");
    }

    #[test]
    fn whoever_has_too_many_attributes_of_two_records_gets_none_more_but_anything_else() {
        let mut town = Town::new(4);
        let (work, by_work) = row(Some("ann@acme.example"), None, None);
        let (home, by_home) = row(Some("ann@home.example"), None, None);
        for (id, import, first) in
            [(work, &by_work, 0), (work, &by_work, 50), (home, &by_home, 100)]
        {
            let names = (first..first + ATTRIBUTES_MAX).map(|n| (format!("a{n}"), "x".into()));
            let import = Import { attributes: names.collect(), ..import.clone() };
            town.ask::<Imported>(id, &ProspectCommand::Import(import)).expect("imported");
        }
        let link = ProspectCommand::Link(Link { to: home });
        town.ask::<serde_json::Value>(work, &link).expect("linked");
        town.settle();
        assert_eq!(town.get(work).attributes.len(), 3 * ATTRIBUTES_MAX);

        let more = [("a0".to_owned(), "y".to_owned())];
        let title = Some("Chair".to_owned());
        let import = |more: &[(String, String)]| {
            let attributes = more.iter().cloned().collect();
            let import = Import { attributes, title: title.clone(), ..by_work.clone() };
            ProspectCommand::Import(import)
        };
        let update = |more: &[(String, String)]| {
            let attributes = more.iter().cloned().collect();
            ProspectCommand::Update(Update {
                attributes,
                title: title.clone(),
                ..Update::default()
            })
        };
        for (refused, taken) in [(import(&more), import(&[])), (update(&more), update(&[]))] {
            let code = town.ask::<serde_json::Value>(work, &refused).map_err(|reject| reject.code);
            assert_eq!(code, Err(Code::InvalidInput), "{refused:?}");
            town.ask::<serde_json::Value>(work, &taken).expect("it brings none");
        }
        let person = town.get(home);
        assert_eq!((person.title, person.attributes.len()), (title, 3 * ATTRIBUTES_MAX));
    }

    #[test]
    fn what_is_wrong_is_refused_and_makes_nothing() {
        let mut town = Town::new(4);
        let (ann, import) = row(Some("ann@acme.example"), None, None);
        let with = |change: &dyn Fn(&mut Import)| {
            let mut import = import.clone();
            change(&mut import);
            ProspectCommand::Import(import)
        };
        for wrong in [
            with(&|i| i.identity = "e:bob@acme.example".into()),
            with(&|i| i.identity = "e:Ann@acme.example".into()),
            with(&|i| i.followed = true).clone(),
            with(&|i| i.also = vec!["n:nobody".into()]),
            with(&|i| i.name = Some("a\nb".into())),
            with(&|i| i.title = Some("x".repeat(501))),
            with(&|i| i.attributes = (0..51).map(|n| (n.to_string(), "x".into())).collect()),
            with(&|i| i.attributes = [(" a".into(), "x".into())].into()),
        ] {
            let to = if matches!(&wrong, ProspectCommand::Import(i) if i.followed) {
                id_of("somebody@else.example")
            } else {
                ann
            };
            let refused = town.ask::<Imported>(to, &wrong).expect_err("refused");
            assert_eq!(refused.code, Code::InvalidInput, "{wrong:?}");
        }
        town.who = agent(1, Role::Viewer);
        let refused = town.ask::<Imported>(ann, &with(&|_| {})).expect_err("refused");
        assert_eq!(refused.code, Code::Forbidden);
        assert_eq!(town.objects[&ann].count("me") + town.objects[&ann].count("head"), 0);
    }
}
