//! Slices of the comments, so that a search for several common words ends.
//!
//! FTS5 looks for the next row that has all words of a query until there is one, wherever the query
//! says that rows begin. Where every word is common and hardly any row has all of them, that is the
//! whole index: 30 ms for a million comments. So the index has one more word of each comment, that
//! of its slice, and a query can ask for a few slices alone; what is no comment has one word, so
//! that a query for tickets and users ends where the comments begin.

use super::store::{Kind, Marks};
use crate::workspace_room::transfer::store::BEFORE_IMPORTED;

/// 65,536 numbers of comments are a slice.
const BITS: u32 = 16;
/// As many rows as a slice can have.
pub const ROWS: i64 = 1 << BITS;
/// The characters of a plane that is for private use: no letter, so no word that anybody wrote.
const FIRST: u32 = 0xf_0000;
const PLANE: i64 = 0xfffe;
/// The word of tickets and users: for private use too, of another plane.
pub const BESIDE: char = '\u{e000}';

/// The slice of a comment.
#[must_use]
pub const fn of(seq: i64) -> i64 {
    seq >> BITS
}

/// The word of a slice: one character, so that it is no beginning of a word either.
#[must_use]
pub fn word(slice: i64) -> char {
    let place = u32::try_from(slice.rem_euclid(PLANE)).unwrap_or_default();
    char::from_u32(FIRST + place).unwrap_or(char::REPLACEMENT_CHARACTER)
}

/// How many slices there are.
#[must_use]
pub const fn count(marks: Marks) -> i64 {
    of(marks.comments) + 1 + of(marks.imported) - of(BEFORE_IMPORTED) + 1
}

/// What to ask beside a query for the comments from one downwards, in so many slices, and the
/// comment with which to go on behind them: [`Kind::end`] where that was all.
#[must_use]
pub fn down_from(upto: i64, slices: i64, marks: Marks) -> (String, i64) {
    let mut slice = of(upto);
    let mut words = Vec::new();
    while (words.len() as i64) < slices && slice >= of(BEFORE_IMPORTED + 1) {
        // Between the first comment of the room and the last that was imported there is nothing.
        if slice < 0 && slice > of(marks.imported) {
            slice = of(marks.imported);
        }
        words.push(format!("\"{}\"", word(slice)));
        slice -= 1;
    }
    let imported = marks.imported > BEFORE_IMPORTED;
    let last = if imported { of(BEFORE_IMPORTED + 1) } else { 0 };
    let rest = if slice < last { Kind::Comments.end() } else { ((slice + 1) << BITS) - 1 };
    (format!("({})", words.join(" OR ")), rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MARKS: Marks =
        Marks { comments: 200_000, tickets: 1, users: 1, imported: BEFORE_IMPORTED + 100_000 };

    #[test]
    fn slices_follow_each_other_down_to_the_first_imported_comment() {
        let mut upto = MARKS.comments;
        let mut asked = Vec::new();
        while upto != Kind::Comments.end() {
            let (words, rest) = down_from(upto, 2, MARKS);
            assert!(rest < upto, "{rest} is not below {upto}");
            asked.extend(words.chars().filter(|c| *c as u32 >= FIRST));
            upto = rest;
        }
        let slices = [3, 2, 1, 0, of(BEFORE_IMPORTED + 100_000), of(BEFORE_IMPORTED + 1)];
        assert_eq!(asked, slices.map(word));
        let none = Marks { imported: BEFORE_IMPORTED, ..MARKS };
        assert_eq!(down_from(10, 5, none).1, Kind::Comments.end());
    }

    #[test]
    fn the_word_of_a_slice_is_nobodys() {
        for slice in [of(BEFORE_IMPORTED), -1, 0, 1, 70_000, i64::from(u32::MAX)] {
            let word = word(slice);
            assert!(!word.is_alphanumeric() && word as u32 >= FIRST && word as u32 <= 0xf_fffd);
        }
        assert_ne!(word(0), word(-1));
    }
}
