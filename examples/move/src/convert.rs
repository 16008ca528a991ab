//! Values of MySQL as Postroom's: times, texts, words of closed sets.
//!
//! Where a value has to be changed to be taken, the change is counted under a name that says what
//! was done; nothing is dropped silently.

use crate::dump::Record;
use crate::report::Table;
use actors::workspace_room::catalogue::render::VARIABLES;
use schema::room::comment::BODY_BYTES_MAX;
use schema::room::ticket::{Priority, SUBJECT_CHARS_MAX, Status, TAG_CHARS_MAX, TAGS_MAX};
use schema::{Millis, Role, check};
use serde_json::Value;

/// The longest name, in characters.
const NAME_CHARS_MAX: usize = 200;
/// The longest name of a thing of the catalogue, in characters.
pub const ITEM_CHARS_MAX: usize = schema::room::catalogue::NAME_CHARS_MAX;
const NO_TEXT: &str = "(no text)";

/// Counts a change under its name.
pub fn note(table: &mut Table, what: &'static str) {
    *table.notes.entry(what).or_default() += 1;
}

/// A `DATETIME` or `TIMESTAMP`, taken as UTC, in ms since 1970; none for null, for the zero date
/// and for what is no time.
pub fn millis(text: &str) -> Option<Millis> {
    let (date, clock) = text.split_once([' ', 'T']).unwrap_or((text, "00:00:00"));
    let mut date = date.splitn(3, '-').map(str::parse::<i64>);
    let (year, month, day) = (date.next()?.ok()?, date.next()?.ok()?, date.next()?.ok()?);
    let (clock, fraction) = clock.split_once('.').unwrap_or((clock, ""));
    let mut clock = clock.splitn(3, ':').map(str::parse::<i64>);
    let (hour, minute) = (clock.next()?.ok()?, clock.next()?.ok()?);
    let second = clock.next().map_or(Some(0), Result::ok)?;
    let month = time::Month::try_from(u8::try_from(month).ok()?).ok()?;
    let day = u8::try_from(day).ok()?;
    let date = time::Date::from_calendar_date(i32::try_from(year).ok()?, month, day).ok()?;
    if !(0..24).contains(&hour) || !(0..60).contains(&minute) || !(0..60).contains(&second) {
        return None;
    }
    let days = i64::from(date.to_julian_day()) - 2_440_588;
    let thousandths = format!("{fraction:0<3}").get(..3)?.parse::<i64>().ok()?;
    Some(((days * 24 + hour) * 60 + minute) * 60_000 + second * 1000 + thousandths)
}

/// When a row came and when it last changed. What is missing is taken from the other, or from
/// `otherwise`; a time before 1970 becomes 1970.
pub fn times(record: &Record, otherwise: Millis, table: &mut Table) -> (Millis, Millis) {
    let time = |name| record.text(&[name]).and_then(millis).map(|at| at.max(0));
    let (created, updated) = (time("created_at"), time("updated_at"));
    if created.is_none() {
        note(
            table,
            "without a time of their making: that of their last change, or of what they belong to",
        );
    }
    let created = created.or(updated).unwrap_or(otherwise);
    (created, updated.unwrap_or(created).max(created))
}

/// A text on one line, at most so long; none where nothing in it is visible.
pub fn line(text: &str, chars_max: usize, table: &mut Table) -> Option<String> {
    let spaced: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let mut line = spaced.trim().to_owned();
    if line.chars().count() > chars_max {
        note(table, "shortened to what fits");
        line = line.chars().take(chars_max).collect::<String>().trim_end().to_owned();
    }
    check::line("text", &line, chars_max).ok()
}

/// A name, or something in its place.
pub fn name(text: Option<&str>, instead: &str, table: &mut Table) -> String {
    text.and_then(|text| line(text, NAME_CHARS_MAX, table)).unwrap_or_else(|| {
        note(table, "without a name: called by something else");
        line(instead, NAME_CHARS_MAX, table).unwrap_or_else(|| "?".into())
    })
}

