//! Business time against a naive count, over changes of clocks in many zones.

use crate::kernel::testing::Seeded;
use crate::warmup_counter::zone::{self, Zone};
use crate::workspace_room::rules::calendar::{Calendar, Hours};
use crate::workspace_room::tests::desk::Desk;
use schema::room::hours::{BusinessHours, Day, Holiday, Opening};
use serde_json::json;

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

const ZONES: [&str; 9] = [
    "UTC",
    "Europe/Rome",
    "America/New_York",
    "America/Santiago",
    "Africa/Cairo",
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
    "Pacific/Apia",
    "America/Scoresbysund",
];

const WEEK: [Day; 7] = [
    Day::Monday,
    Day::Tuesday,
    Day::Wednesday,
    Day::Thursday,
    Day::Friday,
    Day::Saturday,
    Day::Sunday,
];

fn opening(day: Day, from: &str, to: &str) -> Opening {
    Opening { day, from: from.into(), to: to.into() }
}

fn hours(zone: &str, week: Vec<Opening>, holidays: &[&str]) -> BusinessHours {
    let holidays =
        holidays.iter().map(|date| Holiday { date: (*date).into(), name: None }).collect();
    BusinessHours { time_zone: zone.into(), week, holidays, updated_at: 0, version: 1 }
}

fn calendar(hours: &BusinessHours) -> Calendar {
    Calendar::Hours(Box::new(Hours::of(hours).expect("hours")))
}

fn office(zone: &str) -> BusinessHours {
    let days = &WEEK[..5];
    let week = days
        .iter()
        .flat_map(|day| [opening(*day, "09:00", "12:30"), opening(*day, "13:30", "18:00")]);
    hours(zone, week.collect(), &["2026-12-25", "2026-12-28"])
}

fn at(zone: &str, day: &str, minute: i64) -> i64 {
    let day = zone::parse("day", day).expect(day);
    Zone::named(zone).expect(zone).minute_of(day, minute).expect("a day")
}

#[test]
fn evenings_weekends_and_holidays_do_not_count() {
    let calendar = calendar(&office("Europe/Rome"));
    let moment = |day: &str, hour: i64| at("Europe/Rome", day, hour * 60);
    // Thursday 24 December 2026, 17:00; the 25th and Monday the 28th are holidays.
    let start = moment("2026-12-24", 17);
    assert_eq!(calendar.add(start, HOUR), Ok(Some(moment("2026-12-24", 18))));
    assert_eq!(calendar.add(start, 2 * HOUR), Ok(Some(moment("2026-12-29", 10))));
    assert_eq!(calendar.between(start, moment("2026-12-29", 9)), Ok(HOUR));
    assert_eq!(calendar.between(start, moment("2026-12-29", 13)), Ok(HOUR + 3 * HOUR + HOUR / 2));
    assert_eq!(calendar.next(moment("2026-12-26", 3)), Ok(Some(moment("2026-12-29", 9))));
    assert_eq!(calendar.next(start), Ok(Some(start)));
}

#[test]
fn an_opening_over_a_change_of_clocks_is_as_long_as_it_is() {
    let night = |zone: &str| {
        calendar(&hours(zone, WEEK.map(|day| opening(day, "00:00", "06:00")).to_vec(), &[]))
    };
    let day = |zone: &str, text: &str| {
        night(zone).between(at(zone, text, 0), at(zone, text, 24 * 60)).expect("a day") / MINUTE
    };
    assert_eq!(day("Europe/Rome", "2026-03-28"), 6 * 60);
    assert_eq!(day("Europe/Rome", "2026-03-29"), 5 * 60);
    assert_eq!(day("Europe/Rome", "2026-10-25"), 7 * 60);
    assert_eq!(day("Australia/Lord_Howe", "2026-10-04"), 5 * 60 + 30);
    // Midnight is skipped: the day begins at one.
    assert_eq!(day("America/Santiago", "2026-09-06"), 5 * 60);
    // A day that the zone never had.
    assert_eq!(day("Pacific/Apia", "2011-12-30"), 0);
    // An opening that ends within the hour that is skipped, and one that begins in it.
    let odd = vec![opening(Day::Sunday, "01:00", "02:30"), opening(Day::Sunday, "02:45", "04:00")];
    let odd = calendar(&hours("Europe/Rome", odd, &[]));
    let (from, to) = (at("Europe/Rome", "2026-03-29", 0), at("Europe/Rome", "2026-03-29", 1440));
    // 01:00 to 03:30 (an hour was skipped), and what is left of 03:45 to 04:00.
    assert_eq!(odd.between(from, to), Ok(90 * MINUTE + 15 * MINUTE));
}

