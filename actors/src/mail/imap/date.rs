//! The date of INTERNALDATE: ` 7-Feb-1994 21:52:25 -0800`.

use time::{Date, Month};

const MONTHS: [&str; 12] =
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/// Seconds since 1970; `None` for what is no date.
pub(super) fn seconds(text: &[u8]) -> Option<i64> {
    let text = std::str::from_utf8(text).ok()?;
    let mut words = text.split_ascii_whitespace();
    let (day, clock, zone) = (words.next()?, words.next()?, words.next()?);
    let mut day = day.split('-');
    let (of_month, month, year) = (day.next()?, day.next()?, day.next()?);
    let month = MONTHS.iter().position(|name| month.eq_ignore_ascii_case(name))?;
    let month = Month::try_from(u8::try_from(month + 1).ok()?).ok()?;
    let date = Date::from_calendar_date(year.parse().ok()?, month, of_month.parse().ok()?).ok()?;
    let mut clock = clock.split(':').map(|part| part.parse::<u8>().ok());
    let time = date.with_hms(clock.next()??, clock.next()??, clock.next()??.min(59)).ok()?;
    Some(time.assume_utc().unix_timestamp() - offset_s(zone)?)
}

/// `+hhmm` or `-hhmm` in seconds.
fn offset_s(zone: &str) -> Option<i64> {
    let digits = zone.strip_prefix(['+', '-'])?;
    let number = super::value::number(digits).filter(|_| digits.len() == 4)?;
    let number = i64::try_from(number).ok()?;
    let seconds = (number / 100 * 60 + number % 100) * 60;
    Some(if zone.starts_with('-') { -seconds } else { seconds })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read_with_their_zones() {
        for (text, expected) in [
            ("17-Jul-1996 02:44:25 -0700", Some(837_596_665)),
            (" 1-jan-1970 01:00:00 +0100", Some(0)),
            ("22-Nov-2026 00:36:51 +0000", Some(1_795_307_811)),
            ("31-Dec-2016 23:59:60 +0000", Some(1_483_228_799)),
            ("30-Feb-2026 00:00:00 +0000", None),
            ("1-Feb-2026 24:00:00 +0000", None),
            ("1-Foo-2026 00:00:00 +0000", None),
            ("1-Feb-2026 00:00 +0000", None),
            ("1-Feb-2026 00:00:00 GMT", None),
            ("1-Feb-99999999999 00:00:00 +0000", None),
            ("", None),
        ] {
            assert_eq!(seconds(text.as_bytes()), expected, "{text}");
        }
    }
}
