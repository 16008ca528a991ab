//! Profiles at LinkedIn between addresses and names, in whatever order and however often things
//! arrive.

use super::super::harness::{Town, id_of, id_of_profile, permit, row_of};
use super::super::identity::rank;
use super::{Act, orders, stays_said};
use schema::prospect::{
    Get, IdentityKind, Link, Prospect, ProspectCommand, Reason, Suppress, Update,
};

const ADDRESS: &str = "ann@acme.example";
const PROFILE: &str = "https://de.linkedin.com/in/Ann-Smith-1/en?utm=x";
const HOME: &str = "ann@home.example";
const OTHER: &str = "linkedin.com/in/ann-smith-2";

fn import(row: [Option<&str>; 4]) -> Act {
    let (id, import) = row_of(row);
    (id, ProspectCommand::Import(import))
}

/// A row of a profile, an address or both, and perhaps of the one name at the one company.
fn ann(email: Option<&str>, profile: Option<&str>, named: Named) -> Act {
    match named {
        Named::No => import([email, profile, None, None]),
        Named::Yes => import([email, profile, Some("Smith, Ann"), Some("acme.example")]),
    }
}

#[derive(Clone, Copy)]
enum Named {
    Yes,
    No,
}

/// Does acts in an order, with some steps in between or none, until all is settled.
fn in_order(town: &mut Town, acts: &[Act], order: &[usize], pace: u64) {
    for &act in order {
        let (id, command) = acts[act].clone();
        town.wish(act, id, command);
        for _ in 0..town.seed.below(1 + pace) {
            town.step();
        }
    }
    town.settle();
}

/// How many people there are in the end, whatever the order; nobody waits for anybody then.
fn people(acts: &[Act], seeds: u64) -> Vec<usize> {
    let mut counts = Vec::new();
    for (number, order) in orders(acts.len()).into_iter().enumerate() {
        for seed in 0..seeds {
            let mut town = Town::new(seed * 100 + number as u64);
            in_order(&mut town, acts, &order, seed % 12);
            for told in &town.told {
                assert!(told.answer.is_ok(), "order {order:?} seed {seed}: {told:?}");
            }
            let pending: i64 =
                town.objects.values().map(|o| o.count("identities where state = 'pending'")).sum();
            let owners = town.owners();
            assert_eq!(town.listed().len(), owners, "order {order:?} seed {seed}");
            // An alias keeps what it claimed; its owner has taken that over.
            let aliases: i64 = town
                .objects
                .values()
                .filter(|o| o.count("me where alias_of is not null") == 1)
                .map(|o| o.count("identities where state = 'pending'"))
                .sum();
            assert_eq!(pending, aliases, "order {order:?} seed {seed}");
            counts.push(owners);
        }
    }
    counts.sort_unstable();
    counts.dedup();
    counts
}

#[test]
fn rows_that_are_tied_by_a_profile_are_one_person_in_any_order() {
    let by_profile = ann(None, Some(PROFILE), Named::No);
    let tied = ann(Some(ADDRESS), Some("in/ann-smith-1"), Named::No);
    let named = ann(None, Some("LINKEDIN.com/in/ann-smith-1/"), Named::Yes);
    let by_name = ann(None, None, Named::Yes);
    assert_eq!(people(&[by_profile, tied, named, by_name], 12), [1]);
}

#[test]
fn an_address_and_a_profile_with_one_name_at_one_company_are_one_person() {
    let by_address = ann(Some(ADDRESS), None, Named::Yes);
    let by_profile = ann(None, Some(PROFILE), Named::Yes);
    let by_name = ann(None, None, Named::Yes);
    assert_eq!(people(&[by_address, by_profile, by_name], 40), [1]);
}

#[test]
fn two_profiles_with_one_name_are_two_people_whether_or_not_one_has_an_address() {
    let one = ann(None, Some(PROFILE), Named::Yes);
    let other = ann(None, Some(OTHER), Named::Yes);
    let by_name = ann(None, None, Named::Yes);
    assert_eq!(people(&[one, other.clone(), by_name.clone()], 40), [2]);
    let both = ann(Some(ADDRESS), Some(PROFILE), Named::Yes);
    assert_eq!(people(&[both, other.clone(), by_name], 40), [2]);
    // Somebody has a row that says for certain that they are one.
    let first = ann(Some(ADDRESS), Some(PROFILE), Named::Yes);
    let second = ann(Some(ADDRESS), Some(OTHER), Named::No);
    assert_eq!(people(&[first, other, second], 40), [1]);
}

