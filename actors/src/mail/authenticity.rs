//! What the server that took a mail in says about who sent it: `Authentication-Results` (RFC 8601).
//!
//! Only the topmost field is read. A server writes its own above those that came with the mail, so
//! whatever stands below may be the sender's own. Where the receiving server writes none, the
//! topmost is a stranger's too: who shows it shows which server is said to have written it.

use schema::room::mail::{AuthResult, Authenticity};

/// How much of a field is read.
const FIELD_BYTES_MAX: usize = 8 * 1024;
const SERVER_CHARS_MAX: usize = 253;

/// What a field says; none where it names no server, or nothing that is known here.
#[must_use]
pub fn read(field: &str) -> Option<Authenticity> {
    let field = without_comments(super::structure::cut_at_char(field, FIELD_BYTES_MAX));
    let mut parts = field.split(';');
    let server = parts.next()?.split_whitespace().next()?.to_ascii_lowercase();
    let is_name = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    if !server.chars().all(is_name) || server.len() > SERVER_CHARS_MAX {
        return None;
    }
    let mut read = Authenticity { server, spf: None, dkim: None, dmarc: None };
    for part in parts {
        let Some((method, result)) = method_and_result(part) else { continue };
        let known = match method.as_str() {
            "spf" => &mut read.spf,
            "dkim" => &mut read.dkim,
            "dmarc" => &mut read.dmarc,
            _ => continue,
        };
        // A mail may have several signatures; one that holds is enough.
        let is_signature = method == "dkim";
        if known.is_none() || is_signature && result == AuthResult::Pass {
            *known = Some(result);
        }
    }
    let says = read.spf.is_some() || read.dkim.is_some() || read.dmarc.is_some();
    says.then_some(read)
}

/// `dkim=pass header.d=…`: the method, without its version, and the result.
fn method_and_result(part: &str) -> Option<(String, AuthResult)> {
    let (method, rest) = part.split_once('=')?;
    let method = method.split('/').next()?.trim().to_ascii_lowercase();
    let word = rest.split_whitespace().next()?.to_ascii_lowercase();
    Some((method, AuthResult::parse(&word)?))
}

/// A text without what stands in brackets, those within brackets too, and in quotes: there, the
/// sender may have said anything.
fn without_comments(text: &str) -> String {
    let (mut depth, mut is_quoted) = (0_usize, false);
    let mut kept = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => drop(chars.next()),
            '"' if depth == 0 => is_quoted = !is_quoted,
            _ if is_quoted => {}
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            c if depth == 0 => kept.push(c),
            _ => {}
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use AuthResult::{Fail, None as Absent, Pass, SoftFail, TempError};

    #[test]
    fn what_the_sender_put_into_quotes_or_later_says_nothing() {
        let field = "mx.test; spf=pass smtp.mailfrom=\"; dmarc=pass ; \\\"; (\"@evil.test; \
            dmarc=fail; dmarc=pass; dkim=fail; dkim=pass";
        let read = read(field).expect("a server");
        assert_eq!((read.spf, read.dkim, read.dmarc), (Some(Pass), Some(Pass), Some(Fail)));
    }

    #[test]
    fn the_three_results_are_read_from_the_forms_in_which_servers_write_them() {
        for (field, server, results) in [
            (
                "mx.cloudflare.net; dkim=pass header.d=a.example header.s=s header.b=x; dmarc=pass \
                 header.from=a.example policy.dmarc=none; spf=softfail smtp.mailfrom=x@a.example",
                "mx.cloudflare.net",
                (Some(SoftFail), Some(Pass), Some(Pass)),
            ),
            (
                "MX.google.com;\r\n dkim=fail (body (hash) did not verify; dkim=pass) header.i=@a; \
                 dkim = pass header.i=@b; spf=fail",
                "mx.google.com",
                (Some(Fail), Some(Pass), None),
            ),
            (
                "a.example 1; spf/1=none; x=pass; dmarc=temperror",
                "a.example",
                (Some(Absent), None, Some(TempError)),
            ),
        ] {
            let read = read(field).expect("it says something");
            assert_eq!((&*read.server, (read.spf, read.dkim, read.dmarc)), (server, results));
        }
        for nothing in [
            "",
            ";",
            "a.example; none",
            "a.example",
            "a b@c; x",
            "<a>; spf=pass",
            "a.example; spf=perhaps",
            "(a.example; spf=pass",
        ] {
            assert_eq!(read(nothing), None, "{nothing}");
        }
    }
}
