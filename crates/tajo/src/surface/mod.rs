//! Where people and programs meet Tajo. No surface holds logic.

pub mod cli;