/// The name of a thing of the catalogue, or something in its place.
pub fn item_name(text: Option<&str>, instead: &str, table: &mut Table) -> String {
    let name = name(text, instead, table);
    line(&name, ITEM_CHARS_MAX, table).unwrap_or(name)
}

/// A text to answer with. A variable that Postroom does not have stands as what it is called, in
/// single braces: whoever uses the text sees it.
pub fn reply(text: &str, html: bool, table: &mut Table) -> String {
    let text = clean(text, html, table);
    let mut kept = String::new();
    let mut rest = text.trim();
    while let Some((before, after)) = rest.split_once("{{") {
        kept.push_str(before);
        let inside = after.split_once("}}");
        let name = inside.map(|(inside, _)| inside.split('|').next().unwrap_or(inside).trim());
        match (inside, name.filter(|name| VARIABLES.contains(name))) {
            (Some((inside, behind)), Some(_)) => {
                kept.push_str(&format!("{{{{{inside}}}}}"));
                rest = behind;
            }
            (Some((inside, behind)), None) => {
                note(table, "with a variable that Postroom does not have: it stands as {its name}");
                kept.push_str(&format!("{{{}}}", single(inside.trim().trim_matches(['{', '}']))));
                rest = behind;
            }
            (None, _) => {
                note(table, "with {{ and no }}: with single braces");
                kept.push_str(&format!("{{{}", single(after.trim_start_matches('{'))));
                rest = "";
            }
        }
    }
    kept.push_str(rest);
    if check::text("body", &kept, usize::MAX).is_err() {
        note(table, "without a text that is visible");
        return NO_TEXT.into();
    }
    kept
}

/// A text without one opening brace next to another.
fn single(text: &str) -> String {
    let mut kept = String::new();
    for character in text.chars() {
        if character != '{' || !kept.ends_with('{') {
            kept.push(character);
        }
    }
    kept
}

/// A subject, or something in its place.
pub fn subject(text: Option<&str>, table: &mut Table) -> String {
    text.and_then(|text| line(text, SUBJECT_CHARS_MAX, table)).unwrap_or_else(|| {
        note(table, "without a subject");
        "(no subject)".into()
    })
}

/// An address; where there is none that mail could go to, one that mail goes nowhere from.
pub fn address(text: Option<&str>, kind: &str, number: i64, table: &mut Table) -> String {
    check::email("email", text.unwrap_or_default()).unwrap_or_else(|_| {
        note(table, "without an address: they got one that ends in .invalid");
        format!("{kind}-{number}@unknown.invalid")
    })
}

/// A telephone number as Postroom keeps it, `+` and 7 to 15 digits; none where it is no such
/// number: one without its country would be somebody else's.
pub fn phone(text: &str, table: &mut Table) -> Option<String> {
    let text = text.trim();
    if text.is_empty() {
        return None;
    }
    let bare: String = text.chars().filter(|c| !matches!(c, ' ' | '-' | '.' | '(' | ')')).collect();
    let digits = bare.strip_prefix('+').filter(|digits| {
        (7..=15).contains(&digits.len()) && digits.bytes().all(|digit| digit.is_ascii_digit())
    });
    if digits.is_none_or(|digits| digits.starts_with('0')) {
        note(table, "with a telephone number without its country: it was left out");
        return None;
    }
    Some(bare)
}

