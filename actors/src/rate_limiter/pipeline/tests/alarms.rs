//! What begins and ends in workspaces: which of it rings, when, and what operators hear last.

use super::super::alarms::BUSY;
use super::*;
use schema::alert::AlertKind::{InboxPaused, InboxWarned, ReviewNeeded, SyncStalled};
use schema::alert::AlertState::{Raised, Recovered};
use schema::alert::{Alert, AlertKind, AlertState, Digest, OutreachCounts};
use schema::dead_letter::Ring;
use schema::ids::{InboxId, WorkspaceId};

const OTHERS: WorkspaceId = WorkspaceId(Uuid::from_u128(99));
const MINUTE: i64 = 60_000;
const DAY: i64 = 24 * 60 * MINUTE;

/// An alert of an inbox, or, of number 0, of the workspace itself.
fn alert(kind: AlertKind, state: AlertState, at: i64, number: u128) -> Alert {
    let inbox_id = (number > 0).then(|| InboxId(Uuid::from_u128(number)));
    Alert { inbox_id, ..Alert::new(kind, state, at, WORKSPACE) }
}

impl Scene {
    fn ring(&mut self, alert: Alert) {
        let ring = Ring { alert, bell: bell() };
        self.ask::<Value>(PipelineCommand::Ring(ring));
    }

    /// An alert while there is nowhere to ring.
    fn ring_nowhere(&mut self, alert: Alert) {
        self.ask::<Value>(PipelineCommand::Ring(Ring { alert, bell: None }));
    }

    /// State, time and inbox of what was heard.
    fn rung(&self) -> Vec<(&str, i64, Option<&str>)> {
        let all = self.heard.iter();
        all.map(|it| {
            let state = it["state"].as_str().expect("a state");
            (state, it["at"].as_i64().expect("a time"), it["inboxId"].as_str())
        })
        .collect()
    }

    fn times(&self) -> Vec<i64> {
        self.rung().iter().map(|one| one.1).collect()
    }
}

#[test]
fn what_begins_rings_once_and_once_when_it_is_over_however_word_of_it_comes() {
    let mut scene = Scene::new();
    for kind in [InboxPaused, InboxWarned, SyncStalled] {
        scene.heard.clear();
        let of = |state, at| alert(kind, state, at, 1);
        for (state, at) in [(Raised, 10), (Raised, 10), (Recovered, 20), (Raised, 10)] {
            scene.ring(of(state, at));
            scene.bench.restart();
        }
        scene.ring(of(Recovered, 20));
        // Over before anybody heard that it began.
        scene.ring(of(Recovered, 40));
        scene.ring(of(Raised, 30));
        let states: Vec<_> = scene.rung().iter().map(|one| (one.0, one.1)).collect();
        assert_eq!(states, [("raised", 10), ("recovered", 20)], "{kind:?}");
        assert_eq!(scene.heard[0]["type"], kind.as_str());
        scene.ring(alert(kind, Raised, 15, 2));
        assert_eq!(scene.rung().len(), 3, "another inbox is another alert");
    }
}

#[test]
fn a_pause_for_another_reason_rings_in_its_time_and_anything_else_that_goes_on_does_not() {
    for (kind, times) in [(InboxPaused, vec![10, 20]), (InboxWarned, vec![10])] {
        let mut scene = Scene::new();
        for at in [10, 20] {
            scene.ring(alert(kind, Raised, at, 1));
            assert_eq!(scene.times(), [10]);
        }
        scene.wait(3 * QUIET_MS);
        assert_eq!(scene.times(), times, "{kind:?}");
    }
}

