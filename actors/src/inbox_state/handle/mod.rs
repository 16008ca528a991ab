//! The commands, one file each (what belongs together in one).

mod bounce;
mod pause;
mod read;
mod register;
mod resolve;
mod send;

pub use bounce::record_bounce;
pub use pause::{pause, resume};
pub use read::{get_send, list_sends, status};
pub use register::{configure, register};
pub use resolve::{cancel_send, resolve};
pub use send::{compose, send};

#[cfg(test)]
mod tests;
