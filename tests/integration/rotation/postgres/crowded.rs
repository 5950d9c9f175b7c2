//! A server that has no connection left at one moment of a rotation.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use secrets_runtime::ErrorKind;
use secrets_runtime::rotation::PostgresRotator;

use super::Database;

/// The way to a server that is full for one connection.
struct Crowd {
    address: SocketAddr,
    /// Which one, from 0.
    refused: Arc<AtomicUsize>,
    connections: Arc<AtomicUsize>,
}

impl Crowd {
    fn before(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let crowd = Self { address, refused: Arc::default(), connections: Arc::default() };
        let (refused, connections) = (Arc::clone(&crowd.refused), Arc::clone(&crowd.connections));
        thread::spawn(move || {
            for client in listener.incoming() {
                let is_refused = connections.fetch_add(1, Ordering::SeqCst) == refused.load(Ordering::SeqCst);
                let client = client.unwrap();
                thread::spawn(move || if is_refused { refuse(client) } else { pass_on(client, server) });
            }
        });
        crowd
    }

    fn refuse(&self, connection: usize) {
        self.connections.store(0, Ordering::SeqCst);
        self.refused.store(connection, Ordering::SeqCst);
    }

    fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

fn refuse(mut client: TcpStream) {
    let _ = client.read(&mut [0; 1024]);
    let fields = b"SFATAL\0VFATAL\0C53300\0Msorry, too many clients already\0\0";
    let length = u32::try_from(fields.len() + 4).unwrap().to_be_bytes();
    let _ = client.write_all(&[b"E", length.as_slice(), fields].concat());
}

fn pass_on(client: TcpStream, server: SocketAddr) {
    let server = TcpStream::connect(server).unwrap();
    let (mut from_client, mut to_server) = (client.try_clone().unwrap(), server.try_clone().unwrap());
    thread::spawn(move || {
        let _ = io::copy(&mut from_client, &mut to_server);
        let _ = to_server.shutdown(std::net::Shutdown::Write);
    });
    let (mut from_server, mut to_client) = (server, client);
    let _ = io::copy(&mut from_server, &mut to_client);
    let _ = to_client.shutdown(std::net::Shutdown::Both);
}

/// Of a connection that is refused for want of room nobody learns whether a password is asked for, or is the right one.
#[tokio::test]
async fn a_server_that_is_full_at_any_moment_is_asked_again_and_never_taken_for_content() {
    let test = "a_server_that_is_full_at_any_moment_is_asked_again_and_never_taken_for_content";
    // The logins and the connections without a password in a whole rotation.
    for (user, logins) in [("crowded_alone", 5), ("crowded_by", 6), ("crowded_in_turns", 6)] {
        let Some(postgres) = harness::postgres::postgres(test) else { return };
        let crowd = Crowd::before(postgres.address());
        let Some(database) = Database::at(&format!("{test}-{user}"), user, crowd.address).await else {
            return;
        };
        let rotator = match user {
            "crowded_alone" => PostgresRotator::single_user(),
            "crowded_by" => PostgresRotator::single_user_by(database.superuser_secret()),
            _ => database.alternating(),
        };
        let mut connection = 0;
        loop {
            crowd.refuse(connection);
            let Err(error) = database.rotate(rotator.clone()).await else { break };
            assert_eq!(error.kind(), ErrorKind::Unavailable, "{user}, at connection {connection}: {error}");
            assert!(error.to_string().contains("53300"), "{user}, at connection {connection}: {error}");
            crowd.refuse(usize::MAX);
            database.rotate(rotator.clone()).await.unwrap();
            database.assert_current_is_let_in(user).await;
            connection += 1;
        }
        assert_eq!(crowd.connections(), connection, "{user}: nobody is refused, and goes on");
        assert_eq!(connection, logins, "{user}");
        database.assert_current_is_let_in(user).await;
    }
}
