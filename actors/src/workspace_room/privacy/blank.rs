//! Taking one person out of JSON: by the shapes in which users, tickets, comments and mails stand
//! in events, and their addresses out of whatever text is left.

use serde_json::{Map, Value};

/// What stands in the place of something erased.
pub const ERASED: &str = "(erased)";

/// By what a person is found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Needles {
    /// The ids of the user and of those merged into them.
    pub ids: Vec<String>,
    /// Their handles, long enough to mean nobody else.
    pub handles: Vec<String>,
}

impl Needles {
    /// Whether a text may hold something of the person.
    #[must_use]
    pub fn touch(&self, text: &str) -> bool {
        self.ids.iter().any(|id| text.contains(id.as_str())) || self.names(text)
    }

    /// Whether a text holds a handle, in upper or lower case.
    fn names(&self, text: &str) -> bool {
        self.handles.iter().any(|handle| position(text, handle).is_some())
    }

    fn is(&self, value: Option<&Value>) -> bool {
        let text = value.and_then(Value::as_str);
        text.is_some_and(|text| self.ids.iter().any(|id| id == text))
    }

    /// A text without the person's handles.
    #[must_use]
    pub fn without(&self, text: &str) -> String {
        let mut kept = text.to_owned();
        for handle in &self.handles {
            while let Some(at) = position(&kept, handle) {
                kept.replace_range(at..at + handle.len(), ERASED);
            }
        }
        kept
    }
}

/// Where a handle stands in a text; ASCII letters count as the same in either case.
fn position(text: &str, handle: &str) -> Option<usize> {
    let (text, handle) = (text.as_bytes(), handle.as_bytes());
    let found = |at: &usize| text[*at..*at + handle.len()].eq_ignore_ascii_case(handle);
    (0..=text.len().checked_sub(handle.len())?).find(found)
}

/// Takes the person out of a value; tells whether anything was there.
pub fn blank(needles: &Needles, value: &mut Value) -> bool {
    let before = value.clone();
    erase(needles, value);
    *value != before
}

fn erase(needles: &Needles, value: &mut Value) {
    match value {
        Value::Object(object) => {
            erase_object(needles, object);
            object.values_mut().for_each(|value| erase(needles, value));
        }
        Value::Array(items) => items.iter_mut().for_each(|value| erase(needles, value)),
        Value::String(text) if needles.names(text) => *text = needles.without(text),
        _ => {}
    }
}

fn erase_object(needles: &Needles, object: &mut Map<String, Value>) {
    // The data of an event of the person: what was before is theirs too.
    let about = ["user", "other"].iter().any(|name| {
        object.get(*name).and_then(Value::as_object).is_some_and(|it| needles.is(it.get("id")))
    });
    if about {
        clear(object, &["before", "handles"]);
    }
    let whose = object.get("ticket").and_then(Value::as_object);
    if whose.is_some_and(|ticket| needles.is(ticket.get("userId")))
        && let Some(Value::Object(before)) = object.get_mut("before")
    {
        erase_ticket(before);
    }
    if needles.is(object.get("id")) && object.contains_key("email") {
        // A user.
        clear(object, &["email", "name", "handles", "attributes", "companyId", "companyName"]);
    }
    if needles.is(object.get("userId")) {
        erase_ticket(object);
    }
    let author = object.get("author").and_then(Value::as_object);
    if author.is_some_and(|author| needles.is(author.get("id"))) {
        clear(object, &["body", "attachments", "html"]);
        object.remove("mail");
    }
    // A mail that a program or nobody's comment tells of.
    let from = object.get("from").and_then(Value::as_object).and_then(|it| it.get("address"));
    let theirs = from.and_then(Value::as_str).is_some_and(|from| needles.names(from));
    if theirs {
        clear(object, &["rawKey", "messageId", "from", "to", "cc", "subject"]);
    }
    let named = |value: Option<&Value>| {
        value.and_then(Value::as_str).is_some_and(|address| needles.names(address))
    };
    if named(object.get("envelopeFrom")) {
        clear(object, &["rawKey", "envelopeFrom"]);
    }
}

fn erase_ticket(ticket: &mut Map<String, Value>) {
    clear(ticket, &["userEmail", "userName", "companyId", "companyName", "attributes"]);
    if let Some(subject) = ticket.get_mut("subject") {
        *subject = ERASED.into();
    }
}

/// Leaves fields that are there empty, in the shape that they have.
fn clear(object: &mut Map<String, Value>, names: &[&str]) {
    for name in names {
        let Some(value) = object.get_mut(*name) else { continue };
        *value = match (&*value, *name) {
            (_, "from") => Value::Null,
            (Value::Array(_), _) => Value::Array(Vec::new()),
            (Value::Object(_), _) => Value::Object(Map::new()),
            (Value::String(_), "body" | "subject" | "rawKey") => "".into(),
            _ => Value::Null,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_person_goes_and_everybody_else_stays() {
        let needles = Needles { ids: vec!["u1".into()], handles: vec!["ann@acme.example".into()] };
        let mut event = json!({ "seq": 7, "by": { "kind": "user", "id": "u1" }, "data": {
            "user": { "id": "u1", "email": "x@y.z", "name": "Ann", "handles": [1],
                "attributes": { "a": 1 }, "version": 3 },
            "before": { "name": "A" },
            "tickets": [
                { "userId": "u1", "subject": "S", "userName": "Ann", "number": 1 },
                { "userId": "u2", "subject": "T", "userName": "Bob", "number": 2 },
            ],
            "comment": { "author": { "id": "u1" }, "body": "B", "mail": {}, "attachments": [2] },
            "other": { "author": { "id": "a1" }, "body": "On Monday ANN@acme.example wrote" },
        } });
        assert!(needles.touch(&event.to_string()));
        assert!(blank(&needles, &mut event));
        assert_eq!(
            event,
            json!({ "seq": 7, "by": { "kind": "user", "id": "u1" }, "data": {
            "user": { "id": "u1", "email": null, "name": null, "handles": [],
                "attributes": {}, "version": 3 },
            "before": {},
            "tickets": [
                { "userId": "u1", "subject": ERASED, "userName": null, "number": 1 },
                { "userId": "u2", "subject": "T", "userName": "Bob", "number": 2 },
            ],
            "comment": { "author": { "id": "u1" }, "body": "", "attachments": [] },
            "other": { "author": { "id": "a1" }, "body": "On Monday (erased) wrote" },
        } })
        );
        assert!(!blank(&needles, &mut event), "a second time there is nothing");
    }
}
