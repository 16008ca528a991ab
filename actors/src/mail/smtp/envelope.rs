//! What the server offers, and the commands that name a mail's sender and recipients with it.

use std::fmt::Write;

use super::{Mechanism, NotSent, SmtpMail};
use crate::mail::address::Address;

/// What the server says that it can.
#[derive(Debug, Default)]
pub(super) struct Offer {
    pub has_start_tls: bool,
    /// RFC 2920: several commands may be sent before the first is answered.
    pub has_pipelining: bool,
    pub has_eight_bit: bool,
    /// RFC 6531.
    pub has_utf8: bool,
    /// RFC 3461.
    pub has_dsn: bool,
    pub has_size: bool,
    pub size_max_bytes: Option<u64>,
    pub mechanisms: Vec<Mechanism>,
}

impl Offer {
    /// Reads the lines of an EHLO reply; the first is the server's name.
    pub fn read(lines: &[String]) -> Offer {
        let mut offer = Offer::default();
        for line in lines.iter().skip(1) {
            let line = line.to_ascii_uppercase().replacen("AUTH=", "AUTH ", 1); // an old spelling
            let mut words = line.split_whitespace();
            match words.next() {
                Some("STARTTLS") => offer.has_start_tls = true,
                Some("PIPELINING") => offer.has_pipelining = true,
                Some("8BITMIME") => offer.has_eight_bit = true,
                Some("SMTPUTF8") => offer.has_utf8 = true,
                Some("DSN") => offer.has_dsn = true,
                Some("SIZE") => {
                    offer.has_size = true;
                    let limit = words.next().and_then(|word| word.parse().ok());
                    offer.size_max_bytes = limit.filter(|limit| *limit > 0); // 0: no fixed limit
                }
                Some("AUTH") => offer.mechanisms.extend(words.filter_map(|word| match word {
                    "PLAIN" => Some(Mechanism::Plain),
                    "LOGIN" => Some(Mechanism::Login),
                    _ => None,
                })),
                _ => {}
            }
        }
        offer
    }

    /// MAIL, with all that the mail needs and the server offers.
    pub fn mail(&self, mail: &SmtpMail<'_>) -> Result<String, NotSent> {
        let bytes = mail.raw.len();
        match self.size_max_bytes {
            Some(limit_bytes) if bytes as u64 > limit_bytes => {
                return Err(NotSent::TooLarge { limit_bytes });
            }
            _ => {}
        }
        let mut command = format!("MAIL FROM:<{}>", mail.from);
        if self.has_size {
            let _ = write!(command, " SIZE={bytes}");
        }
        if !mail.raw.is_ascii() {
            if !self.has_eight_bit {
                return Err(NotSent::EightBitNotOffered);
            }
            command.push_str(" BODY=8BITMIME");
        }
        let needs_utf8 = |address: &Address| !address.as_str().is_ascii();
        if needs_utf8(mail.from) || mail.recipients.iter().any(needs_utf8) {
            if !self.has_utf8 {
                return Err(NotSent::Utf8NotOffered);
            }
            command.push_str(" SMTPUTF8");
        }
        if self.has_dsn {
            // The headers are enough to know a mail by, and no text goes back and forth.
            let _ = write!(command, " RET=HDRS ENVID={}", xtext(mail.envelope_id));
        }
        Ok(command)
    }

    /// RCPT: what becomes of the mail is to be told where it is late or lost, and to whom it was.
    pub fn rcpt(&self, address: &Address) -> String {
        let mut command = format!("RCPT TO:<{address}>");
        if self.has_dsn {
            command.push_str(" NOTIFY=FAILURE,DELAY");
            if address.as_str().is_ascii() {
                let _ = write!(command, " ORCPT=rfc822;{}", xtext(address.as_str()));
            }
        }
        command
    }
}

/// A text as the value of a parameter (RFC 3461 §4).
fn xtext(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'+' | b'=' => _ = write!(out, "+{byte:02X}"),
            b'!'..=b'~' => out.push(char::from(byte)),
            _ => _ = write!(out, "+{byte:02X}"),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_keeps_what_stands_for_itself_and_writes_the_rest_in_hexadecimal() {
        assert_eq!(xtext("a.b+c=d@e"), "a.b+2Bc+3Dd@e");
        assert_eq!(xtext("a b\r\nMAIL ä"), "a+20b+0D+0AMAIL+20+C3+A4");
    }
}
