//! Everything that can be asked for, in one list that every surface folds over; and the one way to run it.

mod app;
pub mod connectors_connect;
pub mod connectors_disconnect;
pub mod connectors_handle_webhook;
pub mod connectors_list;
pub mod connectors_scopes;
pub mod connectors_status;
pub mod connectors_sync;
pub mod connectors_test;
pub mod data_get;
pub mod data_list;
mod once;
mod pages;
pub mod polling;

use tajo_core::{Command, Facts};
use tajo_intercom::Intercom;
use tajo_intercom::actions::ACTIONS;

pub use app::{App, Ask, Outcome, Session};
pub use once::{Pending, pending, settle};
pub use pages::{PAGES_MAX, every_page};

/// The product's own actions.
static OWN: &[Command<Session>] = &[
    Command::of::<connectors_connect::Connect>(),
    Command::of::<connectors_disconnect::Disconnect>(),
    Command::of::<connectors_list::List>(),
    Command::of::<connectors_scopes::Scopes>(),
    Command::of::<connectors_sync::Sync>(),
    Command::of::<connectors_status::Status>(),
    Command::of::<connectors_test::Test>(),
    Command::of::<connectors_handle_webhook::HandleWebhook>(),
    Command::of::<data_list::List>(),
    Command::of::<data_get::Get>(),
];

/// One action, on what it is asked of.
#[derive(Clone, Copy)]
pub struct Entry {
    /// What surfaces show.
    pub facts: Facts,
    on: On,
}

#[derive(Clone, Copy)]
enum On {
    Intercom(&'static Command<Intercom>),
    Session(&'static Command<Session>),
}

impl Entry {
    /// An action of Intercom's.
    pub const fn intercom(command: &'static Command<Intercom>) -> Entry {
        Entry { facts: command.facts, on: On::Intercom(command) }
    }
    /// An action of the product's own.
    pub const fn own(command: &'static Command<Session>) -> Entry {
        Entry { facts: command.facts, on: On::Session(command) }
    }
    /// Whether it is asked of Intercom.
    pub const fn is_intercom(&self) -> bool {
        matches!(self.on, On::Intercom(_))
    }
    /// "intercom" or "tajo".
    pub const fn platform(&self) -> &'static str {
        if self.is_intercom() { "intercom" } else { "tajo" }
    }
    /// The published id: "intercom.contacts.archive".
    pub fn id(&self) -> String {
        format!("{}.{}", self.platform(), self.facts.name)
    }
}

/// The index of the program: every action, in the order of help and docs.
pub fn entries() -> Vec<Entry> {
    ACTIONS.iter().map(Entry::intercom).chain(OWN.iter().map(Entry::own)).collect()
}
