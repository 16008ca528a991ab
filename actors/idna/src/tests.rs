//! What is the name of a host, and how many spellings one has.

use super::*;

fn ascii(name: &str) -> Option<String> {
    let bytes = Cow::Borrowed(name.as_bytes());
    domain_to_ascii_from_cow(bytes, AsciiDenyList::URL).ok().map(Cow::into_owned)
}

#[test]
fn a_name_in_ascii_is_itself_in_lower_case() {
    let long = "a".repeat(300);
    for name in
        ["", ".", "example.com", "a..example.", "_dmarc.-a-.example", "0x7f.1", "xn-", &long]
    {
        assert_eq!(ascii(name).as_deref(), Some(name));
        assert_eq!(ascii(&name.to_ascii_uppercase()).as_deref(), Some(name));
    }
}

#[test]
fn spellings_of_one_name_are_one_name() {
    let umlaut = ["b\u{fc}cher", "B\u{dc}CHER", "bu\u{308}cher", "xn--bcher-kva", "XN--Bcher-KVA"];
    for name in umlaut {
        assert_eq!(ascii(name).as_deref(), Some("xn--bcher-kva"), "{name}");
    }
    let wide =
        ["\u{ff45}xample.com", "example\u{ff0e}com", "example\u{3002}com", "exam\u{ad}ple.com"];
    for name in wide {
        assert_eq!(ascii(name).as_deref(), Some("example.com"), "{name}");
    }
    assert_eq!(ascii("fa\u{df}.de").as_deref(), Some("xn--fa-hia.de"), "not fass.de");
    assert_eq!(ascii("\u{2603}.\u{1f48c}").as_deref(), Some("xn--n3h.xn--rr8h"));
}

#[test]
fn no_name_holds_what_ends_it_in_a_url() {
    for c in " \t\n\r\0\u{7f}%#/:<>?@[\\]^|".chars() {
        assert_eq!(ascii(&format!("a{c}b.example")), None, "{c:?}");
        assert_eq!(ascii(&format!("a{c}b.b\u{fc}cher.example")), None, "{c:?}");
    }
    // The same in other letters: full-width, a ligature of `a/c`, an ideographic space.
    for c in "\u{ff0f}\u{ff03}\u{ff1f}\u{ff20}\u{ff1a}\u{ff3c}\u{ff05}\u{2100}\u{3000}".chars() {
        assert_eq!(ascii(&format!("a{c}b.example")), None, "{c:?}");
    }
    assert!(domain_to_ascii_from_cow(Cow::Borrowed(b"a\xffb"), AsciiDenyList::URL).is_err());
    assert_eq!(ascii("\u{ad}"), None, "nothing is left of it");
}

#[test]
fn punycode_that_is_none_or_not_the_only_spelling_is_refused() {
    let ascii_alone = ["xn--", "xn--example-", "xn--1-"];
    let malformed = ["xn--a", "xn--0.pt", "xn--ls8h=", "xn--bcher-KVA9999999", "xn--99999999999"];
    // A capital letter, a letter and its accent apart, and a full-width digit within.
    let not_normal = ["xn--bcher-2pa", "xn--a-xbb", "xn--1-8n0i", "xn--b\u{fc}cher"];
    for name in ascii_alone.iter().chain(&malformed).chain(&not_normal) {
        assert_eq!(ascii(name), None, "{name}");
        assert_eq!(ascii(&format!("{name}.b\u{fc}cher.example")), None, "{name}");
    }
}

#[test]
fn natively_what_only_the_runtime_can_judge_is_refused() {
    let unsure = ["\u{5d0}.example", "1\u{5d0}.example", "a\u{200d}b.example", "\u{301}a.example"];
    for name in unsure {
        assert_eq!(ascii(name), None, "{name}");
    }
}

/// RFC 3492, 7.1, in lower case.
#[test]
fn punycode_is_written_and_read_as_its_rfc_shows() {
    for (label, code) in [
        (
            "\u{4ed6}\u{4eec}\u{4e3a}\u{4ec0}\u{4e48}\u{4e0d}\u{8bf4}\u{4e2d}\u{6587}",
            "ihqwcrb4cv8a8dqg056pqjye",
        ),
        ("3\u{5e74}b\u{7d44}\u{91d1}\u{516b}\u{5148}\u{751f}", "3b-ww4c5e180e575a65lsy2b"),
        ("\u{305d}\u{306e}\u{30b9}\u{30d4}\u{30fc}\u{30c9}\u{3067}", "d9juau41awczczp"),
        (
            "porqu\u{e9}nopuedensimplementehablarenespa\u{f1}ol",
            "porqunopuedensimplementehablarenespaol-fmd56a",
        ),
    ] {
        assert_eq!(punycode::encode(label).as_deref(), Some(code));
        assert_eq!(punycode::decode(code).as_deref(), Some(label));
    }
    assert_eq!(punycode::encode(&"\u{fc}".repeat(1_001)), None);
    assert_eq!(punycode::decode(&"a".repeat(1_001)), None);
}
