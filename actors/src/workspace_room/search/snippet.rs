//! The part of a text that shows what was found.

use super::query::Query;
use super::words;
use schema::room::search::{MARK_BEGIN, MARK_END};

/// How much of the text stands before the first word that was found, in bytes.
const BEFORE_BYTES: usize = 60;
/// How long a snippet is, in bytes, its marks not counted.
const SNIPPET_BYTES: usize = 240;

/// A part of a text with the words that were found marked; none where none of them is in it. White
/// space becomes single spaces, control characters go.
#[must_use]
pub fn of(query: &Query, text: &str) -> Option<String> {
    let found = places(query, text);
    let (first, _) = *found.first()?;
    let (from, to) = part(text, first);
    let mut snippet = String::with_capacity(SNIPPET_BYTES + 32);
    if from > 0 {
        snippet.push('…');
    }
    let mut at = from;
    for (start, end) in found.into_iter().filter(|(start, _)| *start < to) {
        let end = end.min(to);
        push(&mut snippet, &text[at..start]);
        snippet.push(MARK_BEGIN);
        push(&mut snippet, &text[start..end]);
        snippet.push(MARK_END);
        at = end;
    }
    push(&mut snippet, &text[at..to]);
    if to < text.len() {
        snippet.push('…');
    }
    Some(snippet.trim().to_owned())
}

/// The beginning of a text, with nothing marked.
#[must_use]
pub fn head(text: &str) -> String {
    let (_, to) = part(text, 0);
    let mut snippet = String::new();
    push(&mut snippet, &text[..to]);
    if to < text.len() {
        snippet.push('…');
    }
    snippet.trim().to_owned()
}

/// Where the words stand that were found, within a snippet's length of the first; what overlaps is
/// one place.
fn places(query: &Query, text: &str) -> Vec<(usize, usize)> {
    let mut found: Vec<(usize, usize)> = Vec::new();
    words::each(text, |word| {
        if found.first().is_some_and(|(first, _)| word.start > first + SNIPPET_BYTES) {
            return false;
        }
        if query.has(word.folded) {
            match found.last_mut() {
                Some((_, end)) if word.start < *end => *end = word.end.max(*end),
                _ => found.push((word.start, word.end)),
            }
        }
        true
    });
    found
}

/// From where to where a snippet goes: whole characters, and whole words where there are spaces.
fn part(text: &str, first: usize) -> (usize, usize) {
    let mut from = first.saturating_sub(BEFORE_BYTES);
    while !text.is_char_boundary(from) {
        from += 1;
    }
    if from > 0
        && let Some(space) = text[from..first].find(char::is_whitespace)
    {
        from += space;
    }
    let mut to = (from + SNIPPET_BYTES).min(text.len());
    while !text.is_char_boundary(to) {
        to -= 1;
    }
    if to < text.len()
        && let Some(space) = text[from..to].rfind(char::is_whitespace)
        && from + space > first + SNIPPET_BYTES / 4
    {
        to = from + space;
    }
    (from, to)
}

fn push(snippet: &mut String, text: &str) {
    for c in text.chars() {
        if c.is_whitespace() {
            if !snippet.ends_with(' ') {
                snippet.push(' ');
            }
        } else if !c.is_control() {
            snippet.push(c);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(query: &str, text: &str) -> Option<String> {
        let marked = of(&Query::of(query), text)?;
        Some(marked.replace(MARK_BEGIN, "[").replace(MARK_END, "]"))
    }

    #[test]
    fn what_was_found_is_marked_in_the_part_around_it() {
        let is = |query: &str, text: &str, expected: &str| {
            assert_eq!(shown(query, text).as_deref(), Some(expected), "{query} in {text}");
        };
        is("door", "The door\n\n is  OPEN", "The [door] is OPEN");
        is("ope doo", "The door is OPEN: <b>door</b>", "The [door] is OPEN: <b>[door]</b>");
        is("cafe", "Au Café.", "Au [Café].");
        is("本語", "日本語です", "日[本語]です");
        is("日本語", "日本語です", "[日本語]です");
        is("x", "a\u{2}x\u{3}b x", "a[x]b [x]");
        assert_eq!(shown("door", "The window"), None);
    }

    #[test]
    fn a_long_text_is_cut_between_words_and_never_inside_a_character() {
        let text = format!("{} needle {}", "häy stäck ".repeat(50), "ünd so weiter ".repeat(50));
        let cut = shown("needle", &text).expect("found");
        assert!(cut.starts_with("… ") || cut.starts_with('…'), "{cut}");
        assert!(cut.contains("[needle]") && cut.ends_with('…') && cut.len() < 300, "{cut}");
        for chars in 0..200 {
            let text = format!("{}needle{}", "é".repeat(chars), "日".repeat(200));
            let cut = shown("日", &text).expect("found");
            assert!(cut.contains('['), "{cut}");
            assert!(head(&text).len() < 300);
        }
    }
}
