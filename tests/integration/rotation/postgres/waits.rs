//! A server that keeps its clients waiting.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use harness::interruption::{Edge, Meter, metered_postgres};
use secrets_runtime::ErrorKind;
use secrets_runtime::rotation::PostgresRotator;

use super::{Database, scalar};

#[tokio::test]
async fn a_server_that_falls_silent_at_any_moment_is_given_up_in_time() {
    let test = "a_server_that_falls_silent_at_any_moment_is_given_up_in_time";
    let limit = Duration::from_millis(300);
    for (user, is_single) in [("silent_alone", true), ("silent_in_turns", false)] {
        let Some(postgres) = harness::postgres::postgres(test) else { return };
        let meter = Arc::new(Mutex::new(Meter::endless()));
        let address = metered_postgres(postgres.address(), &meter);
        let Some(database) = Database::at(&format!("{test}-{user}"), user, address).await else { return };
        let mut calls = 0;
        loop {
            let rotator = if is_single { PostgresRotator::single_user() } else { database.alternating() };
            // From this call on nothing is answered any more, whoever asks.
            *meter.lock().unwrap() = Meter::ending_at(calls, Edge::Before);
            let begun = Instant::now();
            let rotated = database.rotate(rotator.timeout(limit)).await;
            let took = begun.elapsed();
            *meter.lock().unwrap() = Meter::endless();
            assert!(took < 20 * limit, "{user}, at call {calls}: {took:?}");
            let Err(error) = rotated else { break };
            assert_eq!(error.kind(), ErrorKind::Unavailable, "{user}, at call {calls}: {error}");
            calls += 1;
            assert!(calls < 60, "{error}");
        }
        assert!(calls >= 12, "only {calls} calls were found to fall silent at");
        database.assert_current_is_let_in(user).await;
    }
}

/// A server by way of which each answer to a statement takes this long; logins are as fast as ever.
fn slowed(server: SocketAddr, delay: Duration) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for client in listener.incoming() {
            let (client, server) = (client.unwrap(), TcpStream::connect(server).unwrap());
            let (from_client, to_server) = (client.try_clone().unwrap(), server.try_clone().unwrap());
            thread::spawn(move || {
                pass_on(from_client, to_server, |bytes| {
                    // What is no part of a login: the first message has no type, and 0 for the first byte of its length.
                    if !b"\0pX".contains(&bytes[0]) {
                        thread::sleep(delay);
                    }
                });
            });
            thread::spawn(move || pass_on(server, client, |_| ()));
        }
    });
    address
}

fn pass_on(mut from: TcpStream, mut to: TcpStream, before: impl Fn(&[u8])) {
    let mut buffer = vec![0; 65536];
    while let Ok(length @ 1..) = from.read(&mut buffer) {
        before(&buffer[..length]);
        if to.write_all(&buffer[..length]).is_err() {
            return;
        }
    }
    let _ = to.shutdown(std::net::Shutdown::Both);
}

#[tokio::test]
async fn a_server_that_answers_each_time_at_the_last_moment_is_given_up_as_a_whole() {
    let test = "a_server_that_answers_each_time_at_the_last_moment_is_given_up_as_a_whole";
    let Some(postgres) = harness::postgres::postgres(test) else { return };
    let (limit, delay) = (Duration::from_millis(900), Duration::from_millis(250));
    let address = slowed(postgres.address(), delay);
    let Some(database) = Database::at(test, "unhurried", address).await else { return };
    for number in 0..40 {
        database.execute(&format!("ALTER ROLE unhurried SET \"shop.number_{number}\" TO '1'")).await;
    }
    // A few such answers are in time.
    database.rotate(PostgresRotator::single_user().timeout(limit)).await.unwrap();
    let begun = Instant::now();
    let error = database.rotate(database.alternating().timeout(limit)).await.unwrap_err();
    let took = begun.elapsed();
    assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}");
    assert!(error.to_string().contains("the server did not answer in time"), "{error}");
    assert!(took > 2 * limit && took < 40 * delay, "{took:?}");
    database.assert_current_is_let_in("given up").await;
    let clones = "SELECT count(*)::text FROM pg_roles WHERE rolname = 'unhurried_clone'";
    assert_eq!(scalar(&database.superuser, clones).await, "0");
}
