//! Bringing the index up to date.

use super::store::{self, Kind, Marks};
use super::{slices, words};
use crate::kernel::Ctx;
use schema::Reject;
use std::collections::BTreeSet;

/// Takes in what is new and what has changed, at most `most` of each kind. Tells whether more is
/// left.
///
/// # Errors
/// A storage fault.
pub fn catch_up(ctx: &Ctx<'_>, most: i64) -> Result<bool, Reject> {
    let before = store::marks(ctx.sql)?;
    let mut full = take_in_changes(ctx, before, most)?;
    let mut marks = before;
    for ((kind, place), mark) in before.behind().into_iter().zip([
        &mut marks.comments,
        &mut marks.imported,
        &mut marks.tickets,
        &mut marks.users,
    ]) {
        let texts = store::texts_of(ctx.sql, kind, place, most)?;
        full |= texts.len() as i64 == most;
        for (number, text) in texts {
            add(ctx, kind.base() + number, &text)?;
            *mark = number;
        }
    }
    if marks != before {
        store::set_marks(ctx.sql, marks)?;
    }
    Ok(full)
}

fn take_in_changes(ctx: &Ctx<'_>, marks: Marks, most: i64) -> Result<bool, Reject> {
    let mut changes = store::changes(ctx.sql, most)?;
    let full = changes.len() as i64 == most;
    for (entry, _) in &changes {
        store::forget_change(ctx.sql, *entry)?;
    }
    // The index has not come to some of the imported comments yet.
    changes.retain(|(entry, _)| match Kind::of(*entry) {
        (Kind::Comments, seq) => seq >= 0 || seq <= marks.imported,
        (Kind::Tickets | Kind::Users, _) => true,
    });
    let mut removed = false;
    for (entry, was) in &changes {
        let had = words_of(*entry, was);
        if !had.is_empty() {
            store::remove(ctx.sql, *entry, &had)?;
            removed = true;
        }
    }
    if removed {
        store::flush(ctx.sql)?;
    }
    for (entry, _) in &changes {
        let (kind, number) = Kind::of(*entry);
        // What lies behind its mark is new, whatever had its number before.
        let place = if number > marks.of(kind) { (1, 0) } else { (number, number) };
        for (_, text) in store::texts_of(ctx.sql, kind, place, 1)? {
            add(ctx, *entry, &text)?;
        }
    }
    Ok(full)
}

fn add(ctx: &Ctx<'_>, entry: i64, text: &str) -> Result<(), Reject> {
    let words = words_of(entry, text);
    if words.is_empty() {
        return Ok(());
    }
    Ok(store::add(ctx.sql, entry, &words)?)
}

/// The different words of a text, as the index takes them, after that of where the row stands.
fn words_of(entry: i64, text: &str) -> String {
    let mut different = BTreeSet::new();
    words::each(text, |word| {
        if !different.contains(word.folded) {
            different.insert(word.folded.to_owned());
        }
        true
    });
    let mut joined = String::with_capacity(different.iter().map(|word| word.len() + 1).sum());
    if different.is_empty() {
        return joined;
    }
    let place = match Kind::of(entry) {
        (Kind::Comments, seq) => slices::word(slices::of(seq)),
        (Kind::Tickets | Kind::Users, _) => slices::BESIDE,
    };
    joined.extend([place, ' ']);
    for word in different {
        joined.push_str(&word);
        joined.push(' ');
    }
    joined
}
