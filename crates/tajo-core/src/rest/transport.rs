//! The only door to the network.

use std::fmt;

use bytes::Bytes;
use futures_util::future::BoxFuture;

/// Carries one request to its absolute URI and brings the whole answer back: no retries, no redirects, no pacing.
pub trait Transport: Send + Sync {
    /// Sends a request that already has all its headers. `Ok` is any answer, whatever its status, with its body read
    /// to the end.
    fn send(&self, request: http::Request<Bytes>) -> BoxFuture<'_, Result<http::Response<Bytes>, Broken>>;
}

/// No usable answer came back.
#[derive(Debug)]
pub struct Broken {
    /// At which point it broke, which decides whether trying again is harmless.
    pub how: How,
    /// The underlying error; never holds headers or bodies.
    pub cause: Box<dyn std::error::Error + Send + Sync>,
}

impl Broken {
    /// A failure with its cause.
    pub fn new(how: How, cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Broken {
        Broken { how, cause: cause.into() }
    }
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.how.told(), self.cause)
    }
}

impl std::error::Error for Broken {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&*self.cause)
    }
}

/// The point at which an exchange broke.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum How {
    /// No connection: nothing was sent.
    Connect,
    /// The certificate or the handshake was refused: nothing was sent, and waiting does not help.
    Tls,
    /// The answer did not come in time; the request may have been carried out.
    Timeout,
    /// The answer was cut or could not be decoded; the request may have been carried out.
    Body,
    /// The answer is larger than the cap.
    TooLarge,
}

impl How {
    /// The situation in words, for the middle of a sentence.
    pub const fn told(self) -> &'static str {
        match self {
            How::Connect => "no connection could be made",
            How::Tls => "the server's certificate was refused",
            How::Timeout => "no answer came in time",
            How::Body => "the answer was cut off",
            How::TooLarge => "the answer is larger than the cap",
        }
    }
}
