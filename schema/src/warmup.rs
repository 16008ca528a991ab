//! Commands and replies of the warmup actor.
