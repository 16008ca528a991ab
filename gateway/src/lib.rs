//! The Worker: entry points, routing, authentication; no business rule.
//!
//! Reading order: [`platform`] (what the runtime gives, two homes) → [`http`] and [`app`] (a request
//! and what becomes of it) → [`router`], [`query`], [`body`], [`respond`] (the edges of HTTP) →
//! [`token`], [`password`], [`auth`] (who calls) → [`routes`] (one short function an endpoint) →
//! [`d1`] (lists) → [`email`], [`queue`], [`scheduled`] (the other ways in) → `edge` (wasm only).

pub mod password;
pub mod token;
