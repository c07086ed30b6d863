//! The client against a server that counts: paused time, no sockets.

mod again;
mod buckets;
mod budget;
mod searches;
mod server;
mod wire;
