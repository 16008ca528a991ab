//! Search: FTS5 inside the room, over tickets, comments and users.
//!
//! [`words`] makes words of texts, [`index`] puts them into the index, [`find`] answers the
//! `search` command with [`query`] (what is looked for, how well a text fits), [`lookup`] (the rows
//! that are ranked together) and [`snippet`].
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
//! **A comment writes nothing here, and neither does a search.** Comments, tickets and users are
//! numbered in the order of their making, so what is not indexed yet is what lies behind three
//! marks. A timer takes it in every [`super::derived::EVERY`] events; a search looks through what
//! has come since ([`pending`]), so it sees what was just written. Shadow rows that FTS5 writes for
//! a comment: 8.6 when each is indexed by itself, 1.7 in batches of 64, fewer in larger ones. A row
//! that changes behind its mark is noted by triggers (migration 0006) with the text that the index
//! has of it, because an index without texts can only forget what it is told again. So every path
//! that writes such rows is covered, and an erased text leaves the index too.
//!
//! **Common words cost no more than rare ones.** A search takes the newest 200 rows of each kind
//! that match (of 1,000 where a filter leaves some out), ranks those by BM25 (newer first among
//! equals) and pages through them; its cursor then leads on to the 200 before. What that goes
//! through is estimated by how far back the newest rows with each word reach ([`cost`]). Where it
//! would be too much, with several common words that hardly any comment has together, it takes the
//! newest [`slices`] only and its cursor goes on behind them: such a page can be short or empty.

pub mod cost;
pub mod find;
pub mod index;
pub mod lookup;
pub mod pending;
pub mod query;
pub mod slices;
pub mod snippet;
pub mod store;
#[cfg(test)]
mod tests;
pub mod words;

use crate::kernel::{Migration, migration};

/// The index and its marks.
pub const MIGRATION: Migration = migration!("workspace_room/0006_search");
