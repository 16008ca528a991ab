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
    /// Their mail addresses and telephone numbers: what means nobody else wherever it stands.
    pub handles: Vec<String>,
    /// Users that they were merged into, and the name that these got from them. They are found as
    /// the log is gone through: a merge that was undone is known there alone.
    pub lent: Vec<(String, String)>,
}

impl Needles {
    /// Whether JSON may hold something of the person: a cheap first look.
    #[must_use]
    pub fn touch(&self, json: &str) -> bool {
        let within = |handle: &String| found(json.as_bytes(), handle.as_bytes(), 0).is_some();
        let lent = self.lent.iter().map(|(user, _)| user);
        self.ids.iter().chain(lent).any(|id| json.contains(id.as_str()))
            || self.handles.iter().any(within)
    }

    /// Takes note of who got the person's name, where an event tells of that.
    pub fn learn(&mut self, event: &Value) {
        let (user, other) = (&event["data"]["user"], &event["data"]["other"]);
        let (Some(id), Some(name)) = (user["id"].as_str(), other["name"].as_str()) else { return };
        let lent = (id.to_owned(), name.to_owned());
        if self.is(other.get("id")) && user["name"] == name && !self.lent.contains(&lent) {
            self.lent.push(lent);
        }
    }

    /// Whether a user has got a name from the person.
    fn has_lent(&self, user: Option<&Value>, name: Option<&Value>) -> bool {
        let (user, name) = (user.and_then(Value::as_str), name.and_then(Value::as_str));
        self.lent.iter().any(|(to, lent)| user == Some(to) && name == Some(lent))
    }

    /// Whether a text holds a handle, in upper or lower case, that is not a part of another.
    #[must_use]
    pub fn names(&self, text: &str) -> bool {
        self.handles.iter().any(|handle| position(text, handle, 0).is_some())
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
            let mut from = 0;
            while let Some(at) = position(&kept, handle, from) {
                kept.replace_range(at..at + handle.len(), ERASED);
                from = at + ERASED.len();
            }
        }
        kept
    }

    /// JSON without the person's handles; none where there are none in it.
    #[must_use]
    pub fn without_in(&self, json: &str) -> Option<String> {
        let mut value =
            self.touch(json).then(|| serde_json::from_slice(json.as_bytes()).ok())??;
        self.scrub(&mut value).then(|| value.to_string())
    }

    /// Takes the handles out of every text; tells whether there were any.
    fn scrub(&self, value: &mut Value) -> bool {
        match value {
            Value::Object(object) => {
                object.values_mut().fold(false, |any, value| self.scrub(value) | any)
            }
            Value::Array(items) => {
                items.iter_mut().fold(false, |any, value| self.scrub(value) | any)
            }
            Value::String(text) if self.names(text) => {
                *text = self.without(text);
                true
            }
            _ => false,
        }
    }
}

/// Where a handle stands in a text, on its own: `ann@acme.example` is not in `joann@acme.example`,
/// nor in `ann@acme.example.org`.
fn position(text: &str, handle: &str, mut from: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    let word = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_alphanumeric);
    let joint = |at: usize, joints: &[u8]| bytes.get(at).is_some_and(|byte| joints.contains(byte));
    while let Some(at) = found(bytes, handle.as_bytes(), from) {
        let end = at + handle.len();
        let begins = at.checked_sub(1).is_none_or(|at| !word(at) && !joint(at, b"._%+-"));
        let ends = !(word(end) || joint(end, b".-@") && word(end + 1));
        if begins && ends {
            return Some(at);
        }
        from = at + 1;
    }
    None
}

/// Where a handle stands in bytes; ASCII letters count as the same in either case.
fn found(text: &[u8], handle: &[u8], from: usize) -> Option<usize> {
    let last = text.len().checked_sub(handle.len())?;
    (from..=last).find(|at| text[*at..*at + handle.len()].eq_ignore_ascii_case(handle))
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
        text => drop(needles.scrub(text)),
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
    take_back(needles, object);
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
        object.remove("visibleBody");
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
    // A mail to them: its subject is what they wrote about.
    let is_to_them = |list: &str| {
        let list = object.get(list).and_then(Value::as_array);
        list.is_some_and(|list| list.iter().any(|it| named(it.get("address"))))
    };
    if is_to_them("to") || is_to_them("cc") {
        clear(object, &["subject"]);
    }
    if named(object.get("envelopeFrom")) {
        clear(object, &["rawKey", "envelopeFrom"]);
    }
}

