//! One reader for everything that comes in: the bytes become a [`Tree`], the tree a type.
//!
//! Why not serde_json and rmp_serde straight into the types: both are generic over their input, so
//! each type that is read was compiled once per format with all of the format's parsing in it, and
//! a Worker has a budget, gzipped. Here the formats are read by one visitor into one tree,
//! and each type is compiled once, against a reader that only looks at that tree.
//! Measured: 1,213 KB gzipped (3,029 KB of code) before it, 1,128 KB (2,546 KB of code) with it,
//! both as the compiler gives them, before wasm-bindgen takes its own part out.
//!
//! It is also the place of the strict rules that hold for both formats: no key twice, bounded
//! depth, numbers that are finite, nothing after the end; from clients no whole number beyond 2^53,
//! which JavaScript would make another one of. And it knows where it stands, so that what is wrong
//! is named by its path (`prospects.3.email`).
//!
//! It borrows from the bytes what needs no unescaping, so that a command inside an envelope is
//! copied once. It reads named fields only (no struct as a list), and no `RawValue`.

mod reader;
#[cfg(test)]
mod tests;

use crate::codec::INTEGER_MAX;
use crate::sort::SortSmall;
use crate::{Code, Reject};
use reader::Reader;
use serde::de::{self, Error as _, MapAccess, SeqAccess, Unexpected, Visitor};
use serde::ser::{Error as _, SerializeMap};
use serde::{Deserialize, Serialize, Serializer};
use std::borrow::Cow;
use std::cell::{OnceCell, RefCell};
use std::fmt;

/// How deep MessagePack may nest; JSON's limit is that of serde_json, 128.
const MSGPACK_DEPTH_MAX: usize = 64;

/// Any value of JSON or MessagePack; the keys of a map are `Text`, each there once.
#[derive(Debug, Clone, PartialEq)]
pub enum Tree<'t> {
    Null,
    Bool(bool),
    Unsigned(u64),
    Signed(i64),
    Float(f64),
    Text(Cow<'t, str>),
    Bytes(Cow<'t, [u8]>),
    List(Vec<Self>),
    Map(Vec<(Self, Self)>),
}

impl<'t> Tree<'t> {
    /// Reads JSON text.
    pub fn from_json(bytes: &'t [u8]) -> Result<Self, String> {
        serde_json::from_slice(bytes).map_err(|error| error.to_string())
    }

    /// Reads MessagePack.
    pub fn from_msgpack(bytes: &'t [u8]) -> Result<Self, String> {
        let mut reader = rmp_serde::Deserializer::from_read_ref(bytes);
        reader.set_max_depth(MSGPACK_DEPTH_MAX);
        let tree = Self::deserialize(&mut reader).map_err(|error| error.to_string())?;
        // The reader does not say where it stands; but at the end there is no next value.
        match Self::deserialize(&mut reader) {
            Err(rmp_serde::decode::Error::InvalidMarkerRead(_)) => Ok(tree),
            _ => Err("bytes after the end".to_owned()),
        }
    }

    /// The value as `T`, and the path of the first field that `T` does not know.
    ///
    /// `human` says whether ids are text, as in JSON, or bytes, as in MessagePack.
    pub fn read<'de, T: Deserialize<'de>>(
        &'de self,
        human: bool,
    ) -> Result<(T, Option<String>), Flaw> {
        self.read_at(Place::new(human))
    }

    /// The same of what a client sent, as text: no number may be one that is not the same
    /// everywhere.
    pub fn read_strictly<'de, T: Deserialize<'de>>(&'de self) -> Result<(T, Option<String>), Flaw> {
        self.read_at(Place { exact: true, ..Place::new(true) })
    }

    fn read_at<'de, T: Deserialize<'de>>(
        &'de self,
        place: Place<'de>,
    ) -> Result<(T, Option<String>), Flaw> {
        match T::deserialize(Reader { tree: Some(self), place: &place }) {
            Ok(value) => Ok((value, place.unknown.into_inner())),
            Err(flaw) => Err(flaw.at(&place)),
        }
    }

    /// The value, sent by a client, as the content of the variant `name` of `T`, an enum.
    pub fn read_variant<'de, T: Deserialize<'de>>(
        &'de self,
        name: &'de Self,
    ) -> Result<(T, Option<String>), Flaw> {
        let place = Place { exact: true, ..Place::new(true) };
        match T::deserialize(reader::Named { name, tree: self, place: &place }) {
            Ok(value) => Ok((value, place.unknown.into_inner())),
            Err(flaw) => Err(flaw.at(&place)),
        }
    }

    /// Whether it is a number, and whole, but beyond what is the same everywhere, however it is
    /// written: `9007199254740993`, `1e300`.
    fn is_inexact(&self) -> bool {
        const MOST: u64 = INTEGER_MAX.unsigned_abs();
        match self {
            Self::Unsigned(value) => *value > MOST,
            Self::Signed(value) => value.unsigned_abs() > MOST,
            Self::Float(value) => value.fract() == 0.0 && value.abs() > MOST as f64,
            _ => false,
        }
    }

    fn unexpected(&self) -> Unexpected<'_> {
        match self {
            Self::Null => Unexpected::Other("null"),
            Self::Bool(value) => Unexpected::Bool(*value),
            Self::Unsigned(value) => Unexpected::Unsigned(*value),
            Self::Signed(value) => Unexpected::Signed(*value),
            Self::Float(value) => Unexpected::Float(*value),
            Self::Text(value) => Unexpected::Str(value),
            Self::Bytes(value) => Unexpected::Bytes(value),
            Self::List(_) => Unexpected::Seq,
            Self::Map(_) => Unexpected::Map,
        }
    }
}

