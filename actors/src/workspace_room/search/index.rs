//! Bringing the index up to date.

use super::store::{self, Kind, Marks};
use super::{slices, words};
use crate::kernel::Ctx;
use crate::workspace_room::store::TOP;
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
    for (kind, mark, last) in [
        (Kind::Comments, &mut marks.comments, TOP),
        (Kind::Comments, &mut marks.imported, -1),
        (Kind::Tickets, &mut marks.tickets, TOP),
        (Kind::Users, &mut marks.users, TOP),
    ] {
        let texts = store::texts_of(ctx.sql, kind, (*mark + 1, last), most)?;
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
    let changes = store::changes(ctx.sql, most)?;
    for (entry, was) in &changes {
        let (kind, number) = Kind::of(*entry);
        if number < 0 && number > marks.imported {
            // The index has not come to this imported comment yet.
            store::forget_change(ctx.sql, *entry)?;
            continue;
        }
        let had = words_of(*entry, was);
        if !had.is_empty() {
            store::remove(ctx.sql, *entry, &had)?;
        }
        // What lies behind its mark is new, whatever had its number before.
        let place = if number > marks.of(kind) { (1, 0) } else { (number, number) };
        for (_, text) in store::texts_of(ctx.sql, kind, place, 1)? {
            add(ctx, *entry, &text)?;
        }
        store::forget_change(ctx.sql, *entry)?;
    }
    Ok(changes.len() as i64 == most)
}

fn add(ctx: &Ctx<'_>, entry: i64, text: &str) -> Result<(), Reject> {
    let words = words_of(entry, text);
    if words.is_empty() {
        return Ok(());
    }
    Ok(store::add(ctx.sql, entry, &words)?)
}

/// The different words of a text, as the index takes them, and the slice that the row is in.
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
    if let (Kind::Comments, seq) = Kind::of(entry) {
        joined.extend([slices::word(slices::of(seq)), ' ']);
    }
    for word in different {
        joined.push_str(&word);
        joined.push(' ');
    }
    joined
}
