//! Commands and replies of the prospect actor.
