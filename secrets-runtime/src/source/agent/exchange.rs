//! Carries one request to the agent, and its answer, over a connection of its own.

use std::io::{self, ErrorKind};
use std::net::SocketAddrV4;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::timeout;

use super::body::Body;
use super::buffer::Buffer;
use super::head::{Head, Malformed};

/// How long a request and its answer may take. The agent repeats its own calls to AWS within it; the default
/// time-out of a load is longer, so that the report says that the agent did not answer.
pub(super) const EXCHANGE_LIMIT: Duration = Duration::from_secs(20);

/// How much of the body of an error is read: enough for a code and a sentence.
const MAX_ERROR_SIZE: usize = 16 * 1024;

const OK: u16 = 200;

/// A whole answer.
pub(super) struct Response {
    pub(super) status: u16,
    buffer: Buffer,
    body: Body,
}

impl Response {
    pub(super) const fn is_ok(&self) -> bool {
        self.status == OK
    }

    pub(super) fn body(&self) -> &[u8] {
        self.body.content(self.buffer.filled())
    }
}

/// Why there is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NoAnswer {
    /// No server listens.
    Refused,
    /// The connection ended before the answer did.
    Broken,
    TimedOut,
    /// The server is not an HTTP server, or its answer is too long.
    NotHttp,
}

impl From<io::Error> for NoAnswer {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            ErrorKind::ConnectionRefused => Self::Refused,
            ErrorKind::TimedOut => Self::TimedOut,
            _ => Self::Broken,
        }
    }
}

impl From<Malformed> for NoAnswer {
    fn from(_: Malformed) -> Self {
        Self::NotHttp
    }
}

/// Sends a request and reads the answer. A connection carries one request: an idle one would count against the
/// limit of the agent, which all programs of the machine share. A new one does not leave the machine.
///
/// # Errors
/// If no answer arrives within [`EXCHANGE_LIMIT`].
pub(super) async fn exchange(address: SocketAddrV4, request: &[u8]) -> Result<Response, NoAnswer> {
    timeout(EXCHANGE_LIMIT, async {
        let stream = TcpStream::connect(address).await?;
        send(&stream, request).await?;
        receive(&stream).await
    })
    .await
    .unwrap_or(Err(NoAnswer::TimedOut))
}

async fn send(stream: &TcpStream, mut request: &[u8]) -> io::Result<()> {
    while !request.is_empty() {
        stream.writable().await?;
        match stream.try_write(request) {
            Ok(written) => request = request.get(written..).unwrap_or_default(),
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

async fn receive(stream: &TcpStream) -> Result<Response, NoAnswer> {
    let mut buffer = Buffer::new();
    let head = loop {
        if let Some(head) = Head::parse(buffer.filled())? {
            break head;
        }
        if fill(stream, &mut buffer).await? == 0 {
            return Err(NoAnswer::Broken);
        }
    };
    let mut body = Body::after(head);
    let (status, is_ok) = (head.status, head.status == OK);
    loop {
        let is_complete = body.look(buffer.filled_mut())?;
        // The status says enough of an error whose body does not end.
        let is_enough = !is_ok && body.content(buffer.filled()).len() > MAX_ERROR_SIZE;
        if is_complete || is_enough {
            break;
        }
        match fill(stream, &mut buffer).await {
            Ok(0) if is_ok && !body.is_complete_at_end() => return Err(NoAnswer::Broken),
            Err(error) if is_ok => return Err(error.into()),
            Ok(0) | Err(_) => break,
            Ok(_) => {}
        }
    }
    Ok(Response { status, buffer, body })
}

/// Reads what has arrived, and returns how many bytes that were: none at the end.
async fn fill(stream: &TcpStream, buffer: &mut Buffer) -> io::Result<usize> {
    loop {
        stream.readable().await?;
        match stream.try_read(buffer.free()) {
            Ok(read) => {
                buffer.advance(read);
                return Ok(read);
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
    }
}
