//! Commands and replies of the room actor.
