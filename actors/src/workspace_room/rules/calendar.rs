//! Business time: which moments count, how many lie between two, when so many have passed.
//!
//! Pure: a calendar is made of what was set, and asks no clock. What counts are real milliseconds
//! while the wall shows an opening: on a day whose clocks go back within an opening, that opening
//! is an hour longer.

use crate::warmup_counter::zone::{self, Zone};
use schema::room::hours::{
    BusinessHours, Day, HOLIDAY_CHARS_MAX, HOLIDAYS_MAX, OPENINGS_MAX, Opening,
};
use schema::sort::SortSmall;
use schema::{Millis, Reject, check};

/// How many days are looked at: a promise of 60 days with an hour a week takes 28 years.
const DAYS_MAX: i64 = 20_000;
const DAYS: [Day; 7] = [
    Day::Monday,
    Day::Tuesday,
    Day::Wednesday,
    Day::Thursday,
    Day::Friday,
    Day::Saturday,
    Day::Sunday,
];
const MINUTES_PER_DAY: i64 = 24 * 60;
const MINUTE_MS: Millis = 60 * 1000;

/// Which moments count.
#[derive(Debug, Clone)]
pub enum Calendar {
    /// All.
    Always,
    /// Those within business hours.
    Hours(Box<Hours>),
}

/// Business hours, ready to be asked.
#[derive(Debug, Clone)]
pub struct Hours {
    zone: Zone,
    /// From and to, in minutes of the day, in order; Monday first.
    week: [Vec<(i64, i64)>; 7],
    holidays: Vec<i64>,
}

impl Hours {
    /// What was set, checked: the zone is known, openings are in order and none is over another.
    ///
    /// # Errors
    /// `invalid_input`.
    pub fn of(hours: &BusinessHours) -> Result<Self, Reject> {
        let zone = Zone::named(&hours.time_zone)?;
        check::items("week", &hours.week, OPENINGS_MAX)?;
        check::items("holidays", &hours.holidays, HOLIDAYS_MAX)?;
        if hours.week.is_empty() {
            return Err(Reject::field("week", "must have at least one opening"));
        }
        let mut week: [Vec<(i64, i64)>; 7] = Default::default();
        for opening in &hours.week {
            let place = DAYS.iter().position(|day| *day == opening.day).unwrap_or(0);
            week[place].push(span(opening)?);
        }
        for day in &mut week {
            day.sort_small();
            if day.windows(2).any(|pair| pair[0].1 > pair[1].0) {
                return Err(Reject::field("week", "an opening lies over another"));
            }
        }
        let mut holidays = Vec::new();
        for holiday in &hours.holidays {
            holidays.push(zone::parse("holidays", &holiday.date)?);
            if let Some(name) = &holiday.name {
                check::line("holidays", name, HOLIDAY_CHARS_MAX)?;
            }
        }
        Ok(Self { zone, week, holidays })
    }

    /// The openings of a day, in order.
    fn of_day(&self, day: i64) -> Result<Vec<(Millis, Millis)>, Reject> {
        // 1970-01-01 was a Thursday.
        let openings = &self.week[(day + 3).rem_euclid(7) as usize];
        if openings.is_empty() || self.holidays.contains(&day) {
            return Ok(Vec::new());
        }
        if let Some(offset) = self.zone.steady_offset(day) {
            let at = |minute: &i64| (day * MINUTES_PER_DAY + minute) * MINUTE_MS - offset;
            return Ok(openings.iter().map(|(from, to)| (at(from), at(to))).collect());
        }
        let mut spans = Vec::with_capacity(openings.len());
        let mut last = Millis::MIN;
        for (from, to) in openings {
            // Where the clocks skip an hour, an opening may begin later than it was set, even after
            // the next one: no moment counts twice.
            let from = self.zone.minute_of(day, *from)?.max(last);
            let to = self.zone.minute_of(day, *to)?;
            if from < to {
                spans.push((from, to));
                last = to;
            }
        }
        Ok(spans)
    }