/// Takes the person's name from whom they were merged into.
fn take_back(needles: &Needles, object: &mut Map<String, Value>) {
    if needles.has_lent(object.get("id"), object.get("name")) {
        clear(object, &["name"]);
    }
    if needles.has_lent(object.get("userId"), object.get("userName")) {
        clear(object, &["userName"]);
    }
    let user = object.get("user").and_then(|user| user.get("id")).cloned();
    if let Some(Value::Object(before)) = object.get_mut("before")
        && needles.has_lent(user.as_ref(), before.get("name"))
    {
        clear(before, &["name"]);
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
    fn a_handle_is_found_on_its_own_only() {
        let needles = Needles { handles: vec!["ann@acme.example".into()], ..Needles::default() };
        for (text, kept) in [
            ("joann@acme.example, jo.ann@acme.example", "joann@acme.example, jo.ann@acme.example"),
            (
                "ann@acme.example.org and ann@acme.example-x",
                "ann@acme.example.org and ann@acme.example-x",
            ),
            ("<ann@acme.example>, mailto:ANN@acme.example.", "<(erased)>, mailto:(erased)."),
            ("ann@acme.example\nann@acme.example", "(erased)\n(erased)"),
            ("问ann@acme.example吗", "问(erased)吗"),
            ("", ""),
        ] {
            assert_eq!(needles.without(text), kept);
        }
        // After an escape of JSON there is no boundary in the bytes, but there is in the text.
        let json = json!({ "subject": "Re:\nann@acme.example", "type": "a" }).to_string();
        let kept = json!({ "subject": "Re:\n(erased)", "type": "a" }).to_string();
        assert_eq!(needles.without_in(&json), Some(kept));
        assert_eq!(needles.without_in("{\"subject\":\"joann@acme.example\"}"), None);
        // What stands in its place may hold the handle itself.
        let odd = Needles { handles: vec!["erased".into()], ..Needles::default() };
        assert_eq!(odd.without("it is erased"), "it is (erased)");
    }

    #[test]
    fn who_they_were_merged_into_loses_the_name_that_came_with_them() {
        let mut needles = Needles { ids: vec!["u1".into()], ..Needles::default() };
        let user = |id: &str, name: &str| json!({ "id": id, "email": null, "name": name });
        let ticket = json!({ "data": { "ticket": { "userId": "u2", "userName": "Ann" } } });
        let before = json!({ "data": { "user": user("u2", "Bea"), "before": { "name": "Ann" } } });
        let own = json!({ "data": { "user": user("u2", "Bob"), "other": user("u1", "Ann") } });
        needles.learn(&own);
        assert!(needles.lent.is_empty(), "it kept the name that it had");
        needles
            .learn(&json!({ "data": { "user": user("u2", "Ann"), "other": user("u1", "Ann") } }));
        for (mut event, at) in [(ticket, "/data/ticket/userName"), (before, "/data/before/name")] {
            assert!(needles.touch(&event.to_string()) && blank(&needles, &mut event), "{event}");
            assert_eq!(event.pointer(at), Some(&Value::Null), "{event}");
        }
        let mut other = json!({ "data": { "ticket": { "userId": "u3", "userName": "Ann" } } });
        assert!(!blank(&needles, &mut other), "another Ann");
        let mut now = json!({ "data": { "user": user("u2", "Bea") } });
        assert!(!blank(&needles, &mut now), "a name of its own");
    }

    #[test]
    fn a_mail_to_the_person_loses_its_subject() {
        let needles = Needles { handles: vec!["ann@acme.example".into()], ..Needles::default() };
        let mail =
            |to: &str, subject: &str| json!({ "to": [{ "address": to }], "subject": subject });
        for (mut before, after) in [
            (mail("Ann@acme.example", "Re: Ann's door"), mail("(erased)", "")),
            (mail("bob@acme.example", "Re: Bob"), mail("bob@acme.example", "Re: Bob")),
        ] {
            blank(&needles, &mut before);
            assert_eq!(before, after);
        }
    }

    #[test]
    fn a_person_goes_and_everybody_else_stays() {
        let (ids, handles) = (vec!["u1".into()], vec!["ann@acme.example".into()]);
        let needles = Needles { ids, handles, ..Needles::default() };
        let mut event = json!({ "seq": 7, "by": { "kind": "user", "id": "u1" }, "data": {
            "user": { "id": "u1", "email": "x@y.z", "name": "Ann", "handles": [1],
                "attributes": { "a": 1 }, "version": 3 },
            "before": { "name": "A" },
            "tickets": [
                { "userId": "u1", "subject": "S", "userName": "Ann", "number": 1 },
                { "userId": "u2", "subject": "T", "userName": "Bob", "number": 2 },
            ],
            "comment": { "author": { "id": "u1" }, "body": "B", "visibleBody": "b", "mail": {},
                "attachments": [2] },
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
