//! A server that gives one answer to every request, whatever is asked.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;

/// The URL of a server that gives this answer until the process ends.
pub(crate) fn answering(status: u16, body: &str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let answer = format!(
        "HTTP/1.1 {status} said\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    thread::spawn(move || {
        for mut connection in listener.incoming().flatten() {
            // A client may leave whenever it likes.
            let _ = read(&connection).map(|()| connection.write_all(answer.as_bytes()));
        }
    });
    url
}

/// Reads one request.
fn read(connection: &TcpStream) -> std::io::Result<()> {
    let mut connection = BufReader::new(connection);
    let mut length = 0;
    loop {
        let mut line = String::new();
        connection.read_line(&mut line)?;
        match line.trim_end().to_lowercase().split_once(": ") {
            Some(("content-length", value)) => length = value.parse().unwrap_or(0),
            None if line.trim_end().is_empty() => break,
            _ => {}
        }
    }
    connection.take(length).read_to_end(&mut Vec::new()).map(drop)
}
