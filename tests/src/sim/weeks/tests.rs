//! Each rule of the oracle can be broken: what would break it is put before it by hand.

use super::oracle::ALLOWED;
use super::people::Kind;
use super::*;
use crate::sim::object::Name;
use crate::sim::post::Verdict;
use actors::kernel::{MailJob, MailOutcome, Outcome};
use schema::codec::to_json;
use schema::prospect::{ProspectCommand, Reason, Suppress};
use schema::{Answer, Envelope, Principal};

const HOUR_MS: Millis = DAY_MS / 24;

/// A world in which the inboxes have just begun, and nothing goes wrong by itself.
fn world() -> World {
    let mut world = World::new(1, false);
    world.clock = Clock::new(STARTS[0]);
    world.faults.stop();
    cast::assemble(&mut world, 8, Random::new(1, 7));
    (0..INBOXES).for_each(|inbox| world.begins_to_warm(inbox));
    world.clock.advance(STARTS[0] + SET_UP_MS + 12 * HOUR_MS);
    world
}

fn inbox(world: &World, at: usize) -> Name {
    world.weeks.as_ref().expect("weeks").watches[at].name.clone()
}

/// A step for a person leaves.
fn leaves(world: &mut World, from: usize, person: usize, step: u8) {
    let send = format!("send-{from}-{person}-{step}");
    let to = vec![world.weeks.as_ref().expect("weeks").people[person].email.clone()];
    let name = inbox(world, from);
    let job = MailJob {
        send_id: send.clone(),
        host: String::new(),
        port: 25,
        security: String::new(),
        username: String::new(),
        owner: String::new(),
        sealed_password: Vec::new(),
        from: String::new(),
        to: to.clone(),
        envelope_id: String::new(),
        content: format!("stepmark{step}x").into_bytes(),
        files: Vec::new(),
        end: Vec::new(),
    };
    let taken = world.post.take(&send, &to, &[], Verdict::Accepted);
    assert_eq!(taken, Ok(()));
    world.envelope(&name, &job, Verdict::Accepted);
}

fn broken(world: &World) -> &'static str {
    world.violation.as_ref().map_or("", |violation| &violation.invariant[..2])
}

#[test]
fn one_mail_more_than_a_day_of_its_week_allows_is_seen() {
    let mut world = world();
    for week in 0..8_usize {
        let most = ALLOWED[week.min(ALLOWED.len() - 1)];
        (0..most).for_each(|at| leaves(&mut world, 0, week * 100 + at, 1));
        assert_eq!(broken(&world), "", "week {week}");
        world.clock.advance(world.clock.world() + WEEK_MS);
    }
    (0..20).for_each(|at| leaves(&mut world, 0, 1000 + at, 1));
    assert_eq!(broken(&world), "");
    leaves(&mut world, 0, 1020, 1);
    assert_eq!(broken(&world), "W1");
}

#[test]
fn a_clock_that_is_put_back_gives_no_day_again() {
    let mut world = world();
    let counter = (schema::ActorKind::WarmupCounter, inbox(&world, 0).1);
    world.outside_sees(&counter);
    (0..5).for_each(|at| leaves(&mut world, 0, at, 1));
    world.clock.jump(-DAY_MS);
    leaves(&mut world, 0, 5, 1);
    assert_eq!(broken(&world), "W1");
}

#[test]
fn a_step_that_somebody_gets_twice_is_seen() {
    let mut world = world();
    leaves(&mut world, 0, 1, 1);
    leaves(&mut world, 0, 1, 2);
    assert_eq!(broken(&world), "");
    leaves(&mut world, 1, 1, 2);
    assert_eq!(broken(&world), "W2");
}

#[test]
fn a_mail_after_a_no_is_seen() {
    for kind in [Kind::Reply, Kind::Wish, Kind::Link, Kind::Hard, Kind::Soft] {
        let mut world = world();
        world.was_heard(1, kind);
        leaves(&mut world, 0, 1, 1);
        assert_eq!(broken(&world), "", "{kind:?}: it was on its way");
        world.clock.advance(world.clock.world() + 13 * HOUR_MS);
        leaves(&mut world, 0, 1, 2);
        assert_eq!(broken(&world), "W3", "{kind:?}");
    }
    for kind in [Kind::Away, Kind::Warning] {
        let mut world = world();
        world.was_heard(1, kind);
        world.clock.advance(world.clock.world() + 13 * HOUR_MS);
        leaves(&mut world, 0, 1, 1);
        assert_eq!(broken(&world), "", "{kind:?}");
    }
}

#[test]
fn a_mail_after_the_prospect_has_noted_a_no_is_seen_within_minutes() {
    let mut world = world();
    let own = &world.plan.tenants[0];
    let name = own.object(schema::ActorKind::ProspectDedup, own.people[1].by_email);
    let (reason, note) = (Reason::OptOut, None);
    let suppress = ProspectCommand::Suppress(Suppress { reason, note, identity: None, id: None });
    let mut envelope = Envelope::new(name.1.as_str(), Principal::system(own.id), None, &());
    envelope.command = to_json(&suppress);
    let answer = Answer::Done { json: br#"{"here":{}}"#.to_vec(), replayed: false };
    world.outside_hears(&name, &envelope, &answer);
    world.clock.advance(world.clock.world() + HOUR_MS / 6);
    leaves(&mut world, 0, 1, 1);
    assert_eq!(broken(&world), "W3");
}

#[test]
fn an_inbox_that_sends_over_five_per_cent_is_seen_until_it_is_resumed() {
    let mut world = world();
    let outcome = |came_back| {
        Outcome::Mail(match came_back {
            false => MailOutcome::Accepted { reply: String::new(), refused: Vec::new() },
            true => MailOutcome::Refused {
                code: 550,
                enhanced: None,
                text: String::new(),
                permanent: true,
                recipient: true,
            },
        })
    };
    let name = inbox(&world, 3);
    for at in 0..20 {
        let came_back = at == 3;
        let (send, to) = (format!("s{at}"), [format!("a{at}@x.example")]);
        assert_eq!(world.post.take(&send, &to, &[], Verdict::Accepted), Ok(()));
        world.outside_settled(&name, &send, &outcome(came_back));
    }
    leaves(&mut world, 3, 1, 1);
    assert_eq!(broken(&world), "", "one of twenty is five per cent, and not more");
    let to = ["b@x.example".to_owned()];
    assert_eq!(world.post.take("b", &to, &[], Verdict::NoSuchMailbox), Ok(()));
    world.outside_settled(&name, "b", &outcome(true));
    leaves(&mut world, 3, 2, 1);
    assert_eq!(broken(&world), "W4");
    world.violation = None;
    world.watch_anew(3);
    leaves(&mut world, 3, 2, 2);
    assert_eq!(broken(&world), "");
}

#[test]
fn who_said_no_and_whose_prospect_never_hears_it_is_seen() {
    let mut world = world();
    world.was_heard(1, Kind::Reply);
    world.clock.advance(world.clock.world() + DAY_MS);
    world.check_weeks();
    assert_eq!(broken(&world), "W3");
}

#[test]
fn weeks_in_which_nothing_leaves_are_seen() {
    let mut world = world();
    world.clock.advance(world.clock.world() + 8 * WEEK_MS);
    world.check_weeks();
    assert_eq!(broken(&world), "W5");
}