impl<'de> Deserialize<'de> for Tree<'de> {
    fn deserialize<D: de::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(Grow)
    }
}

impl Serialize for Tree<'_> {
    /// Fails for bytes: they are not in what clients send or get.
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => to.serialize_unit(),
            Self::Bool(value) => to.serialize_bool(*value),
            Self::Unsigned(value) => to.serialize_u64(*value),
            Self::Signed(value) => to.serialize_i64(*value),
            Self::Float(value) => to.serialize_f64(*value),
            Self::Text(value) => to.serialize_str(value),
            Self::Bytes(_) => Err(S::Error::custom("bytes where a value of JSON must be")),
            Self::List(items) => to.collect_seq(items),
            Self::Map(entries) => {
                let mut map = to.serialize_map(Some(entries.len()))?;
                for (key, value) in entries {
                    map.serialize_entry(key, value)?;
                }
                map.end()
            }
        }
    }
}

/// The one visitor that every format is read by.
struct Grow;

impl<'de> Visitor<'de> for Grow {
    type Value = Tree<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value of JSON")
    }

    fn visit_unit<E>(self) -> Result<Tree<'de>, E> {
        Ok(Tree::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Tree<'de>, E> {
        Ok(Tree::Bool(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Tree<'de>, E> {
        Ok(Tree::Unsigned(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Tree<'de>, E> {
        Ok(u64::try_from(value).map_or(Tree::Signed(value), Tree::Unsigned))
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Tree<'de>, E> {
        if value.is_finite() { Ok(Tree::Float(value)) } else { Err(E::custom("not a number")) }
    }

    fn visit_borrowed_str<E>(self, value: &'de str) -> Result<Tree<'de>, E> {
        Ok(Tree::Text(Cow::Borrowed(value)))
    }

    fn visit_str<E>(self, value: &str) -> Result<Tree<'de>, E> {
        Ok(Tree::Text(Cow::Owned(value.to_owned())))
    }

    fn visit_borrowed_bytes<E>(self, value: &'de [u8]) -> Result<Tree<'de>, E> {
        Ok(Tree::Bytes(Cow::Borrowed(value)))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut from: A) -> Result<Tree<'de>, A::Error> {
        // The length that MessagePack announces is not believed: room is made as items come.
        let mut items = Vec::new();
        while let Some(item) = from.next_element()? {
            items.push(item);
        }
        items.shrink_to_fit();
        Ok(Tree::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut from: A) -> Result<Tree<'de>, A::Error> {
        let mut entries: Vec<(Tree<'de>, Tree<'de>)> = Vec::new();
        while let Some(key) = from.next_key()? {
            if !matches!(key, Tree::Text(_)) {
                return Err(A::Error::custom("a key that is no text"));
            }
            entries.push((key, from.next_value()?));
        }
        entries.shrink_to_fit();
        match twice(&entries) {
            Some(key) => Err(A::Error::custom(format_args!("duplicate field `{key}`"))),
            None => Ok(Tree::Map(entries)),
        }
    }
}

/// A key that occurs twice, in less than quadratic time: a body may have 100,000 keys.
fn twice<'a>(entries: &'a [(Tree<'_>, Tree<'_>)]) -> Option<&'a str> {
    let mut keys: Vec<&str> = entries.iter().map(|(key, _)| text(key)).collect();
    keys.sort_small();
    keys.windows(2).find(|pair| pair[0] == pair[1]).map(|pair| pair[0])
}

fn text<'a>(key: &'a Tree<'_>) -> &'a str {
    if let Tree::Text(text) = key { text } else { "" }
}

/// Why a tree is not of the type.
///
/// Boxed, because it is part of the result of every function that is compiled per type.
#[derive(Debug)]
pub struct Flaw(Box<Wrong>);

#[derive(Debug)]
struct Wrong {
    code: Code,
    /// The path of what is wrong; empty where it is the whole.
    path: String,
    why: String,
}

impl Flaw {
    #[cold]
    fn new(code: Code, field: &str, why: String) -> Self {
        Self(Box::new(Wrong { code, path: field.to_owned(), why }))
    }

    /// The refusal, with the path as `details.field`.
    #[cold]
    pub fn into_reject(self) -> Reject {
        let Wrong { code, path, why } = *self.0;
        if path.is_empty() {
            return Reject::new(code, why);
        }
        Reject { code, ..Reject::field(&path, why) }
    }

    /// Puts the place where reading stopped before the field that the flaw itself names.
    #[cold]
    fn at(mut self, place: &Place<'_>) -> Self {
        let field = std::mem::take(&mut self.0.path);
        self.0.path = place.path(&field);
        self
    }
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.why)
    }
}

