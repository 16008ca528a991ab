//! Local days: which one it is in a zone, and when it begins.
//!
//! A day is a whole number, counted from 1970-01-01. It begins at the first moment that its date is
//! on the wall: where the clocks skip midnight that is later than 00:00, and a day may have 23 or
//! 25 hours, or not exist at all. Zones come from the runtime's tables.

use crate::kernel::zones;
use schema::{Millis, Reject};

const DAY_MS: Millis = 24 * 60 * 60 * 1000;
const MINUTE_MS: Millis = 60 * 1000;
const EPOCH_JULIAN_DAY: i32 = time::macros::date!(1970 - 01 - 01).to_julian_day();

/// A time zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Zone(String);

impl Zone {
    /// The zone of an IANA name, whatever its case.
    ///
    /// # Errors
    /// `invalid_input` where there is none.
    pub fn named(name: &str) -> Result<Self, Reject> {
        let unknown =
            || Reject::field("timeZone", "must be the IANA name of a time zone, like Europe/Rome");
        zones::named(name).map(Self).ok_or_else(unknown)
    }

    /// The zone's name as the tables spell it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0
    }

    fn offset(&self, at: Millis) -> Millis {
        zones::offset_at(&self.0, at)
    }

    /// The local day at a time.
    #[must_use]
    pub fn day_at(&self, at: Millis) -> i64 {
        (at + self.offset(at)).div_euclid(DAY_MS)
    }

    /// When a local day begins; for a day that the zone skipped, when the next one does.
    ///
    /// # Errors
    /// `internal` for days that no calendar has.
    pub fn begin_of(&self, day: i64) -> Result<Millis, Reject> {
        check(day)?;
        Ok(self.when(day * DAY_MS))
    }

    /// When the wall shows so many minutes of a day; where the clocks skip that, as much later,
    /// where they show it twice, the first time. Never outside the day.
    ///
    /// # Errors
    /// `internal` for days that no calendar has.
    pub fn minute_of(&self, day: i64, minute: i64) -> Result<Millis, Reject> {
        let (begin, end) = (self.begin_of(day)?, self.begin_of(day + 1)?);
        if !(0..24 * 60).contains(&minute) {
            return Ok(end);
        }
        Ok(self.when(day * DAY_MS + minute * MINUTE_MS).clamp(begin, end.max(begin)))
    }

    /// How far the walls are from UTC for the whole of a day and its neighbours; none where that
    /// changes within them. It asks the tables twice, where [`Self::minute_of`] asks ten times.
    #[must_use]
    pub fn steady_offset(&self, day: i64) -> Option<Millis> {
        let wall = day * DAY_MS;
        let (before, after) = (self.offset(wall - DAY_MS), self.offset(wall + 2 * DAY_MS));
        (before == after).then_some(before)
    }

    /// When the wall shows a time, given as if the wall showed UTC: the first time where it does
    /// so twice; where the clocks skip it, as much later as they skip.
    fn when(&self, wall: Millis) -> Millis {
        let (before, after) = (self.offset(wall - DAY_MS), self.offset(wall + DAY_MS));
        let (first, second) = (wall - before, wall - after);
        let shown = |at: Millis| at + self.offset(at) == wall;
        if !shown(first) && shown(second) { second } else { first }
    }
}

/// A day as `YYYY-MM-DD`.
#[must_use]
pub fn text(day: i64) -> String {
    let date = i32::try_from(day)
        .ok()
        .and_then(|day| time::Date::from_julian_day(EPOCH_JULIAN_DAY.checked_add(day)?).ok());
    date.map_or_else(|| day.to_string(), |date| date.to_string())
}

/// A time in UTC as ISO 8601, to the millisecond.
#[must_use]
pub fn moment(at: Millis) -> String {
    let (day, ms) = (at.div_euclid(DAY_MS), at.rem_euclid(DAY_MS));
    let (minutes, ms) = (ms / MINUTE_MS, ms % MINUTE_MS);
    let (hour, minute, second, ms) = (minutes / 60, minutes % 60, ms / 1000, ms % 1000);
    format!("{}T{hour:02}:{minute:02}:{second:02}.{ms:03}Z", text(day))
}

/// The day that `YYYY-MM-DD` names, from 2000-01-01 on.
///
/// # Errors
/// `invalid_input` naming the field.
pub fn parse(field: &str, text: &str) -> Result<i64, Reject> {
    date_of(text)
        .filter(|date| date.year() >= 2000)
        .map(|date| i64::from(date.to_julian_day() - EPOCH_JULIAN_DAY))
        .ok_or_else(|| Reject::field(field, "must be a date like 2026-03-01"))
}

