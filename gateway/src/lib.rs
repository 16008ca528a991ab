//! The Worker: entry points, routing, authentication; no business rule.
//!
//! Reading order: [`platform`] (what the runtime gives, two homes) → [`http`] and [`app`] (a
//! request and what becomes of it) → [`router`], [`query`], [`body`], [`respond`], [`page`] (the
//! edges of HTTP), [`tally`] (what it cost) → [`token`], [`password`], [`auth`] (who calls) →
//! [`routes`] (one short function an endpoint) → [`d1`] and [`cursor`] (lists) → [`email`],
//! [`queue`], [`dead_letters`], [`scheduled`] (the other ways in), [`system`] (what Postroom
//! itself asks), [`rows`], [`imports`] and [`people`] (prospects from files), [`scrape`] (from
//! other people's feeds), [`site`] (their companies' pages) → `edge` (the Worker runtime, wasm
//! only).

pub mod answer;
pub mod app;
pub mod auth;
pub mod body;
mod common_passwords;
pub mod config;
pub mod cursor;
pub mod d1;
pub mod dead_letters;
pub mod email;
pub mod http;
pub mod imports;
pub mod limiter;
pub mod link;
pub mod log;
pub mod maintenance;
pub mod models;
pub mod multipart;
#[cfg(feature = "openapi")]
pub mod openapi;
pub mod page;
pub mod password;
pub mod people;
pub mod platform;
pub mod prospect_work;
pub mod providers;
pub mod query;
pub mod queue;
pub mod respond;
pub mod router;
pub mod routes;
pub mod rows;
pub mod scheduled;
pub mod scrape;
pub mod site;
pub mod system;
pub mod table;
pub mod tally;
pub mod token;
pub mod writing;

pub use actors::gather;
pub use actors::mail::{charset, media};

#[cfg(target_arch = "wasm32")]
pub mod edge;
/// The classes that the entry file wraps.
#[cfg(target_arch = "wasm32")]
pub use actors::objects::{InboxState, ProspectDedup, RateLimiter, WarmupCounter, WorkspaceRoom};
