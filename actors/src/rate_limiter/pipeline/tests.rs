//! Alerts, dead letters and queues, with a receiver that the test plays.

mod alarms;

use super::{QUIET_MS, RETRIED_MS, RETRY_MS};
use crate::kernel::testing::{Bench, Seeded, WORKSPACE, agent, system};
use crate::kernel::{Effect, Entry, Outcome, PostFate, Posted};
use crate::rate_limiter::Core;
use schema::dead_letter::{
    Bell, Consumed, DropLetter, GetQueues, KeepLetter, Left, Letter, Letters, ListLetters, Meeting,
    PipelineCommand, Queues,
};
use schema::ids::{CampaignId, DeadLetterId, ProspectId};
use schema::limiter::{Check, LimitKind, LimiterCommand};
use schema::pipeline::{MeetingAsked, Queue};
use schema::{Code, Role};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use uuid::Uuid;

struct Scene {
    bench: Bench<Core>,
    /// What receivers were told, in order.
    heard: Vec<Value>,
    /// The names of all requests, also of those that were not taken.
    ids: Vec<String>,
    /// The status of receivers' answers; of 0 there is none.
    answers: u16,
}

fn id(number: u128) -> DeadLetterId {
    DeadLetterId(Uuid::from_u128(number))
}

fn letter(number: u128) -> Letter {
    let queue = Some(Queue::InboundQueue);
    let reason = "it is no message".into();
    Letter { id: id(number), queue, reason, attempts: 1, sent_at: 1, died_at: 2 }
}

fn bell() -> Option<Bell> {
    let sealed_secret = Some(vec![1, 2, 3].into());
    Some(Bell { url: "https://alerts.example/in".into(), sealed_secret })
}

impl Scene {
    fn new() -> Self {
        let bench = Bench::new(format!("{WORKSPACE}/pipeline"));
        Self { bench, heard: Vec::new(), ids: Vec::new(), answers: 204 }
    }

    fn ask<T: serde::de::DeserializeOwned>(&mut self, command: PipelineCommand) -> T {
        let command = LimiterCommand::Pipeline(command);
        let reply = self.bench.ask(&system(), None, &command).expect("an answer");
        self.drain();
        reply
    }

    fn keep(&mut self, number: u128) -> i64 {
        let input = KeepLetter { letter: letter(number), bell: bell() };
        self.ask::<Left>(PipelineCommand::KeepLetter(input)).left
    }

    fn drop_letter(&mut self, number: u128) -> i64 {
        let input = DropLetter { id: id(number), bell: bell() };
        self.ask::<Left>(PipelineCommand::DropLetter(input)).left
    }

    fn drain(&mut self) {
        let (heard, ids, status) = (&mut self.heard, &mut self.ids, self.answers);
        self.bench.drain(|_: &Entry, effect: &Effect| {
            let Effect::Post(jobs) = effect else { panic!("{effect:?}") };
            assert_eq!(jobs.len(), 1);
            let job = &jobs[0];
            assert_eq!(
                (job.url.as_str(), job.sealed_secrets.len()),
                ("https://alerts.example/in", 1)
            );
            ids.push(job.id.clone());
            if (200..300).contains(&status) {
                heard.push(serde_json::from_slice(&job.body).expect("JSON"));
            }
            let (answer, why) = (String::new(), "no answer".to_owned());
            let fate = match status {
                0 => PostFate::Unanswered { why },
                _ => PostFate::Answered { status, answer, retry_after_ms: None },
            };
            let id = job.id.clone();
            Outcome::Posted(vec![Posted { id, asked_at: job.asked_at, fate, took_ms: 1 }])
        });
    }

    fn wait(&mut self, ms: i64) {
        let until = self.bench.now + ms;
        while self.bench.home.alarm().is_some_and(|at| at <= until) {
            self.bench.fire_alarm();
            self.drain();
        }
        self.bench.now = until;
    }

    fn states(&self) -> Vec<(&str, i64, i64)> {
        let state = |told: &Value| {
            assert_eq!(told["type"], "deadLetter");
            let number = |name: &str| told[name].as_i64().expect("a number");
            (
                if told["state"] == "raised" { "raised" } else { "recovered" },
                number("new"),
                number("deadLetters"),
            )
        };
        self.heard.iter().map(state).collect()
    }
}