#[test]
fn two_addresses_with_one_profile_are_one_person() {
    let one = ann(Some(ADDRESS), Some(PROFILE), Named::No);
    let other = ann(Some(HOME), Some(PROFILE), Named::Yes);
    let by_profile = ann(None, Some(PROFILE), Named::No);
    assert_eq!(people(&[one, other, by_profile], 40), [1]);
}

#[test]
fn whoever_is_refused_in_a_race_waits_for_nobody() {
    let by_address = ann(Some(ADDRESS), None, Named::Yes);
    let by_profile = ann(None, Some(PROFILE), Named::Yes);
    let elsewhere = ann(Some(HOME), Some(PROFILE), Named::No);
    let counts = people(&[by_address, by_profile, elsewhere], 120);
    assert!(counts.iter().all(|count| (1..=2).contains(count)), "{counts:?}");
}

/// Whoever there is in the end knows it, also after refusals that are void by then.
fn nobody_waits(known: &[Act], acts: &[Act], seeds: u64) {
    for (number, order) in orders(acts.len()).into_iter().enumerate() {
        for seed in 0..seeds {
            let mut town = Town::new(seed * 100 + number as u64);
            for (id, command) in known {
                let _: serde_json::Value = town.ask(*id, command).expect("imported");
            }
            in_order(&mut town, acts, &order, seed % 12);
            for id in [id_of(ADDRESS), id_of(HOME), id_of_profile(PROFILE)] {
                let person: Result<Prospect, _> = town.ask(id, &ProspectCommand::Get(Get {}));
                let waits = person.is_ok_and(|person| person.unsettled);
                assert!(!waits, "{id} order {order:?} seed {seed}");
            }
        }
    }
}

#[test]
fn whoever_was_refused_for_a_while_and_is_asked_by_another_name_is_not_waited_for() {
    let (address, by_address) = import([Some(ADDRESS), None, None, None]);
    let named = |email, profile, name| import([email, profile, Some(name), Some("acme.example")]);
    let nobody = id_of("nobody@acme.example");
    let acts = [
        named(None, Some(PROFILE), "Ann Smith"),
        named(Some(ADDRESS), None, "Ann Smith"),
        // What that is is unknown until it is found to be nothing.
        (address, ProspectCommand::Link(Link { to: nobody })),
        named(Some(ADDRESS), None, "Ann Jones"),
        named(None, Some(PROFILE), "Ann Jones"),
    ];
    nobody_waits(&[(address, by_address)], &acts, 12);
}

#[test]
fn whoever_waits_for_an_address_that_becomes_another_s_waits_for_nobody() {
    let known = [ADDRESS, HOME].map(|email| import([Some(email), None, None, None]));
    let acts = [
        ann(Some(ADDRESS), None, Named::Yes),
        ann(None, Some(PROFILE), Named::Yes),
        (known[0].0, ProspectCommand::Link(Link { to: known[1].0 })),
        (known[1].0, ProspectCommand::Link(Link { to: known[0].0 })),
    ];
    nobody_waits(&known, &acts, 24);
}

#[test]
fn a_no_to_a_profile_is_lost_in_no_order_of_imports_hand_over_and_permits() {
    let (profile, by_profile) = ann(None, Some(PROFILE), Named::No);
    let no = ProspectCommand::Suppress(Suppress {
        reason: Reason::OptOut,
        note: None,
        identity: Some("l:ann-smith-1".to_owned()),
        id: None,
    });
    let tied = ann(Some(ADDRESS), Some(PROFILE), Named::Yes);
    stays_said(&[(profile, by_profile), (profile, no), tied, (id_of(ADDRESS), permit("s1", 1))]);
}

