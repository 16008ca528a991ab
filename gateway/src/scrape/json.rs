//! Feeds in JSON: the items of a list, each with those of its texts that are wanted.
//!
//! They are taken as the document is read, and no tree is made of it: one of two megabytes that has
//! nothing but small objects is a hundred as a tree, and a Worker has 128.

use super::items::{Fields, line};
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::fmt;

/// Reads up to so many items of the list at a path (of the document itself where there is none): of
/// each the texts at the paths that are wanted. None where there is no list.
///
/// # Errors
/// What is wrong with the document.
pub fn items(
    text: &str,
    list: Option<&str>,
    wanted: &[&str],
    most: usize,
) -> Result<Option<Vec<Fields>>, serde_json::Error> {
    let mut taken = Taken { wanted, most, item: Fields::new(), items: None };
    let mut reader = serde_json::Deserializer::from_slice(text.as_bytes());
    let wants = vec![Want { field: None, rest: list }];
    Place { wants, taken: &mut taken }.deserialize(&mut reader)?;
    reader.end()?;
    Ok(taken.items)
}

struct Taken<'a> {
    wanted: &'a [&'a str],
    most: usize,
    /// What was found of the item that is being read.
    item: Fields,
    items: Option<Vec<Fields>>,
}

/// What is wanted at a place, or below it.
#[derive(Clone, Copy)]
struct Want<'a> {
    /// The path in an item; the list itself where there is none.
    field: Option<&'a str>,
    /// How it goes on from here; it ends here where there is nothing.
    rest: Option<&'a str>,
}

/// A place in the document.
struct Place<'a, 't> {
    wants: Vec<Want<'a>>,
    taken: &'t mut Taken<'a>,
}

impl<'a> Place<'a, '_> {
    /// What is wanted below, where a name is one of those that go on from here.
    fn below(&self, is: &dyn Fn(&str) -> bool) -> Vec<Want<'a>> {
        let on = |want: &Want<'a>| {
            let path = want.rest?;
            let (name, rest) = path.split_once('.').map_or((path, None), |(a, b)| (a, Some(b)));
            is(name).then_some(Want { rest, ..*want })
        };
        self.wants.iter().filter_map(on).collect()
    }

    fn keep<E>(self, text: &str) -> Result<(), E> {
        for want in &self.wants {
            if let (Some(path), None, Some(line)) = (want.field, want.rest, line(text)) {
                self.taken.item.insert(path.to_owned(), line);
            }
        }
        Ok(())
    }

    fn keep_number<E>(self, number: impl Into<serde_json::Value>) -> Result<(), E> {
        self.keep(&number.into().to_string())
    }
}

impl<'de> DeserializeSeed<'de> for Place<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<(), D::Error> {
        if self.wants.is_empty() {
            return reader.deserialize_ignored_any(IgnoredAny).map(drop);
        }
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Place<'_, '_> {
    type Value = ();

    fn expecting(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str("any value")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E>(self, value: bool) -> Result<(), E> {
        self.keep(if value { "true" } else { "false" })
    }

    fn visit_i64<E>(self, value: i64) -> Result<(), E> {
        self.keep_number(value)
    }

    fn visit_u64<E>(self, value: u64) -> Result<(), E> {
        self.keep_number(value)
    }

    fn visit_f64<E>(self, value: f64) -> Result<(), E> {
        self.keep_number(value)
    }

    fn visit_str<E>(self, value: &str) -> Result<(), E> {
        self.keep(value)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        if self.wants.iter().any(|want| want.field.is_none() && want.rest.is_none()) {
            return items_of(self.taken, list);
        }
        for at in 0_usize.. {
            let wants = self.below(&|name| name.parse::<usize>().ok() == Some(at));
            let place = Place { wants, taken: &mut *self.taken };
            if list.next_element_seed(place)?.is_none() {
                break;
            }
        }
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<String>()? {
            let wants = self.below(&|name| name == key);
            map.next_value_seed(Place { wants, taken: &mut *self.taken })?;
        }
        Ok(())
    }
}

/// Takes what is wanted of each item of the list.
fn items_of<'a, 'de, A: SeqAccess<'de>>(
    taken: &mut Taken<'a>,
    mut list: A,
) -> Result<(), A::Error> {
    let mut items = Vec::new();
    loop {
        let wanted = if items.len() < taken.most { taken.wanted } else { &[] };
        let want = |path: &&'a str| Want { field: Some(*path), rest: Some(*path) };
        let place = Place { wants: wanted.iter().map(want).collect(), taken: &mut *taken };
        if list.next_element_seed(place)?.is_none() {
            break;
        }
        let item = std::mem::take(&mut taken.item);
        if items.len() < taken.most {
            items.push(item);
        }
    }
    // Of a name that stands there twice the last counts, as everywhere.
    taken.items = Some(items);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str, list: Option<&str>, wanted: &[&str]) -> Option<Vec<String>> {
        let line = |(path, text): (&String, &String)| format!("{path}={text}");
        let one = |item: &Fields| item.iter().map(line).collect::<Vec<_>>().join(" ");
        Some(items(text, list, wanted, 3).expect(text)?.iter().map(one).collect())
    }

    #[test]
    fn the_wanted_texts_of_each_item_are_there_by_path() {
        let text = r#"{"data":{"people":[
            {"mails":["a@b.test","c"],"who":{"name":" Ann\n Lee ","x":[[{}]]},
             "n":12,"f":1.5,"t":true},
            {"mails":[],"who":null,"n":-3}, "odd", {"n":4}, [1], {"n"
            :5}]},"data2":[]}"#;
        let wanted = ["mails.0", "who.name", "who", "n", "f", "t", "mails.7", "n.0"];
        let found = shown(text, Some("data.people"), &wanted).expect("a list");
        assert_eq!(found, ["f=1.5 mails.0=a@b.test n=12 t=true who.name=Ann Lee", "n=-3", ""]);
        assert_eq!(shown("[{\"a\":1,\"a\":2}]", None, &["a"]), Some(vec!["a=2".to_owned()]));
        let nested = r#"{"p":[{"l":[{"m":"x"},{"m":"y"}]}]}"#;
        assert_eq!(shown(nested, Some("p.0.l"), &["m"]).expect("two"), ["m=x", "m=y"]);
        assert_eq!(shown(nested, Some("p.0"), &["m"]), None);
        assert_eq!(shown("{}", None, &["m"]), None);
        assert_eq!(shown("7", Some("p"), &["m"]), None);
    }

    #[test]
    fn what_is_no_whole_document_is_refused() {
        for text in ["", "[", "[{\"m\":\"a\"}", "[] []", "[{\"m\":1]}", &"[".repeat(100_000)] {
            assert!(items(text, None, &["m"], 3).is_err(), "{text:.20}");
            assert!(items(text, Some("m"), &["m"], 3).is_err(), "{text:.20}");
        }
        let deep = format!("[{}1{}]", "{\"m\":".repeat(500), "}".repeat(500));
        let path = vec!["m"; 400].join(".");
        assert!(items(&deep, None, &[&path], 3).is_err(), "deeper than anybody writes");
    }
}
