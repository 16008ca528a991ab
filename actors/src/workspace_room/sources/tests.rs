//! The catalogue of sources, and what is kept of their readings.

use crate::workspace_room::tests::desk::Desk;
use schema::Code;
use serde_json::{Value, json};
use uuid::Uuid;

fn feed(more: Value) -> Value {
    let mut all = json!({ "name": "Directory", "url": "https://feeds.example/people.json",
        "kind": "json", "mapping": { "items": "people", "email": "mail" } });
    let fields = all.as_object_mut().expect("an object");
    fields.extend(more.as_object().expect("an object").clone());
    json!({ "createSource": all })
}

#[test]
fn a_source_is_made_changed_and_deleted_by_who_manages() {
    let mut desk = Desk::open();
    let made = desk.manage(&feed(json!({})));
    let id = made["id"].clone();
    assert_eq!((&made["active"], &made["version"]), (&json!(true), &json!(1)));
    let of = json!({ "sourceId": id });
    let change = json!({ "changeSource": { "sourceId": id, "active": false, "ifVersion": 1 } });
    let changed = desk.manage(&change);
    assert_eq!((&changed["active"], &changed["version"]), (&json!(false), &json!(2)));
    assert_eq!(desk.manage_refused(&change).0, Code::VersionMismatch);
    assert_eq!(desk.manage(&json!({ "getSource": of })), changed);
    let other = desk.manage(&feed(json!({ "name": "News", "kind": "feed" })));
    assert_eq!(desk.manage(&json!({ "listSources": {} })), json!([other, changed]));
    for command in ["getSource", "deleteSource"] {
        assert_eq!(desk.refused(&json!({ command: of })).0, Code::Forbidden, "{command}");
    }
    assert_eq!(desk.manage(&json!({ "deleteSource": of })), changed);
    assert_eq!(desk.manage_refused(&json!({ "getSource": of })).0, Code::NotFound);
    assert_eq!(desk.manage(&json!({ "listSources": {} })), json!([other]));
}

#[test]
fn what_no_source_may_be_is_refused() {
    let mut desk = Desk::open();
    let attributes: serde_json::Map<_, _> =
        (0..21).map(|n| (format!("a{n}"), json!("x"))).collect();
    for wrong in [
        json!({ "name": " " }),
        json!({ "url": "http://feeds.example/" }),
        json!({ "url": "https://10.0.0.1/" }),
        json!({ "url": "https://169.254.169.254/latest" }),
        json!({ "url": "https://a:b@feeds.example/" }),
        json!({ "url": "file:///etc/passwd" }),
        json!({ "mapping": {} }),
        json!({ "mapping": { "name": "who" } }),
        json!({ "mapping": { "domain": "site" } }),
        json!({ "mapping": { "email": " " } }),
        json!({ "mapping": { "email": "x".repeat(201) } }),
        json!({ "mapping": { "email": "mail", "attributes": { "": "x" } } }),
        json!({ "mapping": { "email": "mail", "attributes": attributes } }),
    ] {
        let refused = desk.manage_refused(&feed(wrong.clone()));
        assert_eq!(refused.0, Code::InvalidInput, "{wrong}");
    }
    for number in 0..50 {
        let mapping = json!({ "linkedin": "profile" });
        desk.manage(&feed(json!({ "name": format!("S{number}"), "mapping": mapping })));
    }
    assert_eq!(desk.manage_refused(&feed(json!({}))).0, Code::Conflict, "fifty at most");
}

/// A reading, as far as the room hears of it.
struct Feed {
    desk: Desk,
    id: Value,
}

impl Feed {
    fn open() -> Self {
        let mut desk = Desk::open();
        let id = desk.manage(&feed(json!({})))["id"].clone();
        Self { desk, id }
    }

    fn begin(&mut self, import: u128) -> Value {
        let import = Uuid::from_u128(import);
        self.desk.system(&json!({ "beginProspectImport": { "importId": import } }));
        let begin = json!({ "beginReading": { "sourceId": self.id, "importId": import } });
        self.desk.system(&begin)
    }

    fn end(&mut self, import: u128, version: i64, etag: &str) {
        let import = Uuid::from_u128(import);
        self.desk.system(&json!({ "endReading": { "sourceId": self.id, "importId": import,
            "version": version, "mark": { "etag": etag, "lastModified": "Mon" } } }));
    }

    /// So many parts were put on the queue; some of them have come.
    fn parts(&mut self, import: u128, all: i64, come: i64) -> Value {
        let hashes = HASH.repeat(usize::try_from(all).expect("few"));
        let end = json!({ "endProspectImport": { "importId": Uuid::from_u128(import),
            "parts": all, "rows": all, "hashes": hashes } });
        let ended = self.desk.system(&end);
        (0..come).for_each(|part| self.come(import, part, HASH));
        ended
    }

