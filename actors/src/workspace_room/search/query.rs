//! What is looked for, and how well a text fits it.

use super::words;
use schema::room::search::QUERY_WORDS_MAX;

/// How soon more of the same word stops to matter (BM25's k1).
const SATURATION: f64 = 1.2;
/// How much the length of a text matters (BM25's b).
const LENGTH: f64 = 0.75;
/// What a longer word counts that begins with the one that is looked for.
const BEGINNING: f64 = 0.7;
/// What a word counts that stands further back in a text than is read for ranking.
const FAR_BACK: f64 = 0.3;

/// The longest beginnings of words that the index has lists of (migration 0006), in characters.
const LISTED_CHARS_MAX: usize = 6;

/// A word that is looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Term {
    /// Folded.
    pub folded: String,
    /// Whether it may be the beginning of a word.
    pub begins: bool,
}

impl Term {
    /// How well a word fits: 0 where it is another.
    #[must_use]
    pub fn fits(&self, word: &str) -> f64 {
        if word == self.folded {
            1.0
        } else if self.begins && word.starts_with(&self.folded) {
            BEGINNING
        } else {
            0.0
        }
    }

    /// What FTS5 is asked for; loosely, only as much of a long beginning as it has a list of.
    #[must_use]
    pub fn expression(&self, loosely: bool) -> String {
        let star = if self.begins { "*" } else { "" };
        let listed = self.begins && loosely;
        let end = self.folded.char_indices().nth(LISTED_CHARS_MAX).filter(|_| listed);
        let end = end.map_or(self.folded.len(), |(end, _)| end);
        format!("\"{}\"{star}", &self.folded[..end])
    }
}

/// The words that are looked for, each once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    /// The words.
    pub terms: Vec<Term>,
}

impl Query {
    /// Reads what somebody typed. The last word may be the beginning of one, unless it is a single
    /// letter; so may be a single character of a script without spaces, wherever it stands.
    #[must_use]
    pub fn of(text: &str) -> Self {
        let mut terms: Vec<Term> = Vec::new();
        let (mut end, mut whole) = (0, true);
        words::each(text, |word| {
            // The lone last character of a run: its pair with the one before it says more.
            if word.start < end && words::is_of_dense_script(word.folded) && is_single(word.folded)
            {
                return true;
            }
            end = word.end;
            let lone = words::is_of_dense_script(word.folded) && is_single(word.folded);
            whole = lone || words::is_of_dense_script(word.folded);
            if terms.iter().all(|term| term.folded != word.folded) {
                if terms.len() == QUERY_WORDS_MAX {
                    whole = true;
                    return false;
                }
                terms.push(Term { folded: word.folded.to_owned(), begins: lone });
            }
            true
        });
        if let Some(last) = terms.last_mut().filter(|term| !whole && !is_single(&term.folded)) {
            last.begins = true;
        }
        Self { terms }
    }

    /// The query for FTS5: every word in quotes, all of them wanted. Loosely, only as much of a
    /// long beginning as the index has a list of, so that more rows may match than should.
    #[must_use]
    pub fn expression(&self, loosely: bool) -> String {
        let terms: Vec<String> = self.terms.iter().map(|term| term.expression(loosely)).collect();
        terms.join(" ")
    }

    /// The beginning of words that is longer than those that the index has lists of.
    #[must_use]
    pub fn long_beginning(&self) -> Option<&Term> {
        let last = self.terms.last().filter(|term| term.begins);
        last.filter(|term| term.folded.chars().nth(LISTED_CHARS_MAX).is_some())
    }

    /// Whether all that is looked for is in a text.
    #[must_use]
    pub fn is_in(&self, text: &str) -> bool {
        let mut missing: Vec<&Term> = self.terms.iter().collect();
        words::each(text, |word| {
            missing.retain(|term| term.fits(word.folded) == 0.0);
            !missing.is_empty()
        });
        missing.is_empty()
    }

    /// Whether a word is one that is looked for.
    #[must_use]
    pub fn has(&self, word: &str) -> bool {
        self.terms.iter().any(|term| term.fits(word) > 0.0)
    }

    /// How well a text fits: BM25, with a weight for each word, in hundredths, and a length that is
    /// usual; and whether all that is looked for is in it.
    #[must_use]
    pub fn score(&self, weights: &[i64], text: &str, usual_words: f64) -> (f64, bool) {
        let mut counts = [0.0; QUERY_WORDS_MAX];
        let mut length = 0.0;
        words::each(text, |word| {
            length += 1.0;
            for (count, term) in counts.iter_mut().zip(&self.terms) {
                *count += term.fits(word.folded);
            }
            true
        });
        let room = SATURATION * (1.0 - LENGTH + LENGTH * length / usual_words);
        let counts = &counts[..self.terms.len()];
        let each = counts.iter().zip(weights).map(|(count, weight)| {
            let count = if *count > 0.0 { *count } else { FAR_BACK };
            *weight as f64 / 100.0 * count * (SATURATION + 1.0) / (count + room)
        });
        (each.sum(), counts.iter().all(|count| *count > 0.0))
    }
}

fn is_single(word: &str) -> bool {
    word.chars().nth(1).is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_is_typed_becomes_words_in_quotes() {
        let long = "x".repeat(300);
        for (text, expected) in [
            ("invoice", "\"invoice\"*"),
            ("Open INVOICE", "\"open\" \"invoice\"*"),
            ("a", "\"a\""),
            ("plan b", "\"plan\" \"b\""),
            ("same same", "\"same\"*"),
            ("\"*\" NEAR(a, 2) OR -b:^c", "\"near\" \"a\" \"2\" \"or\" \"b\" \"c\""),
            ("%_%", ""),
            ("語", "\"語\"*"),
            ("日本語", "\"日本\" \"本語\""),
            ("日本 x9", "\"日本\" \"x9\"*"),
            (&long, &format!("\"{}\"*", &long[..64])),
        ] {
            assert_eq!(Query::of(text).expression(false), expected, "{text}");
        }
        assert_eq!(Query::of("an invoice").expression(true), "\"an\" \"invoic\"*");
        assert_eq!(Query::of("an öffnung").expression(true), "\"an\" \"offnun\"*");
        assert_eq!(Query::of("inventory bill").expression(true), "\"inventory\" \"bill\"*");
        assert_eq!(Query::of("an invoic").long_beginning(), None);
        let many: String = (0..40).map(|n| format!("w{n} ")).collect();
        assert_eq!(Query::of(&many).terms.len(), QUERY_WORDS_MAX);
        assert!(Query::of(&many).terms.iter().all(|term| !term.begins));
    }

    #[test]
    fn a_text_fits_better_with_more_of_the_words_in_fewer_others() {
        let query = Query::of("open door");
        let score = |text: &str| query.score(&[100, 100], text, 10.0).0;
        let best = score("open door, door open");
        assert!(best > score("open the door"));
        assert!(score("open the door") > score("open the doorway"));
        let long = format!("open the door {}", "and so on ".repeat(20));
        assert!(score("open the door") > score(&long));
        assert!(
            query.score(&[500, 100], "open open door", 10.0).0
                > query.score(&[500, 100], "open door door", 10.0).0
        );
        for (text, has_all) in
            [("a door opens, is open", true), ("doors open", true), ("open", false)]
        {
            assert_eq!(query.score(&[100, 100], text, 10.0).1, has_all, "{text}");
            assert_eq!(query.is_in(text), has_all, "{text}");
        }
    }
}
