//! What an answer to a campaign's mail is, by its headers and its words.
//!
//! | the mail | is |
//! | --- | --- |
//! | of a machine that says no more than that its owner is away | `outOfOffice` |
//! | wants no more of them | `optOut` |
//! | says no | `other` |
//! | wants to meet, or to be called | `meeting` |
//! | wants it later | `notNow` |
//! | wants to know more | `interested` |
//! | anything else | `other` |
//!
//! The first row that fits counts. What is quoted, the signature and our own footer are not looked
//! at, nor is a phrase whose sentence says that it is not so ("not interested", "interessiert mich
//! nicht"). Who wants no more mails and yet to meet or to know more is not `optOut`; who is not
//! interested is not `notNow`. Of what is surely a machine's, next to nothing is believed. In
//! doubt it is `other`: that stops as well, and a person reads it.

mod no;
mod yes;

use crate::mail::reply;
use no::{ALONE, AWAY, BUT, NOT, OPT_OUT, OPT_OUT_OF_MACHINE, PAST, REFUSAL};
use schema::room::answer::AnswerKind;
use schema::room::mail::{AutomaticKind, ReceiveMail};
use std::collections::BTreeSet;
use yes::{CALENDARS, INTERESTED, MEETING, NOT_NOW};

/// How much of a text is looked at, in characters.
const LOOKED_AT: usize = 4_000;
/// A text that is longer says more than that it wants no more mails.
const WISH_CHARS_MAX: usize = 300;
/// How far before a phrase a word of [`PAST`] may stand.
const BEFORE: usize = 3;
/// What stands for the end of a clause, and of a sentence.
const CLAUSE: &str = ",";
const SENTENCE: &str = ".";

/// What a mail to a workspace is; nothing where it is no answer, but a report, of a list or our
/// own.
#[must_use]
pub fn kind_of(mail: &ReceiveMail, workspace: &str) -> Option<AnswerKind> {
    let sure = mail.automatic.as_ref().filter(|automatic| !automatic.weak);
    let sure = sure.map(|automatic| automatic.kind);
    if matches!(sure, Some(AutomaticKind::Bounce | AutomaticKind::List | AutomaticKind::OwnLoop)) {
        return None;
    }
    let text = words(mail.visible_text.as_ref().unwrap_or(&mail.text), workspace).to_lowercase();
    let (said, subject) = (Said::of(&text), mail.subject.to_lowercase());
    let is_short = text.trim().chars().count() <= WISH_CHARS_MAX;
    let wants_none = |phrases| is_short && said.has(phrases);
    if stands_alone(&subject, &text) {
        return Some(AnswerKind::OptOut);
    }
    if sure.is_some() {
        let wants_none = wants_none(OPT_OUT_OF_MACHINE);
        return Some(if wants_none { AnswerKind::OptOut } else { AnswerKind::OutOfOffice });
    }
    let wants_none = wants_none(OPT_OUT);
    let wants_to_meet = said.says(MEETING) || CALENDARS.iter().any(|link| text.contains(link));
    let kind = if wants_none && !wants_to_meet && !said.says(INTERESTED) {
        AnswerKind::OptOut
    } else if !wants_none && is_away(mail, &subject, &said) {
        AnswerKind::OutOfOffice
    } else if said.has(REFUSAL) {
        AnswerKind::Other
    } else if wants_to_meet {
        AnswerKind::Meeting
    } else if wants_none {
        AnswerKind::Other
    } else if said.has(NOT_NOW) && !said.denies(INTERESTED) {
        AnswerKind::NotNow
    } else if said.says(INTERESTED) {
        AnswerKind::Interested
    } else {
        AnswerKind::Other
    };
    Some(kind)
}

/// What of a text to a workspace its writer wrote: nothing where all of it is quoted, and no line
/// that is, or that is below our footer; its beginning, where it is long.
pub fn words(text: &str, workspace: &str) -> String {
    // A quote's header is one below an empty line alone.
    if reply::written(&format!("\n{text}")).is_none() {
        return String::new();
    }
    let link = format!("/u/{workspace}/");
    let is_ours =
        |line: &&str| line.contains(&link) || line.trim_start().starts_with("No more mails:");
    let lines = text.lines().take_while(|line| !is_ours(line));
    let lines: Vec<&str> = lines.filter(|line| !line.trim_start().starts_with('>')).collect();
    lines.join("\n").chars().take(LOOKED_AT).collect()
}

/// Whether the subject or the first line is a word that asks for no more mails.
fn stands_alone(subject: &str, text: &str) -> bool {
    let alone = |line: &str| ALONE.contains(&line.trim_matches(|c: char| !c.is_alphanumeric()));
    alone(subject) || text.trim().lines().next().is_some_and(alone)
}

