//! The reader of a [`Tree`]: what serde's derived code asks, answered by looking.
//!
//! One concrete type, and what does not depend on the type that is read stands in functions of its
//! own that are never inlined: everything else here is compiled once per type.

use super::{Flaw, Place, Step, Tree};
use crate::Code;
use serde::de::{
    self, DeserializeSeed, EnumAccess, Error as _, Expected, MapAccess, SeqAccess, Unexpected,
    VariantAccess, Visitor,
};
use serde::forward_to_deserialize_any;

/// A tree to be read, and where it stands in the whole; none where a field is not there.
#[derive(Clone, Copy)]
pub(super) struct Reader<'a, 'de> {
    pub tree: Option<&'de Tree<'de>>,
    pub place: &'a Place<'de>,
}

impl<'a, 'de> Reader<'a, 'de> {
    #[cold]
    #[inline(never)]
    fn wrong(self, expected: &dyn Expected) -> Flaw {
        match self.tree {
            Some(tree) => Flaw::invalid_type(tree.unexpected(), expected),
            None => Flaw::missing_field(""),
        }
    }

    fn list<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Flaw> {
        let Some(Tree::List(items)) = self.tree else { return Err(self.wrong(&visitor)) };
        let mut rest = Items { items, next: 0, place: self.place };
        let value = visitor.visit_seq(&mut rest)?;
        rest.end()?;
        Ok(value)
    }

    fn map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Flaw> {
        let Some(Tree::Map(entries)) = self.tree else { return Err(self.wrong(&visitor)) };
        visitor.visit_map(&mut Entries { entries, value: None, place: self.place })
    }

    /// A type whose fields are known, as the list of their values: code that takes what comes in
    /// any order is twice as large, and there is some for every type.
    fn fields<V: Visitor<'de>>(
        self,
        names: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Flaw> {
        let Some(Tree::Map(entries)) = self.tree else { return Err(self.wrong(&visitor)) };
        let mut fields =
            Fields { entries, names, next: 0, found: 0, missing: None, place: self.place };
        match visitor.visit_seq(&mut fields) {
            Ok(value) => {
                fields.end(names);
                Ok(value)
            }
            Err(flaw) => Err(fields.flaw(flaw)),
        }
    }

    fn number<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Flaw> {
        self.check_exact()?;
        match self.tree {
            Some(Tree::Unsigned(value)) => visitor.visit_u64(*value),
            Some(Tree::Signed(value)) => visitor.visit_i64(*value),
            Some(Tree::Float(value)) => visitor.visit_f64(*value),
            _ => Err(self.wrong(&visitor)),
        }
    }

    #[inline(never)]
    fn check_exact(self) -> Result<(), Flaw> {
        if self.place.exact && self.tree.is_some_and(Tree::is_inexact) {
            return Err(Flaw::custom("must be a number within 2^53"));
        }
        Ok(())
    }

    /// The name of the variant, and its content.
    #[inline(never)]
    fn variant(self) -> Result<(Self, Content<'a, 'de>), Flaw> {
        let none = Content { tree: None, place: self.place };
        match self.tree {
            Some(Tree::Text(_)) => Ok((self, none)),
            Some(Tree::Map(entries)) if entries.len() == 1 => {
                let (name, tree) = &entries[0];
                self.place.enter(Step::Field(super::text(name)));
                Ok((Self { tree: Some(name), ..self }, Content { tree: Some(tree), ..none }))
            }
            // Two commands at once are no command of any kind, rather than one with a wrong field.
            Some(Tree::Map(_)) => {
                let why = "must be a name, or an object with one field".to_owned();
                Err(Flaw::new(Code::BadRequest, "", why))
            }
            _ => Err(self.wrong(&"a name, or an object with one field")),
        }
    }
}

/// An enum whose variant is known, and a tree for its content.
pub(super) struct Named<'a, 'de> {
    pub name: &'de Tree<'de>,
    pub tree: &'de Tree<'de>,
    pub place: &'a Place<'de>,
}

impl<'de> de::Deserializer<'de> for Named<'_, 'de> {
    type Error = Flaw;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Flaw> {
        let name = Reader { tree: Some(self.name), place: self.place };
        let content = Content { tree: Some(self.tree), place: self.place };
        visitor.visit_enum(Variant { name, content })
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option
        unit unit_struct newtype_struct seq tuple tuple_struct map struct enum identifier
        ignored_any
    }
}

macro_rules! each_to {
    ($to:ident: $($name:ident)*) => {
        $(fn $name<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Flaw> {
            self.$to(visitor)
        })*
    };
}

impl<'de> de::Deserializer<'de> for Reader<'_, 'de> {
    type Error = Flaw;

