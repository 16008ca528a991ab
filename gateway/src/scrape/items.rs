//! What of a feed's items is what of a prospect.

use super::{feed, json};
use schema::pipeline::FileRow;
use schema::prospect::NewProspect;
use schema::room::source::{ITEMS_MAX, ProspectSource, SourceKind};
use std::collections::BTreeMap;

/// The longest value that is taken, in characters: no field of a prospect is longer.
const VALUE_CHARS_MAX: usize = 1_000;

/// Of an item the texts that a mapping names, by their paths: each one line.
pub type Fields = BTreeMap<String, String>;

/// The items of a feed, one more than are read where there are more.
///
/// # Errors
/// What is wrong with the feed as a whole.
pub fn items(source: &ProspectSource, text: &str) -> Result<Vec<Fields>, String> {
    let text = text.trim_start_matches('\u{feff}');
    let mapping = &source.mapping;
    let named = [
        &mapping.email,
        &mapping.name,
        &mapping.company,
        &mapping.domain,
        &mapping.title,
        &mapping.linkedin,
    ];
    let named = named.into_iter().flatten().chain(mapping.attributes.values());
    let wanted: Vec<&str> = named.map(String::as_str).collect();
    let most = ITEMS_MAX + 1;
    if source.kind == SourceKind::Feed {
        let all = feed::items(text, most).map_err(|why| format!("the feed {why}"))?;
        let kept = |item: Fields| {
            let wanted = item.into_iter().filter(|(path, _)| wanted.contains(&path.as_str()));
            wanted.filter_map(|(path, text)| Some((path, line(&text)?))).collect()
        };
        return Ok(all.into_iter().map(kept).collect());
    }
    let list = mapping.items.as_deref();
    let found = json::items(text, list, &wanted, most)
        .map_err(|error| format!("the feed is no JSON: {error}"))?;
    let at = list.unwrap_or("the document itself");
    found.ok_or_else(|| format!("the feed has no list at {at}"))
}

/// A value in one line, cut where it is longer than any field; none where it is blank.
pub fn line(text: &str) -> Option<String> {
    let mut line = String::new();
    for word in text.split_whitespace() {
        if line.len() >= 4 * VALUE_CHARS_MAX {
            break;
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.extend(word.chars().take(VALUE_CHARS_MAX));
    }
    let line: String = line.chars().take(VALUE_CHARS_MAX).collect();
    Some(line).filter(|line| !line.is_empty())
}

/// The row of an item, by its place in the feed, from 0. The first one that is too many says so.
pub fn row(source: &ProspectSource, at: usize, item: &Fields) -> FileRow {
    let (row, error) = (at as i64 + 1, None);
    if at >= ITEMS_MAX {
        let why = format!("and what follows it is not read: a feed has at most {ITEMS_MAX} items");
        return FileRow { row, prospect: None, error: Some(why) };
    }
    FileRow { row, prospect: Some(prospect(source, item)), error }
}

fn prospect(source: &ProspectSource, item: &Fields) -> NewProspect {
    let mapping = &source.mapping;
    let value = |path: &Option<String>| item.get(path.as_deref()?).cloned();
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
            .filter_map(|(name, path)| Some((name.clone(), item.get(path)?.clone())))
            .collect(),
    }
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
    use serde_json::{Value, json};

    /// The rows of a feed.
    fn rows(source: &ProspectSource, text: &str) -> Result<Vec<FileRow>, String> {
        let items = items(source, text)?;
        Ok(items.iter().enumerate().map(|(at, item)| row(source, at, item)).collect())
    }

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
        assert!(rows[ITEMS_MAX - 1].prospect.is_some() && rows[ITEMS_MAX].prospect.is_none());
        assert!(rows[ITEMS_MAX].error.as_ref().is_some_and(|why| why.contains("is not read")));
    }

    /// As a tree of values, each of these is some hundred megabytes, and a Worker has 128.
    #[test]
    fn a_feed_of_many_small_values_is_read_without_a_tree_of_them() {
        let source = source(SourceKind::Json, json!({ "email": "mail" }));
        let many = "{\"\":0},".repeat(250_000);
        for text in
            [format!("[{many}{{}}]"), format!("[{{\"x\":[{many}0],\"mail\":\"a@b.test\"}}]")]
        {
            let items = items(&source, &text).expect("items");
            assert!(items.len() <= ITEMS_MAX + 1);
            assert!(items.iter().all(|item| item.keys().all(|path| path == "mail")));
        }
    }

    #[test]
    fn a_value_is_one_line_and_no_longer_than_any_field() {
        assert_eq!(line(" a\n\tb "), Some("a b".into()));
        assert_eq!(line(" \n"), None);
        for long in ["\u{1f600}".repeat(5_000), "ab ".repeat(500_000)] {
            assert_eq!(line(&long).map(|line| line.chars().count()), Some(VALUE_CHARS_MAX));
        }
    }
}