/// Whether a mail of which it is only likely that a machine wrote it says that somebody is away.
fn is_away(mail: &ReceiveMail, subject: &str, said: &Said<'_>) -> bool {
    let titles = words_of(subject);
    let titled = AWAY.iter().any(|phrase| places(&titles, phrase).next() == Some(0));
    let hint = mail.automatic.as_ref().map(|automatic| automatic.kind);
    titled || hint == Some(AutomaticKind::AutoReply) && said.has(AWAY)
}

/// A text as words.
struct Said<'a> {
    words: Vec<&'a str>,
    /// Of each word, whether its sentence says that it is not so.
    turned: Vec<bool>,
}

impl<'a> Said<'a> {
    fn of(text: &'a str) -> Self {
        let words = words_of(text);
        let turned = turned(&words);
        Self { words, turned }
    }

    /// Whether one of these phrases stands anywhere.
    fn has(&self, phrases: &[&str]) -> bool {
        phrases.iter().any(|phrase| places(&self.words, phrase).next().is_some())
    }

    /// Whether one of these phrases stands where it is meant.
    fn says(&self, phrases: &[&str]) -> bool {
        let is_past = |at: usize| {
            let before = self.words[..at].iter().rev().take(BEFORE);
            let mut clause = before.take_while(|word| !matches!(**word, CLAUSE | SENTENCE));
            clause.any(|word| one_of(word, PAST))
        };
        let mut places = phrases.iter().flat_map(|phrase| places(&self.words, phrase));
        places.any(|at| !self.turned[at] && !is_past(at))
    }

    /// Whether one of these phrases stands only where it is said not to be so.
    fn denies(&self, phrases: &[&str]) -> bool {
        phrases.iter().any(|phrase| {
            let mut places = places(&self.words, phrase).peekable();
            places.peek().is_some() && places.all(|at| self.turned[at])
        })
    }
}

/// Of each word, whether a word of its sentence, or of its part before or behind a "but", turns it
/// round.
fn turned(words: &[&str]) -> Vec<bool> {
    let buts: BTreeSet<usize> = BUT.iter().flat_map(|but| places(words, but)).collect();
    let is_end = |at: usize| at == words.len() || words[at] == SENTENCE || buts.contains(&at);
    let mut turned = vec![false; words.len()];
    let mut from = 0;
    for at in (0..=words.len()).filter(|at| is_end(*at)) {
        let is_turned = words[from..at].iter().any(|word| is_not(word));
        turned[from..at].fill(is_turned);
        from = at;
    }
    turned
}

fn is_not(word: &str) -> bool {
    let shortened = word.split_once(['\'', '\u{2019}']);
    shortened.is_some_and(|(verb, not)| verb.ends_with('n') && not == "t") || one_of(word, NOT)
}

fn one_of(word: &str, list: &[&str]) -> bool {
    list.iter().any(|wanted| is(word, wanted))
}

/// The words of a text, with a [`CLAUSE`] or a [`SENTENCE`] after each.
fn words_of(text: &str) -> Vec<&str> {
    let is_word = |c: char| c.is_alphanumeric() || matches!(c, '\'' | '\u{2019}');
    let mut words = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
        let (word, behind) = rest.split_at(end);
        if !word.is_empty() {
            words.push(word);
        }
        let next = behind.find(is_word).unwrap_or(behind.len());
        let (between, behind) = behind.split_at(next);
        let is_apart = between.contains(char::is_whitespace);
        let is_line = between.matches('\n').count() > 1;
        if behind.is_empty() || is_line || is_apart && between.contains(['.', '!', '?']) {
            words.push(SENTENCE);
        } else if between.contains(['.', ',', ';', ':', '!', '?', '(', ')']) {
            words.push(CLAUSE);
        }
        rest = behind;
    }
    words
}

/// Where a phrase stands.
fn places<'a>(words: &'a [&str], phrase: &'a str) -> impl Iterator<Item = usize> + 'a {
    let length = phrase.split(' ').count();
    let fits = move |at: &usize| {
        let here = &words[*at..*at + length];
        here.iter().zip(phrase.split(' ')).all(|(word, wanted)| is(word, wanted))
    };
    (0..(words.len() + 1).saturating_sub(length)).filter(fits)
}

/// Whether a word, or what is behind its apostrophe ("m'intéresse"), is the one of a phrase.
fn is(word: &str, wanted: &str) -> bool {
    let straight = |c: char| if c == '\u{2019}' { '\'' } else { c };
    let (stem, open) = wanted.strip_suffix('*').map_or((wanted, false), |stem| (stem, true));
    let fits = |word: &str| {
        let mut letters = word.chars().map(straight);
        stem.chars().all(|c| letters.next() == Some(c)) && (open || letters.next().is_none())
    };
    fits(word) || word.split_once(['\'', '\u{2019}']).is_some_and(|(_, behind)| fits(behind))
}