#[test]
fn a_person_is_asked_for_once_by_a_workspace_whichever_of_it_waits() {
    let mut scene = Scene::new();
    let of = |state, at, number| alert(ReviewNeeded, state, at, number);
    for (state, at, number) in
        [(Raised, 1, 0), (Raised, 2, 1), (Recovered, 3, 0), (Raised, 4, 2), (Recovered, 5, 1)]
    {
        scene.ring(of(state, at, number));
    }
    assert_eq!(scene.rung(), [("raised", 1, None)]);
    scene.ring(of(Recovered, 6, 2));
    let last = InboxId(Uuid::from_u128(2)).to_string();
    assert_eq!(scene.rung()[1..], [("recovered", 6, Some(&*last))]);
    scene.ring(of(Raised, 7, 0));
    assert_eq!(scene.heard.len(), 2, "not so soon");
    scene.wait(QUIET_MS);
    assert_eq!(scene.rung()[2..], [("raised", 7, None)]);
}

#[test]
fn what_one_workspace_tells_says_nothing_of_another() {
    for kind in [ReviewNeeded, InboxPaused] {
        let mut scene = Scene::new();
        for (state, at) in [(Raised, 1), (Recovered, 2)] {
            for workspace_id in [WORKSPACE, OTHERS] {
                scene.ring(Alert { workspace_id, ..alert(kind, state, at, 1) });
            }
        }
        let (ours, theirs) = (json!(WORKSPACE), json!(OTHERS));
        let heard: Vec<_> =
            scene.heard.iter().map(|it| (&it["state"], &it["workspaceId"])).collect();
        let (raised, recovered) = (json!("raised"), json!("recovered"));
        let wanted =
            [(&raised, &ours), (&raised, &theirs), (&recovered, &ours), (&recovered, &theirs)];
        assert_eq!(heard, wanted, "{kind:?}");
    }
}

#[test]
fn what_had_nowhere_to_ring_rings_when_there_is_somewhere_if_it_still_stands() {
    let mut scene = Scene::new();
    for number in [1, 2] {
        scene.ring_nowhere(alert(InboxPaused, Raised, 1, number));
    }
    scene.ring_nowhere(alert(InboxPaused, Recovered, 2, 2));
    assert!(scene.ids.is_empty());
    scene.ring(alert(SyncStalled, Raised, 3, 3));
    let mut times = scene.times();
    times.sort_unstable();
    assert_eq!(times, [1, 3]);
}

#[test]
fn of_what_nobody_took_and_what_is_over_since_nothing_is_told() {
    let mut scene = Scene::new();
    scene.answers = 500;
    scene.ring(alert(InboxPaused, Raised, 1, 1));
    assert_eq!(scene.ids.len(), 1);
    scene.answers = 204;
    scene.wait(MINUTE);
    scene.ring(alert(InboxPaused, Recovered, 2, 1));
    scene.wait(DAY);
    assert!(scene.heard.is_empty(), "{:?}", scene.heard);
    assert_eq!(scene.bench.count("outbox"), 0);
}

#[test]
fn an_end_that_nobody_took_is_not_told_of_what_has_begun_again() {
    for (kind, wanted) in [(SyncStalled, vec![1]), (InboxPaused, vec![1, 3])] {
        let mut scene = Scene::new();
        scene.ring(alert(kind, Raised, 1, 1));
        scene.answers = 503;
        scene.ring(alert(kind, Recovered, 2, 1));
        scene.answers = 204;
        scene.ring(alert(kind, Raised, 3, 1));
        scene.wait(DAY);
        assert_eq!(scene.times(), wanted, "{kind:?}");
        scene.ring(alert(kind, Recovered, 4, 1));
        assert_eq!(scene.rung().last().map(|one| (one.0, one.1)), Some(("recovered", 4)));
    }
}

#[test]
fn a_pause_for_another_reason_takes_the_place_of_one_that_nobody_took() {
    let mut scene = Scene::new();
    scene.answers = 500;
    scene.ring(alert(InboxPaused, Raised, 1, 1));
    scene.ring(alert(InboxPaused, Raised, 2, 1));
    assert_eq!(scene.ids.len(), 1, "it waits as long as the first would have");
    scene.answers = 204;
    scene.wait(RETRY_MS);
    assert_eq!(scene.times(), [2]);
    scene.wait(DAY);
    assert_eq!(scene.ids.len(), 2);
}

