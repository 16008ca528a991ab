//! Texts with variables, from a closed set: `{{ticket.number}}`.
//!
//! A text is checked when it is set; filled in, a variable is what it stands for, and nothing that
//! it stands for is looked at again.

use schema::Reject;
use schema::room::notification::TITLE_CHARS_MAX;
use schema::room::ticket::Ticket;

/// What variables stand for.
#[derive(Debug)]
pub struct Words<'a> {
    /// Who is told.
    pub agent: String,
    /// Who caused it.
    pub by: String,
    /// The workspace's name.
    pub workspace: String,
    /// The ticket, where it is about one.
    pub ticket: Option<&'a Ticket>,
    /// What a rule says, which promise is at stake, or what is with the mail.
    pub text: &'a str,
}

impl Words<'_> {
    fn of(&self, name: &str) -> Option<String> {
        let of_ticket = |what: fn(&Ticket) -> String| self.ticket.map(what).unwrap_or_default();
        Some(match name {
            "agent.name" => self.agent.clone(),
            "by.name" => self.by.clone(),
            "workspace.name" => self.workspace.clone(),
            "ticket.id" => of_ticket(|ticket| ticket.id.to_string()),
            "ticket.number" => of_ticket(|ticket| ticket.number.to_string()),
            "ticket.subject" => of_ticket(|ticket| ticket.subject.clone()),
            "ticket.status" => of_ticket(|ticket| ticket.status.as_str().to_owned()),
            "ticket.priority" => of_ticket(|ticket| ticket.priority.as_str().to_owned()),
            "text" => self.text.to_owned(),
            _ => return None,
        })
    }
}

/// The names that there are.
const NAMES: [&str; 9] = [
    "agent.name",
    "by.name",
    "workspace.name",
    "ticket.id",
    "ticket.number",
    "ticket.subject",
    "ticket.status",
    "ticket.priority",
    "text",
];

/// Refuses a text with a variable that there is not, or that does not end.
///
/// # Errors
/// `invalid_input` naming the field.
pub fn check(field: &str, text: &str) -> Result<(), Reject> {
    let mut rest = text;
    while let Some((_, after)) = rest.split_once("{{") {
        let Some((name, more)) = after.split_once("}}") else {
            return Err(Reject::field(field, "has a {{ without its }}"));
        };
        if !NAMES.contains(&name.trim()) {
            let rule = format!("has an unknown variable; there are: {}", NAMES.join(", "));
            return Err(Reject::field(field, rule));
        }
        rest = more;
    }
    Ok(())
}

/// The text with everything filled in.
#[must_use]
pub fn fill(text: &str, words: &Words<'_>) -> String {
    let mut filled = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{") {
        filled += before;
        match after.split_once("}}") {
            Some((name, more)) => {
                filled += &words.of(name.trim()).unwrap_or_default();
                rest = more;
            }
            None => {
                filled += "{{";
                rest = after;
            }
        }
    }
    filled + rest
}

/// The same as one line, at most as long as a title may be.
#[must_use]
pub fn line(text: &str, words: &Words<'_>) -> String {
    let filled = fill(text, words);
    let one = |c: char| if c.is_control() { ' ' } else { c };
    filled.chars().map(one).take(TITLE_CHARS_MAX).collect::<String>().trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_known_variables_that_end_are_taken() {
        for good in ["plain", "{ } }} { {", "{{text}}", "#{{ ticket.number }}: {{ticket.subject}}!"]
        {
            assert!(check("title", good).is_ok(), "{good}");
        }
        for bad in [
            "{{",
            "{{text",
            "{{}}",
            "{{constructor}}",
            "{{__proto__}}",
            "{{ticket}}",
            "{{ticket.number}} {{ticket.nothing}}",
            "{{{{text}}}}",
            "{{text|upper}}",
        ] {
            assert!(check("title", bad).is_err(), "{bad}");
        }
    }
}
