//! Search: FTS5 inside the room, over tickets, comments and users.
//!
//! [`words`] makes words of texts, [`index`] puts them into the index, [`find`] answers the
//! `search` command with [`query`] (what is looked for, how well a text fits) and [`snippet`].
//!
//! **Any input is safe.** FTS5 is only ever given words that [`words`] has folded, each in quotes;
//! they have no character that means anything to FTS5, so no query is a syntax error and none can
//! ask for more than its words.
//!
//! **The index is small.** It holds which words are in which row and nothing else: the texts stand
//! in their tables (`content = ''`), lengths and places of words are counted from the texts of
//! the few hundred candidates of a query (`columnsize = 0`, `detail = none`). Measured with 200,000
//! texts of 15 to 90 words: 84 bytes a text; 102 more for the beginnings of words of two and three
//! letters and a third of that for those of four to six (`prefix = '2 3 4 5 6'`), without which
//! FTS5 gathers all rows with a beginning before it gives the first: 20 ms for a common one at that
//! size, and more with every comment; `detail = full` would cost 90 more. A single letter is looked
//! for as a word, not as a beginning. Of a longer beginning that is common, FTS5 is asked for the
//! first six letters, and what has not the rest is left out here.
//!
//! **A comment writes nothing here.** Comments, tickets and users are numbered in the order of
//! their making, so what is not indexed yet is what lies behind three marks. It is caught up with
//! before each search (so a search sees what was just written), and by a timer every
//! [`super::derived::EVERY`] events, which bounds what a search has to catch up with. Shadow rows
//! that FTS5 writes for a comment: 8.6 when each is indexed by itself, 1.7 in batches of 64. A row
//! that changes behind its mark is noted by triggers (migration 0006) with the text that the index
//! has of it, because an index without texts can only forget what it is told again. So every path
//! that writes such rows is covered, and an erased text leaves the index too.
//!
//! **Common words cost no more than rare ones.** A search takes the newest few hundred rows that
//! match, ranks those by BM25 (newer first among equals) and pages through them; its cursor then
//! leads on to the few hundred before. How common a word is, is estimated from how far back its
//! newest rows reach. With several common words, which hardly any row may have together, it takes the
//! newest [`slices`] only, and its cursor goes on behind them: such a page can be short or empty.

pub mod find;
pub mod index;
pub mod query;
pub mod slices;
pub mod snippet;
pub mod store;
#[cfg(test)]
mod tests;
pub mod words;

use crate::kernel::Migration;

/// The index and its marks.
pub const MIGRATION: Migration = Migration {
    name: "workspace_room/0006_search",
    sql: include_str!("../../../../schema/migrations/workspace_room/0006_search.sql"),
};
