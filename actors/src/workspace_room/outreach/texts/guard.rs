//! What a text has to be before it may be sent: whoever wrote it, it is a stranger's.

use schema::room::writing::{AiRules, WRITTEN_CHARS};

/// Endings of what mail programs make a link of, though it does not say so.
const ENDINGS: [&str; 28] = [
    "com", "net", "org", "io", "co", "ai", "app", "dev", "de", "fr", "es", "nl", "eu", "info",
    "biz", "xyz", "ru", "cn", "me", "ly", "shop", "site", "online", "uk", "us", "at", "ch",
    "example",
];
/// What nobody writes who has filled everything in, in lower case.
const PLACEHOLDERS: [&str; 12] = [
    "{{",
    "}}",
    "<<",
    ">>",
    "[insert",
    "[your",
    "[name",
    "[first",
    "[company",
    "lorem ipsum",
    "xxxx",
    "____",
];
/// The longest that a placeholder in brackets is.
const BRACKETS_CHARS_MAX: usize = 40;

/// A text as it may be sent.
///
/// # Errors
/// Why it may not.
pub fn checked(text: &str, rules: &AiRules) -> Result<String, String> {
    let text = without_subject(text.trim()).replace("\r\n", "\n");
    let (least, most) = WRITTEN_CHARS;
    if !(least..=most).contains(&text.chars().count()) {
        return Err(format!("it must have {least} to {most} characters"));
    }
    if text.contains(is_trick) {
        return Err("it has characters that do not show".into());
    }
    let small = text.to_lowercase();
    if let Some(found) = PLACEHOLDERS.iter().find(|one| small.contains(**one)) {
        return Err(format!("a placeholder is left: {found}"));
    }
    if let Some(found) = in_brackets(&text) {
        return Err(format!("a placeholder is left: [{found}]"));
    }
    let plain = small.split_whitespace().collect::<Vec<_>>().join(" ");
    let is_said = |claim: &&String| {
        let claim = claim.to_lowercase().split_whitespace().collect::<Vec<_>>().join(" ");
        !claim.is_empty() && plain.contains(&claim)
    };
    if let Some(claim) = rules.banned_claims.iter().find(is_said) {
        return Err(format!("it says what is banned: {claim}"));
    }
    match small.split_whitespace().filter_map(host_of).find(|host| !may_link(host, rules)) {
        Some(host) => Err(format!("it links to {}", host.chars().take(100).collect::<String>())),
        None => Ok(text),
    }
}

/// Whether a character does not show, or changes how others do.
fn is_trick(c: char) -> bool {
    let is_hidden = matches!(c, '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{206f}' | '\u{feff}');
    is_hidden || matches!(c, '\u{202a}'..='\u{202e}') || c.is_control() && c != '\n'
}

/// Models like to begin with a subject, though they are told not to.
fn without_subject(text: &str) -> &str {
    let (first, rest) = text.split_once('\n').unwrap_or((text, ""));
    let is_subject = first.get(..8).is_some_and(|word| word.eq_ignore_ascii_case("subject:"));
    if is_subject { rest.trim() } else { text }
}

/// Words in brackets that stand for something: `[Name]`, not `[1]`.
fn in_brackets(text: &str) -> Option<&str> {
    let inside = text.split('[').skip(1).filter_map(|rest| rest.split_once(']'));
    inside.map(|(inside, _)| inside).find(|inside| {
        let short = inside.chars().count() <= BRACKETS_CHARS_MAX;
        short && inside.chars().any(char::is_alphabetic)
    })
}

/// The host that a word leads to, where a mail program would make a link of it.
fn host_of(word: &str) -> Option<&str> {
    if word.contains("javascript:") || word.contains("data:") {
        return Some(word);
    }
    let (scheme, rest) = match word.find("://") {
        Some(at) => (true, &word[at + 3..]),
        None => (false, word.trim_start_matches(|c: char| !c.is_alphanumeric())),
    };
    let rest = rest.strip_prefix("mailto:").unwrap_or(rest);
    let authority = rest.split(['/', '?', '#', '\\']).next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    let host = host.split(':').next().unwrap_or_default();
    let host = host.trim_matches(|c: char| !c.is_alphanumeric());
    if scheme {
        return Some(host);
    }
    let (_, ending) = host.rsplit_once('.')?;
    (host.starts_with("www.") || ENDINGS.contains(&ending)).then_some(host)
}

fn may_link(host: &str, rules: &AiRules) -> bool {
    rules.link_domains.iter().any(|domain| {
        host == domain || host.strip_suffix(domain.as_str()).is_some_and(|it| it.ends_with('.'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules() -> AiRules {
        AiRules {
            approval: false,
            link_domains: vec!["acme.example".into()],
            banned_claims: vec!["Money back".into()],
        }
    }

    #[test]
    fn a_text_that_is_whole_is_taken_without_its_subject() {
        for text in [
            "Your doors are the best in town. Shall we talk?",
            "See https://acme.example/doors?x=1, or www.shop.acme.example. It is worth it.",
            "Prices [1] went up by 3.5 percent, e.g. in May. So what?",
        ] {
            assert_eq!(checked(text, &rules()).as_deref(), Ok(text));
        }
        let text = "Subject: Doors\n\nYour doors are the best in town.\r\nReally.";
        let kept = "Your doors are the best in town.\nReally.";
        assert_eq!(checked(text, &rules()).as_deref(), Ok(kept));
    }

    #[test]
    fn a_text_that_nobody_should_get_is_refused_with_the_reason() {
        for (text, why) in [
            ("Hi.", "it must have 20 to 4000 characters"),
            ("Dear {{firstName}}, your doors are fine.", "a placeholder is left: {{"),
            ("Dear [First Name], your doors are fine.", "a placeholder is left: [first"),
            ("Dear [Vorname], your doors are fine.", "a placeholder is left: [Vorname]"),
            ("Your doors are fine. MONEY\n back, always.", "it says what is banned: Money back"),
            ("Your doors are fine: http://evil.test/x", "it links to evil.test"),
            ("Your doors are fine: evil.com, see there", "it links to evil.com"),
            ("Your doors are fine (www.evil.test).", "it links to www.evil.test"),
            ("See https://acme.example@evil.test/ for doors", "it links to evil.test"),
            ("See https://notacme.example/ for more doors", "it links to notacme.example"),
            ("See https://acme.example.evil.test/ for doors", "it links to acme.example.evil.test"),
            ("Write to ann@evil.com about all your doors", "it links to evil.com"),
            ("Your doors are \u{202e}enif and so on.", "it has characters that do not show"),
        ] {
            assert_eq!(checked(text, &rules()), Err(why.to_owned()), "{text}");
        }
        assert!(checked(&"x ".repeat(2_001), &rules()).is_err());
    }
}
