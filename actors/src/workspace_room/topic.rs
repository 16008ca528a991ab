//! What a subject is about, without what people and mail programs put around it.

use super::mail::NO_SUBJECT;

/// What mail programs put before the subject of an answer or of a mail that is passed on.
const BEFORE: [&str; 12] =
    ["re", "aw", "antw", "sv", "vs", "rif", "fw", "fwd", "wg", "tr", "rv", "ref"];
/// Words of fewer characters say nothing about what a subject is about.
const WORD_CHARS_MIN: usize = 4;

/// A subject as it is compared: in small letters, without marks like `Re:`, `AW[2]:`, `[#12]` or
/// `[External]`; empty where nothing is left.
#[must_use]
pub fn of(subject: &str) -> String {
    let lower = subject.to_lowercase();
    let words: Vec<&str> = lower.split_whitespace().collect();
    let joined = words.join(" ");
    let mut rest = joined.as_str();
    loop {
        let next = without_mark(rest).trim_start();
        if next.len() == rest.len() {
            break;
        }
        rest = next;
    }
    // A tag may stand behind, too.
    let rest = match rest.rsplit_once("[#") {
        Some((before, tag)) if tag.ends_with(']') => before,
        _ => rest,
    };
    let rest = rest.trim();
    if rest == NO_SUBJECT { String::new() } else { rest.to_owned() }
}

/// A subject without the first mark before it.
fn without_mark(subject: &str) -> &str {
    if let Some((_, rest)) = subject.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        return rest;
    }
    let Some((mark, rest)) = subject.split_once([':', '：']) else { return subject };
    let word = mark.trim_end().trim_end_matches(|c: char| "[]()0123456789 ".contains(c));
    if BEFORE.contains(&word) { rest } else { subject }
}

/// Whether two topics have nothing in common: neither holds the other, nor do they share a word.
/// What is empty says nothing.
#[must_use]
pub fn differ(one: &str, other: &str) -> bool {
    if one.is_empty() || other.is_empty() || one.contains(other) || other.contains(one) {
        return false;
    }
    let words = |text: &str| -> Vec<String> {
        let words = text.split(|c: char| !c.is_alphanumeric());
        let long = words.filter(|word| word.chars().count() >= WORD_CHARS_MIN);
        long.map(str::to_owned).collect()
    };
    let others = words(other);
    !words(one).iter().any(|word| others.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_around_a_subject_say_nothing() {
        for (subject, topic) in [
            ("The Door", "the door"),
            ("Re: The  Door", "the door"),
            ("RE: AW: Fwd: the door", "the door"),
            ("Re[2]: The door", "the door"),
            ("AW (3) : The door", "the door"),
            ("[External] Re: [#12] The door", "the door"),
            ("The door [#12]", "the door"),
            ("Re：The door", "the door"),
            ("Order 12: where is it?", "order 12: where is it?"),
            ("Re:", ""),
            ("  ", ""),
            ("[#12]", ""),
            ("Re: (no subject)", ""),
            ("[", "["),
        ] {
            assert_eq!(of(subject), topic, "{subject}");
        }
    }

    #[test]
    fn subjects_differ_where_they_have_nothing_in_common() {
        for (one, other, apart) in [
            ("the door is stuck", "invoice for october", true),
            ("the door is stuck", "door", false),
            ("the door is stuck", "still stuck!", false),
            ("order 1 for me", "order 2 for me", false),
            ("tür", "rechnung", true),
            ("", "invoice", false),
            ("ドアが開かない", "請求書", true),
        ] {
            assert_eq!(differ(one, other), apart, "{one} / {other}");
            assert_eq!(differ(other, one), apart, "{other} / {one}");
        }
    }
}
