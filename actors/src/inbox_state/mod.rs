//! The `InboxState` actor.
