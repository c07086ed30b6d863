//! The client against scripted answers: paused time, no sockets.

mod buckets;
mod files;
mod odd;
mod pages;
mod requests;
mod script;
mod tokens;