#[cfg(test)]
mod tests {
    use super::*;
    use AnswerKind::{Interested, Meeting, NotNow, OptOut, Other, OutOfOffice};
    use serde_json::{Value, json};

    fn kind(fields: Value) -> Option<AnswerKind> {
        let mut mail = json!({ "rawKey": "r", "subject": "Re: Doors", "text": "" });
        let fields = fields.as_object().expect("an object").clone();
        mail.as_object_mut().expect("an object").extend(fields);
        kind_of(&serde_json::from_value(mail).expect("a mail"), "w1")
    }

    #[test]
    fn what_people_say_is_told_apart_in_five_languages() {
        for (text, wanted) in [
            ("Sounds good, tell me more.", Interested),
            ("We'd be interested.\nWhat is the price?", Interested),
            ("Klingt gut, schicken Sie mir mehr Informationen.", Interested),
            ("Cela m\u{2019}intéresse. Pouvez-vous nous faire un devis ?", Interested),
            ("Me interesa, ¿cuánto cuesta?", Interested),
            ("Wij zijn geïnteresseerd, graag een offerte", Interested),
            ("Let\u{2019}s meet on Tuesday.", Meeting),
            ("Tuesday at ten works for me", Meeting),
            ("Book here: https://calendly.com/ann", Meeting),
            ("Not interested in doors, but give me a call about windows", Meeting),
            ("Können wir einen Termin vereinbaren?", Meeting),
            ("Rufen Sie mich bitte an", Meeting),
            ("Pouvons-nous fixer un rendez-vous ?", Meeting),
            ("¿Podemos hablar el martes?", Meeting),
            ("Kunnen we een afspraak maken?", Meeting),
            ("Not now, maybe next year. Sounds interesting though.", NotNow),
            ("Wir haben derzeit keinen Bedarf.", NotNow),
            ("Pas pour le moment, merci", NotNow),
            ("Ahora no, gracias", NotNow),
            ("Op dit moment niet", NotNow),
            ("Please remove me from your list", OptOut),
            ("Bitte nehmen Sie mich aus dem Verteiler.", OptOut),
            ("Merci de me désinscrire.", OptOut),
            ("Quiero darme de baja", OptOut),
            ("Graag geen mails meer", OptOut),
            ("Abmelden", OptOut),
            ("Stop.\n\nBob\nAcme Ltd", OptOut),
        ] {
            assert_eq!(kind(json!({ "text": text })), Some(wanted), "{text}");
        }
    }

    #[test]
    fn what_a_clause_denies_is_not_said() {
        for text in [
            "We are not interested.",
            "No thanks, call me never",
            "That does not sound interesting to us",
            "Das interessiert mich nicht",
            "Wir haben kein Interesse",
            "Ça ne m'intéresse pas",
            "No estoy interesado. Estamos sin presupuesto",
            "Wij zijn niet geïnteresseerd",
            "Please don't call me",
            "Does it stop by itself?",
            "Let us stop by on Monday.",
            "",
        ] {
            assert_eq!(kind(json!({ "text": text })), Some(Other), "{text}");
        }
        let asked = json!({ "subject": "How do I unsubscribe?", "text": "From the other thing." });
        assert_eq!(kind(asked), Some(Other));
        let alone = json!({ "subject": "unsubscribe" });
        assert_eq!(kind(alone), Some(OptOut));
        let long = format!("Your door jams. {} Then remove me from it.", "It does. ".repeat(40));
        assert_eq!(kind(json!({ "text": long })), Some(Other));
    }

    #[test]
    fn what_was_quoted_or_signed_counts_for_nothing() {
        let text = "Thanks.\n\n> let's meet\n> stop sending\n-- \nAnn, book a call";
        let seen = actors_visible(text);
        assert_eq!(kind(json!({ "text": text, "visibleText": seen })), Some(Other));
        assert_eq!(kind(json!({ "text": text })), Some(Meeting), "the test can fail");
    }

    fn actors_visible(text: &str) -> String {
        crate::mail::reply::visible(text).into_owned()
    }

    #[test]
    fn machines_are_away_and_people_are_not() {
        let automatic = |kind: &str, weak: bool, text: &str| {
            json!({ "text": text,
                "automatic": { "kind": kind, "reason": "header", "weak": weak } })
        };
        let away = "I am on vacation. Call me when I am back.";
        assert_eq!(kind(automatic("autoReply", false, "We got it.")), Some(OutOfOffice));
        assert_eq!(kind(automatic("autoReply", true, away)), Some(OutOfOffice));
        assert_eq!(kind(automatic("autoReply", false, "unsubscribe me")), Some(OptOut));
        assert_eq!(kind(json!({ "text": away })), Some(Meeting), "a person's word is taken");
        for subject in ["Automatic reply: Doors", "Abwesenheitsnotiz", "Réponse automatique : D"] {
            let mail = json!({ "subject": subject, "text": away });
            assert_eq!(kind(mail), Some(OutOfOffice), "{subject}");
        }
        for other in ["bounce", "list", "ownLoop"] {
            assert_eq!(kind(automatic(other, false, "interested")), None, "{other}");
        }
    }

