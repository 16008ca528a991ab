//! What the index has not yet, or has otherwise: looked through as it stands, so that a search
//! sees what was just written and writes nothing itself.

use super::query::Query;
use super::store::{self, Kind, Marks};
use crate::kernel::Ctx;
use crate::workspace_room::derived;
use schema::Reject;
use schema::sort::SortSmall;
use std::collections::BTreeSet;

/// Where there are more rows of a kind than the timer leaves, they are put into the index first.
const ROWS: i64 = 2 * derived::EVERY;
/// And where their texts are larger than this: 4 KiB for each that the timer may leave.
const BYTES: usize = 800 << 10;
/// What is put into the index first is put there in one step.
const _: () = assert!(ROWS <= derived::AT_ONCE);

/// The rows that a query finds beside the index, and those that the index has with an old text.
#[derive(Debug, Default)]
pub struct Pending {
    found: Vec<(Kind, i64)>,
    /// As rows of the index.
    stale: BTreeSet<i64>,
}

impl Pending {
    /// Looks through what is not in the index; none where that is too much.
    ///
    /// # Errors
    /// A storage fault.
    pub fn find(ctx: &Ctx<'_>, marks: Marks, query: &Query) -> Result<Option<Self>, Reject> {
        let mut texts = Vec::new();
        for (kind, place) in marks.behind() {
            let rows = store::texts_of(ctx.sql, kind, place, ROWS)?;
            if rows.len() as i64 == ROWS {
                return Ok(None);
            }
            texts.extend(rows.into_iter().map(|(number, text)| (kind, number, text)));
        }
        let changes = store::changes(ctx.sql, ROWS)?;
        if changes.len() as i64 == ROWS {
            return Ok(None);
        }
        let mut pending = Self::default();
        for (entry, _) in changes {
            pending.stale.insert(entry);
            let (kind, number) = Kind::of(entry);
            let imported = kind == Kind::Comments && number < 0;
            let mark = if imported { marks.imported } else { marks.of(kind) };
            if number <= mark {
                let rows = store::texts_of(ctx.sql, kind, (number, number), 1)?;
                texts.extend(rows.into_iter().map(|(number, text)| (kind, number, text)));
            }
        }
        if texts.iter().map(|(_, _, text)| text.len()).sum::<usize>() > BYTES {
            return Ok(None);
        }
        texts.retain(|(_, _, text)| query.is_in(text));
        pending.found = texts.into_iter().map(|(kind, number, _)| (kind, number)).collect();
        Ok(Some(pending))
    }

    /// Whether the index has texts that are no more.
    #[must_use]
    pub fn is_stale(&self) -> bool {
        !self.stale.is_empty()
    }

    /// The marks, or the last row that was found here where that is behind them.
    #[must_use]
    pub fn last(&self, mut marks: Marks) -> Marks {
        for (kind, number) in &self.found {
            let last = match kind {
                Kind::Comments => &mut marks.comments,
                Kind::Tickets => &mut marks.tickets,
                Kind::Users => &mut marks.users,
            };
            *last = (*last).max(*number);
        }
        marks
    }

    /// What the index gave of a kind, newest first, made right: down from one row, as many as are
    /// looked at, and where to go on behind them.
    #[must_use]
    pub fn amend(&self, kind: Kind, (mut rows, mut rest): Rows, upto: i64, most: i64) -> Rows {
        rows.retain(|number| !self.stale.contains(&(kind.base() + number)));
        let here = self.found.iter().map(|(of, number)| (*of, *number));
        let here = here.filter(|(of, number)| *of == kind && *number <= upto && *number > rest);
        rows.extend(here.map(|(_, number)| number));
        rows.sort_small_by(|a, b| b.cmp(a));
        if rows.len() as i64 > most {
            rows.truncate(usize::try_from(most).unwrap_or(0));
            rest = rows.last().map_or(rest, |last| last - 1);
        }
        (rows, rest)
    }
}

/// Rows, newest first, and the row with which to go on behind them: the kind's end where there are
/// no more.
pub type Rows = (Vec<i64>, i64);
