//! Tests of the catalogue through the whole room.

mod items;
mod macros;
mod texts;