/// The parts of a body: one, or several where it is longer than a comment can be. Control
/// characters that no text has are left out.
pub fn bodies(text: &str, html: bool, table: &mut Table) -> Vec<String> {
    let cleaned = clean(text, html, table);
    let mut parts = Vec::new();
    let mut rest = cleaned.trim();
    while rest.len() > BODY_BYTES_MAX {
        let mut end = BODY_BYTES_MAX;
        while !rest.is_char_boundary(end) {
            end -= 1;
        }
        // At the end of a line or word, where one is near.
        let near = rest[..end].rfind('\n').or_else(|| rest[..end].rfind(' '));
        let end = near.filter(|at| *at > end / 2).unwrap_or(end);
        parts.push(rest[..end].to_owned());
        rest = &rest[end..];
    }
    parts.push(rest.to_owned());
    if parts.len() > 1 {
        note(table, "longer than a comment can be: they became several");
    }
    let mut kept: Vec<String> =
        parts.iter().filter_map(|part| check::text("body", part, BODY_BYTES_MAX).ok()).collect();
    if kept.is_empty() {
        note(table, "without a text that is visible");
        kept.push(NO_TEXT.into());
    }
    kept
}

/// A text without its markup, and without control characters that no text has.
fn clean(text: &str, html: bool, table: &mut Table) -> String {
    let converted = if html { actors::mail::html::html_to_text(text) } else { text.to_owned() };
    let odd = |c: char| c.is_control() && !matches!(c, '\n' | '\r' | '\t');
    if !converted.contains(odd) {
        return converted;
    }
    note(table, "with control characters: those were left out");
    converted.chars().filter(|c| !odd(*c)).collect()
}

/// A status, and the tag that keeps the word where Postroom has no such status.
pub fn status(text: Option<&str>, table: &mut Table) -> (Status, Option<String>) {
    let word = text.unwrap_or("open").trim().to_lowercase().replace(['_', '-'], " ");
    let status = match word.as_str() {
        "open" | "unread" | "new" | "in progress" => Status::Open,
        "pending" | "with user" | "waiting for customer" => Status::Pending,
        "waiting" | "on hold" => Status::Waiting,
        "solved" | "resolved" => Status::Solved,
        "closed" => Status::Closed,
        _ => {
            note(table, "of a status that Postroom does not have: open, and tagged with the word");
            return (Status::Open, Some(format!("status {word}")));
        }
    };
    (status, None)
}

/// A priority; normal where the word is none.
pub fn priority(text: Option<&str>) -> Priority {
    match text.unwrap_or_default().trim().to_lowercase().as_str() {
        "low" => Priority::Low,
        "high" => Priority::High,
        "urgent" | "critical" => Priority::Urgent,
        _ => Priority::Normal,
    }
}

/// A role. What is none of Postroom's is an agent.
pub fn role(text: Option<&str>) -> Role {
    match text.unwrap_or_default().trim().to_lowercase().as_str() {
        "owner" => Role::Owner,
        "admin" | "manager" => Role::Admin,
        "viewer" | "readonly" | "read only" => Role::Viewer,
        _ => Role::Agent,
    }
}

/// Tags out of JSON (`["a","b"]`) or a list with commas, and a further one.
pub fn tags(text: Option<&str>, more: Option<String>, table: &mut Table) -> Vec<String> {
    let text = text.unwrap_or_default();
    let listed: Vec<String> = match serde_json::from_str::<Value>(text) {
        Ok(Value::Array(items)) => {
            items.iter().filter_map(|item| item.as_str().map(str::to_owned)).collect()
        }
        _ => text.split(',').map(str::to_owned).collect(),
    };
    let mut tags: Vec<String> = Vec::new();
    for tag in more.into_iter().chain(listed) {
        if let Some(tag) = line(&tag.to_lowercase(), TAG_CHARS_MAX, table) {
            tags.push(tag);
        }
    }
    tags.sort_unstable();
    tags.dedup();
    if tags.len() > TAGS_MAX {
        note(table, "with more tags than a ticket can have");
        tags.truncate(TAGS_MAX);
    }
    tags
}

