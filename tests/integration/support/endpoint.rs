//! Servers that give one answer to every request, whatever is asked.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use harness::postgres::of_localhost;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection};

/// The URL of a server that gives this answer until the process ends.
pub(crate) fn answering(status: u16, body: &str) -> String {
    let answer = format!(
        "HTTP/1.1 {status} said\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    serving(move |mut connection| {
        read(&connection)?;
        connection.write_all(answer.as_bytes())
    })
}

/// The URL of a server that gives the answer that this makes of the first line of a request: status, further
/// headers, body.
pub(crate) fn routing(
    answer: impl Fn(&str) -> (u16, &'static str, &'static str) + Clone + Send + 'static,
) -> String {
    serving(move |mut connection| {
        let (status, headers, body) = answer(&read(&connection)?);
        let length = body.len();
        write!(
            connection,
            "HTTP/1.1 {status} said\r\nconnection: close\r\n{headers}content-length: {length}\r\n\r\n{body}"
        )
    })
}

/// The URL of a port of this machine on which nothing listens.
pub(crate) fn closed() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

/// The URL of a server that gives this answer, and keeps its connections open.
pub(crate) fn keeping_alive(body: &str) -> String {
    let answer = format!("HTTP/1.1 200 said\r\ncontent-length: {}\r\n\r\n{body}", body.len());
    serving(move |mut connection| {
        loop {
            read(&connection)?;
            connection.write_all(answer.as_bytes())?;
        }
    })
}

/// The URL of a server whose answers begin with this status, go on with a part again and again, and never
/// end.
pub(crate) fn endless(status: u16, endless: Endless) -> String {
    let end_of_head = if endless == Endless::Headers { "" } else { "\r\n" };
    let head = format!("HTTP/1.1 {status} said\r\ntransfer-encoding: chunked\r\n{end_of_head}");
    let part = match endless {
        Endless::Body => format!("10000\r\n{}\r\n", " ".repeat(0x10000)),
        Endless::SlowBody => "1\r\n \r\n".to_owned(),
        Endless::Headers => format!("x-header: {}\r\n", "a".repeat(1000)),
    };
    let pause = Duration::from_millis(if endless == Endless::SlowBody { 20 } else { 0 });
    serving(move |mut connection| {
        read(&connection)?;
        connection.write_all(head.as_bytes())?;
        loop {
            connection.write_all(part.as_bytes())?;
            thread::sleep(pause);
        }
    })
}

/// The part of an answer that does not end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Endless {
    Body,
    SlowBody,
    Headers,
}

/// The URL of a server with TLS, which ends each connection after the handshake.
pub(crate) fn with_tls() -> String {
    let (certificate, key) = of_localhost();
    tls_server(&certificate, &key)
}

/// The URL of a server with this certificate, which ends each connection after the handshake.
pub(crate) fn tls_server(certificate: &str, key: &str) -> String {
    let certificate = CertificateDer::from_pem_slice(certificate.as_bytes()).unwrap();
    let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = Arc::new(config.with_no_client_auth().with_single_cert(vec![certificate], key).unwrap());
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://localhost:{}", listener.local_addr().unwrap().port());
    thread::spawn(move || {
        for mut connection in listener.incoming().flatten() {
            let mut tls = ServerConnection::new(Arc::clone(&config)).unwrap();
            // The client may refuse the certificate.
            let _ = tls.complete_io(&mut connection);
        }
    });
    url
}

/// A server with a thread for each connection. A client may leave whenever it likes.
fn serving(serve: impl Fn(TcpStream) -> io::Result<()> + Clone + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for connection in listener.incoming().flatten() {
            let serve = serve.clone();
            thread::spawn(move || drop(serve(connection)));
        }
    });
    url
}

/// Reads one request and returns its first line.
fn read(connection: &TcpStream) -> io::Result<String> {
    let mut connection = BufReader::new(connection);
    let mut length = 0;
    let mut first = String::new();
    loop {
        let mut line = String::new();
        if connection.read_line(&mut line)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        if first.is_empty() {
            first.push_str(&line);
        }
        match line.trim_end().to_lowercase().split_once(": ") {
            Some(("content-length", value)) => length = value.parse().unwrap_or(0),
            None if line.trim_end().is_empty() => break,
            _ => {}
        }
    }
    connection.take(length).read_to_end(&mut Vec::new())?;
    Ok(first)
}
