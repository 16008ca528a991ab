//! Values of attributes: checked against what the workspace has defined, whenever they are written.

use super::store::attributes as store;
use crate::kernel::Ctx;
use schema::room::attribute::{
    Attribute, AttributeType, NUMBER_MAX, Subject, TEXT_CHARS_MAX, VALUES_BYTES_MAX,
};
use schema::{Reject, check};
use serde_json::{Map, Value};

/// Puts new values over those of a thing; null removes one. Values whose definition is gone go too.
///
/// # Errors
/// `invalid_input` naming the attribute: not defined, or a value that it does not take; all values
/// together too large.
pub fn apply(
    ctx: &Ctx<'_>,
    subject: Subject,
    values: &mut Map<String, Value>,
    changes: &Map<String, Value>,
) -> Result<(), Reject> {
    if changes.is_empty() {
        return Ok(());
    }
    let defined = store::of_subject(ctx.sql, subject)?;
    let find = |key: &str| defined.iter().map(|(_, it)| it).find(|it| it.key == key);
    values.retain(|key, _| find(key).is_some());
    for (key, value) in changes {
        let field = || format!("attributes.{key}");
        let attribute =
            find(key).ok_or_else(|| Reject::field(&field(), "is no attribute that is defined"))?;
        if value.is_null() {
            values.remove(key);
            continue;
        }
        values.insert(key.clone(), check_value(&field(), attribute, value)?);
    }
    if Value::Object(values.clone()).to_string().len() > VALUES_BYTES_MAX {
        let why = format!("must have at most {VALUES_BYTES_MAX} bytes as JSON");
        return Err(Reject::field("attributes", why));
    }
    Ok(())
}

/// Refuses values that a defined attribute does not take. Those of no definition are taken as they
/// are, and null is taken for one that is to go.
///
/// # Errors
/// `invalid_input` naming the attribute.
pub fn check_defined<'a>(
    ctx: &Ctx<'_>,
    subject: Subject,
    values: impl Iterator<Item = (&'a String, &'a Value)>,
) -> Result<(), Reject> {
    let mut values = values.filter(|(_, value)| !value.is_null()).peekable();
    if values.peek().is_none() {
        return Ok(());
    }
    let defined = store::of_subject(ctx.sql, subject)?;
    for (key, value) in values {
        if let Some((_, attribute)) = defined.iter().find(|(_, it)| it.key == *key) {
            check_value(&format!("attributes.{key}"), attribute, value)?;
        }
    }
    Ok(())
}

fn check_value(field: &str, attribute: &Attribute, value: &Value) -> Result<Value, Reject> {
    let refuse = |why: &str| Err(Reject::field(field, why));
    match (attribute.kind, value) {
        (AttributeType::Text, Value::String(text)) => {
            check::text(field, text, TEXT_CHARS_MAX).map(Value::from)
        }
        (AttributeType::Text, _) => refuse("must be a text"),
        (AttributeType::Number, Value::Number(number))
            if number.as_f64().is_some_and(|number| number.abs() <= NUMBER_MAX) =>
        {
            Ok(value.clone())
        }
        (AttributeType::Number, _) => refuse("must be a number between -10^15 and 10^15"),
        (AttributeType::Boolean, Value::Bool(_)) => Ok(value.clone()),
        (AttributeType::Boolean, _) => refuse("must be true or false"),
        (AttributeType::Date, Value::String(text)) if is_day(text) => Ok(value.clone()),
        (AttributeType::Date, _) => refuse("must be a day: 2026-11-02"),
        (AttributeType::List, Value::String(text)) if attribute.options.contains(text) => {
            Ok(value.clone())
        }
        (AttributeType::List, _) => refuse("must be one of the options"),
    }
}

/// Whether a text is a day of the calendar, as `2026-11-02`.
fn is_day(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let [year, month, day] = parts[..] else { return false };
    let number = |text: &str, digits: usize| -> Option<u32> {
        let plain = text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit());
        plain.then(|| text.parse().ok()).flatten()
    };
    let (Some(year), Some(month), Some(day)) = (number(year, 4), number(month, 2), number(day, 2))
    else {
        return false;
    };
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        2 => 28 + u32::from(leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return false,
    };
    (1..=days).contains(&day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_one_of_the_calendar() {
        for day in ["2026-11-02", "2024-02-29", "2000-02-29", "0001-01-31"] {
            assert!(is_day(day), "{day}");
        }
        for text in [
            "2026-02-29",
            "1900-02-29",
            "2026-13-01",
            "2026-00-01",
            "2026-04-31",
            "2026-1-02",
            "26-01-02",
            "2026-01-00",
            "2026-01-02T00:00",
            "+202-01-02",
            "",
        ] {
            assert!(!is_day(text), "{text}");
        }
    }
}
