//! Opens a connection to one of a server's addresses, with or without TLS, and drives it. Logins, time
//! limits and statements belong to `session`.

use std::future::poll_fn;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::net::lookup_host;
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_postgres::tls::{MakeTlsConnect, TlsConnect};
use tokio_postgres::{Client, Config, Error, Socket};

use super::tls::Marked;
use crate::source::BoxFuture;

/// A client, and the task that drives its connection. Dropping this ends the task.
pub(super) struct Connected {
    pub(super) client: Client,
    pub(super) connection: JoinSet<()>,
    /// The one of the host's addresses that was connected to.
    pub(super) address: SocketAddr,
}

/// Why there is no connection.
pub(super) enum ConnectError {
    /// The host has no address.
    NoAddress,
    /// No address accepted a connection.
    Unreached,
    /// The server accepted the connection, and the login failed.
    Refused(Error),
}

/// Connects, with the TLS type erased.
pub(super) trait Connect: Send + Sync {
    /// Tries the addresses of the host one by one until one accepts the connection. The time until `end` is
    /// shared by the addresses that are left.
    ///
    /// `tokio_postgres` itself would also try the next address after an answer, and return only the last
    /// error. A refused password would then be reported as an address that cannot be reached.
    fn connect<'a>(
        &'a self,
        config: Config,
        host: &'a str,
        addresses: Vec<SocketAddr>,
        end: Option<Instant>,
    ) -> BoxFuture<'a, Result<Connected, ConnectError>>;
}

pub(super) async fn addresses_of(host: &str, port: u16) -> Result<Vec<SocketAddr>, ConnectError> {
    let addresses = lookup_host((host, port)).await.map_err(|_| ConnectError::NoAddress)?;
    Ok(addresses.collect())
}

pub(super) struct Tls<T>(pub(super) T);

impl<T> Connect for Tls<T>
where
    T: MakeTlsConnect<Socket> + Clone + Send + Sync + 'static,
    T::Stream: Send + 'static,
    T::TlsConnect: Send,
    <T::TlsConnect as TlsConnect<Socket>>::Future: Send,
{
    fn connect<'a>(
        &'a self,
        mut config: Config,
        host: &'a str,
        addresses: Vec<SocketAddr>,
        end: Option<Instant>,
    ) -> BoxFuture<'a, Result<Connected, ConnectError>> {
        Box::pin(async move {
            // The name that the certificate must be for.
            config.host(host);
            let mut failure = ConnectError::NoAddress;
            let mut addresses = addresses.into_iter();
            while let Some(address) = addresses.next() {
                let mut config = config.clone();
                if let Some(share) = share(end, addresses.len()) {
                    config.connect_timeout(share);
                }
                match self.connect_to(&mut config, address).await {
                    Err(ConnectError::Unreached) => failure = ConnectError::Unreached,
                    answered => return answered,
                }
            }
            Err(failure)
        })
    }
}

/// The time limit for an address, if others follow: a filtered address never answers.
fn share(end: Option<Instant>, others: usize) -> Option<Duration> {
    let left = end?.saturating_duration_since(Instant::now());
    let shares = u32::try_from(others).unwrap_or(u32::MAX).saturating_add(1);
    (others > 0).then(|| left / shares)
}

