//! Between a process and a `PostgreSQL`: where a call is counted, and perhaps the last one.
//!
//! A call is what a client sends before it waits for an answer: a step of the login, or a query.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::{Arc, Mutex};

use super::listen;
use super::meter::{Fate, Meter};

/// The address of a server by way of a meter. Each call counts with the meter that is in its place at that moment: a secret
/// names one address, whichever process reads it.
pub fn metered_postgres(server: SocketAddr, meter: &Arc<Mutex<Meter>>) -> SocketAddr {
    let meter = Arc::clone(meter);
    listen(move |client| {
        // A client may be gone: that is what is tested.
        let _ = serve(client, server, &meter);
    })
}

fn serve(mut client: TcpStream, server: SocketAddr, meter: &Mutex<Meter>) -> io::Result<()> {
    let mut server = TcpStream::connect(server)?;
    let mut request = first(&mut client)?;
    loop {
        let meter = meter.lock().unwrap().clone();
        let fate = meter.count();
        if fate != Fate::NotMade {
            server.write_all(&request)?;
            let answer = answer(&mut server)?;
            if fate == Fate::Answered {
                client.write_all(&answer)?;
                request = next(&mut client)?;
                if request[0] == b'X' {
                    return server.write_all(&request);
                }
                continue;
            }
        }
        meter.end();
        // The server learns of it when the client is gone.
        let _ = client.read(&mut [0]);
        return Ok(());
    }
}

/// The [one message](https://www.postgresql.org/docs/current/protocol-message-formats.html) that has no type.
fn first(client: &mut TcpStream) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    body(client, &mut bytes)?;
    Ok(bytes)
}

/// Messages up to one that wants an answer: a password, a query, the end of several, or the end of all.
fn next(client: &mut TcpStream) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    loop {
        let (kind, _) = message(client, &mut bytes)?;
        if b"pQSX".contains(&kind) {
            return Ok(bytes);
        }
    }
}

/// Messages up to one after which the client's turn is: the server is ready, wants a password, or has hung up.
fn answer(server: &mut TcpStream) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    loop {
        let (kind, start) = match message(server, &mut bytes) {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(bytes),
            message => message?,
        };
        // Of authentication, 0 is its success and 12 precedes it.
        let wants_more = kind == b'R' && ![[0, 0, 0, 0], [0, 0, 0, 12]].contains(&code(&bytes[start..]));
        if kind == b'Z' || wants_more {
            return Ok(bytes);
        }
    }
}

fn code(message: &[u8]) -> [u8; 4] {
    message[5..9].try_into().unwrap()
}

/// Adds a message: its type, and where it begins.
fn message(stream: &mut TcpStream, bytes: &mut Vec<u8>) -> io::Result<(u8, usize)> {
    let start = bytes.len();
    let mut kind = [0];
    stream.read_exact(&mut kind)?;
    bytes.extend_from_slice(&kind);
    body(stream, bytes)?;
    Ok((kind[0], start))
}

/// Adds a length and what it is the length of, itself included.
fn body(stream: &mut TcpStream, bytes: &mut Vec<u8>) -> io::Result<()> {
    let mut length = [0; 4];
    stream.read_exact(&mut length)?;
    bytes.extend_from_slice(&length);
    let mut body = vec![0; usize::try_from(u32::from_be_bytes(length)).unwrap() - length.len()];
    stream.read_exact(&mut body)?;
    bytes.extend_from_slice(&body);
    Ok(())
}
