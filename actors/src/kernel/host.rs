//! The Durable Object that an actor lives in.
