//! A connection to a server: by which of its addresses, with TLS or without, and what keeps it going.

use std::error::Error as StdError;
use std::fmt;
use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::net::lookup_host;
use tokio::task::JoinSet;
use tokio_postgres::tls::{MakeTlsConnect, TlsConnect};
use tokio_postgres::{Client, Config, Error, Socket};

use crate::source::BoxFuture;

/// A client, and the task that drives its connection, which ends with whoever holds it.
pub(super) type Connected = (Client, JoinSet<()>);

/// Why there is no connection.
pub(super) enum Failure {
    /// The host's name leads nowhere.
    NoAddress,
    Refused(Error),
}

/// What connects, whatever its TLS.
pub(super) trait Connect: Send + Sync {
    fn connect<'a>(
        &'a self,
        config: Config,
        host: &'a str,
        port: u16,
    ) -> BoxFuture<'a, Result<Connected, Failure>>;
}

pub(super) struct Tls<T>(pub(super) T);

impl<T> Connect for Tls<T>
where
    T: MakeTlsConnect<Socket> + Clone + Send + Sync + 'static,
    T::Stream: Send + 'static,
    T::TlsConnect: Send,
    <T::TlsConnect as TlsConnect<Socket>>::Future: Send,
{
    /// Asks the addresses of the host one by one until one of them answers.
    ///
    /// Left to itself `tokio_postgres` asks the next one also after an answer, and tells the last one's alone: of a refused
    /// password it would say that the host's other address cannot be reached.
    fn connect<'a>(
        &'a self,
        config: Config,
        host: &'a str,
        port: u16,
    ) -> BoxFuture<'a, Result<Connected, Failure>> {
        Box::pin(async move {
            let addresses = lookup_host((host, port)).await.map_err(|_| Failure::NoAddress)?;
            self.connect_to_one(config, host, addresses).await
        })
    }
}

impl<T> Tls<T>
where
    T: MakeTlsConnect<Socket> + Clone,
    T::Stream: Send + 'static,
{
    async fn connect_to_one(
        &self,
        mut config: Config,
        host: &str,
        addresses: impl Iterator<Item = SocketAddr>,
    ) -> Result<Connected, Failure> {
        // For the certificate to be of.
        config.host(host);
        let mut failure = Failure::NoAddress;
        for address in addresses {
            let mut config = config.clone();
            config.hostaddr(address.ip()).port(address.port());
            match config.connect(Marked(self.0.clone())).await {
                Ok((client, mut connection)) => {
                    let mut task = JoinSet::new();
                    task.spawn(async move {
                        // Awaited as a whole, it would log the server's notices, and what they quote. How it ended, the
                        // statements say.
                        while let Some(Ok(_)) = poll_fn(|cx| connection.poll_message(cx)).await {}
                    });
                    return Ok((client, task));
                }
                Err(error) if is_answer(&error) => return Err(Failure::Refused(error)),
                Err(error) => failure = Failure::Refused(error),
            }
        }
        Err(failure)
    }
}

fn is_answer(error: &Error) -> bool {
    error.code().is_some() || is_refused_handshake(error)
}

/// Whether it is TLS that the two sides did not agree on.
pub(super) fn is_refused_handshake(error: &Error) -> bool {
    let failed = error.source().and_then(|source| source.downcast_ref::<HandshakeFailed>());
    failed.is_some_and(|failed| !failed.is_lost)
}

/// A TLS connector whose failures can be told from others: `tokio_postgres` has no word for them.
#[derive(Clone)]
struct Marked<T>(T);

impl<S, T: MakeTlsConnect<S>> MakeTlsConnect<S> for Marked<T> {
    type Stream = T::Stream;
    type TlsConnect = Marked<T::TlsConnect>;
    type Error = HandshakeFailed;

    fn make_tls_connect(&mut self, domain: &str) -> Result<Self::TlsConnect, HandshakeFailed> {
        self.0.make_tls_connect(domain).map(Marked).map_err(HandshakeFailed::from_error)
    }
}

impl<S, T: TlsConnect<S>> TlsConnect<S> for Marked<T> {
    type Stream = T::Stream;
    type Error = HandshakeFailed;
    type Future = Handshake<T::Future>;

    fn connect(self, stream: S) -> Self::Future {
        Handshake(Box::pin(self.0.connect(stream)))
    }
}

struct Handshake<F>(Pin<Box<F>>);

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

/// A TLS handshake that failed. What the connector says of it may quote names from the certificate: it is dropped.
#[derive(Debug)]
struct HandshakeFailed {
    /// The connection broke, which says nothing of TLS.
    is_lost: bool,
}

impl HandshakeFailed {
    fn from_error(error: impl Into<Box<dyn StdError + Sync + Send>>) -> Self {
        let error = error.into();
        let mut cause: Option<&(dyn StdError + 'static)> = Some(&*error);
        while let Some(error) = cause {
            cause = match error.downcast_ref::<io::Error>() {
                Some(error) if is_loss(error.kind()) => return Self { is_lost: true },
                // Its source is that of what it holds, which is passed over.
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
    use std::io::{Read, Write};
    use std::net::TcpListener;
    use std::thread;

    use tokio_postgres::NoTls;
    use tokio_postgres::config::SslMode;
    use tokio_postgres::error::SqlState;

    use super::*;

    /// A server that refuses whatever password it is given, and how often it was asked.
    fn refusing() -> (SocketAddr, thread::JoinHandle<usize>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let asked = thread::spawn(move || {
            let mut asked = 0;
            loop {
                let (mut client, _) = listener.accept().unwrap();
                let mut first = [0; 1024];
                if client.read(&mut first).unwrap() == 0 {
                    return asked;
                }
                asked += 1;
                client.write_all(b"E\0\0\0\x1eSFATAL\0VFATAL\0C28P01\0Mno\0\0").unwrap();
            }
        });
        (address, asked)
    }

    #[tokio::test]
    async fn the_first_address_that_answers_has_the_last_word() {
        let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let (refusing, asked) = refusing();
        let mut config = Config::new();
        config.user("a").password("b").ssl_mode(SslMode::Disable);
        for addresses in [[closed, refusing], [refusing, closed], [refusing, refusing]] {
            let connected =
                Tls(NoTls).connect_to_one(config.clone(), "localhost", addresses.into_iter()).await;
            let Err(Failure::Refused(error)) = connected else { panic!("nobody is let in") };
            assert_eq!(error.code(), Some(&SqlState::INVALID_PASSWORD), "{addresses:?}");
        }
        drop(std::net::TcpStream::connect(refusing).unwrap());
        assert_eq!(asked.join().unwrap(), 3, "a password is tried once");
    }

    #[tokio::test]
    async fn a_host_is_a_name_or_an_address_and_no_folder_of_sockets() {
        for host in ["/tmp", "", "a b", "127.0.0.1:5432", "127.0.0.1,127.0.0.1"] {
            let connected = Tls(NoTls).connect(Config::new(), host, 1).await;
            assert!(matches!(connected, Err(Failure::NoAddress)), "{host:?}");
        }
    }

    #[test]
    fn a_lost_connection_is_told_from_a_refused_handshake() {
        let lost = |error: io::Error| HandshakeFailed::from_error(error).is_lost;
        assert!(lost(io::ErrorKind::ConnectionReset.into()));
        assert!(lost(io::Error::other(io::Error::from(io::ErrorKind::UnexpectedEof))));
        assert!(!lost(io::Error::new(io::ErrorKind::InvalidData, "UnknownIssuer")));
        assert!(!HandshakeFailed::from_error("no such host name").is_lost);
    }
}
