//! Conditions: whether they make sense, and whether they hold.

use super::facts::Facts;
use crate::kernel::Ctx;
use schema::ids::AgentId;
use schema::room::condition::{
    CONDITIONS_MAX, Condition, Conditions, Field, GROUPS_MAX, Match, Operator, VALUE_CHARS_MAX,
    VALUES_MAX,
};
use schema::room::ticket::{Priority, Source, Status, Ticket};
use schema::{Millis, Reject, check};

const HOUR_MS: Millis = 60 * 60 * 1000;
/// The largest number that a condition may compare with.
const NUMBER_MAX: i64 = 1_000_000_000;

/// The kinds of fields: each has its operators.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    /// A word of a closed set, or an id.
    Word,
    List,
    Number,
    Flag,
}

const fn kind(field: Field) -> Kind {
    match field {
        Field::Subject
        | Field::Body
        | Field::UserEmail
        | Field::UserDomain
        | Field::UserName
        | Field::Company => Kind::Text,
        Field::Status
        | Field::Priority
        | Field::Assignee
        | Field::Team
        | Field::Category
        | Field::CustomStatus
        | Field::Source => Kind::Word,
        Field::Tags | Field::Changed => Kind::List,
        Field::Comments | Field::HoursSinceCreated | Field::HoursSinceComment => Kind::Number,
        Field::Automatic => Kind::Flag,
    }
}

const fn takes(kind: Kind, op: Operator) -> bool {
    match kind {
        Kind::Text => !matches!(op, Operator::Over | Operator::Under),
        Kind::Word => {
            matches!(op, Operator::Is | Operator::IsNot | Operator::IsSet | Operator::IsNotSet)
        }
        Kind::List => !matches!(
            op,
            Operator::Over | Operator::Under | Operator::StartsWith | Operator::EndsWith
        ),
        Kind::Number => matches!(op, Operator::Over | Operator::Under),
        Kind::Flag => matches!(op, Operator::IsSet | Operator::IsNotSet),
    }
}

/// Refuses conditions that make no sense.
///
/// # Errors
/// `invalid_input` naming the place.
pub fn check(conditions: &Conditions) -> Result<(), Reject> {
    check::items("conditions.of", &conditions.of, CONDITIONS_MAX)?;
    check::items("conditions.groups", &conditions.groups, GROUPS_MAX)?;
    for (at, condition) in conditions.of.iter().enumerate() {
        check_one(&format!("conditions.of[{at}]"), condition)?;
    }
    for (at, group) in conditions.groups.iter().enumerate() {
        let place = format!("conditions.groups[{at}].of");
        check::items(&place, &group.of, CONDITIONS_MAX)?;
        if group.of.is_empty() {
            return Err(Reject::field(&place, "must not be empty"));
        }
        for (at, condition) in group.of.iter().enumerate() {
            check_one(&format!("{place}[{at}]"), condition)?;
        }
    }
    Ok(())
}

fn check_one(place: &str, condition: &Condition) -> Result<(), Reject> {
    let Condition { field, op, values, number } = condition;
    if !takes(kind(*field), *op) {
        let why = format!("{} cannot be asked of {}", op.as_words(), field.as_str());
        return Err(Reject::field(place, why));
    }
    let (wants_number, wants_values) = match op {
        Operator::Over | Operator::Under => (true, false),
        Operator::IsSet | Operator::IsNotSet => (false, false),
        _ => (false, true),
    };
    if wants_number != number.is_some() || wants_values == values.is_empty() {
        let wants = if wants_number {
            "needs number, and no values"
        } else if wants_values {
            "needs values, and no number"
        } else {
            "needs neither values nor number"
        };
        return Err(Reject::field(place, wants));
    }
    if number.is_some_and(|number| !(0..=NUMBER_MAX).contains(&number)) {
        return Err(Reject::field(place, format!("number must be 0 to {NUMBER_MAX}")));
    }
    check::items(place, values, VALUES_MAX)?;
    for value in values {
        check::line(place, value, VALUE_CHARS_MAX)?;
        if !is_word(*field, value) {
            return Err(Reject::field(place, format!("{value} is no {}", field.as_str())));
        }
    }
    Ok(())
}

fn is_word(field: Field, value: &str) -> bool {
    match field {
        Field::Status => Status::parse(value).is_some(),
        Field::Priority => Priority::parse(value).is_some(),
        Field::Source => Source::parse(value).is_some(),
        Field::Assignee | Field::Team | Field::Category | Field::CustomStatus => {
            value.parse::<AgentId>().is_ok()
        }
        _ => true,
    }
}

/// The first thing that does not hold, in words; none where the conditions hold.
///
/// # Errors
/// A storage fault.
pub fn unmet(
    ctx: &Ctx<'_>,
    facts: &Facts<'_>,
    conditions: &Conditions,
) -> Result<Option<String>, Reject> {
    let mut first = None;
    let mut seen = 0;
    for (at, condition) in conditions.of.iter().enumerate() {
        let why = unmet_one(ctx, facts, condition)?.map(|why| format!("of[{at}]: {why}"));
        match (why, conditions.mode) {
            (None, Match::Any) => return Ok(None),
            (Some(why), Match::All) => return Ok(Some(why)),
            (why, _) => first = first.or(why),
        }
        seen += 1;
    }
    for (at, group) in conditions.groups.iter().enumerate() {
        let why = unmet_list(ctx, facts, group.mode, &group.of)?;
        let why = why.map(|why| format!("groups[{at}].{why}"));
        match (why, conditions.mode) {
            (None, Match::Any) => return Ok(None),
            (Some(why), Match::All) => return Ok(Some(why)),
            (why, _) => first = first.or(why),
        }
        seen += 1;
    }
    Ok(first.map(|why| if seen > 1 { format!("none of {seen} holds; {why}") } else { why }))
}

