//! What of a feed's items is what of a prospect.

use super::feed::{self, Fields};
use schema::pipeline::FileRow;
use schema::prospect::NewProspect;
use schema::room::source::{ITEMS_MAX, Mapping, ProspectSource, SourceKind};
use serde_json::Value;

/// The longest value that is taken, in characters: no field of a prospect is longer.
const VALUE_CHARS_MAX: usize = 1_000;

/// The prospects of a feed, item by item; of more than are read, the rest is one row that says so.
///
/// # Errors
/// What is wrong with the feed as a whole.
pub fn rows(source: &ProspectSource, text: &str) -> Result<Vec<FileRow>, String> {
    let text = text.trim_start_matches('\u{feff}');
    let most = ITEMS_MAX + 1;
    let mut rows: Vec<FileRow> = match source.kind {
        SourceKind::Feed => {
            let items = feed::items(text, most).map_err(|why| format!("the feed {why}"))?;
            let of = |item: &Fields| prospect(source, |path| item.get(path).cloned());
            items.iter().map(of).enumerate().map(row).collect()
        }
        SourceKind::Json => {
            let document: Value = serde_json::from_str(text)
                .map_err(|error| format!("the feed is no JSON: {error}"))?;
            let items = list(&document, &source.mapping)?;
            let of = |item: &Value| prospect(source, |path| text_of(at(item, path)?));
            items.iter().take(most).map(of).enumerate().map(row).collect()
        }
    };
    if let Some(rest) = rows.get_mut(ITEMS_MAX) {
        let why = format!("and what follows it is not read: a feed has at most {ITEMS_MAX} items");
        (rest.prospect, rest.error) = (None, Some(why));
    }
    Ok(rows)
}

fn row((at, prospect): (usize, NewProspect)) -> FileRow {
    FileRow { row: at as i64 + 1, prospect: Some(prospect), error: None }
}

fn list<'a>(document: &'a Value, mapping: &Mapping) -> Result<&'a Vec<Value>, String> {
    let found = mapping.items.as_deref().map_or(Some(document), |path| at(document, path));
    let at = mapping.items.as_deref().unwrap_or("the document itself");
    found.and_then(Value::as_array).ok_or_else(|| format!("the feed has no list at {at}"))
}

/// The value at a path of names, and of numbers in lists, with dots between.
fn at<'a>(value: &'a Value, path: &str) -> Option<&'a Value> {
    path.split('.').try_fold(value, |value, name| match value {
        Value::Array(items) => items.get(name.parse::<usize>().ok()?),
        value => value.get(name),
    })
}

fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        _ => None,
    }
}

fn prospect(source: &ProspectSource, get: impl Fn(&str) -> Option<String>) -> NewProspect {
    let mapping = &source.mapping;
    let value = |path: &Option<String>| found(get(path.as_deref()?)?);
    let attributes = mapping.attributes.iter();
    NewProspect {
        email: value(&mapping.email).map(address),
        name: value(&mapping.name),
        company: value(&mapping.company),
        domain: value(&mapping.domain).map(host),
        title: value(&mapping.title),
        linkedin: value(&mapping.linkedin),
        source: Some(source.name.clone()),
        attributes: attributes
            .filter_map(|(name, path)| Some((name.clone(), found(get(path)?)?)))
            .collect(),
    }
}

/// A value in one line; none where it is blank.
fn found(text: String) -> Option<String> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let line: String = words.join(" ").chars().take(VALUE_CHARS_MAX).collect();
    Some(line).filter(|line| !line.is_empty())
}

/// The address in `Ann <ann@acme.test>`, `ann@acme.test (Ann)` (RSS 2.0) or `mailto:ann@acme.test`;
/// else the text as it is.
fn address(text: String) -> String {
    let mut words = text.split(|c: char| c.is_whitespace() || "<>()\"',;".contains(c));
    let found = words.find(|word| word.contains('@'));
    found.map_or(text.clone(), |word| word.trim_start_matches("mailto:").to_owned())
}

