//! Real emulators of Secrets Manager, installed from the package index and started on first use.
//!
//! ```ignore
//! let Some(moto) = emulator::moto("rotation is seen by a running config") else { return };
//! // ... point a client at `moto.url()` ...
//! ```
//!
//! One server of a kind serves a whole test process, so tests keep apart by the names of their secrets. It ends with
//! the process, however that ends. Without python or network, `SKIP_AWS_TESTS=true` skips these tests, and says so.
//!
//! The pinned lists are for Python 3.11; on Unix only.

#[cfg(test)]
mod tests;

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::OnceLock;
use std::time::Duration;

use crate::server::{Kind, Server, Signal, User, running};

/// A running emulator.
pub struct Emulator {
    url: String,
    // Held because the server lives no longer than it.
    _server: Server,
}

impl Emulator {
    #[allow(clippy::unnecessary_wraps, reason = "other servers need more than to be there")]
    fn open(server: Server) -> Result<Self, String> {
        Ok(Self { url: format!("http://{}", server.address), _server: server })
    }

    /// The endpoint, as in `http://127.0.0.1:40123`.
    pub fn url(&self) -> &str {
        &self.url
    }
}

/// moto: `None` if tests against emulators are to be skipped, which is then said on stderr.
///
/// # Panics
///
/// If it cannot be installed or started; the message says what is missing and what to do.
pub fn moto(test: &str) -> Option<&'static Emulator> {
    static MOTO: OnceLock<Result<Emulator, String>> = OnceLock::new();
    running(&MOTO, &MOTO_KIND, test, Emulator::open)
}

/// A moto of its own, for who changes what holds for all of it, such as that it
/// [asks for permissions](https://docs.getmoto.org/en/latest/docs/iam.html): `None` if tests against emulators are to be
/// skipped, which is then said on stderr.
///
/// # Panics
///
/// If it cannot be installed or started; the message says what is missing and what to do.
pub fn own_moto(test: &str, once: &'static OnceLock<Result<Emulator, String>>) -> Option<&'static Emulator> {
    running(once, &MOTO_KIND, test, Emulator::open)
}

/// `LocalStack`: `None` if tests against emulators are to be skipped, which is then said on stderr.
///
/// # Panics
///
/// If it cannot be installed or started; the message says what is missing and what to do.
pub fn localstack(test: &str) -> Option<&'static Emulator> {
    static LOCALSTACK: OnceLock<Result<Emulator, String>> = OnceLock::new();
    running(&LOCALSTACK, &LOCALSTACK_KIND, test, Emulator::open)
}

pub(crate) static MOTO_KIND: Kind = Kind {
    name: "moto",
    // Some validators are among what moto itself needs, such as cfn-lint. The others, and the AWS command
    // line, are installed beside them.
    requirements: concat!(
        include_str!("../../emulators/moto-requirements.txt"),
        include_str!("../../emulators/validators-requirements.txt"),
        include_str!("../../emulators/aws-cli-requirements.txt")
    ),
    arguments: |port| {
        ["-m", "moto.server", "-H", "127.0.0.1", "-p", &port.to_string()].map(str::to_owned).into()
    },
    environment: |_, _| Vec::new(),
    is_ready: |address, _| is_healthy(address, "/moto-api/data.json"),
    user: User::Own,
    stop: Signal::Kill,
};

static LOCALSTACK_KIND: Kind = Kind {
    name: "localstack",
    requirements: include_str!("../../emulators/localstack-requirements.txt"),
    arguments: |_| ["-m", "localstack.runtime.main"].map(str::to_owned).into(),
    environment: |port, scratch| {
        vec![
            ("GATEWAY_LISTEN", format!("127.0.0.1:{port}")),
            ("FILESYSTEM_ROOT", scratch.display().to_string()),
            ("SERVICES", "secretsmanager".to_owned()),
            // It would else report its use, fetch a certificate, and want port 53.
            ("DISABLE_EVENTS", "1".to_owned()),
            ("SKIP_SSL_CERT_DOWNLOAD", "1".to_owned()),
            ("DNS_ADDRESS", "0".to_owned()),
        ]
    },
    is_ready: |address, _| is_healthy(address, "/_localstack/health"),
    user: User::Own,
    stop: Signal::Kill,
};

/// Whether the path answers 200.
fn is_healthy(address: SocketAddr, path: &str) -> bool {
    let status = || -> io::Result<[u8; 12]> {
        let mut stream = TcpStream::connect_timeout(&address, Duration::from_secs(1))?;
        stream.set_read_timeout(Some(Duration::from_secs(5)))?;
        write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")?;
        let mut start = [0; 12];
        stream.read_exact(&mut start)?;
        Ok(start)
    };
    status().is_ok_and(|start| &start == b"HTTP/1.1 200")
}