    fn is_human_readable(&self) -> bool {
        self.place.human
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Flaw> {
        match self.tree {
            Some(Tree::Null) => visitor.visit_unit(),
            Some(Tree::Bool(value)) => visitor.visit_bool(*value),
            Some(Tree::Unsigned(_) | Tree::Signed(_) | Tree::Float(_)) => self.number(visitor),
            Some(Tree::Text(value)) => visitor.visit_borrowed_str(value),
            Some(Tree::Bytes(value)) => visitor.visit_borrowed_bytes(value),
            Some(Tree::List(_)) => self.list(visitor),
            Some(Tree::Map(_)) => self.map(visitor),
            None => Err(self.wrong(&visitor)),
        }
    }

    each_to!(number: deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64
        deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64
        deserialize_f32 deserialize_f64);
    each_to!(deserialize_str: deserialize_char deserialize_string deserialize_identifier);
    each_to!(deserialize_bytes: deserialize_byte_buf);
    each_to!(list: deserialize_seq);
    each_to!(map: deserialize_map);
    forward_to_deserialize_any! { i128 u128 }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Flaw> {
        let Some(Tree::Bool(value)) = self.tree else { return Err(self.wrong(&visitor)) };
        visitor.visit_bool(*value)
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Flaw> {
        let Some(Tree::Text(value)) = self.tree else { return Err(self.wrong(&visitor)) };
        visitor.visit_borrowed_str(value)
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Flaw> {
        match self.tree {
            Some(Tree::Bytes(value)) => visitor.visit_borrowed_bytes(value),
            Some(Tree::List(_)) => self.list(visitor),
            _ => Err(self.wrong(&visitor)),
        }
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Flaw> {
        let Some(Tree::Null) = self.tree else { return Err(self.wrong(&visitor)) };
        visitor.visit_unit()
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Flaw> {
        match self.tree {
            None | Some(Tree::Null) => visitor.visit_none(),
            Some(_) => visitor.visit_some(self),
        }
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Flaw> {
        self.deserialize_unit(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Flaw> {
        if self.tree.is_none() {
            return Err(self.wrong(&visitor));
        }
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Flaw> {
        self.list(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, Flaw> {
        self.list(visitor)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        names: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Flaw> {
        self.fields(names, visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Flaw> {
        let (name, content) = self.variant()?;
        let entered = content.tree.is_some();
        let value = visitor.visit_enum(Variant { name, content })?;
        if entered {
            self.place.leave();
        }
        Ok(value)
    }

    /// Only what no type asks for is read as this: the field that leads here is unknown.
    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Flaw> {
        self.place.unknown.get_or_init(|| self.place.path(""));
        visitor.visit_unit()
    }
}

struct Items<'a, 'de> {
    items: &'de [Tree<'de>],
    next: usize,
    place: &'a Place<'de>,
}

impl<'a, 'de> Items<'a, 'de> {
    #[inline(never)]
    fn enter(&mut self) -> Option<Reader<'a, 'de>> {
        let tree = self.items.get(self.next)?;
        self.place.enter(Step::Item(self.next));
        self.next += 1;
        Some(Reader { tree: Some(tree), place: self.place })
    }

    #[inline(never)]
    fn end(&self) -> Result<(), Flaw> {
        if self.next == self.items.len() {
            return Ok(());
        }
        Err(Flaw::invalid_length(self.items.len(), &"fewer items"))
    }
}

impl<'de> SeqAccess<'de> for &mut Items<'_, 'de> {
    type Error = Flaw;

    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Flaw> {
        let Some(reader) = self.enter() else { return Ok(None) };
        let value = seed.deserialize(reader)?;
        self.place.leave();
        Ok(Some(value))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.items.len() - self.next)
    }
}

/// The values of a type's fields, in the order of the type.
struct Fields<'a, 'de> {
    entries: &'de [(Tree<'de>, Tree<'de>)],
    names: &'static [&'static str],
    /// The entry after the one that was found last: it is most often the next.
    next: usize,
    found: usize,
    /// The field that was asked for last, if it is not there and cannot be null.
    missing: Option<&'static str>,
    place: &'a Place<'de>,
}

impl<'a, 'de> Fields<'a, 'de> {
    /// The next field, there or not.
    #[inline(never)]
    fn enter(&mut self) -> Option<Reader<'a, 'de>> {
        let (name, rest) = self.names.split_first()?;
        (self.names, self.missing) = (rest, None);
        let (before, after) = self.entries.split_at(self.next);
        let is_it = |(key, _): &(Tree<'de>, Tree<'de>)| super::text(key) == *name;
        let at = match after.iter().position(is_it) {
            Some(at) => Some(self.next + at),
            None => before.iter().position(is_it),
        };
        let Some(at) = at else {
            self.missing = Some(name);
            return Some(Reader { tree: None, place: self.place });
        };
        (self.next, self.found) = (at + 1, self.found + 1);
        self.place.enter(Step::Field(name));
        Some(Reader { tree: Some(&self.entries[at].1), place: self.place })
    }

    /// Goes on after a field that was read: one that is not there was read as null.
    #[inline(never)]
    fn leave(&mut self) {
        if self.missing.take().is_none() {
            self.place.leave();
        }
    }

    /// Goes on after a field that could not be read: where it is not there, the type may have a
    /// default, or else ends with a flaw of its own.
    #[cold]
    #[inline(never)]
    fn fail(&self, flaw: Flaw) -> Result<(), Flaw> {
        if self.missing.is_some() { Ok(()) } else { Err(flaw) }
    }

    /// Why reading ended, which is said by name where a field is missing.
    #[cold]
    #[inline(never)]
    fn flaw(&self, flaw: Flaw) -> Flaw {
        self.missing.map_or(flaw, Flaw::missing_field)
    }

    /// Notes a field that nobody asked for.
    #[inline(never)]
    fn end(&self, names: &[&str]) {
        if self.found == self.entries.len() {
            return;
        }
        let mut keys = self.entries.iter().map(|(key, _)| super::text(key));
        if let Some(unknown) = keys.find(|key| !names.contains(key)) {
            self.place.unknown.get_or_init(|| self.place.path(unknown));
        }
    }
}

impl<'de> SeqAccess<'de> for &mut Fields<'_, 'de> {
    type Error = Flaw;

    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Flaw> {
        let Some(reader) = self.enter() else { return Ok(None) };
        match seed.deserialize(reader) {
            Ok(value) => {
                self.leave();
                Ok(Some(value))
            }
            Err(flaw) => self.fail(flaw).map(|()| None),
        }
    }
}

struct Entries<'a, 'de> {
    entries: &'de [(Tree<'de>, Tree<'de>)],
    /// The key that was asked for, and its value, which is asked for next.
    value: Option<&'de (Tree<'de>, Tree<'de>)>,
    place: &'a Place<'de>,
}

impl<'a, 'de> Entries<'a, 'de> {
    #[inline(never)]
    fn key(&mut self) -> Option<Reader<'a, 'de>> {
        let (first, rest) = self.entries.split_first()?;
        (self.entries, self.value) = (rest, Some(first));
        Some(Reader { tree: Some(&first.0), place: self.place })
    }

    #[inline(never)]
    fn value(&mut self) -> Result<Reader<'a, 'de>, Flaw> {
        let (key, tree) = self.value.take().ok_or_else(|| Flaw::custom("no key was read"))?;
        self.place.enter(Step::Field(super::text(key)));
        Ok(Reader { tree: Some(tree), place: self.place })
    }
}

impl<'de> MapAccess<'de> for &mut Entries<'_, 'de> {
    type Error = Flaw;

    fn next_key_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Flaw> {
        self.key().map(|reader| seed.deserialize(reader)).transpose()
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Flaw> {
        let value = seed.deserialize(self.value()?)?;
        self.place.leave();
        Ok(value)
    }
}

struct Variant<'a, 'de> {
    name: Reader<'a, 'de>,
    content: Content<'a, 'de>,
}

impl<'a, 'de> EnumAccess<'de> for Variant<'a, 'de> {
    type Error = Flaw;
    type Variant = Content<'a, 'de>;

    fn variant_seed<S: DeserializeSeed<'de>>(
        self,
        seed: S,
    ) -> Result<(S::Value, Content<'a, 'de>), Flaw> {
        Ok((seed.deserialize(self.name)?, self.content))
    }
}

/// What stands beside the name of a variant.
struct Content<'a, 'de> {
    tree: Option<&'de Tree<'de>>,
    place: &'a Place<'de>,
}

impl<'a, 'de> Content<'a, 'de> {
    #[inline(never)]
    fn some(self) -> Result<Reader<'a, 'de>, Flaw> {
        if self.tree.is_none() {
            return Err(Flaw::invalid_type(Unexpected::UnitVariant, &"a variant with content"));
        }
        Ok(Reader { tree: self.tree, place: self.place })
    }
}

impl<'de> VariantAccess<'de> for Content<'_, 'de> {
    type Error = Flaw;

    #[inline(never)]
    fn unit_variant(self) -> Result<(), Flaw> {
        match self.tree {
            None | Some(Tree::Null) => Ok(()),
            tree => Err(Reader { tree, place: self.place }.wrong(&"a variant by its name")),
        }
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, Flaw> {
        seed.deserialize(self.some()?)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Flaw> {
        self.some()?.list(visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        names: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Flaw> {
        self.some()?.fields(names, visitor)
    }
}
