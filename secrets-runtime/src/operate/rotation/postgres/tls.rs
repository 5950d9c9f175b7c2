//! Tells a failed TLS handshake from a lost connection, and a server that was reached from one that was not.
//! `tokio_postgres` reports neither. Makes no connections itself.

use std::error::Error as StdError;
use std::fmt;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use tokio_postgres::Error;
use tokio_postgres::tls::{MakeTlsConnect, TlsConnect};

/// Whether the two sides did not agree on TLS.
pub(super) fn is_refused_handshake(error: &Error) -> bool {
    handshake(error).is_some_and(|failed| !failed.is_lost)
}

/// Whether the server began TLS and the handshake failed.
pub(super) fn is_handshake(error: &Error) -> bool {
    handshake(error).is_some()
}

fn handshake(error: &Error) -> Option<&HandshakeFailed> {
    error.source().and_then(|source| source.downcast_ref())
}

/// A TLS connector that marks its errors, and records whether the server was reached.
#[derive(Clone)]
pub(super) struct Marked<T> {
    pub(super) tls: T,
    /// Set once the server has accepted the connection, also without TLS.
    pub(super) is_reached: Arc<AtomicBool>,
}

impl<S, T: MakeTlsConnect<S>> MakeTlsConnect<S> for Marked<T> {
    type Stream = T::Stream;
    type TlsConnect = MarkedConnect<T::TlsConnect>;
    type Error = HandshakeFailed;

    fn make_tls_connect(&mut self, domain: &str) -> Result<Self::TlsConnect, HandshakeFailed> {
        self.is_reached.store(true, Ordering::Relaxed);
        self.tls.make_tls_connect(domain).map(MarkedConnect).map_err(HandshakeFailed::from_error)
    }
}

pub(super) struct MarkedConnect<T>(T);

impl<S, T: TlsConnect<S>> TlsConnect<S> for MarkedConnect<T> {
    type Stream = T::Stream;
    type Error = HandshakeFailed;
    type Future = Handshake<T::Future>;

    fn connect(self, stream: S) -> Self::Future {
        Handshake(Box::pin(self.0.connect(stream)))
    }
}

pub(super) struct Handshake<F>(Pin<Box<F>>);

impl<F, T, E> Future for Handshake<F>
where
    F: Future<Output = Result<T, E>>,
    E: Into<Box<dyn StdError + Sync + Send>>,
{
    type Output = Result<T, HandshakeFailed>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        self.0.as_mut().poll(context).map_err(HandshakeFailed::from_error)
    }
}

/// A TLS handshake that failed. The connector's own error is dropped: it may quote names from the
/// certificate.
#[derive(Debug)]
pub(super) struct HandshakeFailed {
    /// The connection was lost, which says nothing about TLS.
    is_lost: bool,
}

impl HandshakeFailed {
    fn from_error(error: impl Into<Box<dyn StdError + Sync + Send>>) -> Self {
        let error = error.into();
        let mut cause: Option<&(dyn StdError + 'static)> = Some(&*error);
        while let Some(error) = cause {
            cause = match error.downcast_ref::<io::Error>() {
                Some(error) if is_loss(error.kind()) => return Self { is_lost: true },
                // `io::Error::source` skips the error that it wraps, so that one is examined here.
                Some(error) => error.get_ref().map(|error| error as _),
                None => error.source(),
            };
        }
        Self { is_lost: false }
    }
}

const fn is_loss(kind: io::ErrorKind) -> bool {
    use io::ErrorKind::{
        BrokenPipe, ConnectionAborted, ConnectionReset, NotConnected, TimedOut, UnexpectedEof,
    };
    matches!(kind, BrokenPipe | ConnectionAborted | ConnectionReset | NotConnected | TimedOut | UnexpectedEof)
}

impl fmt::Display for HandshakeFailed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the TLS handshake failed")
    }
}

impl StdError for HandshakeFailed {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lost_connection_is_told_from_a_refused_handshake() {
        let lost = |error: io::Error| HandshakeFailed::from_error(error).is_lost;
        assert!(lost(io::ErrorKind::ConnectionReset.into()));
        assert!(lost(io::Error::other(io::Error::from(io::ErrorKind::UnexpectedEof))));
        assert!(!lost(io::Error::new(io::ErrorKind::InvalidData, "UnknownIssuer")));
        assert!(!HandshakeFailed::from_error("no such host name").is_lost);
    }
}
