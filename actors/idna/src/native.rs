//! The reading of names for tests and the simulator, after UTS 46 with upstream's tables.
//!
//! It has no rules for scripts that are written from right to left, and for joining letters, which
//! the runtime has: such names it refuses.

use crate::{is_punycode, punycode};
use idna_adapter::{Adapter, RTL_MASK};

/// What the tables give for a character that is in no name.
const NONE: char = '\u{FFFD}';
/// Zero-width joiner and non-joiner.
const JOINERS: [char; 2] = ['\u{200C}', '\u{200D}'];

pub fn ascii(name: &str) -> Option<String> {
    let tables = Adapter::new();
    let mapped: String = tables.map_normalize(name.chars()).collect();
    let labels: Option<Vec<_>> =
        mapped.split('.').map(|label| ascii_label(&tables, label)).collect();
    Some(labels?.join("."))
}

fn ascii_label(tables: &Adapter, label: &str) -> Option<String> {
    if is_punycode(label) {
        let inner = punycode::decode(&label[4..])?;
        let normal = tables.normalize_validate(inner.chars()).eq(inner.chars());
        let ours = !inner.is_ascii() && normal && is_label(tables, &inner);
        return (ours && punycode::encode(&inner)? == label[4..]).then(|| label.to_owned());
    }
    if !is_label(tables, label) {
        return None;
    }
    if label.is_ascii() {
        Some(label.to_owned())
    } else {
        Some(format!("xn--{}", punycode::encode(label)?))
    }
}

fn is_label(tables: &Adapter, label: &str) -> bool {
    let odd = |c: char| {
        let turns = tables.bidi_class(c).to_mask().intersects(RTL_MASK);
        turns || c == NONE || c == '.' || JOINERS.contains(&c)
    };
    !label.starts_with(|c: char| tables.is_mark(c)) && !label.contains(odd)
}
