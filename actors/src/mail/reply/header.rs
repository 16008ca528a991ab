//! The line above a quote that says who wrote it, in the many forms that mail programs give it.
//!
//! `On DATE, NAME <ADDRESS> wrote:` and the like in other languages and orders, a date and an
//! address alone, `-----Original Message-----`, and the fields `From:`, `Sent:` and so on. Mail
//! programs wrap such a line, so it may go on below; it never crosses an empty line or a quote.

use super::phrases::{ATTRIBUTIONS, FIELDS, FROM, INVERTED, ORIGINALS, SAYS, SAYS_WITHIN, SELVES};

/// Lines that one header is wrapped into at most.
const LINES_MAX: usize = 4;
/// Longer is no header: it bounds the work for each line.
const BYTES_MAX: usize = 1_000;
/// Where the fields after `From:` stand at most, and how many there must be.
const FIELD_LINES_MAX: usize = 6;
const FIELDS_MIN: usize = 3;
/// Dashes and words between them: longer than any.
const ORIGINAL_BYTES_MAX: usize = 120;

/// Counts the lines, from the first on, that together are a quote header.
pub(super) fn line_count(lines: &[&str]) -> Option<usize> {
    let mut joined = String::new();
    for (at, line) in lines.iter().take(LINES_MAX).enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('>') || BYTES_MAX < joined.len() + line.len() {
            break;
        }
        if at > 0 && begins_anew(line, &joined) {
            break;
        }
        let is_address = line.starts_with(['<', '[']) || joined.ends_with('<');
        if at > 0 {
            joined.push(' ');
        }
        joined.extend(line.chars().filter(|char| !is_invisible(*char)));
        let is_field = (at == 0 || at == 1 && is_address) && is_sender(&joined);
        if is_field || is_original(&joined) || says_who(&joined) {
            return Some(at + 1);
        }
        if at == 0 && !may_go_on(&joined) {
            break;
        }
    }
    has_fields(lines).then_some(1)
}

/// `In data DATE NAME ha scritto:`, which no empty line needs to precede.
pub(super) fn begins_in_data(line: &str) -> bool {
    line.len() <= BYTES_MAX && line.starts_with("In data ") && says_who(line)
}

/// Marks of direction, and others without a width, that programs put around names and numbers.
fn is_invisible(char: char) -> bool {
    matches!(char, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
        | '\u{feff}')
}

/// Whether a header that begins so may be wrapped.
fn may_go_on(first: &str) -> bool {
    opens(first)
        || field(first).is_some_and(|(name, _)| is_one_of(name, FROM))
        || first.contains('<')
        || begins_with_date(first) && has_date(first)
}

/// Whether a header begins with this line, so that those above are the writer's own words. After
/// `On DATE, NAME` the rest of a header may look like a whole one: `<ADDRESS> wrote:`.
fn begins_anew(line: &str, above: &str) -> bool {
    opens(line) && has_date(line) || !opens(above) && says_who(line)
}

/// Whether it begins as an attribution does: `On`.
fn opens(text: &str) -> bool {
    let bare = text.trim_start_matches('-').trim_start();
    let mut rows = ATTRIBUTIONS.iter().chain(&INVERTED);
    rows.any(|row| after_opening(bare, row.opens).is_some())
}

/// Whether the text is a header that names a writer, with a date or an address.
fn says_who(text: &str) -> bool {
    let text = text.trim_matches('-').trim();
    let (body, has_colon) = match text.strip_suffix([':', '：']) {
        Some(body) => (body.trim_end(), true),
        None => (text, false),
    };
    // "The client wrote:" is a sentence; and without a colon one may end so with any number in it.
    let is_dated_enough = if has_colon { has_digit_or_at(body) } else { has_date(body) };
    (is_dated_enough && is_attribution(body))
        || (has_colon && (is_inverted(body) || is_dated(body) || is_named(body)))
}

/// `On DATE, NAME wrote`.
fn is_attribution(body: &str) -> bool {
    ATTRIBUTIONS.iter().any(|row| {
        after_opening(body, row.opens).and_then(|rest| before_verb(rest, row.says)).is_some_and(
            |between| {
                let mut words = between.split_whitespace().rev();
                let is_self = words.next().is_none_or(|subject| is_one_of(subject, SELVES));
                !is_self && words.next().is_some()
            },
        )
    })
}

/// `Am DATE schrieb NAME`.
fn is_inverted(body: &str) -> bool {
    has_digit_or_at(body)
        && INVERTED.iter().any(|row| {
            after_opening(body, row.opens).is_some_and(|rest| has_verb_within(rest, row.says))
        })
}

