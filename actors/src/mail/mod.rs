//! Mail: everything about messages and the wire that needs no clock, no storage and no runtime.
//!
//! `InboxState` speaks through it. Every function is pure, or generic over a byte stream and a
//! sleep function, so it runs unchanged in a Worker, in a native test and in the simulator.
//!
//! Reading order: [`address`] (what may be written to), [`inbound`] (raw bytes to a plain struct;
//! [`header`], [`structure`], [`transfer`], [`charset`] and [`html`] are its parts), [`safe_html`]
//! (what of its HTML may be shown), [`authenticity`] (what its server says of its sender),
//! [`automatic`] (is a person behind it), [`reply`] (what of it the person wrote), [`bounce`]
//! (what mail systems say about mail of ours), [`outbound`] (a plain struct to raw bytes;
//! [`write`] has its lines, [`attach`] those of its files), [`smtp`] (raw bytes to a server, and
//! what is known afterwards), [`send_mode`] (whether any leaves), [`imap`] (what is new in a
//! mailbox), [`intake`] (a mail becomes a room's; [`media`] looks at its files), [`mailbox`] (so
//! do all of a mailbox, and [`folders`] gives them), [`wire`] (what both need of a runtime),
//! [`graph`] (both, with Microsoft 365), [`identity`] (two spellings, one prospect;
//! [`free_mail`] knows the providers whom many share), [`domain`] (what the DNS says of a sender),
//! [`seal`] (passwords at rest; [`inbox_name`] for what others
//! bring back), [`token`] (what our mails are known by when they come back).
//!
//! It does not store, retry, or decide about tickets.

pub mod address;
pub mod attach;
pub mod authenticity;
pub mod automatic;
pub mod bounce;
pub mod charset;
pub mod conversation;
pub mod domain;
pub mod folders;
pub mod free_mail;
pub mod graph;
pub mod identity;
pub mod imap;
pub mod inbound;
pub mod inbox_name;
pub mod intake;
pub mod mailbox;
pub mod media;
pub mod outbound;
pub mod reply;
pub mod safe_html;
pub mod seal;
pub mod send_mode;
pub mod smtp;
pub mod token;
pub mod wire;

mod header;
pub mod html;
mod structure;
mod transfer;
mod write;

#[cfg(test)]
mod charset_test;
#[cfg(test)]
mod corpus_test;
#[cfg(test)]
mod mailbox_test;
