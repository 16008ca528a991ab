//! The passwords that leaked most often, as few bits as will do.
//!
//! Of each the Worker has 24 bits of a hash, under which one good password in 8,000 lies too and is
//! refused for nothing. `tests/corpus/passwords.txt` has them in words, and says where from.

use sha2::{Digest, Sha256};

/// The hashes in order, each as the distance from the one before in two bytes; 0xffff is so much of
/// a longer one.
const LIST: &[u8] = include_bytes!("common_passwords.bin");
/// A word of so many letters is itself whatever digits and signs follow it; a shorter one is not.
const STEM_MIN: usize = 5;

/// Whether a password in lower case is one of them, or one of them with other digits and signs at
/// its end; `stem` is what stands before those.
#[must_use]
pub fn has(lower: &str, stem: &str) -> bool {
    let wanted = hash(form(lower, stem));
    let mut at = 0;
    for pair in LIST.chunks_exact(2) {
        let step = u16::from_be_bytes([pair[0], pair[1]]);
        at += u32::from(step);
        if step < u16::MAX && wanted <= at {
            return wanted == at;
        }
    }
    false
}

fn form<'a>(lower: &'a str, stem: &'a str) -> &'a str {
    if stem.len() < STEM_MIN { lower } else { stem }
}

fn hash(form: &str) -> u32 {
    let digest = Sha256::digest(form.as_bytes());
    u32::from_be_bytes([0, digest[0], digest[1], digest[2]])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::password::{self, CHARS_MIN};
    use std::collections::BTreeSet;

    const CORPUS: &str = include_str!("../../tests/corpus/passwords.txt");

    fn words() -> impl Iterator<Item = &'static str> {
        CORPUS.lines().filter(|line| !line.starts_with('#'))
    }

    #[test]
    fn the_list_is_made_of_the_corpus() {
        let mut hashes = BTreeSet::new();
        for word in words() {
            let lower = word.to_lowercase();
            let stem = password::stem(&lower);
            if !password::is_monotonous(&lower, stem) {
                hashes.insert(hash(form(&lower, stem)));
            }
        }
        let (mut list, mut at) = (Vec::new(), 0);
        for hash in hashes {
            let mut step = hash - at;
            at = hash;
            while let Some(rest) = step.checked_sub(u32::from(u16::MAX)) {
                list.extend([0xff, 0xff]);
                step = rest;
            }
            list.extend(&step.to_be_bytes()[2..]);
        }
        assert!(list == LIST, "write these {} bytes to common_passwords.bin", list.len());
    }

    #[test]
    fn the_three_thousand_most_common_passwords_are_refused() {
        let words: BTreeSet<&str> = words().collect();
        assert_eq!(words.len(), 3_000);
        for word in words {
            assert!(word.len() >= CHARS_MIN, "{word}");
            assert!(password::check("password", word).is_err(), "{word}");
            assert!(password::check("password", &word.to_uppercase()).is_err(), "{word}");
        }
    }

    #[test]
    fn of_other_passwords_hardly_any_is_refused() {
        let others = (0..20_000).map(|n| format!("x{}y", n * 7_919 + 1_000_003));
        let refused = others.filter(|other| password::check("password", other).is_err()).count();
        assert!(refused < 20, "{refused} of 20,000");
    }
}
