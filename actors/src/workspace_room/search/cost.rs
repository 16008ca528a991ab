//! How common the words of a query are: what each says, and how much is looked through at once.
//!
//! Nothing here reads more than a few hundred entries of the index, so it is an estimate: of how
//! far back the newest rows with a word reach.

use super::query::{Query, Term};
use super::slices;
use super::store::{self, Filter, Kind, Marks};
use crate::kernel::Ctx;
use schema::Reject;
use schema::sort::SortSmall;

/// How many of the newest rows with a word tell how common it is.
const PROBE: i64 = 64;
/// How many words of a query are looked at: the longest, which tend to be the rarest.
const PROBED: usize = 4;
/// What part of all rows the others are taken to be in.
const USUAL_PART: f64 = 0.1;
/// Entries of the words' lists that a search may go through where it goes to the end of them.
const ENTRIES_TO_THE_END: f64 = 300_000.0;
/// And where it goes through some slices, whose own lists are gone through too.
const ENTRIES: f64 = 120_000.0;
/// How many entries are gone through, at most, to come to a certain row.
const ENTRIES_OF_A_SKIP: f64 = 1_000.0;
/// How many entries of longer words are gathered, at most, to have all with a long beginning.
const GATHERED: f64 = 1_500.0;

/// More slices than there are.
pub const ALL: i64 = 1 << 24;

/// What is known of a query's words before it is asked. It stays as it was for the pages that
/// follow: their cursors have it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cost {
    /// Whether the index is asked for less than the whole of a long beginning.
    pub loosely: bool,
    /// How many slices of the comments are searched at once: with common words only a few.
    pub slices: i64,
    /// How much each word says, in hundredths: the rarer, the more; one word alone says all there
    /// is.
    pub weights: Vec<i64>,
}

impl Cost {
    /// Estimates them.
    ///
    /// # Errors
    /// A storage fault.
    pub fn of(ctx: &Ctx<'_>, query: &Query, marks: Marks) -> Result<Self, Reject> {
        let loosely = is_loose(ctx, query, marks)?;
        let words = query.terms.len();
        if words == 1 {
            return Ok(Self { loosely, slices: ALL, weights: vec![100] });
        }
        let all = (comments(marks) + marks.tickets).max(1) as f64;
        let mut longest: Vec<usize> = (0..words).collect();
        longest.sort_small_by_key(|at| std::cmp::Reverse(query.terms[*at].folded.len()));
        let mut parts = vec![USUAL_PART; words];
        for at in longest.into_iter().take(PROBED) {
            parts[at] = rows_with(ctx, &query.terms[at], marks)? / all;
        }
        let weight = |part: &f64| {
            let rows = part * all;
            let weight = (1.0 + (all - rows + 0.5).max(0.0) / (rows + 0.5)).ln().max(0.05);
            (weight * 100.0) as i64
        };
        let weights = parts.iter().map(weight).collect();
        let rarest = parts.iter().copied().fold(1.0, f64::min);
        let skipped = |part: f64| part.min(rarest * ENTRIES_OF_A_SKIP);
        let of_a_row: f64 = parts.iter().copied().map(skipped).sum();
        if of_a_row * all <= ENTRIES_TO_THE_END {
            return Ok(Self { loosely, slices: ALL, weights });
        }
        let slices = ENTRIES / (of_a_row + skipped(1.0)) / slices::ROWS as f64;
        Ok(Self { loosely, slices: (slices as i64).clamp(1, ALL), weights })
    }
}

/// Whether the index is asked for less than the whole of a long beginning of words.
///
/// It has no list of the rows with such a beginning and would gather one of all there are, at every
/// page: of a common one that takes longer than to leave some rows out of the list of the shorter
/// beginning.
fn is_loose(ctx: &Ctx<'_>, query: &Query, marks: Marks) -> Result<bool, Reject> {
    let Some(term) = query.long_beginning() else { return Ok(false) };
    let newest = newest(ctx, term, marks)?;
    let rows = reach(&newest, marks);
    if rows <= GATHERED {
        return Ok(false);
    }
    let texts = store::comments(ctx.sql, &newest, &Filter::default(), PROBE)?;
    let alone = Query { terms: vec![term.clone()] };
    let fitting = texts.iter().filter(|(_, _, text)| alone.is_in(text)).count();
    // As many as there may well be, where hardly any was seen.
    let part = (fitting + 3) as f64 / PROBE as f64;
    Ok(rows * part > GATHERED)
}

/// How many rows have a word, about.
fn rows_with(ctx: &Ctx<'_>, term: &Term, marks: Marks) -> Result<f64, Reject> {
    Ok(reach(&newest(ctx, term, marks)?, marks))
}

fn newest(ctx: &Ctx<'_>, term: &Term, marks: Marks) -> Result<Vec<i64>, Reject> {
    let place = (Kind::Comments.end() + 1, marks.comments);
    Ok(store::matches(ctx.sql, &term.expression(true), place, PROBE)?)
}

/// How many rows there are in all, where these are the newest: so many in the newest part.
fn reach(newest: &[i64], marks: Marks) -> f64 {
    match newest.last() {
        Some(oldest) if newest.len() as i64 == PROBE => {
            let imported = if *oldest < 0 { marks.imported } else { 0 };
            let newer = marks.comments + imported - oldest;
            let part = (newer + 1) as f64 / comments(marks).max(1) as f64;
            PROBE as f64 / part
        }
        _ => newest.len() as f64,
    }
}

fn comments(marks: Marks) -> i64 {
    marks.comments + marks.imported - Kind::Comments.end()
}
