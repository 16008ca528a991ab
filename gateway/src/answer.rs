//! How a line of the table is answered: its input is read, handed to the room as one command, and
//! the reply is shaped.

use crate::app::Call;
use crate::body::{self, Extra, Rule};
use crate::platform::Platform;
use crate::respond::Reply;
use crate::table::{Gives, Line, Takes};
use schema::room::{RoomCommand, transfer};
use schema::{ActorKind, Principal, Reject, codec};
use serde_json::{Map, Value};

/// Answers at a route of the room, which a caller asks under an idempotency key.
///
/// # Errors
/// `invalid_input`, the room's.
pub async fn answer<P: Platform>(
    line: &Line,
    mut call: Call<'_, P>,
    (principal, key): (Principal, Option<String>),
) -> Result<Reply, Reject> {
    let input = if line.body == Takes::Nothing {
        from_query(line, &call)?
    } else {
        let rule = match line.body {
            Takes::Object => Rule::AtMost(body::BYTES_MAX),
            Takes::Rows => Rule::AtMost(transfer::BYTES_MAX),
            _ => Rule::Optional,
        };
        let extras = extras(line, &call)?;
        call.text(rule, &extras).await?
    };
    let command: RoomCommand = codec::command_from_json(line.command, &input)?;
    let room = principal.workspace.to_string();
    let reply = call.ask(ActorKind::WorkspaceRoom, room, principal, key, &command).await?;
    match line.gives {
        Gives::One(_) => Ok(reply.tagged()),
        Gives::All(_) => Ok(reply),
        Gives::Page(_) => reply.paged(),
        Gives::Made(_, at) => Ok(reply.created(at).tagged()),
    }
}

/// The input of a command without a body: what stands in path and query.
fn from_query<P: Platform>(line: &Line, call: &Call<'_, P>) -> Result<Vec<u8>, Reject> {
    Ok(fields_of(line, call)?.to_string().into_bytes())
}

/// The fields of a command that stand in path and query.
pub(crate) fn fields_of<P: Platform>(line: &Line, call: &Call<'_, P>) -> Result<Value, Reject> {
    let paged = matches!(line.gives, Gives::Page(_));
    let mut known: Vec<&str> = line.query.iter().map(|param| param.name()).collect();
    if paged {
        known.extend(["limit", "cursor"]);
    }
    let query = call.query(&known)?;
    let mut input = Map::new();
    for (name, id) in ids(line, call) {
        input.insert(name.to_owned(), id.into());
    }
    if let Some(field) = line.if_match {
        for (name, version) in call.if_match(field)? {
            input.insert(name.to_owned(), version.parse::<i64>().ok().into());
        }
    }
    for param in line.query {
        if let Some(value) = param.value(&query)? {
            input.insert(param.name().to_owned(), value);
        }
    }
    if paged {
        input.insert("limit".to_owned(), query.limit()?.into());
        if let Some(cursor) = query.cursor()? {
            input.insert("cursor".to_owned(), cursor.into());
        }
    }
    Ok(Value::Object(input))
}

/// The fields of a command that stand in path and headers.
fn extras<P: Platform>(line: &Line, call: &Call<'_, P>) -> Result<Vec<Extra<'static>>, Reject> {
    let mut extras: Vec<Extra<'static>> = match line.if_match {
        Some(field) => call.if_match(field)?,
        None => Vec::new(),
    };
    extras.extend(ids(line, call).map(|(name, id)| (name, format!("\"{id}\""))));
    Ok(extras)
}

/// The names of the ids in a path, with the ids.
fn ids<P>(line: &Line, call: &Call<'_, P>) -> impl Iterator<Item = (&'static str, String)> {
    let given = [call.ids.first, call.ids.second];
    names(line.path).zip(given).map(|(name, id)| (name, id.hyphenated().to_string()))
}

/// The names in braces of a path.
pub fn names(path: &'static str) -> impl Iterator<Item = &'static str> {
    path.split('/').filter_map(|word| word.strip_prefix('{')?.strip_suffix('}'))
}