    #[test]
    fn a_refusal_is_not_not_now() {
        for text in [
            "Not interested, we have no budget",
            "Kein Interesse, auch nicht nächstes Jahr",
            "We're not interested, now or next year",
            "Répondez au plus tard vendredi",
            "The fair is next year, volgend jaar.",
        ] {
            assert_eq!(kind(json!({ "text": text })), Some(Other), "{text}");
        }
        let later = "Thanks for your interest, but not now";
        assert_eq!(kind(json!({ "text": later })), Some(NotNow));
    }

    #[test]
    fn what_we_wrote_is_not_what_they_answer() {
        let ours = "Let's meet.\n\n-- \nDesk Ltd\nNo more mails: https://desk.example/u/w1/abc";
        let quoted = ours.replace('\n', "\n> ");
        let header = "On Mon, Nov 2, 2026 at 10:00 AM Bob <bob@desk.example> wrote:";
        let outlook = "From: Bob <bob@desk.example>\nSent: Monday, 2 November 2026 10:00\n\
            To: Ann <ann@acme.example>\nSubject: Doors";
        for text in [
            format!("{header}\n\n> {quoted}"),
            format!("> {quoted}"),
            format!("{outlook}\n\n{ours}"),
            "We have doors.\nNo more mails: https://desk.example/u/w1/abc".to_owned(),
            "We have doors.\n<https://desk.example/u/w1/abc>\nremove me".to_owned(),
        ] {
            let seen = actors_visible(&text);
            let found = kind(json!({ "text": text, "visibleText": seen }));
            assert_eq!(found, Some(Other), "{text}");
        }
        let other = "Remove me.\n\nhttps://desk.example/u/w2/abc";
        assert_eq!(kind(json!({ "text": other })), Some(OptOut));
    }

    #[test]
    fn a_meeting_that_is_denied_or_was_is_none() {
        for text in [
            "I don't want you to call me",
            "I don\u{2019}t think we need a demo",
            "A demo is not needed",
            "Ich glaube nicht, dass ein Gespräch sinnvoll ist",
            "Einen Termin brauchen wir nicht",
            "Ein Gespräch ist aber nicht nötig",
            "Rufen Sie mich bitte auf keinen Fall an",
            "Nous n'avons plus besoin d'un rendez-vous",
            "Bel me maar niet",
            "We already had a demo",
            "Jane, who works for me",
            "Thanks for the quick call",
        ] {
            assert_eq!(kind(json!({ "text": text })), Some(Other), "{text}");
        }
        for text in [
            "Not interested in doors, but give me a call",
            "Kein Bedarf an Türen, aber rufen Sie mich an",
            "I do not read mails. Call me.",
            "I don't know\n\nCall me",
            "Thanks for your mail, call me on Tuesday",
            "I'll pass this on to Jane, she'll set up a call",
        ] {
            assert_eq!(kind(json!({ "text": text })), Some(Meeting), "{text}");
        }
        assert_eq!(kind(json!({ "text": "We'll pass. Call me when it is cheaper" })), Some(Other));
    }

    #[test]
    fn who_speaks_of_something_else_does_not_opt_out() {
        for (text, wanted) in [
            ("Please don't email, just call me Tuesday on 0170 1234", Other),
            ("I don't write the specs, but Tuesday works for me", Meeting),
            ("Can I opt out of the annual plan? What's the price?", Interested),
            ("Remove me, add Jane, she'd love to meet", Meeting),
            ("Remove me. Jane wants to know more, not now.", OptOut),
            ("Remove me. Not now. Jane wants to know more.", Other),
            ("Wir machen keine Werbung", Other),
            ("Please don't email me. I am not interested.", OptOut),
            ("I'd like to opt out.", OptOut),
            ("Opt out", OptOut),
        ] {
            assert_eq!(kind(json!({ "text": text })), Some(wanted), "{text}");
        }
    }

    #[test]
    fn next_to_nothing_is_believed_of_a_machine() {
        let automatic = json!({ "kind": "autoReply", "reason": "header", "weak": false });
        for (text, wanted) in [
            ("I left Acme. Please do not contact me here.", OutOfOffice),
            ("No more mails are read here. Let's meet.", OutOfOffice),
            ("Please remove me.", OptOut),
            ("Unsubscribe", OptOut),
        ] {
            let found = kind(json!({ "text": text, "automatic": automatic }));
            assert_eq!(found, Some(wanted), "{text}");
        }
    }
}
