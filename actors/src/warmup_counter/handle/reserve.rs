//! Asks for one of today's slots.

use crate::kernel::Ctx;
use crate::warmup_counter::store::{self, SlotState};
use crate::warmup_counter::{MIDNIGHT, open_day, row_of, started, summarise, zone};
use schema::Reject;
use schema::warmup::{ReserveReply, ReserveSlot};

/// Grants a mail a slot while the day has one. For Postroom itself. The same mail keeps its slot; a
/// slot of an earlier day that was not used is given back for one of today. A mail that counts as
/// sent is told so by being granted the day it counts for.
///
/// # Errors
/// `forbidden`; `conflict` where the warm-up has not been started.
pub fn reserve(ctx: &mut Ctx<'_>, input: &ReserveSlot) -> Result<ReserveReply, Reject> {
    ctx.require_system()?;
    let counter = started(ctx)?;
    let row = row_of(ctx, &counter)?;
    let left = (row.allowance - row.reserved - row.sent).max(0);
    let slot = store::slot(ctx.sql, input.send_id)?;
    let held = match slot {
        Some((day, SlotState::Reserved)) if day == counter.day => Some(day),
        Some((day, SlotState::Sent)) => Some(day),
        _ => None,
    };
    let reply = |granted: bool, day: i64, left: i64| ReserveReply {
        granted,
        day: zone::text(day),
        left,
        ends_at: counter.ends,
        retry_at: (!granted).then_some(counter.ends),
    };
    if let Some(day) = held {
        return Ok(reply(true, day, left));
    }
    if left == 0 {
        return Ok(reply(false, counter.day, 0));
    }
    if let Some((day, SlotState::Reserved)) = slot {
        store::add(ctx.sql, day, -1, 0, ctx.now)?;
        summarise(ctx, day)?;
    }
    open_day(ctx, &counter)?;
    store::put(ctx.sql, input.send_id, counter.day, SlotState::Reserved)?;
    store::add(ctx.sql, counter.day, 1, 0, ctx.now)?;
    summarise(ctx, counter.day)?;
    ctx.set_timer(MIDNIGHT, "", counter.ends, &[])?;
    Ok(reply(true, counter.day, left - 1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::Outcome;
    use crate::kernel::testing::{Bench, START_MS, Seeded, WORKSPACE, agent, system};
    use crate::warmup_counter::Core;
    use crate::warmup_counter::zone::Zone;
    use schema::ids::{InboxId, SendId};
    use schema::summary::Cell;
    use schema::warmup::{
        GetWarmup, SetZone, SettleSlot, StartWarmup, WarmupCommand, WarmupStatus, allowance,
    };
    use schema::{Code, Millis, Role};
    use std::collections::BTreeMap;
    use uuid::Uuid;

    const HOUR: Millis = 3_600_000;
    const DAY: Millis = 24 * HOUR;

    fn send(number: u64) -> SendId {
        SendId(Uuid::from_u128(u128::from(number)))
    }

    fn bench(zone: &str) -> Bench<Core> {
        let inbox = InboxId(Uuid::from_u128(7));
        let mut bench = Bench::new(format!("{WORKSPACE}/{inbox}"));
        let start = StartWarmup { time_zone: zone.into(), started_on: None };
        bench.call(&system(), None, &WarmupCommand::Start(start)).expect("it starts");
        bench
    }

    fn ask(bench: &mut Bench<Core>, number: u64) -> ReserveReply {
        let command = WarmupCommand::Reserve(ReserveSlot { send_id: send(number) });
        bench.ask(&system(), None, &command).expect("an answer")
    }

    fn status(bench: &mut Bench<Core>) -> WarmupStatus {
        let command = WarmupCommand::Status(GetWarmup::default());
        bench.ask(&agent(1, Role::Viewer), None, &command).expect("a status")
    }

    #[test]
    fn five_hundred_reservations_in_week_one_grant_five() {
        let mut bench = bench("Europe/Rome");
        let granted: Vec<bool> = (0..500).map(|n| ask(&mut bench, n).granted).collect();
        assert_eq!(granted.iter().filter(|granted| **granted).count(), 5);
        let denied = ask(&mut bench, 499);
        // 2026-11-03 00:00 in Rome.
        assert_eq!(denied.retry_at, Some(1_793_660_400_000));
        assert!(ask(&mut bench, 0).granted, "the same mail keeps its slot");
        let status = status(&mut bench);
        assert_eq!((status.today.reserved, status.today.sent, status.today.left), (5, 0, 0));
        assert_eq!(bench.count("slots"), 5);
    }

    #[test]
    fn a_commit_after_midnight_counts_for_the_day_of_the_reservation() {
        let mut bench = bench("UTC");
        ask(&mut bench, 1);
        bench.now += DAY;
        let settle = |id| SettleSlot { send_id: send(id) };
        let commit = WarmupCommand::Commit(settle(1));
        for _ in 0..2 {
            let reply = bench.call(&system(), None, &commit).expect("settled");
            assert_eq!(reply, serde_json::json!({ "day": "2026-11-02", "sent": true }));
        }
        let release = WarmupCommand::Release(settle(1));
        let reply = bench.call(&system(), None, &release).expect("settled");
        assert_eq!(reply["sent"], true, "what has left has left");
        let unknown = bench.call(&system(), None, &WarmupCommand::Commit(settle(9)));
        assert_eq!(unknown.expect("settled"), serde_json::json!({ "sent": false }));
        let status = status(&mut bench);
        assert_eq!((status.today.left, status.history[0].sent), (5, 1));
    }

    #[test]
    fn a_released_slot_is_free_and_one_of_yesterday_is_asked_for_anew() {
        let mut bench = bench("UTC");
        for n in 1..=5 {
            ask(&mut bench, n);
        }
        let release = WarmupCommand::Release(SettleSlot { send_id: send(5) });
        bench.call(&system(), None, &release).expect("settled");
        assert!(ask(&mut bench, 6).granted);
        assert!(!ask(&mut bench, 5).granted);
        bench.now += DAY;
        for n in 2..=6 {
            assert_eq!((n, ask(&mut bench, n).day.as_str()), (n, "2026-11-03"));
        }
        assert!(!ask(&mut bench, 1).granted, "yesterday's grant is no grant today");
        let status = status(&mut bench);
        assert_eq!((status.today.reserved, status.history[0].reserved), (5, 1));
    }

    #[test]
    fn the_clock_jumping_back_opens_no_day_twice() {
        let mut bench = bench("America/New_York");
        for n in 0..5 {
            assert!(ask(&mut bench, n).granted);
        }
        bench.now += DAY;
        for n in 10..15 {
            assert!(ask(&mut bench, n).granted);
        }
        for back in [1, 2, 30] {
            bench.now = START_MS + DAY - back * DAY;
            bench.restart();
            assert!(!ask(&mut bench, 20).granted, "{back} days back");
        }
    }

    #[test]
    fn midnight_shows_the_new_day_once_however_often_the_alarm_fires() {
        let mut bench = bench("Asia/Tokyo");
        ask(&mut bench, 1);
        for _ in 0..4 {
            bench.drain(|_, _| Outcome::Done(Vec::new()));
            bench.fire_alarm();
        }
        bench.drain(|_, _| Outcome::Done(Vec::new()));
        let days: Vec<_> = bench.rows.values().map(|row| row.cells.clone()).collect();
        let row = |day: &str, reserved| {
            [Cell::Text(day.into()), Cell::Integer(1), Cell::Integer(5), Cell::Integer(reserved)]
        };
        assert_eq!(days[0][1..5], row("2026-11-02", 1));
        assert_eq!(days[1][1..5], row("2026-11-03", 0));
        // The day after the last that was used is shown; then an unused inbox sleeps.
        assert_eq!(bench.count("days"), 3);
    }

    #[test]
    fn moving_to_another_zone_gains_no_day() {
        let zones = ["Pacific/Kiritimati", "Etc/GMT+12", "Europe/Rome", "Asia/Kathmandu"];
        let mut bench = bench("Europe/Rome");
        let mut granted = BTreeMap::<i64, i64>::new();
        for hour in 0..200_u64 {
            let zone = zones[(hour % 4) as usize].to_owned();
            let command = WarmupCommand::SetZone(SetZone { time_zone: zone });
            bench.call(&agent(1, Role::Admin), None, &command).expect("moved");
            for n in 0..25 {
                if ask(&mut bench, hour * 100 + n).granted {
                    *granted.entry(bench.now / DAY).or_default() += 1;
                }
            }
            bench.now += HOUR;
        }
        let total: i64 = granted.values().sum();
        assert!(total <= 7 * 5 + 2 * 10, "{granted:?}");
    }

    #[test]
    fn only_postroom_reserves_and_bad_input_is_refused() {
        let mut bench = bench("UTC");
        let code = |bench: &mut Bench<Core>, who, command| {
            bench.call(&who, None, &command).map_err(|reject| reject.code)
        };
        let reserve = WarmupCommand::Reserve(ReserveSlot { send_id: send(1) });
        let owner = agent(1, Role::Owner);
        assert_eq!(code(&mut bench, owner.clone(), reserve), Err(Code::Forbidden));
        let start = |zone: &str, day: Option<&str>| {
            WarmupCommand::Start(StartWarmup {
                time_zone: zone.into(),
                started_on: day.map(str::to_owned),
            })
        };
        assert_eq!(
            code(&mut bench, agent(2, Role::Agent), start("UTC", None)),
            Err(Code::Forbidden)
        );
        assert_eq!(code(&mut bench, owner.clone(), start("Moon", None)), Err(Code::InvalidInput));
        assert_eq!(code(&mut bench, owner.clone(), start("Asia/Tokyo", None)), Err(Code::Conflict));
        assert!(code(&mut bench, owner.clone(), start("UTC", None)).is_ok());
        let mut fresh = Bench::<Core>::new(format!("{WORKSPACE}/{}", InboxId(Uuid::from_u128(8))));
        let future = start("UTC", Some("2026-11-03"));
        assert_eq!(code(&mut fresh, owner.clone(), future), Err(Code::InvalidInput));
        let asked = WarmupCommand::Status(GetWarmup { days: None });
        assert_eq!(code(&mut fresh, owner.clone(), asked), Err(Code::Conflict));
        assert!(code(&mut fresh, owner.clone(), start("UTC", Some("2026-10-10"))).is_ok());
        let many = WarmupCommand::Status(GetWarmup { days: Some(367) });
        assert_eq!(code(&mut fresh, owner, many), Err(Code::InvalidInput));
        assert_eq!(status(&mut fresh).today.allowance, 18);
    }

    /// Random lives around changes of the clocks: the reference only knows which slots are held.
    #[test]
    fn no_local_day_ever_holds_more_than_its_week_allows() {
        let zones =
            ["Europe/Rome", "America/Santiago", "Africa/Cairo", "Australia/Lord_Howe", "UTC"];
        for seed in 0..60 {
            let mut dice = Seeded(seed);
            let name = zones[dice.below(5) as usize];
            let zone = Zone::named(name).expect(name);
            let mut bench = bench(name);
            let first = zone.day_at(START_MS);
            let mut held = BTreeMap::<u64, (String, bool)>::new();
            let mut clock = bench.now;
            for step in 0..600 {
                match dice.below(12) {
                    0 => bench.now += dice.below(40 * HOUR as u64) as Millis,
                    1 => bench.now -= dice.below(60 * HOUR as u64) as Millis,
                    2 => bench.restart(),
                    3 => drop(bench.fire_alarm()),
                    _ => {}
                }
                let number = dice.below(4000);
                clock = clock.max(bench.now);
                let reply = ask(&mut bench, number);
                if reply.granted {
                    let entry = held.entry(number).or_insert((reply.day.clone(), false));
                    if !entry.1 {
                        entry.0 = reply.day;
                    }
                }
                let settled = dice.below(4000);
                let slot = SettleSlot { send_id: send(settled) };
                if dice.below(3) == 0 {
                    let command = WarmupCommand::Release(slot);
                    bench.call(&system(), None, &command).expect("settled");
                    if held.get(&settled).is_some_and(|slot| !slot.1) {
                        held.remove(&settled);
                    }
                } else {
                    bench.call(&system(), None, &WarmupCommand::Commit(slot)).expect("settled");
                    if let Some(slot) = held.get_mut(&settled) {
                        slot.1 = true;
                    }
                }
                let mut days = BTreeMap::<&str, i64>::new();
                held.values().for_each(|slot| *days.entry(&slot.0).or_default() += 1);
                for (day, count) in days {
                    let number = crate::warmup_counter::zone::parse("day", day).expect(day);
                    let most = allowance((number - first) / 7 + 1);
                    assert!(count <= most, "seed {seed} step {step} {name} {day}: {count}");
                }
            }
        }
    }
}
