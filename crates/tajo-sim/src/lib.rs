//! The offline twins of Intercom and Brevo: one HTTP router over an in-memory, synthetic workspace
//! and an in-memory account.
//!
//! Written from the vendor's published documents only; it knows nothing of Tajo's client, so a
//! mistake in the client cannot hide behind the same mistake here. Comments cite the vendor source
//! of each quirk: `spec` is `intercom/Intercom-OpenAPI` at `8889625a`, `docs` is
//! developers.intercom.com.
//!
//! ```
//! let town = tajo_sim::Town::new(tajo_sim::Options::default());
//! let contact = &town.ids("contacts")[0];
//! town.rename_contact(contact, "Ada Fisher");
//! let router = town.router(); // call it in process, or run it with `tajo_sim::serve`
//! # drop(router);
//! ```
//!
//! | Module | Idea |
//! |---|---|
//! | `options`, `town`, `edits`, `calls` | the handle that tests hold |
//! | `clock`, `dice` | time and chance, both reproducible |
//! | `faults` | scripted and random failures |
//! | `world` | the synthetic workspace and its lagging index |
//! | `intercom` | the API over it: routes, quirks, shapes |
//! | `brevo` | the account: its API under `/v3`, its handle, faults and quirks |
//! | `serving` | the same router on a port |

mod brevo;
mod calls;
mod clock;
mod dice;
mod edits;
mod faults;
mod intercom;
mod json;
mod options;
mod serving;
mod town;
mod world;

pub use brevo::{Brevo, BrevoFault, BrevoFaults, BrevoOptions, Post, PostFault, Tier, UnknownAttribute};
pub use calls::Call;
pub use faults::{Fault, Faults};
pub use options::{CompanyNext, OauthApp, Options};
pub use serving::serve;
pub use town::Town;