#[test]
fn identities_of_all_kinds_that_are_linked_in_circles_become_the_strongest_one() {
    for seed in 0..120 {
        let mut town = Town::new(seed);
        let rows = [
            import([Some("a@x.example"), None, None, None]),
            import([Some("b@y.example"), None, None, None]),
            import([None, Some(PROFILE), None, None]),
            import([None, Some(OTHER), None, None]),
            import([None, None, Some("Ann Smith"), Some("acme.example")]),
        ];
        let ids = rows.clone().map(|(id, _)| id);
        for (id, command) in rows {
            let _: serde_json::Value = town.ask(id, &command).expect("imported");
        }
        // A circle through all of them, and some more.
        for n in 0..10 {
            let from = if n < 5 { n } else { town.seed.index(5) };
            let to = if n < 5 { (n + 1) % 5 } else { (from + 1 + town.seed.index(4)) % 5 };
            town.wish(n, ids[from], ProspectCommand::Link(Link { to: ids[to] }));
        }
        town.settle();
        assert_eq!((town.owners(), town.listed().len()), (1, 1), "seed {seed}");
        let strongest =
            [ids[0], ids[1]].into_iter().min_by_key(|id| rank(IdentityKind::Email, *id));
        for id in ids {
            let person = town.get(id);
            assert_eq!((Some(person.id), person.unsettled), (strongest, false), "seed {seed}");
        }
    }
}

#[test]
fn a_row_that_names_an_identity_ties_it_although_it_was_linked_before_it_was_known() {
    let mut town = Town::new(4);
    let (address, by_address) = ann(Some(ADDRESS), None, Named::No);
    let profile = id_of_profile(PROFILE);
    let (_, tied) = ann(Some(ADDRESS), Some(PROFILE), Named::No);
    let link = ProspectCommand::Link(Link { to: profile });
    for command in [by_address, link, tied] {
        let _: serde_json::Value = town.ask(address, &command).expect("done");
    }
    town.settle();
    let person = town.get(profile);
    assert_eq!((person.id, person.unsettled, town.owners()), (address, false, 1));
}

#[test]
fn a_profile_that_was_only_a_field_is_an_identity_once_it_is_named_again() {
    let by_hand = |profile: &str| {
        ProspectCommand::Update(Update { linkedin: Some(profile.to_owned()), ..Update::default() })
    };
    let (_, by_row) = ann(Some(ADDRESS), Some(PROFILE), Named::No);
    for again in [by_row, by_hand(PROFILE)] {
        let mut town = Town::new(4);
        let (id, mut import) = row_of([Some(ADDRESS), Some(PROFILE), None, None]);
        // As former versions imported it.
        import.also.clear();
        let _: serde_json::Value = town.ask(id, &ProspectCommand::Import(import)).expect("done");
        town.settle();
        let before = town.get(id);
        assert_eq!((before.linkedin.as_deref(), before.identities.len()), (Some(PROFILE), 0));

        let _: serde_json::Value = town.ask(id, &again).expect("done");
        assert!(town.get(id).unsettled);
        town.settle();
        let person = town.get(id_of_profile("in/ann-smith-1"));
        assert_eq!((person.id, town.owners()), (id, 1));
        let [identity] = &person.identities[..] else { panic!("{:?}", person.identities) };
        assert_eq!(identity.identity.as_deref(), Some("l:ann-smith-1"));
        assert_eq!((&*identity.state, identity.certain), ("linked", true));
        let version = person.version;
        let _: serde_json::Value = town.ask(id, &again).expect("done");
        town.settle();
        assert!(!town.get(id).unsettled, "it is claimed once");
        assert!(town.get(id).version <= version + 1);
    }
    // A company's page, and an empty text, are fields and nobody.
    let mut town = Town::new(4);
    let (id, import) = row_of([Some(ADDRESS), None, None, None]);
    let _: serde_json::Value = town.ask(id, &ProspectCommand::Import(import)).expect("done");
    for profile in ["https://www.linkedin.com/company/acme", ""] {
        // Of two texts by hand the later one counts.
        town.now += 1;
        let _: serde_json::Value = town.ask(id, &by_hand(profile)).expect("done");
        let person = town.get(id);
        assert_eq!((person.linkedin.as_deref().unwrap_or(""), person.unsettled), (profile, false));
    }
    assert_eq!(town.objects.len(), 1);
}