impl std::error::Error for Flaw {}

impl de::Error for Flaw {
    #[cold]
    fn custom<T: fmt::Display>(why: T) -> Self {
        Self::new(Code::InvalidInput, "", why.to_string())
    }

    #[cold]
    fn missing_field(field: &'static str) -> Self {
        Self::new(Code::InvalidInput, field, "is missing".to_owned())
    }
}

/// Where in the tree the reader stands; left where it is when reading fails.
struct Place<'de> {
    human: bool,
    /// Whether whole numbers must be the same everywhere.
    exact: bool,
    path: RefCell<Vec<Step<'de>>>,
    unknown: OnceCell<String>,
}

#[derive(Clone, Copy)]
enum Step<'de> {
    Field(&'de str),
    Item(usize),
}

impl<'de> Place<'de> {
    fn new(human: bool) -> Self {
        Self { human, exact: false, path: RefCell::default(), unknown: OnceCell::new() }
    }

    #[inline(never)]
    fn enter(&self, step: Step<'de>) {
        self.path.borrow_mut().push(step);
    }

    #[inline(never)]
    fn leave(&self) {
        self.path.borrow_mut().pop();
    }

    /// The steps to here, and `last` where it is not empty.
    fn path(&self, last: &str) -> String {
        let mut path = String::new();
        let steps = self.path.borrow();
        for step in steps.iter().copied().chain([Step::Field(last)]) {
            let step = match step {
                Step::Field(name) => Cow::Borrowed(name),
                Step::Item(index) => Cow::Owned(index.to_string()),
            };
            if !path.is_empty() && !step.is_empty() {
                path.push('.');
            }
            path.push_str(&step);
        }
        path
    }
}
