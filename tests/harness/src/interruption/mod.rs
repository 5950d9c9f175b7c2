//! The end of a process at a call of one's choice: to Secrets Manager, to a `PostgreSQL`, or to whatever a test counts.
//!
//! A process runs in [`Meter::run`] and makes its calls by way of the proxies of this module. What it was in the middle of
//! is dropped, as by a crash: nobody says good-bye to a server, and no answer arrives any more.

mod meter;
mod postgres;
mod secrets_manager;

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread;

pub use meter::{Edge, Fate, Meter};
pub use postgres::metered_postgres;
pub use secrets_manager::metered;

/// Serves each connection on a thread of its own, for as long as the tests run, as the servers do: where.
fn listen(serve: impl Fn(TcpStream) + Clone + Send + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for client in listener.incoming() {
            let serve = serve.clone();
            thread::spawn(move || serve(client.unwrap()));
        }
    });
    address
}