#[test]
fn a_letter_that_comes_twice_is_one_and_rings_once() {
    let mut scene = Scene::new();
    assert_eq!(scene.keep(1), 1);
    assert_eq!(scene.keep(1), 1);
    scene.bench.restart();
    assert_eq!(scene.keep(1), 1);
    scene.wait(3 * QUIET_MS);
    assert_eq!(scene.states(), [("raised", 1, 1)]);
}

#[test]
fn it_rings_once_an_hour_however_many_come_and_once_more_when_none_is_left() {
    let mut scene = Scene::new();
    for number in 1..=30 {
        scene.keep(number);
        scene.wait(60_000);
    }
    assert_eq!(scene.states(), [("raised", 1, 1)]);
    scene.wait(QUIET_MS);
    assert_eq!(scene.states()[1..], [("raised", 29, 30)]);
    for number in 1..=30 {
        assert_eq!(scene.drop_letter(number), 30 - i64::try_from(number).expect("small"));
    }
    assert_eq!(scene.drop_letter(30), 0, "gone twice is gone");
    scene.wait(5 * QUIET_MS);
    assert_eq!(scene.states()[2..], [("recovered", 0, 0)]);
}

#[test]
fn what_comes_and_goes_within_the_quiet_hour_is_not_rung_for() {
    let mut scene = Scene::new();
    scene.keep(1);
    scene.drop_letter(1);
    scene.keep(2);
    scene.drop_letter(2);
    scene.wait(5 * QUIET_MS);
    assert_eq!(scene.states(), [("raised", 1, 1), ("recovered", 0, 0)]);
    scene.keep(3);
    assert_eq!(scene.states()[2..], [("raised", 1, 1)]);
}

#[test]
fn an_alert_that_nobody_takes_is_made_again_for_a_day() {
    let mut scene = Scene::new();
    scene.answers = 500;
    scene.keep(1);
    scene.wait(2 * RETRY_MS);
    assert!(scene.heard.is_empty());
    scene.answers = 204;
    scene.wait(RETRY_MS);
    assert_eq!(scene.states(), [("raised", 1, 1)]);
    scene.answers = 500;
    scene.drop_letter(1);
    scene.wait(RETRIED_MS + 2 * RETRY_MS);
    assert_eq!(scene.bench.count("outbox"), 0, "it was given up");
    scene.answers = 204;
    scene.wait(RETRIED_MS);
    assert_eq!(scene.heard.len(), 1);
}

#[test]
fn that_none_is_left_is_the_last_that_is_heard_though_nobody_took_that_there_were_some() {
    let mut scene = Scene::new();
    scene.answers = 500;
    scene.keep(1);
    scene.answers = 204;
    scene.wait(RETRY_MS / 2);
    scene.drop_letter(1);
    scene.wait(RETRIED_MS);
    assert_eq!(scene.states(), [("recovered", 0, 0)]);
    scene.answers = 500;
    scene.keep(2);
    scene.drop_letter(2);
    scene.answers = 204;
    scene.keep(3);
    scene.wait(RETRIED_MS);
    assert_eq!(scene.states().last(), Some(&("raised", 1, 1)));
}

#[test]
fn alerts_of_any_order_of_events_are_an_hour_apart_and_recoveries_follow_them() {
    for seed in 0..40 {
        let (mut scene, mut dice) = (Scene::new(), Seeded(seed));
        let mut there = BTreeSet::new();
        for _ in 0..200 {
            let number = 1 + u128::from(dice.below(4));
            if dice.below(2) == 0 {
                scene.keep(number);
                there.insert(number);
            } else {
                scene.drop_letter(number);
                there.remove(&number);
            }
            if dice.below(10) == 0 {
                scene.bench.restart();
            }
            scene.wait(dice.below(20 * 60_000) as i64);
        }
        let mut last: Option<(&str, i64)> = None;
        for told in &scene.heard {
            let at = told["at"].as_i64().expect("a time");
            let state = told["state"].as_str().expect("a state");
            if state == "recovered" {
                assert_eq!(last.map(|(state, _)| state), Some("raised"), "seed {seed}");
                last = last.map(|(_, at)| (state, at));
            } else {
                assert!(last.is_none_or(|(_, before)| at - before >= QUIET_MS), "seed {seed}");
                last = Some((state, at));
            }
        }
        let left = scene
            .ask::<Letters>(PipelineCommand::ListLetters(ListLetters { after: None, limit: 100 }));
        let ids: BTreeSet<_> = left.letters.iter().map(|letter| letter.id.0.as_u128()).collect();
        assert_eq!(ids, there, "seed {seed}");
    }
}