/// A naive count: every minute is asked whether the wall shows an opening.
fn naive(hours: &BusinessHours, from: i64, to: i64) -> i64 {
    let zone = Zone::named(&hours.time_zone).expect("a zone");
    let minute = |text: &str| {
        let (hour, minute) = text.split_once(':').expect("a time");
        hour.parse::<i64>().expect("hours") * 60 + minute.parse::<i64>().expect("minutes")
    };
    let mut count = 0;
    let mut now = from;
    while now < to {
        let day = zone.day_at(now);
        let holiday = hours.holidays.iter().any(|it| it.date == zone::text(day));
        let week_day = WEEK[(day + 3).rem_euclid(7) as usize];
        let open = hours.week.iter().filter(|it| it.day == week_day && !holiday).any(|it| {
            let (from, to) = (minute(&it.from), minute(&it.to));
            let begin = zone.minute_of(day, from).expect("a time");
            let end = zone.minute_of(day, to).expect("a time");
            begin <= now && now < end
        });
        count += i64::from(open);
        now += MINUTE;
    }
    count * MINUTE
}

/// Weeks of all shapes.
fn week(random: &mut Seeded) -> Vec<Opening> {
    let mut week = Vec::new();
    for day in WEEK {
        let mut minute = random.below(600) as i64;
        for _ in 0..random.below(4) {
            let to = minute + 15 + random.below(400) as i64;
            if to > 1440 {
                break;
            }
            let text = |minute: i64| format!("{:02}:{:02}", minute / 60, minute % 60);
            week.push(opening(day, &text(minute), &text(to)));
            minute = to + random.below(120) as i64;
        }
    }
    if week.is_empty() {
        week.push(opening(Day::Wednesday, "00:00", "24:00"));
    }
    week
}

#[test]
fn business_time_is_what_a_naive_count_says_and_adds_up() {
    let mut random = Seeded(7);
    // Around changes of clocks, and the end of a year.
    let starts =
        ["2026-03-27", "2026-04-03", "2026-09-04", "2026-10-02", "2026-10-23", "2026-12-30"];
    for zone in ZONES {
        for round in 0..12 {
            let hours = hours(zone, week(&mut random), &["2026-03-30", "2027-01-01"]);
            let calendar = calendar(&hours);
            let from = at(zone, starts[round % starts.len()], random.below(1440) as i64);
            let span = random.below(5 * 24 * 60) as i64 * MINUTE;
            let counted = calendar.between(from, from + span).expect("a count");
            assert_eq!(
                counted,
                naive(&hours, from, from + span),
                "{hours:?} from {from} for {span}"
            );

            let (a, b) = (random.below(40 * 60_000_000) as i64, random.below(90_000_000) as i64);
            let end = calendar.add(from, a).expect("a moment").expect("some day");
            assert_eq!(calendar.between(from, end), Ok(a), "{hours:?}");
            assert!(
                a == 0 || calendar.between(from, end - 1).expect("a count") < a,
                "the first one"
            );
            let later = calendar.add(end, b).expect("a moment").expect("some day");
            assert_eq!(calendar.add(from, a + b), Ok(Some(later)), "in one go or in two");
            let middle = from + (later - from) / 2;
            let parts = calendar.between(from, middle).expect("a count")
                + calendar.between(middle, later).expect("a count");
            assert_eq!(parts, a + b, "cut anywhere, it is the same");
            let next = calendar.next(from).expect("a moment").expect("some day");
            assert_eq!(calendar.between(from, next), Ok(0));
            assert_eq!(calendar.between(next, next + 1), Ok(1));
        }
    }
}

#[test]
fn without_hours_every_moment_counts() {
    assert_eq!(Calendar::Always.add(5, DAY), Ok(Some(5 + DAY)));
    assert_eq!(Calendar::Always.between(5, 5 + DAY), Ok(DAY));
    assert_eq!(Calendar::Always.between(5, 4), Ok(0));
    assert_eq!(Calendar::Always.next(5), Ok(Some(5)));
}

#[test]
fn a_promise_in_an_hour_a_week_is_found_and_one_that_never_comes_ends() {
    let rare = calendar(&hours("UTC", vec![opening(Day::Monday, "09:00", "10:00")], &[]));
    let start = at("UTC", "2026-01-05", 0);
    let end = rare.add(start, 1_440 * HOUR).expect("a moment").expect("in 28 years");
    assert_eq!(end, start + 1_439 * 7 * DAY + 10 * HOUR);
    assert_eq!(rare.add(start, 5_000 * HOUR), Ok(None));
}

#[test]
fn hours_are_set_and_read() {
    let mut desk = Desk::open();
    let none = desk.ask(&json!({ "getBusinessHours": {} }));
    assert_eq!((&none["version"], &none["week"]), (&json!(0), &json!([])));
    let set = json!({ "setBusinessHours": { "timeZone": "Europe/Rome",
        "week": [{ "day": "tuesday", "from": "09:00", "to": "17:00" },
                 { "day": "monday", "from": "09:00", "to": "24:00" }],
        "holidays": [{ "date": "2026-12-25", "name": "Christmas" }], "ifVersion": 0 }});
    desk.events();
    let made = super::owner(&mut desk, &set);
    assert_eq!((&made["version"], &made["week"][0]["day"]), (&json!(1), &json!("monday")));
    assert_eq!(desk.event_types(), ["businessHours.changed"]);
    assert_eq!(desk.ask(&json!({ "getBusinessHours": {} })), made);
}
