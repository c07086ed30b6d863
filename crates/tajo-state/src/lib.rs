//! What Tajo remembers of itself, in `$TAJO_HOME/state.db`: the runs, and the ledger of the two-way sync. Nothing here
//! decides what an extraction reads: that state lies in the destination, with the data.

mod digest;
mod file;
mod layout;
mod ledger;
mod runs;

pub use ledger::*;
pub use runs::{Run, Runs, SUCCESS};
