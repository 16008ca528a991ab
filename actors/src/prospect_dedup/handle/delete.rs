//! Erases the person.
//!
//! For admins. Personal fields, notes and the texts of identities are forgotten, here and at the
//! aliases, and by the room what campaigns wrote to the person and know of them; that the person
//! must not be written to stays, under ids that are hashes, so that a later import cannot bring the
//! person back. Rejects: `forbidden`, `not_found`.

use crate::kernel::Ctx;
use crate::prospect_dedup::handle::suppress;
use crate::prospect_dedup::store::me;
use crate::prospect_dedup::{merge, outbox};
use schema::codec::to_json;
use schema::prospect::{Delete, Noted, ProspectCommand, Reason};
use schema::{Permission, Reject};

/// Erases the person.
///
/// # Errors
/// See above.
pub fn delete(ctx: &mut Ctx<'_>, input: &Delete) -> Result<Noted, Reject> {
    ctx.require(Permission::Manage)?;
    let mut me = me::load(ctx.sql)?.ok_or_else(|| Reject::not_found("prospect"))?;
    if let Some(to) = me.alias_of {
        ctx.outbox(outbox::FORWARD, "delete", &to_json(&ProspectCommand::Delete(input.clone())))?;
        return Ok(Noted::Forwarded { to });
    }
    if !me.erased {
        suppress::add(ctx, &mut me, Reason::Erased, None, None)?;
        merge::erase(ctx, &mut me)?;
    }
    Ok(Noted::Here {})
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::testing::{Bench, agent};
    use crate::prospect_dedup::Core;
    use crate::prospect_dedup::harness::{Town, row, row_of};
    use rusqlite::types::ValueRef;
    use schema::ids::ProspectId;
    use schema::prospect::{
        BeginWork, Begun, Claim, ClaimReply, Denial, Facts, FinishWork, Get, IdentityKind,
        PermitReply, SiteFact, SiteFactKind, SiteFacts, WorkKind, WorkOutcome, moved_to,
    };
    use schema::{Code, Role};

    /// All that a table says.
    fn dump(object: &Bench<Core>, table: &str) -> String {
        let home = object.home.connection();
        let mut all = home.prepare(&format!("select * from {table}")).expect("a table");
        let width = all.column_count();
        let rows = all.query_map([], |row| {
            let texts = (0..width).filter_map(|n| match row.get_ref(n).ok()? {
                ValueRef::Text(bytes) | ValueRef::Blob(bytes) => Some(bytes.to_vec()),
                _ => None,
            });
            let texts: Vec<_> = texts.map(|b| String::from_utf8_lossy(&b).to_lowercase()).collect();
            Ok(texts.join(" "))
        });
        rows.expect("rows").map(|row| row.expect("a row")).collect()
    }

    /// Enriches with what the pages of a company say.
    fn enrich(town: &mut Town, id: ProspectId, value: &str, domain: &str) {
        let work = WorkKind::Enrich;
        let begun = town.ask(id, &ProspectCommand::BeginWork(BeginWork { work }));
        let attempt = match begun {
            Ok(Begun::Leased { attempt, .. }) => attempt,
            other => panic!("{other:?}"),
        };
        let (kind, source) = (SiteFactKind::Title, format!("https://{domain}/"));
        let facts = vec![SiteFact { kind, value: value.into(), source }];
        let site = Some(SiteFacts { domain: domain.into(), read_at: 1, trouble: None, facts });
        let outcome = WorkOutcome::Facts(Facts::default());
        let finish = FinishWork { work, attempt, cost_micros: 0, outcome, site };
        town.ask::<Noted>(id, &ProspectCommand::FinishWork(finish)).expect("enriched");
        town.settle();
    }

    #[test]
    fn an_erased_person_leaves_no_trace_of_text_and_cannot_be_brought_back() {
        let mut town = Town::new(4);
        let link = "https://www.linkedin.com/in/Ann-Smith-1/";
        let ann = row_of([Some("ann@acme.example"), Some(link), Some("Ann Smith"), None]);
        let import = ProspectCommand::Import(ann.1.clone());
        let ann = town.import(ann);
        let (profile, by_profile) = row_of([None, Some("in/ann-smith-1"), None, None]);
        let (name, by_name) = row(None, Some("Ann Smith"), Some("acme.example"));
        town.settle();
        assert!(dump(&town.objects[&ann], "fields").contains("smith"));
        assert!(dump(&town.objects[&name], "me").contains("smith"));
        enrich(&mut town, ann, "Acme", "acme.example");
        assert!(dump(&town.objects[&ann], "site").contains("acme"));
        assert!(dump(&town.objects[&ann], "history").contains("acme"));
        assert!(dump(&town.objects[&profile], "me").contains("l:ann-smith-1"));
        town.who = agent(1, Role::Agent);
        let delete = ProspectCommand::Delete(Delete {});
        let refused = town.ask::<Noted>(ann, &delete).expect_err("refused");
        assert_eq!(refused.code, Code::Forbidden);
        town.who = agent(1, Role::Admin);
        // Asked at the alias: it reaches the owner.
        assert_eq!(town.ask::<Noted>(name, &delete), Ok(Noted::Here {}));
        town.settle();

        assert!(town.listed().is_empty());
        assert_eq!(
            town.forgotten,
            [ann, name, profile].into(),
            "campaigns forget each of the identities"
        );
        let denied = PermitReply::Denied { reason: Denial::Erased, retry_after_ms: None };
        town.who = crate::kernel::testing::system();
        assert_eq!(town.permit(name, "s1", 1), denied);
        let (by_name, by_profile) =
            (ProspectCommand::Import(by_name), ProspectCommand::Import(by_profile));
        for (id, command) in [(ann, import), (name, by_name), (profile, by_profile)] {
            let refused = town.ask::<serde_json::Value>(id, &command).expect_err("refused");
            assert_eq!((refused.code, moved_to(&refused)), (Code::Gone, None));
        }
        for (id, object) in &town.objects {
            for table in ["me", "fields", "identities", "suppressions", "history", "site", "outbox"]
            {
                let text = dump(object, table);
                for word in ["ann", "smith", "acme"] {
                    assert!(!text.contains(word), "{id} {table}: {text}");
                }
            }
        }
    }

    #[test]
    fn an_alias_that_was_still_claiming_a_name_forgets_that_too() {
        let mut town = Town::new(4);
        let link = Some("in/ann-smith-1");
        let (profile, named) = row_of([None, link, Some("Ann Smith"), Some("acme.example")]);
        let (ann, tied) = row_of([Some("ann@acme.example"), link, None, None]);
        town.import((profile, named));
        town.import((ann, tied));
        let claim = ProspectCommand::Claim(Claim {
            by: ann,
            by_kind: IdentityKind::Email,
            by_identity: None,
            by_has: Vec::new(),
            identity: None,
            certain: true,
        });
        assert_eq!(town.ask::<ClaimReply>(profile, &claim), Ok(ClaimReply::HandingOver {}));
        assert!(dump(&town.objects[&profile], "identities").contains("smith@acme"));
        town.settle();
        town.who = agent(1, Role::Admin);
        town.note(ann, &ProspectCommand::Delete(Delete {}));
        town.settle();
        let left = dump(&town.objects[&profile], "identities");
        assert!(!left.contains("smith"), "{left}");
    }

    #[test]
    fn a_namesake_is_erased_with_the_person_unless_each_has_a_profile() {
        let row = |email, link| row_of([email, link, Some("Ann Smith"), Some("acme.example")]);
        for known in [None, Some("in/ann-smith-1")] {
            let mut town = Town::new(4);
            let ann = town.import(row(Some("ann@acme.example"), known));
            town.settle();
            town.who = agent(1, Role::Admin);
            town.note(ann, &ProspectCommand::Delete(Delete {}));
            town.settle();

            town.who = crate::kernel::testing::system();
            let other = town.import(row(None, Some("in/ann-smith-2")));
            town.settle();
            let found = town.ask::<serde_json::Value>(other, &ProspectCommand::Get(Get {}));
            let refused = found.map_err(|reject| (reject.code, moved_to(&reject))).err();
            assert_eq!(refused, known.is_none().then_some((Code::Gone, None)), "{known:?}");
        }
    }
}
