//! Local days, by rules written down here once more: the checks trust no time zone database.

use crate::sim::clock::DAY_MS;
use schema::Millis;

const HOUR_MS: Millis = DAY_MS / 24;

/// The local day at a time, counted from 1970, in one of the plan's zones.
pub fn local_day(zone: &str, at: Millis) -> i64 {
    (at + offset(zone, at)).div_euclid(DAY_MS)
}

/// How far a zone's clocks are ahead of UTC.
fn offset(zone: &str, at: Millis) -> Millis {
    let year = year_of(at);
    let day = |month, nth| sunday(year, month, nth) * DAY_MS;
    match zone {
        // From the last Sunday of March to the last of October, at 01:00 UTC.
        "Europe/Berlin" => {
            let summer = day(3, -1) + HOUR_MS..day(10, -1) + HOUR_MS;
            if summer.contains(&at) { 2 * HOUR_MS } else { HOUR_MS }
        }
        // From the second Sunday of March to the first of November, at 02:00 local time.
        "America/New_York" => {
            let summer = day(3, 2) + 7 * HOUR_MS..day(11, 1) + 6 * HOUR_MS;
            if summer.contains(&at) { -4 * HOUR_MS } else { -5 * HOUR_MS }
        }
        "Asia/Kolkata" => 11 * HOUR_MS / 2,
        _ => 0,
    }
}

fn year_of(at: Millis) -> i64 {
    let mut year = 1970 + at.div_euclid(366 * DAY_MS);
    while civil(year + 1, 1, 1) * DAY_MS <= at {
        year += 1;
    }
    year
}

/// The day number of the nth Sunday of a month; the last for -1.
fn sunday(year: i64, month: i64, nth: i64) -> i64 {
    // 1970-01-01 was a Thursday.
    let weekday = |day: i64| (day + 4).rem_euclid(7);
    if nth < 0 {
        let last = civil(year, month + 1, 1) - 1;
        return last - weekday(last);
    }
    let first = civil(year, month, 1);
    first + (7 - weekday(first)) % 7 + (nth - 1) * 7
}

/// Days since 1970 of a day written as `2026-11-02`.
pub fn day_number(day: &str) -> Option<i64> {
    let mut parts = day.split('-').map(|part| part.parse::<i64>().ok());
    Some(civil(parts.next()??, parts.next()??, parts.next()??))
}

/// Days since 1970 of a day of the proleptic Gregorian calendar.
fn civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_numbered_from_1970() {
        assert_eq!(day_number("1970-01-01"), Some(0));
        assert_eq!(day_number("2026-11-02"), Some(20_759));
        assert_eq!(day_number("2028-02-29"), Some(21_243));
        assert_eq!(day_number("2028"), None);
    }

    #[test]
    fn summer_time_begins_and_ends_where_the_law_says() {
        // 2026-03-29 01:00 UTC, 2026-10-25 01:00 UTC; 2026-03-08 07:00 UTC, 2026-11-01 06:00 UTC.
        for (zone, at, before, after) in [
            ("Europe/Berlin", 1_774_746_000_000, 1, 2),
            ("Europe/Berlin", 1_792_890_000_000, 2, 1),
            ("America/New_York", 1_772_953_200_000, -5, -4),
            ("America/New_York", 1_793_512_800_000, -4, -5),
        ] {
            assert_eq!(offset(zone, at - 1), before * HOUR_MS, "{zone} before {at}");
            assert_eq!(offset(zone, at), after * HOUR_MS, "{zone} at {at}");
        }
        assert_eq!(local_day("Asia/Kolkata", 20_759 * DAY_MS - 5 * HOUR_MS), 20_759);
    }
}
