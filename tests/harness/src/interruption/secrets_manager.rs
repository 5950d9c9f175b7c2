//! Between a process and an emulator: where a call is counted, and perhaps the last one.

use std::io::{Read, Write};
use std::net::TcpStream;

use super::listen;
use super::meter::{Fate, Meter};

/// The address of an emulator by way of a meter.
///
/// # Panics
///
/// If the emulator's is not one of HTTP without TLS.
pub fn metered(url: &str, meter: &Meter) -> String {
    let (upstream, meter) = (url.strip_prefix("http://").unwrap().to_owned(), meter.clone());
    format!("http://{}", listen(move |client| serve(client, &upstream, &meter)))
}

fn serve(mut client: TcpStream, upstream: &str, meter: &Meter) {
    while let Some(request) = message(&mut client) {
        let fate = meter.count();
        if fate != Fate::NotMade {
            let mut server = TcpStream::connect(upstream).unwrap();
            server.write_all(&request).unwrap();
            let answer = message(&mut server).unwrap();
            if fate == Fate::Answered {
                // A client may be gone: that is what is tested.
                let _ = client.write_all(&answer);
                continue;
            }
        }
        meter.end();
        // An answer would be tried for again: there is none until the client is gone.
        let _ = client.read(&mut [0]);
    }
}

/// A request or an answer with its body, as it came.
fn message(stream: &mut TcpStream) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&bytes[..end]).to_lowercase();
            let length = head.lines().find_map(|line| line.strip_prefix("content-length:"));
            let length: usize = length.map_or(0, |length| length.trim().parse().unwrap());
            if bytes.len() >= end + 4 + length {
                return Some(bytes);
            }
        }
        match stream.read(&mut buffer) {
            Ok(0) | Err(_) => return None,
            Ok(read) => bytes.extend_from_slice(&buffer[..read]),
        }
    }
}
