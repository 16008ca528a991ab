//! From a mail's bytes to a comment, step by step as `gateway/src/email.rs` takes them.

use super::harmless::is_harmless;
use super::mutate::{Kind, Seeds, damaged};
use super::words;
use super::{Target, rule};
use crate::sim::random::Random;
use actors::mail::bounce::{self, DIAGNOSTIC_BYTES_MAX, Report};
use actors::mail::charset::Native;
use actors::mail::html::html_to_text;
use actors::mail::inbound::{self, Envelope, InboundMail, TEXT_BYTES_MAX, html, parse};
use actors::mail::safe_html::{Images, safe_html};
use actors::mail::{reply, token};
use schema::check;

/// Of how many mails one has its HTML made harmless too: that takes as long as all the rest.
const SHOWN_EVERY: usize = 8;
/// The longest text of which every visible line is looked for.
const COMPARED_BYTES_MAX: usize = 4 * 1024;
const ADDRESS_BYTES_MAX: usize = 600;

/// Received mail.
#[derive(Debug)]
pub struct Mime {
    name: &'static str,
    seeds: Seeds,
}

impl Mime {
    /// From such mails.
    pub fn new(name: &'static str, seeds: Seeds) -> Mime {
        Mime { name, seeds }
    }
}

impl Target for Mime {
    fn name(&self) -> &'static str {
        self.name
    }

    fn input(&self, random: &mut Random) -> Vec<u8> {
        damaged(&self.seeds, Kind::Mail, random)
    }

    fn run(&mut self, raw: &[u8], random: &mut Random) -> Result<&'static str, String> {
        let own_domains = ["example.net".to_owned()];
        let sender = *random.pick(&[None, Some(""), Some("ann@example.com"), Some("<\0@")]);
        let envelope = Envelope { sender, own_domains: &own_domains, own_inboxes: &[] };
        if random.index(SHOWN_EVERY) == 0
            && let Ok(Some(html)) = html(raw, &Native)
        {
            harmless(&html)?;
        }
        let mail = match parse(raw, &envelope, &Native) {
            Ok(mail) => mail,
            Err(inbound::Unparseable::Empty) => return Ok("refused: empty"),
            Err(inbound::Unparseable::NotMail) => return Ok("refused: no mail"),
            Err(inbound::Unparseable::NoSender) => return Ok("refused: no sender"),
        };
        bounded(&mail)?;
        let report = bounce::read(raw, &mail);
        if let Some(report) = &report {
            reported(report)?;
        }
        let visible = reply::visible(&mail.text);
        let is_line = |line: &str| line.is_empty() || mail.text.contains(line);
        if visible.len() > mail.text.len()
            || mail.text.len() < COMPARED_BYTES_MAX && !visible.lines().all(is_line)
        {
            return Err("the visible text has what the text has not".to_owned());
        }
        Ok(match (&report, mail.automatic) {
            (Some(report), _) if report.is_complaint => "complaint",
            (Some(_), _) => "bounce",
            (None, Some(_)) => "automatic",
            (None, None) if mail.too_complex => "too complex",
            (None, None) => "comment",
        })
    }
}

fn bounded(mail: &InboundMail) -> Result<(), String> {
    rule(mail.text.len() <= TEXT_BYTES_MAX, "the text is bounded")?;
    let is_line = !mail.subject.contains(char::is_control);
    rule(mail.subject.chars().count() <= 998 && is_line, "the subject is a line")?;
    let lists = mail.to.len() <= 200 && mail.cc.len() <= 200;
    let ids = mail.references.len() <= 100 && mail.in_reply_to.len() <= 100;
    rule(lists && ids, "lists are bounded")?;
    rule(!mail.message_id.is_empty(), "there is an id")?;
    rule(!mail.references.contains(&mail.message_id), "no mail is its own thread")?;
    let names = [&mail.from].into_iter().chain(&mail.reply_to).chain(&mail.to).chain(&mail.cc);
    for name in names {
        let one_at = name.address.matches('@').count() == 1;
        rule(one_at && !name.address.contains(char::is_control), "an address has one @")?;
        let shown = name.name.as_deref().unwrap_or_default();
        rule(!shown.contains(char::is_control), "a name has no controls")?;
    }
    for file in &mail.attachments {
        rule((1..=255).contains(&file.file_name.len()), "a file has a name")?;
        let is_odd = file.file_name.contains(['/', '\\', '\0', '\u{202e}']);
        rule(!is_odd, "the name of a file is a name")?;
        rule(file.content_type.is_ascii() && file.content_type.contains('/'), "a file has a type")?;
    }
    Ok(())
}

fn reported(report: &Report) -> Result<(), String> {
    rule(report.recipients.len() <= bounce::RECIPIENTS_MAX, "recipients are bounded")?;
    for recipient in &report.recipients {
        rule(recipient.diagnostic.len() <= DIAGNOSTIC_BYTES_MAX, "a diagnostic is bounded")?;
        rule(recipient.address.len() <= ADDRESS_BYTES_MAX, "an address is bounded")?;
    }
    let tokens = [&report.trace.loop_token, &report.trace.envelope_id].into_iter().flatten();
    for said in tokens {
        let _ = token::read(said);
    }
    let _ = report.trace.from.as_ref().map(|from| check::email("email", from));
    Ok(())
}

fn harmless(html: &str) -> Result<&'static str, String> {
    let Ok(safe) = safe_html(html, &Images::default()) else { return Ok("too long") };
    is_harmless(html, &safe)?;
    Ok(if safe.html.is_empty() { "nothing" } else { "shown" })
}

/// HTML by itself.
#[derive(Debug)]
pub struct Html {
    seeds: Seeds,
}

impl Html {
    /// From such HTML.
    pub fn new(seeds: Seeds) -> Html {
        Html { seeds }
    }
}

impl Target for Html {
    fn name(&self) -> &'static str {
        "html"
    }

    fn input(&self, random: &mut Random) -> Vec<u8> {
        damaged(&self.seeds, Kind::Words(words::HTML), random)
    }

    fn run(&mut self, input: &[u8], _: &mut Random) -> Result<&'static str, String> {
        let html = String::from_utf8_lossy(input);
        let text = html_to_text(&html);
        rule(text.len() <= 4 * html.len() + 16, "the text of HTML is not longer than it")?;
        harmless(&html)
    }
}
