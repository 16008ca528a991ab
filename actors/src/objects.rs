//! The five Durable Object classes: each an actor in its host; wasm only.
//!
//! A new actor needs one line here, one in the entry file and one in `wrangler.toml`.
#![allow(missing_docs, reason = "the macros of the worker crate write public items")]