#[test]
fn queues_say_what_was_counted_of_them() {
    let mut scene = Scene::new();
    let batch = |done, again, buried, error: Option<&str>| {
        PipelineCommand::Consumed(Consumed {
            queue: Queue::InboundQueue,
            done,
            again,
            buried,
            error: error.map(str::to_owned),
        })
    };
    scene.ask::<Value>(batch(9, 1, 0, Some("unavailable")));
    let failed_at = scene.bench.now;
    scene.bench.now += 5;
    scene.ask::<Value>(batch(1, 0, 0, None));
    scene.keep(1);
    let all = scene.ask::<Queues>(PipelineCommand::GetQueues(GetQueues {})).queues;
    assert_eq!(all.iter().map(|one| one.queue).collect::<Vec<_>>(), Queue::ALL);
    let inbound = all.iter().find(|one| one.queue == Queue::InboundQueue).expect("it");
    assert_eq!((inbound.done, inbound.again, inbound.buried, inbound.dead_letters), (10, 1, 0, 1));
    assert_eq!(inbound.consumed_at, Some(scene.bench.now));
    assert_eq!(
        (inbound.failed_at, inbound.error.as_deref()),
        (Some(failed_at), Some("unavailable"))
    );
    let other = all.iter().find(|one| one.queue == Queue::SendQueue).expect("it");
    assert_eq!((other.done, other.consumed_at, other.dead_letters), (0, None, 0));
}

#[test]
fn pages_of_letters_follow_one_another() {
    let mut scene = Scene::new();
    for number in [3, 1, 2, 5, 4] {
        scene.keep(number);
    }
    let mut seen = Vec::new();
    let mut after = None;
    loop {
        let list = PipelineCommand::ListLetters(ListLetters { after, limit: 2 });
        let page = scene.ask::<Letters>(list).letters;
        let Some(last) = page.last() else { break };
        after = Some(last.id);
        seen.extend(page.iter().map(|letter| letter.id));
    }
    assert_eq!(seen, [1, 2, 3, 4, 5].map(id));
}

#[test]
fn only_postroom_itself_asks_and_only_the_one_object_answers() {
    let command = LimiterCommand::Pipeline(PipelineCommand::GetQueues(GetQueues {}));
    let mut one = Bench::<Core>::new(format!("{WORKSPACE}/pipeline"));
    let refused = one.call(&agent(1, Role::Owner), None, &command).expect_err("not an agent");
    assert_eq!(refused.code, Code::Forbidden);
    let mut other = Bench::<Core>::new(LimitKind::Ai.instance(WORKSPACE, "claude"));
    let refused = other.call(&system(), None, &command).expect_err("not here");
    assert_eq!(refused.code, Code::NotFound);
    let check = LimiterCommand::Check(Check { kind: LimitKind::Ai, cost: None });
    let refused = one.call(&system(), None, &check).expect_err("it limits nothing");
    assert_eq!(refused.code, Code::NotFound);
}

#[test]
fn each_who_wants_to_meet_is_told_of_whatever_else_rings() {
    let mut scene = Scene::new();
    scene.keep(1);
    let asked = |number: u128| MeetingAsked {
        workspace_id: WORKSPACE,
        campaign_id: CampaignId(Uuid::from_u128(7)),
        prospect_id: ProspectId(Uuid::from_u128(number)),
        ticket_id: None,
        at: 5,
    };
    for number in [1, 2] {
        let meeting = Meeting { asked: asked(number), bell: bell().expect("a bell") };
        scene.ask::<Value>(PipelineCommand::Meeting(meeting));
    }
    let heard: Vec<_> = scene.heard.iter().map(|it| (&it["type"], &it["prospectId"])).collect();
    let (one, two) = (json!(asked(1).prospect_id), json!(asked(2).prospect_id));
    let (letter, meeting) = (json!("deadLetter"), json!("meeting"));
    assert_eq!(heard, [(&letter, &Value::Null), (&meeting, &one), (&meeting, &two)]);
    assert_eq!(scene.heard[1]["workspaceId"], json!(WORKSPACE));
}