#[test]
fn an_end_that_comes_while_its_begin_is_under_way_follows_it() {
    let mut scene = Scene::new();
    let ring =
        |alert| LimiterCommand::Pipeline(PipelineCommand::Ring(Ring { alert, bell: bell() }));
    let tell = |scene: &mut Scene, alert| {
        scene.bench.ask::<Value>(&system(), None, &ring(alert)).expect("an answer");
    };
    tell(&mut scene, alert(InboxWarned, Raised, 1, 1));
    let (entry, _) = scene.bench.begin().pop().expect("it is under way");
    tell(&mut scene, alert(InboxWarned, Recovered, 2, 1));
    assert!(scene.bench.begin().is_empty(), "one after the other");
    let fate = PostFate::Answered { status: 200, answer: String::new(), retry_after_ms: None };
    let posted = Posted { id: String::new(), asked_at: 0, fate, took_ms: 1 };
    scene.bench.settle(&entry, &Outcome::Posted(vec![posted]));
    scene.drain();
    assert_eq!(scene.rung(), [("recovered", 2, scene.heard[0]["inboxId"].as_str())]);
}

#[test]
fn an_end_is_told_of_what_may_have_been_heard() {
    let mut unanswered = Scene::new();
    unanswered.answers = 0;
    unanswered.ring(alert(SyncStalled, Raised, 1, 1));
    unanswered.answers = 204;
    let mut dead = Scene::new();
    let ring =
        PipelineCommand::Ring(Ring { alert: alert(SyncStalled, Raised, 1, 1), bell: bell() });
    let ring = LimiterCommand::Pipeline(ring);
    dead.bench.ask::<Value>(&system(), None, &ring).expect("an answer");
    assert_eq!(dead.bench.begin().len(), 1);
    dead.bench.restart();
    for mut scene in [unanswered, dead] {
        scene.ring(alert(SyncStalled, Recovered, 2, 1));
        scene.wait(DAY);
        assert_eq!(scene.times(), [2]);
        assert_eq!(scene.bench.count("outbox"), 0);
    }
}

#[test]
fn what_stands_is_told_though_nobody_took_it_for_days_and_under_the_same_name() {
    let mut scene = Scene::new();
    scene.answers = 500;
    scene.ring(alert(InboxPaused, Raised, 1, 1));
    scene.wait(3 * DAY);
    let tries = scene.ids.len();
    assert!((300..400).contains(&tries), "{tries}");
    scene.answers = 204;
    scene.wait(2 * QUIET_MS);
    assert_eq!(scene.times(), [1]);
    assert!(scene.ids.iter().all(|id| id == "alert-inboxPaused-1"), "{:?}", scene.ids.last());
    assert_eq!(scene.heard[0]["number"], 1);
    scene.wait(3 * DAY);
    assert_eq!(scene.ids.len(), tries + 1);
}

#[test]
fn whatever_fails_what_operators_heard_last_is_how_it_stands() {
    for seed in 0..60 {
        let (mut scene, mut dice) = (Scene::new(), Seeded(seed));
        let kind = if seed % 2 == 0 { SyncStalled } else { InboxPaused };
        let mut stands = [false; 3];
        for at in 1..=120 {
            scene.answers = [0, 500, 204][dice.index(3)];
            let inbox = dice.index(3);
            stands[inbox] = dice.below(2) == 0;
            let state = if stands[inbox] { Raised } else { Recovered };
            scene.ring(alert(kind, state, at, 1 + inbox as u128));
            if dice.below(10) == 0 {
                scene.bench.restart();
            }
            scene.wait(dice.below(40 * 60_000) as i64);
        }
        scene.answers = 204;
        scene.wait(DAY);
        for (inbox, stands) in stands.iter().enumerate() {
            let id = InboxId(Uuid::from_u128(1 + inbox as u128)).to_string();
            let is_of_it = |it: &&Value| it["inboxId"].as_str() == Some(&*id);
            let of_it: Vec<_> = scene.heard.iter().filter(is_of_it).collect();
            let last = of_it.last().is_some_and(|it| it["state"] == "raised");
            assert_eq!(last, *stands, "seed {seed}, inbox {inbox}: {of_it:?}");
            let numbers: Vec<_> = of_it.iter().map(|it| it["number"].as_i64()).collect();
            assert!(numbers.is_sorted_by(|a, b| a < b), "seed {seed}: {numbers:?}");
        }
    }
}

