//! Texts as words: what is put into the index, looked for in it, and marked in snippets.
//!
//! A word is a run of letters, digits and the signs that go with letters, folded: lower case,
//! without accents, with the letters that no decomposition knows spelled out (`ß` as `ss`). Scripts
//! that are written without spaces are cut into pairs of neighbours, and the last character stands
//! alone too, so that every character begins a word. A folded word has nothing but ASCII letters
//! and digits and characters beyond ASCII: SQLite's `ascii` tokenizer takes it as one word, always,
//! and nothing in it means anything to FTS5.

use crate::kernel::unicode::{nfkc, nfkd};

/// The longest word that is told from others that begin the same, in characters.
const WORD_CHARS_MAX: usize = 64;

/// A word and where in the text it stands, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Word<'a> {
    /// Folded.
    pub folded: &'a str,
    /// Where it begins.
    pub start: usize,
    /// Where it ends.
    pub end: usize,
}

/// Hands out the words of a text, in order, until `see` has seen enough and says `false`.
pub fn each(text: &str, mut see: impl FnMut(Word<'_>) -> bool) {
    let mut folded = String::new();
    let mut rest = text.char_indices().peekable();
    while let Some((start, first)) = rest.next() {
        if !is_letter(first) {
            continue;
        }
        let dense = is_dense(first);
        let mut end = start + first.len_utf8();
        while let Some((at, next)) = rest.next_if(|(_, c)| is_letter(*c) && is_dense(*c) == dense) {
            end = at + next.len_utf8();
        }
        let more = if dense {
            pairs(text, start, end, &mut folded, &mut see)
        } else {
            fold(&text[start..end], &mut folded);
            folded.is_empty() || see(Word { folded: &folded, start, end })
        };
        if !more {
            return;
        }
    }
}

/// A run of a script without spaces: each character with its neighbour, and the last alone.
fn pairs(
    text: &str,
    start: usize,
    end: usize,
    folded: &mut String,
    see: &mut impl FnMut(Word<'_>) -> bool,
) -> bool {
    let run = &text[start..end];
    let mut places = run.char_indices().map(|(at, _)| start + at).peekable();
    while let Some(from) = places.next() {
        let middle = places.peek().copied();
        let to = middle.map_or(end, |at| at + text[at..].chars().next().map_or(0, char::len_utf8));
        fold(&text[from..to], folded);
        if !folded.is_empty() && !see(Word { folded, start: from, end: to }) {
            return false;
        }
    }
    true
}

/// Whether a word is one of a script without spaces.
#[must_use]
pub fn is_of_dense_script(folded: &str) -> bool {
    folded.chars().next().is_some_and(is_dense)
}

fn fold(word: &str, folded: &mut String) {
    folded.clear();
    if word.is_ascii() {
        folded.push_str(word);
        folded.make_ascii_lowercase();
        folded.truncate(WORD_CHARS_MAX);
        return;
    }
    let mut plain = String::with_capacity(word.len());
    let lower = word.to_lowercase();
    for c in nfkd(&lower).chars() {
        match c {
            '\u{300}'..='\u{36f}' => {}
            'ß' => plain.push_str("ss"),
            'æ' => plain.push_str("ae"),
            'œ' => plain.push_str("oe"),
            'þ' => plain.push_str("th"),
            'ø' => plain.push('o'),
            'ł' => plain.push('l'),
            'đ' | 'ð' => plain.push('d'),
            'ı' => plain.push('i'),
            'ς' => plain.push('σ'),
            c if is_letter(c) => plain.extend(c.to_lowercase()),
            _ => {}
        }
    }
    let whole = nfkc(&plain);
    folded.extend(whole.chars().filter(|c| is_letter(*c)).take(WORD_CHARS_MAX));
}

/// What words are made of: letters, digits, and signs without which a word would break.
fn is_letter(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_alphanumeric();
    }
    let sign = matches!(c,
        '\u{300}'..='\u{36f}' | '\u{483}'..='\u{487}' | '\u{591}'..='\u{5c7}'
        | '\u{610}'..='\u{61a}' | '\u{64b}'..='\u{65f}' | '\u{900}'..='\u{963}'
        | '\u{966}'..='\u{ddf}' | '\u{e31}'..='\u{e3a}' | '\u{e47}'..='\u{e4e}'
        | '\u{eb1}'..='\u{ece}' | '\u{102b}'..='\u{103e}' | '\u{17b4}'..='\u{17d3}'
        | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}' | '\u{20d0}'..='\u{20ff}'
        | '\u{3099}'..='\u{309a}' | '\u{fe20}'..='\u{fe2f}');
    sign || c.is_alphanumeric()
}

/// Whether a script puts no space between words: Thai, Lao, Burmese, Khmer, Japanese, Chinese.
const fn is_dense(c: char) -> bool {
    matches!(c,
        '\u{e00}'..='\u{eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}'
        | '\u{3005}'..='\u{3007}' | '\u{3040}'..='\u{30ff}' | '\u{31f0}'..='\u{31ff}'
        | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}'
        | '\u{ff66}'..='\u{ff9f}' | '\u{20000}'..='\u{3ffff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        let mut found = Vec::new();
        each(text, |word| {
            found.push(word.folded.to_owned());
            true
        });
        found
    }

    #[test]
    fn words_are_folded_alike_however_they_are_written() {
        for (text, expected) in [
            ("Hello, World!", vec!["hello", "world"]),
            ("ÜBER über u\u{308}ber", vec!["uber", "uber", "uber"]),
            ("Straße STRASSE", vec!["strasse", "strasse"]),
            ("don't #1234 50%", vec!["don", "t", "1234", "50"]),
            ("ann@acme.example", vec!["ann", "acme", "example"]),
            ("ΣΊΣΥΦΟΣ σίσυφος", vec!["σισυφοσ", "σισυφοσ"]),
            ("ｆｕｌｌ ﬁne", vec!["full", "fine"]),
            ("İstanbul ırmak", vec!["istanbul", "irmak"]),
            ("hi👍there", vec!["hi", "there"]),
            ("日本語", vec!["日本", "本語", "語"]),
            ("abc語", vec!["abc", "語"]),
            ("한국어", vec!["한국어"]),
            ("%_% \"*\" NEAR( ^ - :", vec!["near"]),
            ("\u{301} ", vec![]),
            ("", vec![]),
        ] {
            assert_eq!(words(text), expected, "{text}");
        }
    }

    #[test]
    fn folded_words_have_only_what_one_token_is_made_of() {
        for c in (1..=0x3_ffff).filter_map(char::from_u32) {
            for word in words(&c.to_string()) {
                let plain = |c: char| !c.is_ascii() || c.is_ascii_alphanumeric();
                assert!(word.chars().all(plain), "{c:?} folds to {word:?}");
            }
        }
    }

    #[test]
    fn words_say_where_they_stand() {
        let text = "Der Fluß, 日本!";
        let mut found = Vec::new();
        each(text, |word| {
            found.push((word.folded.to_owned(), &text[word.start..word.end]));
            found.len() < 3
        });
        let found: Vec<_> = found.iter().map(|(folded, there)| (folded.as_str(), *there)).collect();
        assert_eq!(found, [("der", "Der"), ("fluss", "Fluß"), ("日本", "日本")]);
    }
}