/// A file's name: never a path.
pub fn file_name(text: Option<&str>, table: &mut Table) -> String {
    let last = text.unwrap_or_default().rsplit(['/', '\\']).next().unwrap_or_default();
    line(last, 255, table).filter(|name| !name.trim_matches('.').is_empty()).unwrap_or_else(|| {
        note(table, "without a name");
        "attachment".into()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_utc_whatever_the_season() {
        for (text, expected) in [
            ("1970-01-01 00:00:00", Some(0)),
            ("2021-03-28 02:30:00", Some(1_616_898_600_000)),
            ("2021-03-28 01:59:59.999999", Some(1_616_896_799_999)),
            ("2024-02-29T12:00:00.5", Some(1_709_208_000_500)),
            ("1969-12-31 23:59:59", Some(-1000)),
            ("2020-05-06", Some(1_588_723_200_000)),
            ("0000-00-00 00:00:00", None),
            ("2023-02-29 00:00:00", None),
            ("2023-00-10 00:00:00", None),
            ("2023-01-10 24:00:00", None),
            ("yesterday", None),
            ("", None),
        ] {
            assert_eq!(millis(text), expected, "{text}");
        }
    }

    #[test]
    fn a_long_body_becomes_several_and_loses_nothing() {
        let mut table = Table::default();
        let text: String = (0..30_000).map(|at| format!("wörd{at} ")).collect();
        let parts = bodies(&text, false, &mut table);
        assert!(parts.len() > 3 && parts.iter().all(|part| part.len() <= BODY_BYTES_MAX));
        let words: Vec<&str> = parts.iter().flat_map(|part| part.split_whitespace()).collect();
        assert_eq!(words, text.split_whitespace().collect::<Vec<_>>());
        let solid = "🦀".repeat(40_000);
        assert_eq!(bodies(&solid, false, &mut table).concat(), solid);
        assert_eq!(bodies(" \u{0}\u{200b}", false, &mut table), [NO_TEXT]);
        assert_eq!(bodies("<p>a &amp; b</p>", true, &mut table), ["a & b"]);
        assert_eq!(bodies("<p>a</p>", false, &mut table), ["<p>a</p>"]);
    }

    #[test]
    fn a_reply_keeps_the_variables_that_there_are_and_shows_the_others() {
        let mut table = Table::default();
        for (text, kept) in [
            (
                "Hi {{user.name}}, {{ user.firstName|you }}!",
                "Hi {{user.name}}, {{ user.firstName|you }}!",
            ),
            ("{{contact.name}} and {{{x}}}", "{contact.name} and {x}}"),
            ("{{", "{"),
            ("{{{{", "{"),
            ("{{a {{b}} {{{c", "{a {b} {c"),
            ("a {{b\n}} c", "a {b} c"),
            (" \u{200b}", NO_TEXT),
        ] {
            let reply = reply(text, false, &mut table);
            assert_eq!(reply, kept, "{text}");
            actors::workspace_room::catalogue::render::check("body", &reply).expect("taken");
        }
    }

    #[test]
    fn words_of_closed_sets_are_mapped_and_none_is_lost() {
        let mut table = Table::default();
        assert_eq!(status(Some("In_Progress"), &mut table), (Status::Open, None));
        let other = (Status::Open, Some("status archived".into()));
        assert_eq!(status(Some("Archived"), &mut table), other);
        assert_eq!(priority(Some("Medium")), Priority::Normal);
        assert_eq!(role(Some("Manager")), Role::Admin);
        let tags = tags(Some(r#"["B","a","a",""]"#), Some("C".into()), &mut table);
        assert_eq!(tags, ["a", "b", "c"]);
        assert_eq!(address(Some("x"), "user", 7, &mut table), "user-7@unknown.invalid");
        assert_eq!(phone("+49 (30) 12-34.56", &mut table).as_deref(), Some("+4930123456"));
        assert_eq!(phone("030 123456", &mut table), None);
        assert_eq!(file_name(Some("..\\..\\a\r\n.pdf"), &mut table), "a  .pdf");
        assert_eq!(file_name(Some("../.."), &mut table), "attachment");
    }
}