fn unmet_list(
    ctx: &Ctx<'_>,
    facts: &Facts<'_>,
    mode: Match,
    list: &[Condition],
) -> Result<Option<String>, Reject> {
    let mut first = None;
    for (at, condition) in list.iter().enumerate() {
        let why = unmet_one(ctx, facts, condition)?.map(|why| format!("of[{at}]: {why}"));
        match (why, mode) {
            (None, Match::Any) => return Ok(None),
            (Some(why), Match::All) => return Ok(Some(why)),
            (why, _) => first = first.or(why),
        }
    }
    Ok(first)
}

/// What a field holds.
enum Seen {
    Text(Option<String>),
    List(Vec<String>),
    Number(Option<i64>),
    Flag(bool),
}

fn unmet_one(
    ctx: &Ctx<'_>,
    facts: &Facts<'_>,
    condition: &Condition,
) -> Result<Option<String>, Reject> {
    let seen = look(ctx, facts, condition.field)?;
    if holds(&seen, condition) {
        return Ok(None);
    }
    let mut words = format!("{} {}", condition.field.as_str(), condition.op.as_words());
    let against = condition.number.map(|number| number.to_string());
    for one in against.iter().chain(&condition.values).take(5) {
        words.push(' ');
        words.push_str(one);
    }
    words.push_str(": not so");
    // What people wrote stays out of the log: it would outlive their erasure.
    let shown = match seen {
        Seen::Text(Some(text)) if kind(condition.field) == Kind::Word => Some(text),
        Seen::Number(Some(number)) => Some(number.to_string()),
        Seen::List(list) if condition.field == Field::Changed => Some(list.join(", ")),
        _ => None,
    };
    if let Some(shown) = shown {
        words.push_str(", it is ");
        words.push_str(&shown);
    }
    Ok(Some(words))
}

fn look(ctx: &Ctx<'_>, facts: &Facts<'_>, field: Field) -> Result<Seen, Reject> {
    let ticket: &Ticket = facts.ticket;
    let text = |text: &str| Seen::Text(Some(text.to_lowercase()));
    let maybe = |it: Option<&str>| Seen::Text(it.map(str::to_lowercase));
    let hours = |since: Millis| Seen::Number(Some((facts.now - since).max(0) / HOUR_MS));
    Ok(match field {
        Field::Subject => text(&ticket.subject),
        Field::Body => maybe(facts.comment(ctx)?.map(|(body, _)| body)),
        Field::Status => text(ticket.status.as_str()),
        Field::Priority => text(ticket.priority.as_str()),
        Field::Tags => Seen::List(ticket.tags.clone()),
        Field::Assignee => Seen::Text(ticket.assignee_id.map(|id| id.to_string())),
        Field::Team => Seen::Text(ticket.team_id.map(|id| id.to_string())),
        Field::Category => Seen::Text(ticket.category_id.map(|id| id.to_string())),
        Field::CustomStatus => Seen::Text(ticket.custom_status_id.map(|id| id.to_string())),
        Field::UserEmail => maybe(ticket.user_email.as_deref()),
        Field::UserDomain => {
            let email = ticket.user_email.as_deref();
            maybe(email.and_then(|it| it.rsplit_once('@')).map(|(_, domain)| domain))
        }
        Field::UserName => maybe(ticket.user_name.as_deref()),
        Field::Company => maybe(ticket.company_name.as_deref()),
        Field::Source => text(ticket.source.as_str()),
        Field::Automatic => Seen::Flag(facts.comment(ctx)?.is_some_and(|(_, it)| it)),
        Field::Changed => Seen::List(facts.changed.to_vec()),
        Field::Comments => Seen::Number(Some(ticket.comments)),
        Field::HoursSinceCreated => hours(ticket.created_at),
        Field::HoursSinceComment => ticket.last_comment_at.map_or(Seen::Number(None), hours),
    })
}

fn holds(seen: &Seen, condition: &Condition) -> bool {
    let op = condition.op;
    let number = condition.number.unwrap_or(0);
    let values = || condition.values.iter().map(|value| value.to_lowercase());
    match seen {
        Seen::Flag(set) => *set == (op == Operator::IsSet),
        Seen::Number(found) => match op {
            Operator::Over => found.is_some_and(|found| found > number),
            Operator::Under => found.is_some_and(|found| found < number),
            _ => false,
        },
        Seen::List(list) => {
            let has = || values().any(|value| list.iter().any(|it| it.to_lowercase() == value));
            match op {
                Operator::Is | Operator::Contains => has(),
                Operator::IsNot | Operator::DoesNotContain => !has(),
                Operator::IsSet => !list.is_empty(),
                Operator::IsNotSet => list.is_empty(),
                _ => false,
            }
        }
        Seen::Text(text) => {
            let text = text.as_deref().unwrap_or("");
            match op {
                Operator::Is => values().any(|value| text == value),
                Operator::IsNot => values().all(|value| text != value),
                Operator::Contains => values().any(|value| text.contains(&value)),
                Operator::DoesNotContain => !values().any(|value| text.contains(&value)),
                Operator::StartsWith => values().any(|value| text.starts_with(&value)),
                Operator::EndsWith => values().any(|value| text.ends_with(&value)),
                Operator::IsSet => !text.is_empty(),
                Operator::IsNotSet => text.is_empty(),
                Operator::Over | Operator::Under => false,
            }
        }
    }
}