/// `DATE, NAME wrote`, `DATE schrieb NAME`, or `DATE, NAME <ADDRESS>` without any verb.
fn is_dated(body: &str) -> bool {
    let has_verb = || before_verb(body, SAYS).is_some() || has_verb_within(body, SAYS_WITHIN);
    let has_moment = has_year(body) && (has_time(body) || body.contains(" from "));
    (begins_with_date(body) && has_date(body) && has_verb())
        || (has_moment && body.ends_with('>') && has_address(body))
}

/// `NAME <ADDRESS> wrote`, `NAME on DATE at TIME wrote`.
fn is_named(body: &str) -> bool {
    let Some(who) = before_verb(body, SAYS) else { return false };
    let on_at = || who.split_once(" on ").is_some_and(|(_, date)| date.contains(" at "));
    has_address(who) || has_time(who) && on_at()
}

/// `From: NAME <ADDRESS>`.
fn is_sender(text: &str) -> bool {
    field(text).is_some_and(|(name, value)| is_one_of(name, FROM) && has_address(value))
}

/// `From: NAME` and the other fields of a mail below.
fn has_fields(lines: &[&str]) -> bool {
    let Some((first, rest)) = lines.split_first() else { return false };
    let is_from =
        field(first).is_some_and(|(name, value)| is_one_of(name, FROM) && !value.is_empty());
    let names = |line: &&&str| field(line).is_some_and(|(name, _)| is_one_of(name, FIELDS));
    is_from && FIELDS_MIN <= rest.iter().take(FIELD_LINES_MAX).filter(names).count()
}

/// `-----Original Message-----`.
fn is_original(text: &str) -> bool {
    if ORIGINAL_BYTES_MAX < text.len() || !text.starts_with('-') {
        return false;
    }
    let is_between = text.starts_with("--") || text.ends_with('-');
    is_between && is_one_of(&text.trim_matches('-').trim().to_lowercase(), ORIGINALS)
}

/// The name and the value of `NAME: VALUE`.
fn field(line: &str) -> Option<(&str, &str)> {
    let (name, value) = line.split_once([':', '：'])?;
    Some((name.trim(), value.trim()))
}

fn is_one_of(word: &str, words: &str) -> bool {
    words.split('|').any(|one| one == word)
}

/// What follows one of the openings, which end at a space where the script has spaces.
fn after_opening<'x>(text: &'x str, opens: &str) -> Option<&'x str> {
    opens.split('|').find_map(|opening| {
        let rest = text.strip_prefix(opening)?;
        let is_ideograph = opening.starts_with(|char| matches!(char, '\u{4e00}'..='\u{9fff}'));
        (is_ideograph || rest.starts_with(char::is_whitespace)).then_some(rest)
    })
}

/// What precedes one of the verbs at the end.
fn before_verb<'x>(text: &'x str, verbs: &str) -> Option<&'x str> {
    verbs.split('|').find_map(|verb| text.strip_suffix(verb))
}

/// Whether one of the verbs stands within, and another than the writer is its subject.
fn has_verb_within(text: &str, verbs: &str) -> bool {
    let mut words = text.split_whitespace();
    let has_verb = words.any(|word| is_one_of(word, verbs));
    has_verb && words.next().is_some_and(|subject| !is_one_of(subject, SELVES))
}

/// A digit, or a short word as a day of the week is, and then a digit: `ср, 30`, `pe 12.`.
fn begins_with_date(text: &str) -> bool {
    let mut words = text.split_whitespace();
    let first = words.next().unwrap_or_default();
    let is_digit = |word: &str| word.starts_with(|char: char| char.is_ascii_digit());
    is_digit(first) || first.chars().count() <= 6 && words.next().is_some_and(is_digit)
}

fn has_digit_or_at(text: &str) -> bool {
    text.contains(|char: char| char.is_ascii_digit() || char == '@')
}

fn has_date(text: &str) -> bool {
    has_year(text) || has_time(text)
}

/// Four digits in a row.
fn has_year(text: &str) -> bool {
    let is_digit = |byte: &u8| byte.is_ascii_digit();
    text.as_bytes().split(|byte| !is_digit(byte)).any(|digits| digits.len() == 4)
}

/// `12:34` or `12.34`, which may be a day and a month as well.
fn has_time(text: &str) -> bool {
    text.as_bytes().windows(4).any(|window| {
        matches!(window, [a, b':' | b'.', c, d]
            if a.is_ascii_digit() && c.is_ascii_digit() && d.is_ascii_digit())
    })
}

/// `<...@...>` or the same in square brackets.
fn has_address(text: &str) -> bool {
    [('<', '>'), ('[', ']')].iter().any(|&(open, close)| {
        let inner = text.split_once(open).and_then(|(_, rest)| rest.rsplit_once(close));
        inner.is_some_and(|(inner, _)| inner.contains('@'))
    })
}