    /// The first opening that `pick` takes, from the day of a moment on.
    fn walk(
        &self,
        start: Millis,
        mut pick: impl FnMut(Millis, Millis) -> Option<Millis>,
    ) -> Result<Option<Millis>, Reject> {
        let first = self.zone.day_at(start);
        for day in first..first + DAYS_MAX {
            for (from, to) in self.of_day(day)? {
                let from = from.max(start);
                if from < to
                    && let Some(found) = pick(from, to)
                {
                    return Ok(Some(found));
                }
            }
        }
        Ok(None)
    }
}

fn span(opening: &Opening) -> Result<(i64, i64), Reject> {
    let (from, to) = (minute(&opening.from)?, minute(&opening.to)?);
    if from < to {
        return Ok((from, to));
    }
    Err(Reject::field("week", "an opening must end after it begins, on the same day"))
}

fn minute(text: &str) -> Result<i64, Reject> {
    let refuse = || Reject::field("week", "must be times like 09:00, at most 24:00");
    let bytes = text.as_bytes();
    let shaped = bytes.len() == 5
        && bytes[2] == b':'
        && bytes.iter().enumerate().all(|(at, byte)| at == 2 || byte.is_ascii_digit());
    if !shaped {
        return Err(refuse());
    }
    let number = |at: usize| i64::from(bytes[at] - b'0') * 10 + i64::from(bytes[at + 1] - b'0');
    let (hours, minutes) = (number(0), number(3));
    let total = hours * 60 + minutes;
    if minutes < 60 && total <= MINUTES_PER_DAY { Ok(total) } else { Err(refuse()) }
}

impl Calendar {
    /// The moment by which `millis` that count have passed since `start`; none where that is beyond
    /// every calendar.
    ///
    /// # Errors
    /// `internal` for moments that no calendar has.
    pub fn add(&self, start: Millis, millis: Millis) -> Result<Option<Millis>, Reject> {
        let Self::Hours(hours) = self else { return Ok(Some(start + millis)) };
        if millis <= 0 {
            return Ok(Some(start));
        }
        let mut left = millis;
        hours.walk(start, |from, to| {
            if to - from >= left {
                return Some(from + left);
            }
            left -= to - from;
            None
        })
    }

    /// How many milliseconds between two moments count; 0 where the second is not the later one.
    ///
    /// # Errors
    /// `internal` for moments that no calendar has.
    pub fn between(&self, start: Millis, end: Millis) -> Result<Millis, Reject> {
        let Self::Hours(hours) = self else { return Ok((end - start).max(0)) };
        let mut sum = 0;
        if start >= end {
            return Ok(0);
        }
        let (first, last) = (hours.zone.day_at(start), hours.zone.day_at(end));
        for day in first..=last.min(first + DAYS_MAX) {
            for (from, to) in hours.of_day(day)? {
                sum += (to.min(end) - from.max(start)).max(0);
            }
        }
        Ok(sum)
    }

    /// Whether a moment counts, and until when that stays so; none where no moment counts from it
    /// on.
    ///
    /// # Errors
    /// `internal` for moments that no calendar has.
    pub fn turn(&self, at: Millis) -> Result<Option<(bool, Millis)>, Reject> {
        let Self::Hours(hours) = self else { return Ok(Some((true, Millis::MAX))) };
        let mut is_open = false;
        let until = hours.walk(at, |from, to| {
            is_open = from <= at;
            Some(if is_open { to } else { from })
        })?;
        Ok(until.map(|until| (is_open, until)))
    }

    /// The first moment that counts, from `start` on.
    ///
    /// # Errors
    /// `internal` for moments that no calendar has.
    pub fn next(&self, start: Millis) -> Result<Option<Millis>, Reject> {
        let Self::Hours(hours) = self else { return Ok(Some(start)) };
        hours.walk(start, |from, _| Some(from))
    }
}
