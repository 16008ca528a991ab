//! What a text has to be before it may be sent: whoever wrote it, it is a stranger's.

use schema::room::writing::{AiRules, WRITTEN_CHARS};

/// What leads elsewhere than to a host.
const SCHEMES: [&str; 6] = ["javascript:", "data:", "file:", "tel:", "sms:", "vbscript:"];
/// What nobody writes who has filled everything in, in lower case.
const PLACEHOLDERS: [&str; 17] = [
    "{{",
    "}}",
    "{",
    "}",
    "<<",
    ">>",
    "(insert",
    "(your name",
    "your name here",
    "[insert",
    "[your",
    "[name",
    "[first",
    "[company",
    "lorem ipsum",
    "xxxx",
    "____",
];
/// What may stand behind a link and end the word: a host is never followed by anything else but its
/// port and its path.
const CLOSING: &str = ".,;:!?)]>\"'\u{2019}\u{201c}\u{201d}\u{bb}";
/// The longest that a placeholder in brackets is.
const BRACKETS_CHARS_MAX: usize = 40;

/// A text as it may be sent.
///
/// # Errors
/// Why it may not.
pub fn checked(text: &str, rules: &AiRules) -> Result<String, String> {
    passed(without_subject(text.trim()), rules)
}

/// The same of a text that somebody read: no line of it is taken away.
///
/// # Errors
/// Why it may not be sent.
pub fn passed(text: &str, rules: &AiRules) -> Result<String, String> {
    let text = text.replace("\r\n", "\n");
    let (least, most) = WRITTEN_CHARS;
    if !(least..=most).contains(&text.chars().count()) {
        return Err(format!("it must have {least} to {most} characters"));
    }
    if hides(&text) {
        return Err("it has characters that do not show".into());
    }
    if let Some(found) = placeholder(&text) {
        return Err(format!("a placeholder is left: {found}"));
    }
    let small = text.to_lowercase();
    if let Some(claim) = rules.banned_claims.iter().find(|claim| says(&small, claim)) {
        return Err(format!("it says what is banned: {claim}"));
    }
    match with_full_stops(&small).split_whitespace().find_map(|word| stray(word, rules)) {
        Some(host) => Err(format!("it links to {}", host.chars().take(100).collect::<String>())),
        None => Ok(text),
    }
}

/// Whether a stranger's words may stand in a mail: in one line, showing what they are, filled in,
/// and with nothing that a mail program would make a link.
#[must_use]
pub fn is_plain_line(text: &str) -> bool {
    let small = with_full_stops(&text.to_lowercase());
    let rules = AiRules::default();
    !text.contains('\n')
        && !hides(text)
        && placeholder(text).is_none()
        && !small.contains(['@', '\u{ff20}', '\u{fe6b}'])
        && small.split_whitespace().all(|word| stray(word, &rules).is_none())
}

/// With what is read as a full stop in a host's name as one.
fn with_full_stops(text: &str) -> String {
    text.replace(['\u{2024}', '\u{3002}', '\u{ff0e}', '\u{ff61}'], ".")
}

/// Whether a text, in lower case, says what is banned: in whatever letters, spaces and hyphens.
fn says(text: &str, claim: &str) -> bool {
    let words = |text: &str, parts: fn(char) -> bool| {
        text.split(parts).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
    };
    let claim = claim.to_lowercase();
    let is_plain = claim.chars().all(|c| c.is_alphanumeric() || c == '-' || c.is_whitespace());
    let parts: fn(char) -> bool =
        if is_plain { |c: char| !c.is_alphanumeric() } else { char::is_whitespace };
    let claim = words(&claim, parts);
    !claim.is_empty() && words(text, parts).contains(&claim)
}

/// Whether something does not show; that an emoji is a coloured one is no trick.
fn hides(text: &str) -> bool {
    let mut before = ' ';
    text.chars().any(|c| {
        let is_coloured = c == '\u{fe0f}'
            && matches!(before, '\u{2190}'..='\u{2bff}' | '\u{1f000}'..='\u{1faff}');
        before = c;
        is_trick(c) && !is_coloured
    })
}

