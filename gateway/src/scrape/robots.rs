//! robots.txt (RFC 9309): whether a site lets us read a path.

/// How a robots.txt calls us.
const PRODUCT: &str = "postroom";

/// Whether a path, with its query, may be read. The longest rule counts; of two as long, the one
/// that allows; where none fits, it may.
#[must_use]
pub fn allows(text: &str, path: &str) -> bool {
    let Some(rules) = for_us(text) else { return true };
    let fitting = rules.into_iter().filter(|(_, pattern)| fits(pattern, path));
    fitting.map(|(allow, pattern)| (pattern.len(), allow)).max().is_none_or(|(_, allow)| allow)
}

/// What of it is for us, as a robots.txt that says the same to us: what it says to others may be
/// long.
#[must_use]
pub fn ours(text: &str) -> String {
    let mut all = String::new();
    for (allow, pattern) in for_us(text).unwrap_or_default() {
        all.push_str(if allow { "\nallow:" } else { "\ndisallow:" });
        all.push_str(pattern);
    }
    if all.is_empty() { all } else { format!("user-agent:*{all}") }
}

/// The rules that hold for us: of groups of our own, else of those for all.
fn for_us(text: &str) -> Option<Vec<(bool, &str)>> {
    rules(text, PRODUCT).or_else(|| rules(text, "*"))
}

/// The rules of all groups for somebody; none where no group is.
fn rules<'a>(text: &'a str, who: &str) -> Option<Vec<(bool, &'a str)>> {
    let mut found: Option<Vec<(bool, &str)>> = None;
    let (mut is_named, mut has_rules) = (false, false);
    for line in text.trim_start_matches('\u{feff}').lines() {
        let line = line.split('#').next().unwrap_or_default();
        let Some((key, value)) = line.split_once(':') else { continue };
        let value = value.trim();
        match &*key.trim().to_ascii_lowercase() {
            "user-agent" => {
                // One behind rules begins the next group.
                is_named = is_named && !has_rules;
                has_rules = false;
                let name = value.split(['/', ' ']).next().unwrap_or_default();
                if name.eq_ignore_ascii_case(who) {
                    is_named = true;
                    found.get_or_insert_default();
                }
            }
            key @ ("allow" | "disallow") => {
                has_rules = true;
                let rules = found.as_mut().filter(|_| is_named && !value.is_empty());
                if let Some(rules) = rules {
                    rules.push((key == "allow", value));
                }
            }
            _ => {}
        }
    }
    found
}

/// Whether a pattern fits the beginning of a path; `*` is anything, `$` at its end the path's end.
fn fits(pattern: &str, path: &str) -> bool {
    let (pattern, whole) = match pattern.strip_suffix('$') {
        Some(pattern) => (pattern, true),
        None => (pattern, false),
    };
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = path.strip_prefix(first) else { return false };
    let mut parts = parts.peekable();
    if parts.peek().is_none() {
        return !whole || rest.is_empty();
    }
    while let Some(part) = parts.next() {
        if whole && parts.peek().is_none() {
            return rest.ends_with(part);
        }
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_rule_of_our_own_groups_counts() {
        let text = "\u{feff}User-agent: *\nDisallow: /\n\n# ours\nUSER-AGENT: PostRoom/2\n\
            User-agent: other\nDisallow: /team\nAllow: /team/us # but\n\n\
            user-agent: x\nDisallow: /\n\
            User-agent: postroom\nDisallow: /*.pdf$\nDisallow: /a*/z\nDisallow:\n";
        for (path, may) in [
            ("/", true),
            ("/team", false),
            ("/team/them", false),
            ("/team/us?x", true),
            ("/a.pdf", false),
            ("/a.pdf?x", true),
            ("/a/b/zoo", false),
            ("/a/b", true),
        ] {
            assert_eq!(allows(text, path), may, "{path}");
            assert_eq!(allows(&ours(text), path), may, "kept: {path}");
        }
    }

    #[test]
    fn of_what_is_said_to_others_nothing_is_kept() {
        let text = "user-agent: other\ndisallow: /a\nsitemap: https://a.example/s.xml\n\
            user-agent: postroom\nallow: /b:c # but\ncrawl-delay: 3\ndisallow: /b\r\n\
            user-agent: *\ndisallow: /\n";
        assert_eq!(ours(text), "user-agent:*\nallow:/b:c\ndisallow:/b");
        assert_eq!(ours(&ours(text)), ours(text));
        assert_eq!(ours("user-agent: *\ndisallow: /"), "user-agent:*\ndisallow:/");
        for nothing in ["", "disallow: /", "user-agent: other\ndisallow: /", "<!doctype html>"] {
            assert_eq!(ours(nothing), "", "{nothing}");
        }
        // A group of ours that forbids nothing keeps that of all from counting.
        assert_eq!(ours("user-agent: *\ndisallow: /\nuser-agent: postroom\ndisallow:"), "");
    }

    #[test]
    fn without_a_group_of_ours_that_of_all_counts_and_without_any_all_may_be_read() {
        assert!(!allows("user-agent: *\ndisallow: /feeds", "/feeds/a.xml"));
        assert!(allows("user-agent: *\nallow: /feeds\ndisallow: /feeds", "/feeds"), "as long");
        assert!(allows("user-agent: other\ndisallow: /", "/a"));
        assert!(allows("disallow: /", "/a"), "nobody's");
        for odd in ["", "<!doctype html>", ":", "user-agent\ndisallow /", "user-agent: *\n"] {
            assert!(allows(odd, "/a"), "{odd}");
        }
        assert!(!allows("user-agent: a\nuser-agent: *\ncrawl-delay: 3\ndisallow: /$", "/"));
    }
}
