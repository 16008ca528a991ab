//! The Worker: entry points, routing, authentication; no business rule.