/// The host in an address of the web; else the text as it is.
fn host(text: String) -> String {
    let rest = text.split_once("://").map_or(&*text, |(_, rest)| rest);
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
    let host = host.split(':').next().unwrap_or_default();
    host.strip_prefix("www.").unwrap_or(host).to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;
    use schema::ids::SourceId;
    use serde_json::json;

    fn source(kind: SourceKind, mapping: Value) -> ProspectSource {
        ProspectSource {
            id: SourceId(uuid::Uuid::nil()),
            name: "Directory".into(),
            url: "https://feeds.test/".into(),
            kind,
            mapping: serde_json::from_value(mapping).expect("a mapping"),
            active: true,
            last_import_id: None,
            last_read_at: None,
            created_at: 0,
            updated_at: 0,
            version: 1,
        }
    }

    #[test]
    fn items_of_json_become_prospects_by_their_paths() {
        let mapping = json!({ "items": "data.people", "email": "mails.0", "name": "who.name",
            "domain": "site", "attributes": { "size": "size", "open": "open", "none": "who" } });
        let source = source(SourceKind::Json, mapping);
        let feed = json!({ "data": { "people": [
            { "mails": ["mailto:ann@acme.test", "x"], "who": { "name": " Ann\n Lee " },
              "site": "https://www.Acme.test:443/a?b", "size": 12, "open": true },
            { "mails": [], "who": null }, "odd",
        ] } });
        let rows = rows(&source, &format!("\u{feff}{feed}")).expect("rows");
        let first = rows[0].prospect.clone().expect("Ann");
        assert_eq!(first.email.as_deref(), Some("ann@acme.test"));
        assert_eq!(
            (first.name.as_deref(), first.domain.as_deref()),
            (Some("Ann Lee"), Some("acme.test"))
        );
        assert_eq!(first.source.as_deref(), Some("Directory"));
        let attributes: Vec<_> = first.attributes.iter().map(|(a, b)| format!("{a}={b}")).collect();
        assert_eq!(attributes, ["open=true", "size=12"]);
        // What says nobody is for its import to refuse, item by item.
        assert_eq!(rows.iter().map(|row| row.row).collect::<Vec<_>>(), [1, 2, 3]);
        assert_eq!(rows[2].prospect.as_ref().and_then(|one| one.email.clone()), None);
    }

    #[test]
    fn items_of_a_feed_become_prospects_by_their_paths() {
        let mapping = json!({ "email": "author", "name": "dc:creator", "domain": "link@href" });
        let source = source(SourceKind::Feed, mapping);
        let feed = "<rss><item><author>ann@acme.test (Ann Lee)</author><dc:creator>Ann</dc:creator>\
            <link href='http://acme.test/x'/></item></rss>";
        let row = rows(&source, feed).expect("rows")[0].prospect.clone().expect("Ann");
        assert_eq!(row.email.as_deref(), Some("ann@acme.test"));
        assert_eq!((row.name.as_deref(), row.domain.as_deref()), (Some("Ann"), Some("acme.test")));
    }

    #[test]
    fn a_feed_of_another_shape_is_refused_as_a_whole_and_a_long_one_is_cut() {
        let people = source(SourceKind::Json, json!({ "items": "people", "email": "mail" }));
        for (text, why) in [
            ("{\"people\":[{\"name\":\"Ann\"", "no JSON"),
            ("", "no JSON"),
            ("{\"people\":{}}", "no list at people"),
            ("[1]", "no list at people"),
            (&"[".repeat(100_000), "no JSON"),
        ] {
            let found = rows(&people, text).expect_err(why);
            assert!(found.contains(why), "{found}");
        }
        let whole = source(SourceKind::Json, json!({ "email": "mail" }));
        let many: Vec<Value> =
            (0..ITEMS_MAX + 7).map(|n| json!({ "mail": format!("p{n}@acme.test") })).collect();
        let rows = rows(&whole, &Value::from(many).to_string()).expect("rows");
        assert_eq!(rows.len(), ITEMS_MAX + 1);
        assert!(rows[ITEMS_MAX].error.as_ref().is_some_and(|why| why.contains("is not read")));
    }
}
