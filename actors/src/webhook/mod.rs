//! Outgoing webhooks as they are on the wire: pure, and the same in a core, a shell and a test.
//!
//! [`target`] says which addresses may be asked, [`sign`] how a request proves where it is from
//! (the Standard Webhooks specification). What is sent when is the room's to say.

pub mod sign;
pub mod target;