/// By hand, because the parser of `time` weighs 20 KB.
fn date_of(text: &str) -> Option<time::Date> {
    let (year, rest) = text.split_once('-')?;
    let (month, day) = rest.split_once('-')?;
    let digits = |text: &str, count: usize| -> Option<u16> {
        let is_number = text.len() == count && text.bytes().all(|b| b.is_ascii_digit());
        if is_number { text.parse().ok() } else { None }
    };
    let month = u8::try_from(digits(month, 2)?).ok()?;
    let month = time::Month::try_from(month).ok()?;
    let day = u8::try_from(digits(day, 2)?).ok()?;
    time::Date::from_calendar_date(i32::from(digits(year, 4)?), month, day).ok()
}

fn check(day: i64) -> Result<(), Reject> {
    if (-100_000..=1_000_000).contains(&day) {
        return Ok(());
    }
    Err(Reject::internal(format!("day {day} is beyond the calendar")))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Millis = 3_600_000;

    /// Zones of every habit: both hemispheres, half and quarter hours, changes at midnight, changes
    /// of half an hour, none at all, and rules that were repealed.
    pub const ZONES: [&str; 24] = [
        "UTC",
        "Europe/Rome",
        "Europe/London",
        "Europe/Dublin",
        "America/New_York",
        "America/Los_Angeles",
        "America/St_Johns",
        "America/Sao_Paulo",
        "America/Santiago",
        "America/Asuncion",
        "America/Havana",
        "America/Nuuk",
        "America/Scoresbysund",
        "Atlantic/Azores",
        "Africa/Cairo",
        "Africa/Casablanca",
        "Asia/Beirut",
        "Asia/Tehran",
        "Asia/Kathmandu",
        "Asia/Kolkata",
        "Australia/Lord_Howe",
        "Pacific/Chatham",
        "Pacific/Apia",
        "Pacific/Kiritimati",
    ];

    #[test]
    fn every_moment_of_a_day_lies_between_its_begin_and_the_next() {
        let [first, last] =
            ["2012-01-01", "2038-01-01"].map(|text| parse("day", text).expect("a day"));
        for name in ZONES {
            let zone = Zone::named(name).expect(name);
            let mut begin = zone.begin_of(first).expect("a day");
            for day in first..last {
                let end = zone.begin_of(day + 1).expect("a day");
                let hours = (end - begin) / HOUR;
                assert!((22..=26).contains(&hours), "{name} {}: {hours} h", text(day));
                for at in [begin, begin + 1, begin + HOUR, (begin + end) / 2, end - HOUR, end - 1] {
                    assert_eq!(zone.day_at(at), day, "{name} {} at {at}", text(day));
                }
                begin = end;
            }
        }
    }

    #[test]
    fn days_without_a_midnight_and_days_of_odd_length_are_right() {
        let hours = |name: &str, day: &str| {
            let (zone, day) = (Zone::named(name).expect(name), parse("day", day).expect(day));
            (zone.begin_of(day + 1).expect("a day") - zone.begin_of(day).expect("a day")) / HOUR
        };
        assert_eq!(hours("Europe/Rome", "2026-03-29"), 23);
        assert_eq!(hours("Europe/Rome", "2026-10-25"), 25);
        // Clocks go from 23:59:59 to 01:00: the day begins at one o'clock.
        assert_eq!(hours("America/Santiago", "2026-09-06"), 23);
        assert_eq!(hours("Africa/Cairo", "2026-04-24"), 23);
        // Samoa had no 30 December 2011.
        assert_eq!(hours("Pacific/Apia", "2011-12-30"), 0);
    }

    #[test]
    fn names_and_dates_that_are_none_are_refused() {
        for name in ["", "Mars/Olympus", "Europe/Rome ", "../etc/passwd", "+02:00", "EST5EDT,M3"] {
            assert!(Zone::named(name).is_err(), "{name:?}");
        }
        assert_eq!(Zone::named("europe/rome").expect("a zone").name(), "Europe/Rome");
        for day in [
            "",
            "2026-2-3",
            "2026-+2-03",
            "2026-02-30",
            "26-02-03",
            "2026-02-03T00",
            "1999-12-31",
            "２026",
        ] {
            assert!(parse("startedOn", day).is_err(), "{day:?}");
        }
        assert_eq!(parse("startedOn", "1970-01-02").map_err(|_| ()), Err(()));
        assert_eq!(parse("startedOn", "2000-01-01"), Ok(10_957));
        assert_eq!(text(10_957), "2000-01-01");
    }
}