/// Whether a character does not show, or changes how others do.
fn is_trick(c: char) -> bool {
    let is_hidden = matches!(c, '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
        || matches!(c, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{e0000}'..='\u{e007f}');
    // Variants of the character before.
    let varies = matches!(c, '\u{fe00}'..='\u{fe0f}' | '\u{180b}'..='\u{180f}')
        || matches!(c, '\u{e0100}'..='\u{e01ef}');
    let is_hidden = is_hidden || varies;
    is_hidden || matches!(c, '\u{2028}'..='\u{202e}') || c.is_control() && c != '\n'
}

/// Models like to begin with a subject, though they are told not to.
fn without_subject(text: &str) -> &str {
    let (first, rest) = text.split_once('\n').unwrap_or((text, ""));
    let is_subject = first.get(..8).is_some_and(|word| word.eq_ignore_ascii_case("subject:"));
    if is_subject { rest.trim() } else { text }
}

/// What was to be filled in, and was not.
fn placeholder(text: &str) -> Option<String> {
    let small = text.to_lowercase();
    let found = PLACEHOLDERS.iter().find(|one| small.contains(**one));
    let found = found.map(|one| (*one).to_owned());
    let found = found.or_else(|| in_brackets(text).map(|inside| format!("[{inside}]")));
    found.or_else(|| in_percents(text).map(|inside| format!("%{inside}%")))
}

/// Words in brackets that stand for something: `[Name]` and `<Name>`, not `[1]` or `<https://…>`.
fn in_brackets(text: &str) -> Option<&str> {
    let within = |open: char, close: char| {
        let inside = text.split(open).skip(1).filter_map(move |rest| rest.split_once(close));
        inside.map(|(inside, _)| inside).find(|inside| {
            let short = inside.chars().count() <= BRACKETS_CHARS_MAX;
            let is_link = open == '<' && (inside.contains("://") || inside.contains('@'));
            short && !is_link && inside.chars().any(char::is_alphabetic)
        })
    };
    let pairs = [('[', ']'), ('<', '>'), ('\u{3010}', '\u{3011}'), ('\u{ff3b}', '\u{ff3d}')];
    pairs.into_iter().find_map(|(open, close)| within(open, close))
}

/// A word between percent signs, `%FIRST_NAME%`, that is no part of a link.
fn in_percents(text: &str) -> Option<&str> {
    let mut parts = text.split('%').skip(1).peekable();
    while let Some(inside) = parts.next() {
        let Some(behind) = parts.peek() else { break };
        let is_word = inside.len() >= 3 && inside.chars().all(|c| c.is_alphabetic() || c == '_');
        let is_code =
            |text: &str| text.len() >= 2 && text.bytes().take(2).all(|b| b.is_ascii_hexdigit());
        if is_word && !(is_code(inside) && is_code(behind)) {
            return Some(inside);
        }
    }
    None
}

/// The first host in a word that a mail program may make a link to, and that is not allowed. What
/// only looks like one counts as one: that a text is written anew harms nobody.
fn stray<'a>(word: &'a str, rules: &AiRules) -> Option<&'a str> {
    let is_odd = |rest: &str| !rest.starts_with(is_of_host);
    let leads = |scheme: &&str| word.split_once(*scheme).is_some_and(|(_, rest)| !rest.is_empty());
    if SCHEMES.iter().any(leads) || word.split("://").skip(1).any(is_odd) {
        return Some(word);
    }
    let mut at = 0;
    while let Some(start) = word[at..].find(is_of_host).map(|found| at + found) {
        let end = word[start..].find(|c| !is_of_host(c)).map_or(word.len(), |found| start + found);
        let host = word[start..end].trim_matches(|c: char| !c.is_alphanumeric());
        let is_named = word[..start].ends_with("//") || word[..start].ends_with('\\');
        at = end;
        // Before an @ stands a name, and what a link leads to stands behind it.
        let is_name = !is_named && word[end..].starts_with('@');
        if host.is_empty() || is_name || !(is_named || is_like_host(host)) {
            continue;
        }
        if !may_link(host, rules) {
            return Some(host);
        }
        if !ends_host(&word[end..], is_named) {
            return Some(&word[start..]);
        }
        at = word.len() - behind_path(&word[end..]).len();
    }
    None
}

fn is_of_host(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '.' | '-' | '_')
}

/// Whether mail programs make a link of it: a name with an ending, or an address of four numbers.
fn is_like_host(host: &str) -> bool {
    let Some((_, ending)) = host.rsplit_once('.') else { return false };
    let is_word = ending.chars().count() >= 2 && ending.chars().all(char::is_alphabetic);
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    is_word || ending.starts_with("xn--") || host.split('.').filter(|it| is_number(it)).count() == 4
}

/// Whether a host ends where its name does: browsers take what follows for more of it, or for a
/// name before another host. Where nothing says that it is a host, only what is coded may be more.
fn ends_host(rest: &str, is_named: bool) -> bool {
    let rest = behind_port(rest);
    if !is_named {
        return !rest.starts_with(['%', '\u{ff05}', '\u{fe6a}']);
    }
    rest.starts_with(['/', '?', '#']) || rest.chars().all(|c| CLOSING.contains(c))
}

fn behind_port(rest: &str) -> &str {
    let numbers = |rest: &str| rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let port = rest.strip_prefix(':').filter(|it| it.starts_with(|c: char| c.is_ascii_digit()));
    port.map_or(rest, |port| &port[port.len() - numbers(port)..])
}

