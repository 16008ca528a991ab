//! Commands and replies of the limiter actor.
