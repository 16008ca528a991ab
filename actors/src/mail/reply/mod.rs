//! The visible part of a reply: what its writer wrote, without the quotes and the signature.
//!
//! For display, and for what outreach makes of an answer: the whole text is kept. It is the method
//! of GitHub's reply parser, which Crisp's email-reply-parser carries on and measures: the text is
//! read from its end upwards and cut into fragments, and a fragment is hidden that is quoted, or
//! that begins with a signature, or with a quote header below an empty line. So an answer between
//! quotes stays, and so does one below them. Where the rules are in doubt, the text is shown: too
//! much on the screen costs a glance, too little costs the customer's words.
//!
//! Pure and linear in the text; a line is only ever joined with the few after it. Reading order:
//! here the fragments, [`header`] (who wrote what is quoted), [`signature`] (where the writer's
//! own words end), [`phrases`] (what both say in some thirty languages).

mod header;
mod phrases;
mod signature;

#[cfg(test)]
mod corpus_test;
#[cfg(test)]
mod visible_test;

use std::borrow::Cow;

/// What a line is, as far as the fragments go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mark {
    Empty,
    /// It begins with `>`.
    Quoted,
    /// It says who wrote what follows.
    Header,
    /// It begins a signature.
    Signature,
    Words,
}

/// One line, or the few that a quote header was wrapped into.
struct Line {
    mark: Mark,
    /// Its bytes in the text, without the line break.
    start: usize,
    end: usize,
}

/// Gives the text without quotes and signatures; the whole, where nothing else would be left.
///
/// Every line of the result is one of the text, unchanged. Nothing is copied unless quotes stand
/// between the visible parts; those are then an empty line apart.
pub fn visible(text: &str) -> Cow<'_, str> {
    written(text).unwrap_or_else(|| Cow::Borrowed(without_outer_space(text)))
}

/// Gives the text without quotes and signatures, where anything else is left.
pub fn written(text: &str) -> Option<Cow<'_, str>> {
    let lines = lines(text);
    let spans = shown(&lines).into_iter().rev();
    let parts = spans.filter_map(|(start, end)| text.get(start..end));
    let parts: Vec<&str> = parts.map(without_outer_space).filter(|part| !part.is_empty()).collect();
    match parts.as_slice() {
        [] => None,
        [one] => Some(Cow::Borrowed(*one)),
        several => Some(Cow::Owned(several.join("\n\n"))),
    }
}

fn lines(text: &str) -> Vec<Line> {
    let raw: Vec<&str> = text.split('\n').collect();
    let mut lines = Vec::with_capacity(raw.len());
    let (mut rest, mut start) = (raw.as_slice(), 0);
    while let Some(first) = rest.first() {
        let (mark, count) = mark(first, rest);
        let (these, others) = rest.split_at(count);
        let end = start + these.iter().map(|line| line.len() + 1).sum::<usize>() - 1;
        lines.push(Line { mark, start, end });
        (rest, start) = (others, end + 1);
    }
    lines
}

/// What the first line is, and how many of the lines belong to it.
fn mark(first: &str, lines: &[&str]) -> (Mark, usize) {
    if first.trim().is_empty() {
        return (Mark::Empty, 1);
    }
    if first.starts_with('>') {
        return (Mark::Quoted, 1);
    }
    if signature::begins_with(first) {
        return (Mark::Signature, 1);
    }
    header::line_count(lines).map_or((Mark::Words, 1), |count| (Mark::Header, count))
}

/// The bytes of the fragments that are shown, the last first.
fn shown(lines: &[Line]) -> Vec<(usize, usize)> {
    let mut spans = Vec::new();
    let mut close = |fragment: &[Line]| {
        if let ([first, ..], [.., last]) = (fragment, fragment) {
            spans.push((first.start, last.end));
        }
    };
    // The lines of the fragment that grows upwards, where it ends, and whether quotes began it.
    let mut fragment: &[Line] = &[];
    let (mut end, mut is_quoted) = (lines.len(), false);
    for (at, line) in lines.iter().enumerate().rev() {
        let is_hidden = match fragment.first().map(|below| below.mark) {
            Some(Mark::Signature) => true,
            Some(Mark::Header) => line.mark == Mark::Empty,
            _ => false,
        };
        let is_quote = line.mark == Mark::Quoted;
        // The header of a quote belongs to it, and so does the space above.
        let joins = match line.mark {
            Mark::Quoted => is_quoted,
            Mark::Header | Mark::Empty => true,
            Mark::Signature | Mark::Words => !is_quoted,
        };
        if is_hidden || !joins || fragment.is_empty() {
            if !is_hidden && !is_quoted {
                close(fragment);
            }
            (end, is_quoted) = (at + 1, is_quote);
        }
        fragment = lines.get(at..end).unwrap_or_default();
    }
    if !is_quoted {
        close(fragment);
    }
    spans
}

/// Without empty lines around, but with the first line's indentation.
fn without_outer_space(text: &str) -> &str {
    let text = text.trim_end();
    let indent = text.len() - text.trim_start().len();
    let start = text.get(..indent).and_then(|space| space.rfind('\n')).map_or(0, |at| at + 1);
    text.get(start..).unwrap_or_default()
}