#[test]
fn who_changes_to_and_fro_rings_no_oftener() {
    for (answers, most) in [(204, 3), (500, 20)] {
        let mut scene = Scene::new();
        scene.ring(alert(InboxPaused, Raised, 1, 1));
        scene.answers = answers;
        for at in 1..600 {
            scene.ring(alert(InboxPaused, Recovered, 2 * at, 1));
            scene.ring(alert(InboxPaused, Raised, 2 * at + 1, 1));
            scene.wait(QUIET_MS / 700);
        }
        assert!(scene.ids.len() <= most, "{}", scene.ids.len());
        assert_eq!(scene.bench.count("notices"), 1);
        assert!(scene.bench.count("outbox") <= 1);
    }
}

#[test]
fn a_workspace_of_which_much_is_told_does_not_keep_others_from_ringing() {
    let mut scene = Scene::new();
    let most = usize::try_from(BUSY).expect("small");
    for number in 1..=most as u128 + 10 {
        scene.ring(alert(InboxPaused, Raised, 1, number));
    }
    assert_eq!(scene.heard.len(), most);
    scene.ring(Alert { workspace_id: OTHERS, ..alert(InboxPaused, Raised, 1, 1) });
    assert_eq!(scene.heard.len(), most + 1);
    scene.wait(QUIET_MS);
    assert_eq!(scene.heard.len(), most + 11);
}

fn week(to: i64) -> Alert {
    let outreach = OutreachCounts { sent: to, ..OutreachCounts::default() };
    let digest = Digest { from: to - 7 * DAY, to, outreach, inboxes: Vec::new() };
    let new = alert(AlertKind::Digest, Raised, to, 0);
    Alert { digest: Some(Box::new(digest)), ..new }
}

/// 2026-11-22, at midnight.
const SUNDAY: i64 = 1_795_305_600_000;

#[test]
fn each_week_is_told_of_once_also_after_one_that_was_told_late() {
    let mut scene = Scene::new();
    scene.keep(1);
    scene.heard.clear();
    let late = SUNDAY + 36 * 60 * MINUTE;
    let next = SUNDAY + 7 * DAY + 1;
    for to in [late, late + 1, SUNDAY + 6 * DAY, next, next + MINUTE, late] {
        scene.ring(week(to));
        scene.wait(QUIET_MS);
    }
    let told: Vec<_> = scene.heard.iter().map(|it| &it["digest"]["outreach"]["sent"]).collect();
    assert_eq!(told, [&json!(late), &json!(next)]);
    assert_eq!(
        (&scene.heard[0]["type"], &scene.heard[0]["deadLetters"]),
        (&json!("digest"), &json!(1))
    );
}

#[test]
fn a_digest_that_nobody_took_for_a_day_is_old() {
    let mut scene = Scene::new();
    scene.answers = 500;
    scene.ring(week(SUNDAY));
    scene.wait(RETRIED_MS + 2 * RETRY_MS);
    assert_eq!(scene.bench.count("outbox"), 0, "it was given up");
    scene.answers = 204;
    scene.wait(DAY);
    assert!(scene.heard.is_empty());
    scene.ring(week(SUNDAY + 7 * DAY));
    assert_eq!(scene.heard.len(), 1);
}
