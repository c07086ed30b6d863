//! How a command ends: an exit code, or a failure that becomes one.

use std::process::ExitCode;

use tajo_core::{Error, Kind};

use crate::config::Findings;

/// The exit code of a command that did its work. Failures get theirs from [`Kind::advice`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exit(pub u8);

impl Exit {
    /// Done.
    pub const OK: Exit = Exit(0);
    /// Done, and the answer is no: a check did not pass.
    pub const FAILED: Exit = Exit(1);
    /// Stopped by a budget or a time limit; what was done is kept.
    pub const STOPPED: Exit = Exit(5);
    /// Some resources or records could not be completed.
    pub const PARTIAL: Exit = Exit(6);
    /// Changes are present.
    pub const CHANGES: Exit = Exit(10);
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(exit.0)
    }
}

/// Why a command could not do its work. `?` turns an [`Error`] or [`Findings`] into one.
#[derive(Debug)]
pub enum Failure {
    /// One error.
    Error(Error),
    /// Everything that is wrong with the configuration.
    Config(Box<Findings>),
}

impl Failure {
    /// The exit code that goes with it.
    pub fn exit(&self) -> Exit {
        Exit(match self {
            Failure::Error(error) => error.kind().advice().exit,
            Failure::Config(_) => Kind::Config.advice().exit,
        })
    }
}

impl Failure {
    /// As one error, for places that hold one only.
    pub fn into_error(self) -> Error {
        match self {
            Failure::Error(error) => error,
            Failure::Config(findings) => findings.to_error(),
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Failure {
        Failure::Error(error)
    }
}

impl From<Findings> for Failure {
    fn from(findings: Findings) -> Failure {
        Failure::Config(Box::new(findings))
    }
}
