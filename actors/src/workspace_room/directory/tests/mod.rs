//! The directory through the whole room.

mod attributes;
mod companies;
mod handles;
mod merges;
