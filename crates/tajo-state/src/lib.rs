//! What Tajo remembers of itself, in `$TAJO_HOME/state.db`: the runs, and the ledger of the two-way sync. Nothing here
//! decides what an extraction reads: that state lies in the destination, with the data.

mod connections;
mod digest;
mod file;
mod inbox;
mod keys;
mod layout;
mod ledger;
mod runs;

pub use connections::{Connections, Stored};
pub use inbox::{Heard, Inbox, WAITING_MAX};
pub use keys::{Key, Keys, PREFIX as KEY_PREFIX, Wish as KeyWish};
pub use ledger::*;
pub use runs::{Run, Runs, SUCCESS};