    /// A part comes.
    fn come(&mut self, import: u128, part: i64, hash: &str) {
        let import = Uuid::from_u128(import);
        self.desk.system(&json!({ "noteProspectImport": { "importId": import, "part": part,
            "hash": hash, "created": 1, "known": 0, "errors": [] } }));
    }
}

/// What the parts of a feed are known by.
const HASH: &str = "0123456789abcdef";

fn none() -> Value {
    json!({ "etag": null, "lastModified": null })
}

#[test]
fn what_the_server_said_is_kept_until_the_source_is_another() {
    let mut it = Feed::open();
    let (id, import) = (it.id.clone(), Uuid::from_u128(7));
    let begin = json!({ "beginReading": { "sourceId": id, "importId": import } });
    let end = json!({ "endReading": { "sourceId": id, "importId": import, "version": 1,
        "mark": {} } });
    assert_eq!(it.desk.manage_refused(&begin).0, Code::Forbidden);
    assert_eq!(it.desk.manage_refused(&end).0, Code::Forbidden);
    assert_eq!(it.begin(7)["mark"], none());
    it.end(7, 1, "a");
    it.parts(7, 1, 1);
    let again = it.begin(8);
    assert_eq!(again["mark"], json!({ "etag": "a", "lastModified": "Mon" }));
    assert_eq!(again["source"]["lastImportId"], json!(Uuid::from_u128(8)));
    assert_eq!(again["source"]["version"], 1, "to be read changes nothing of it");
    // Changed while it was read: all of it is read again.
    it.desk.manage(&json!({ "changeSource": { "sourceId": id, "mapping": { "email": "e" } } }));
    assert_eq!(it.begin(9)["mark"], none());
    it.end(7, 1, "b");
    assert_eq!(it.begin(9)["mark"], none());
    for odd in ["x".repeat(1_001), "\u{fc}".into(), "a\r\nx: y".into()] {
        it.end(7, 2, &odd);
        assert_eq!(it.begin(9)["mark"], json!({ "etag": null, "lastModified": "Mon" }), "{odd}");
    }
}

#[test]
fn what_got_lost_on_its_way_is_given_again() {
    let mut it = Feed::open();
    it.begin(1);
    it.parts(1, 2, 1);
    it.end(1, 1, "a");
    assert_eq!(it.begin(2)["mark"], none(), "a part has not come");
    it.parts(1, 2, 2);
    assert_eq!(it.begin(3)["mark"]["etag"], "a", "now it has");
    let forgotten = json!({ "endReading": { "sourceId": it.id, "version": 1,
        "importId": Uuid::from_u128(99), "mark": { "etag": "b", "lastModified": null } } });
    it.desk.system(&forgotten);
    assert_eq!(it.begin(4)["mark"], none(), "nobody knows what came of it");
}

#[test]
fn what_came_of_an_earlier_try_is_not_taken_for_what_was_read_last() {
    let mut it = Feed::open();
    it.begin(1);
    // The first try ended before it could say that all was read; the feed has changed since.
    it.come(1, 0, "another part....");
    it.begin(1);
    it.end(1, 1, "a");
    assert_eq!(it.parts(1, 1, 0)["state"], "broken");
    assert_eq!(it.begin(2)["mark"], none(), "its part has not come");
    // The third try counts anew.
    it.begin(1);
    it.come(1, 0, HASH);
    it.end(1, 1, "a");
    assert_eq!(it.parts(1, 1, 0)["state"], "done");
    assert_eq!(it.begin(3)["mark"]["etag"], "a");
}

#[test]
fn events_of_sources_name_them_without_their_addresses() {
    let mut desk = Desk::open();
    desk.events();
    let secret = json!({ "url": "https://feeds.example/?token=secret" });
    let made = desk.manage(&feed(secret));
    let of = json!({ "sourceId": made["id"] });
    let change = json!({ "changeSource": { "sourceId": made["id"], "active": false } });
    desk.manage(&change);
    // Nothing new: no event.
    desk.manage(&change);
    desk.manage(&json!({ "deleteSource": of }));
    let events = desk.events();
    let kinds: Vec<_> = events.iter().map(|event| event["type"].clone()).collect();
    assert_eq!(kinds, ["source.created", "source.changed", "source.deleted"]);
    for (event, version) in events.iter().zip([1, 2, 2]) {
        let data = json!({ "source": { "id": made["id"], "name": "Directory",
            "version": version } });
        assert_eq!(event["data"], data);
    }
}
