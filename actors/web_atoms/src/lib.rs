//! The atoms of html5ever as their makers publish them, but for one table: HTML's 2,231 names of
//! characters.
//!
//! Upstream keeps them in a hash table with every beginning of every name, 9,000 entries in the
//! order of their hashes, which is 71 kB of a gzipped Worker. Here the names stand in order, one
//! after the other: whether a text is a name or the beginning of one is told by the first name that
//! does not come before it. The names themselves are upstream's, read when this is built.

pub use upstream::*;

include!(concat!(env!("OUT_DIR"), "/table.rs"));

/// The names of characters, without their `&`, most with their `;`.
///
/// ```
/// use web_atoms::NAMED_ENTITIES;
///
/// assert_eq!(NAMED_ENTITIES.get("gt;"), Some(&(62, 0)));
/// ```
pub static NAMED_ENTITIES: Entities = Entities(());

/// The type of [`NAMED_ENTITIES`].
#[derive(Debug)]
pub struct Entities(());

impl Entities {
    /// The character that a name stands for, and a second one or 0; twice 0 for what is only the
    /// beginning of a name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&'static (u32, u32)> {
        let (mut low, mut high) = (0, ENDS.len());
        while low < high {
            let middle = usize::midpoint(low, high);
            if name_at(middle) < name { low = middle + 1 } else { high = middle }
        }
        let next = if low < ENDS.len() { name_at(low) } else { "" };
        if next == name && !name.is_empty() {
            CHARACTERS.get(low)
        } else {
            next.starts_with(name).then_some(&(0, 0))
        }
    }

    /// The names, in the order of their bytes.
    pub fn keys(&self) -> impl Iterator<Item = &'static str> + Clone {
        (0..ENDS.len()).map(name_at)
    }
}

fn name_at(at: usize) -> &'static str {
    let from = if at == 0 { 0 } else { ENDS[at - 1] };
    &NAMES[usize::from(from)..usize::from(ENDS[at])]
}

#[cfg(test)]
mod tests {
    use super::NAMED_ENTITIES;

    #[test]
    fn knows_every_name_and_beginning_that_upstream_knows() {
        for (name, characters) in upstream::NAMED_ENTITIES.entries() {
            assert_eq!(NAMED_ENTITIES.get(name), Some(characters), "{name}");
        }
        assert_eq!(NAMED_ENTITIES.keys().count(), 2_231);
    }

    #[test]
    fn knows_no_other() {
        for name in upstream::NAMED_ENTITIES.keys() {
            for other in
                [format!("{name}!"), format!("!{name}"), format!("{name}~"), name.repeat(2)]
            {
                let known = upstream::NAMED_ENTITIES.get(&*other);
                assert_eq!(NAMED_ENTITIES.get(&other), known, "{other}");
            }
        }
    }
}
