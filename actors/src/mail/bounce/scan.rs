//! Finding addresses, codes and lines in text that people were meant to read.

/// An address found in a line, and where it stood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Found<'x> {
    pub(super) address: &'x str,
    pub(super) begin: usize,
    pub(super) end: usize,
}

/// The longest local part or domain that is looked at.
const SIDE_BYTES_MAX: usize = 255;

/// The addresses of a line, from left to right.
pub(super) fn addresses(line: &str) -> impl Iterator<Item = Found<'_>> {
    let mut after = 0;
    line.match_indices('@').filter_map(move |(at, _)| {
        let found = address_around(line, at, after)?;
        after = found.end;
        Some(found)
    })
}

/// The first address of a line.
pub(super) fn address(line: &str) -> Option<&str> {
    addresses(line).next().map(|found| found.address)
}

fn address_around(line: &str, at: usize, from: usize) -> Option<Found<'_>> {
    let before = line.as_bytes().get(from..at)?;
    let is_local = |b: &u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~.".contains(b);
    let local = before.iter().rev().take(SIDE_BYTES_MAX).take_while(|b| is_local(b)).count();
    let after = line.as_bytes().get(at + 1..)?;
    let is_domain = |b: &u8| b.is_ascii_alphanumeric() || b"-._".contains(b);
    let domain = after.iter().take(SIDE_BYTES_MAX).take_while(|b| is_domain(b)).count();
    // All of these bytes are ASCII, so these are boundaries of characters.
    let whole = line.get(at - local..at + 1 + domain)?;
    let begun = whole.trim_start_matches(['\'', '`', '=', '*', '.', '-', '|', '{', '#', '?', '/']);
    let address = begun.trim_end_matches(['.', '-', '_']);
    let (name, host) = address.split_once('@')?;
    let begin = at - name.len();
    (!name.is_empty() && host.starts_with(|c: char| c.is_ascii_alphanumeric())).then_some(Found {
        address,
        begin,
        end: begin + address.len(),
    })
}

/// Whether the domain of an address has a dot, as those of the world have.
pub(super) fn is_qualified(address: &str) -> bool {
    address.rsplit('@').next().is_some_and(|domain| domain.contains('.'))
}

/// The enhanced status codes of a text, `5.1.1`, in order.
pub(super) fn statuses(text: &str) -> impl Iterator<Item = &str> {
    words(text).filter_map(|word| {
        let word = word.trim_matches(|c: char| !c.is_ascii_digit());
        let mut pieces = word.split('.');
        let class = pieces.next()?;
        let is_number = |piece: &str| {
            (1..=3).contains(&piece.len()) && piece.bytes().all(|b| b.is_ascii_digit())
        };
        let is_status = matches!(class, "2" | "4" | "5")
            && pieces.next().is_some_and(is_number)
            && pieces.next().is_some_and(is_number)
            && pieces.next().is_none();
        is_status.then_some(word)
    })
}

/// The SMTP reply codes of refusals in a text, in order.
pub(super) fn reply_codes(text: &str) -> impl Iterator<Item = u16> {
    words(text).filter_map(|word| {
        let word = word.trim_start_matches(|c: char| !c.is_ascii_digit());
        let digits = word.bytes().take_while(u8::is_ascii_digit).count();
        let (code, rest) = word.split_at_checked(3)?;
        let is_code = digits == 3 && !rest.starts_with(['.', '/', ':', '@', '%']);
        code.parse().ok().filter(|code| is_code && (400..600).contains(code))
    })
}

/// Words in the sense of the two above: what stands between spaces, commas and brackets.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| c.is_whitespace() || "-,;()[]<>'\"#|=".contains(c))
}

/// Lower case, one space for any white space, plain apostrophes: what phrases are looked up in.
pub(super) fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !out.is_empty() {
            out.push(' ');
        }
        out.extend(word.chars().map(|c| match c {
            '’' => '\'',
            c => c.to_lowercase().next().unwrap_or(c),
        }));
    }
    out
}

/// Whether a text holds one of some phrases.
pub(super) fn has_any(text: &str, phrases: &[&str]) -> bool {
    phrases.iter().any(|phrase| text.contains(phrase))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_found_in_any_dress() {
        let all = |line| addresses(line).map(|found| found.address).collect::<Vec<_>>();
        assert_eq!(all("<a.b+c@d.e>: x"), ["a.b+c@d.e"]);
        assert_eq!(all("'a@b.c' a@b.c<mailto:a@b.c>."), ["a@b.c", "a@b.c", "a@b.c"]);
        assert_eq!(all("様a@b.c、ä@b.c @ a@ @b a@-"), ["a@b.c"]);
        assert_eq!(all("a@b@c.d"), ["a@b"]);
        for line in ["@".repeat(100_000), "a".repeat(100_000), "a@".repeat(100_000)] {
            assert!(addresses(&line).count() <= line.len());
        }
    }

    #[test]
    fn codes_are_found_and_not_in_addresses_of_hosts() {
        let text = "host mx[192.0.2.20]: 550-5.7.1 <a@b>... (#5.1.1) ver 4.8.5.36, 452 TCP|345";
        assert_eq!(statuses(text).collect::<Vec<_>>(), ["5.7.1", "5.1.1"]);
        assert_eq!(reply_codes(text).collect::<Vec<_>>(), [550, 452]);
        assert_eq!(reply_codes("http://x:550/ 5500 550.1 650").count(), 0);
    }
}
