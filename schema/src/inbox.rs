//! Commands and replies of the inbox actor.