impl<T> Tls<T>
where
    T: MakeTlsConnect<Socket> + Clone,
    T::Stream: Send + 'static,
{
    async fn connect_to(&self, config: &mut Config, address: SocketAddr) -> Result<Connected, ConnectError> {
        config.hostaddr(address.ip()).port(address.port());
        let is_reached = Arc::new(AtomicBool::new(false));
        let tls = Marked { tls: self.0.clone(), is_reached: Arc::clone(&is_reached) };
        match config.connect(tls).await {
            Ok((client, mut driven)) => {
                let mut connection = JoinSet::new();
                connection.spawn(async move {
                    // Awaiting the connection itself would log the server's notices, which quote values. The
                    // statements report how it ended.
                    while let Some(Ok(_)) = poll_fn(|cx| driven.poll_message(cx)).await {}
                });
                Ok(Connected { client, connection, address })
            }
            Err(error) if is_reached.load(Ordering::Relaxed) => Err(ConnectError::Refused(error)),
            Err(_) => Err(ConnectError::Unreached),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::TcpListener;
    use std::thread;

    use tokio::net::TcpSocket;
    use tokio::time::timeout;
    use tokio_postgres::NoTls;
    use tokio_postgres::config::SslMode;
    use tokio_postgres::error::SqlState;

    use super::*;

    const REFUSES: &[u8] = b"E\0\0\0\x1eSFATAL\0VFATAL\0C28P01\0Mno\0\0";
    const LETS_IN: &[u8] = b"R\0\0\0\x08\0\0\0\0Z\0\0\0\x05I";

    /// A server that sends every client this answer and closes the connection, and the number of clients.
    fn answering(answer: &'static [u8]) -> (SocketAddr, thread::JoinHandle<usize>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let asked = thread::spawn(move || {
            let mut asked = 0;
            loop {
                let (mut client, _) = listener.accept().unwrap();
                if client.read(&mut [0; 1024]).unwrap() == 0 {
                    return asked;
                }
                asked += 1;
                client.write_all(answer).unwrap();
            }
        });
        (address, asked)
    }

    fn times(address: SocketAddr, asked: thread::JoinHandle<usize>) -> usize {
        drop(std::net::TcpStream::connect(address).unwrap());
        asked.join().unwrap()
    }

    fn closed() -> SocketAddr {
        TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
    }

    async fn connect(addresses: &[SocketAddr], end: Option<Instant>) -> Result<Connected, ConnectError> {
        let mut config = Config::new();
        config.user("a").password("b").ssl_mode(SslMode::Disable);
        Tls(NoTls).connect(config, "localhost", addresses.to_vec(), end).await
    }

    #[tokio::test]
    async fn the_first_address_that_answers_decides() {
        let (closed, (refusing, asked)) = (closed(), answering(REFUSES));
        for addresses in [[closed, refusing], [refusing, closed], [refusing, refusing]] {
            let connected = connect(&addresses, None).await;
            let Err(ConnectError::Refused(error)) = connected else { panic!("the login is refused") };
            assert_eq!(error.code(), Some(&SqlState::INVALID_PASSWORD), "{addresses:?}");
        }
        assert_eq!(times(refusing, asked), 3, "a password is tried once");
    }

    #[tokio::test]
    async fn an_accepted_connection_is_an_answer_whatever_follows() {
        let (refusing, asked) = answering(REFUSES);
        // It closes the connection, speaks another protocol, or asks for an unsupported method.
        for answer in [b"" as &[u8], b"HTTP/1.1 400 Bad Request\r\n\r\n", b"R\0\0\0\x08\0\0\0\x07"] {
            let (first, _) = answering(answer);
            let Err(ConnectError::Refused(error)) = connect(&[first, refusing], None).await else {
                panic!("an answer to {answer:?}")
            };
            assert_eq!(error.code(), None);
        }
        assert_eq!(times(refusing, asked), 0);
    }

    #[tokio::test]
    async fn a_connection_knows_its_address() {
        let (open, _) = answering(LETS_IN);
        let connected = connect(&[closed(), open, closed()], None).await;
        assert_eq!(connected.ok().unwrap().address, open);
    }

    #[tokio::test]
    async fn without_an_accepted_connection_no_address_is_reached() {
        assert!(matches!(connect(&[closed(), closed()], None).await, Err(ConnectError::Unreached)));
        assert!(matches!(connect(&[], None).await, Err(ConnectError::NoAddress)));
    }

    /// An address that never answers, as behind a firewall that drops packets: its queue of connections is
    /// full.
    async fn filtered() -> (tokio::net::TcpListener, Vec<tokio::net::TcpStream>) {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let listener = socket.listen(0).unwrap();
        let address = listener.local_addr().unwrap();
        let mut queue = Vec::new();
        while let Ok(stream) =
            timeout(Duration::from_millis(100), tokio::net::TcpStream::connect(address)).await
        {
            queue.push(stream.unwrap());
        }
        (listener, queue)
    }

    #[tokio::test]
    async fn a_filtered_address_leaves_time_for_the_next_one() {
        let (listener, _queue) = filtered().await;
        let filtered = listener.local_addr().unwrap();
        let (refusing, asked) = answering(REFUSES);
        let limit = Duration::from_millis(1500);
        let begun = Instant::now();
        let connected =
            timeout(limit, connect(&[filtered, filtered, refusing], begun.checked_add(limit))).await;
        let Ok(Err(ConnectError::Refused(error))) = connected else {
            panic!("the last address is not tried")
        };
        assert_eq!(error.code(), Some(&SqlState::INVALID_PASSWORD));
        assert!(begun.elapsed() >= limit / 2, "the others had their share of the time");
        assert_eq!(times(refusing, asked), 1);
    }

    #[tokio::test]
    async fn a_host_is_a_name_or_an_address_not_a_folder_of_sockets() {
        for host in ["/tmp", "", "a b", "127.0.0.1:5432", "127.0.0.1,127.0.0.1"] {
            assert!(matches!(addresses_of(host, 1).await, Err(ConnectError::NoAddress)), "{host:?}");
        }
    }
}
