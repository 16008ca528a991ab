//! Texts with variables: `{{user.name}}` is one, `{{user.name|there}}` one with a default.
//!
//! Which there are is for the caller to say; `attributes.*` means all that begin so. A variable
//! without a value is an error, never a blank. What is put in is never looked at for variables
//! again.

use schema::Reject;
use serde_json::json;

const DEFAULT_CHARS_MAX: usize = 200;

enum Part<'a> {
    Text(&'a str),
    Variable(&'a str, Option<&'a str>),
}

fn parse<'a>(field: &str, text: &'a str, known: &[&str]) -> Result<Vec<Part<'a>>, Reject> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{") {
        let Some((inside, behind)) = after.split_once("}}") else {
            return Err(Reject::field(field, "has {{ without }}"));
        };
        let (name, default) = match inside.split_once('|') {
            Some((name, default)) => (name.trim(), Some(default.trim())),
            None => (inside.trim(), None),
        };
        if !known.iter().any(|known| is(known, name)) {
            return Err(unknown(field, name, known));
        }
        if default.is_some_and(|it| it.chars().count() > DEFAULT_CHARS_MAX || it.contains('{')) {
            let why = format!("has a default of over {DEFAULT_CHARS_MAX} characters or with a {{");
            return Err(Reject::field(field, why));
        }
        parts.extend([Part::Text(before), Part::Variable(name, default)]);
        rest = behind;
    }
    parts.push(Part::Text(rest));
    Ok(parts)
}

fn is(known: &str, name: &str) -> bool {
    match known.strip_suffix('*') {
        Some(prefix) => name.len() > prefix.len() && name.starts_with(prefix),
        None => known == name,
    }
}

fn unknown(field: &str, name: &str, known: &[&str]) -> Reject {
    let name: String = name.chars().take(50).collect();
    let mut refusal = Reject::field(field, format!("has the unknown variable {{{{{name}}}}}"));
    refusal.details = Some(json!({ "field": field, "variable": name, "variables": known }));
    refusal
}

/// Refuses a text with a variable that is not known.
///
/// # Errors
/// `invalid_input` with the variable, and all there are, in `details`.
pub fn check(field: &str, text: &str, known: &[&str]) -> Result<(), Reject> {
    parse(field, text, known).map(drop)
}

/// A text with its variables filled in.
///
/// # Errors
/// `invalid_input` with `details.missing` where a variable without a default has no value; what
/// `value` refuses.
pub fn fill(
    field: &str,
    text: &str,
    known: &[&str],
    value: impl Fn(&str) -> Result<Option<String>, Reject>,
) -> Result<String, Reject> {
    let mut filled = String::with_capacity(text.len());
    let mut missing = Vec::new();
    for part in parse(field, text, known)? {
        match part {
            Part::Text(text) => filled.push_str(text),
            Part::Variable(name, default) => {
                match value(name)?.or_else(|| default.map(str::to_owned)) {
                    Some(value) => filled.push_str(&value),
                    None if missing.contains(&name) => {}
                    None => missing.push(name),
                }
            }
        }
    }
    if missing.is_empty() {
        return Ok(filled);
    }
    let mut refusal = Reject::field(field, format!("has no value for {}", missing.join(", ")));
    refusal.details = Some(json!({ "field": field, "missing": missing }));
    Err(refusal)
}
