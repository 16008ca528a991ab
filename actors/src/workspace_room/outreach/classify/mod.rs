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
//! The first row that fits counts. What is quoted and the signature are not looked at, nor is a
//! phrase whose clause says that it is not so ("not interested", "interessiert mich nicht"). In
//! doubt it is `other`: that stops as well, and a person reads it.

mod no;
mod yes;

use no::{ALONE, AWAY, BUT, NOT_BEFORE, NOT_BEHIND, OPT_OUT, REFUSAL};
use schema::room::answer::AnswerKind;
use schema::room::mail::{AutomaticKind, ReceiveMail};
use yes::{CALENDARS, INTERESTED, MEETING, NOT_NOW};

/// How much of a text is looked at, in characters.
const LOOKED_AT: usize = 4_000;
/// A text that is longer says more than that it wants no more mails.
const WISH_CHARS_MAX: usize = 300;
/// How far from a phrase a word may stand that turns it round.
const BEFORE: usize = 3;
const BEHIND: usize = 2;
/// What stands for the end of a clause.
const END: &str = ".";

/// What a mail is; nothing where it is no answer, but a report, of a list or our own.
#[must_use]
pub fn kind_of(mail: &ReceiveMail) -> Option<AnswerKind> {
    let sure = mail.automatic.as_ref().filter(|automatic| !automatic.weak);
    let sure = sure.map(|automatic| automatic.kind);
    if matches!(sure, Some(AutomaticKind::Bounce | AutomaticKind::List | AutomaticKind::OwnLoop)) {
        return None;
    }
    let text = mail.visible_text.as_ref().unwrap_or(&mail.text);
    let text: String = text.chars().take(LOOKED_AT).flat_map(char::to_lowercase).collect();
    let (words, subject) = (words_of(&text), mail.subject.to_lowercase());
    if wants_none(&subject, &text, &words) {
        return Some(AnswerKind::OptOut);
    }
    if sure.is_some() || is_away(mail, &subject, &words) {
        return Some(AnswerKind::OutOfOffice);
    }
    let says = |phrases: &[&str]| phrases.iter().any(|phrase| is_said(&words, phrase));
    let kind = if has_one(&words, REFUSAL) {
        AnswerKind::Other
    } else if says(MEETING) || CALENDARS.iter().any(|link| text.contains(link)) {
        AnswerKind::Meeting
    } else if has_one(&words, NOT_NOW) {
        AnswerKind::NotNow
    } else if says(INTERESTED) {
        AnswerKind::Interested
    } else {
        AnswerKind::Other
    };
    Some(kind)
}

/// Whether somebody asks for no more mails, and for nothing else.
fn wants_none(subject: &str, text: &str, words: &[&str]) -> bool {
    let alone = |line: &str| ALONE.contains(&line.trim_matches(|c: char| !c.is_alphanumeric()));
    let text = text.trim();
    alone(subject)
        || text.lines().next().is_some_and(alone)
        || text.chars().count() <= WISH_CHARS_MAX && has_one(words, OPT_OUT)
}

/// Whether a mail of which it is only likely that a machine wrote it says that somebody is away.
fn is_away(mail: &ReceiveMail, subject: &str, words: &[&str]) -> bool {
    let titles = words_of(subject);
    let titled = AWAY.iter().any(|phrase| places(&titles, phrase).next() == Some(0));
    let hint = mail.automatic.as_ref().map(|automatic| automatic.kind);
    titled || hint == Some(AutomaticKind::AutoReply) && has_one(words, AWAY)
}

/// The words of a text, with an [`END`] after each clause.
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
        let is_end = |c: char| matches!(c, '.' | ',' | ';' | ':' | '!' | '?' | '(' | ')');
        let lines = between.matches('\n').count();
        if between.contains(is_end) || lines > 1 {
            words.push(END);
        }
        rest = behind;
    }
    words
}

/// Whether one of these phrases stands anywhere.
fn has_one(words: &[&str], phrases: &[&str]) -> bool {
    phrases.iter().any(|phrase| places(words, phrase).next().is_some())
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

/// Whether a phrase stands in a clause that does not say that it is not so.
fn is_said(words: &[&str], phrase: &str) -> bool {
    let length = phrase.split(' ').count();
    let one_of = |word: &str, list: &[&str]| list.iter().any(|wanted| is(word, wanted));
    let goes_on = |word: &&&str| **word != END && !one_of(word, BUT);
    places(words, phrase).any(|at| {
        let mut before = words[..at].iter().rev().take(BEFORE).take_while(goes_on);
        let mut behind = words[at + length..].iter().take(BEHIND).take_while(goes_on);
        let is_turned = before.any(|word| one_of(word, NOT_BEFORE))
            || behind.any(|word| one_of(word, NOT_BEHIND));
        !is_turned
    })
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
        kind_of(&serde_json::from_value(mail).expect("a mail"))
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
        assert_eq!(kind(json!({ "text": text })), Some(OptOut), "the test can fail");
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
}
