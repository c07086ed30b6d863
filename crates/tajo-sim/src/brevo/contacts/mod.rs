//! `/contacts` and what stands below it for people. Source: facts §4.

pub(super) mod batch;
pub(super) mod engagement;
pub(super) mod export;
pub(super) mod list;
pub(super) mod show;
pub(super) mod single;
