//! Moves data: decides in pure functions what to read, reads it, and hands it to a destination with the state that goes
//! with it. Knows declarations, never a platform or a database.

pub mod decode;
pub mod extract;
pub mod pair;