/// What stands behind the port, path and query of a link.
fn behind_path(rest: &str) -> &str {
    let rest = behind_port(rest);
    if !rest.starts_with(['/', '?', '#']) {
        return rest;
    }
    rest.trim_start_matches(|c| is_of_host(c) || "/~%?=&#+!".contains(c))
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
            link_domains: vec!["acme.example".into(), "acme.com".into()],
            banned_claims: vec!["Money back".into()],
        }
    }

    #[test]
    fn a_text_that_is_whole_is_taken_without_its_subject() {
        for text in [
            "Your doors are the best in town. Shall we talk?",
            "See https://acme.example/doors?x=1, or www.shop.acme.example. It is worth it.",
            "Prices [1] went up by 3.5 percent, e.g. in May. So what?",
            "Write to ann.lee@acme.example, or see <https://acme.example:8443/a.html?b=c.de#d>.",
            "Up 10% or 20% (\u{201c}https://acme.example\u{201d}), see <https://acme.com:443>.",
            "See https://acme.example/%fcber%20uns/%ab%cd%ef for all that we have.",
            "See acme.example/doors/evil.test, which is still ours, and 100 others.",
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
            (
                "See https://acme.example@evil.test/ for doors",
                "it links to acme.example@evil.test/",
            ),
            ("See https://notacme.example/ for more doors", "it links to notacme.example"),
            ("See https://acme.example.evil.test/ for doors", "it links to acme.example.evil.test"),
            ("Write to ann@evil.com about all your doors", "it links to evil.com"),
            ("Doors: https://acme.example/,https://evil.test/x", "it links to evil.test"),
            ("Doors: https://acme.example/|evil.test/ for you", "it links to evil.test"),
            ("Doors: evil.test|www.acme.example for all of you", "it links to evil.test"),
            (
                "Doors: https://acme.example:80@evil.test/ for you",
                "it links to acme.example:80@evil.test/",
            ),
            ("Doors: https://a.b@evil.test/ for all of you", "it links to a.b"),
            ("Your doors are fine, see evil.museum for more", "it links to evil.museum"),
            ("Your doors are fine, see evil\u{3002}com for more", "it links to evil.com"),
            ("Your doors are fine, see http://localhost/ too", "it links to localhost"),
            ("Your doors are fine, see http://[::1]/ there", "it links to http://[::1]/"),
            ("Your doors are fine, see 10.0.0.1/x for more", "it links to 10.0.0.1"),
            ("Your doors are fine, see http:\\\\evil/x for more", "it links to evil"),
            ("Your doors are fine, call tel:+49123456 please", "it links to tel:+49123456"),
            ("Dear <First Name>, your doors are fine.", "a placeholder is left: [First Name]"),
            ("Dear {name}, your doors are really fine.", "a placeholder is left: {"),
            ("Your doors are fine, money-back and so on.", "it says what is banned: Money back"),
            (
                "Doors: https://acme.example@evil%2ecom/ for you",
                "it links to acme.example@evil%2ecom/",
            ),
            (
                "Doors: https://acme.example;@evil%2ecom/ for you",
                "it links to acme.example;@evil%2ecom/",
            ),
            (
                "Doors: https://acme.example%2eevil%2ecom for you",
                "it links to acme.example%2eevil%2ecom",
            ),
            ("Doors: https://acme.com%6dunity/x for you", "it links to acme.com%6dunity/x"),
            ("Doors: acme.com%6dunity/x for all of you", "it links to acme.com%6dunity/x"),
            ("Doors: https://acme.com\u{ff05}6dunity/x", "it links to acme.com\u{ff05}6dunity/x"),
            ("Doors: https://acme.com\u{fe0f}munity", "it has characters that do not show"),
            ("Doors: https://acme.com\u{180b}munity", "it has characters that do not show"),
            ("Doors: https://acme.com\u{e0100}munity", "it has characters that do not show"),
            ("Doors: https://acme.example\\@evil/ now", "it links to acme.example\\@evil/"),
            ("Dear %FIRST_NAME%, your doors are fine.", "a placeholder is left: %FIRST_NAME%"),
            ("Dear %DATE% and so on, doors are fine.", "a placeholder is left: %DATE%"),
            ("Dear \u{3010}Name\u{3011}, your doors are fine.", "a placeholder is left: [Name]"),
            ("Your d\u{ad}oors are fine and so on, always.", "it has characters that do not show"),
            ("Your doors are \u{202e}enif and so on.", "it has characters that do not show"),
        ] {
            assert_eq!(checked(text, &rules()), Err(why.to_owned()), "{text}");
        }
        assert!(checked(&"x ".repeat(2_001), &rules()).is_err());
        let coloured = "Your doors are fine \u{2764}\u{fe0f} and so on, always.";
        assert_eq!(checked(coloured, &rules()).as_deref(), Ok(coloured));
    }
}
