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

mod install;
mod server;
mod target;
#[cfg(test)]
mod tests;

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// A running emulator.
pub struct Emulator {
    url: String,
    // Its stdin is what keeps the server alive; see `supervisor.py`.
    _supervisor: std::process::Child,
}

impl Emulator {
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
    running(&MOTO, &MOTO_KIND, test)
}

/// `LocalStack`: `None` if tests against emulators are to be skipped, which is then said on stderr.
///
/// # Panics
///
/// If it cannot be installed or started; the message says what is missing and what to do.
pub fn localstack(test: &str) -> Option<&'static Emulator> {
    static LOCALSTACK: OnceLock<Result<Emulator, String>> = OnceLock::new();
    running(&LOCALSTACK, &LOCALSTACK_KIND, test)
}

/// What tells one emulator from the other.
struct Kind {
    name: &'static str,
    /// Its packages, pinned.
    requirements: &'static str,
    /// The module that `python -m` runs, and its arguments.
    arguments: fn(port: u16) -> Vec<String>,
    environment: fn(port: u16, scratch: &Path) -> Vec<(&'static str, String)>,
    /// A path that answers 200 once the server is ready.
    health: &'static str,
}

static MOTO_KIND: Kind = Kind {
    name: "moto",
    requirements: include_str!("../../emulators/moto-requirements.txt"),
    arguments: |port| ["moto.server", "-H", "127.0.0.1", "-p", &port.to_string()].map(str::to_owned).into(),
    environment: |_, _| Vec::new(),
    health: "/moto-api/data.json",
};

static LOCALSTACK_KIND: Kind = Kind {
    name: "localstack",
    requirements: include_str!("../../emulators/localstack-requirements.txt"),
    arguments: |_| vec!["localstack.runtime.main".to_owned()],
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
    health: "/_localstack/health",
};

fn running(
    once: &'static OnceLock<Result<Emulator, String>>,
    kind: &Kind,
    test: &str,
) -> Option<&'static Emulator> {
    if let Some(notice) = skip_notice(std::env::var("SKIP_AWS_TESTS").ok().as_deref(), kind, test) {
        // Not `eprintln!`, which the test runner shows for failing tests only.
        let _ = writeln!(io::stderr(), "{notice}");
        return None;
    }
    // A failure is kept as well: trying again for each test would take minutes to say the same.
    match once.get_or_init(|| start(kind, &target::directory())) {
        Ok(emulator) => Some(emulator),
        Err(failure) => panic!("{failure}"),
    }
}

fn skip_notice(variable: Option<&str>, kind: &Kind, test: &str) -> Option<String> {
    (variable == Some("true"))
        .then(|| format!("\nSKIPPED: {test} (needs {}) is not run because SKIP_AWS_TESTS=true\n", kind.name))
}

/// Installs if needed, and starts; `target` is where build artefacts go.
fn start(kind: &Kind, target: &Path) -> Result<Emulator, String> {
    let home: PathBuf = target.join("emulators");
    let python = install::installed(kind, &home)?;
    server::start(kind, &home, &python)
}

/// The end of an output, for a message.
fn tail(output: &[u8]) -> String {
    let text = String::from_utf8_lossy(output);
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(20)..].join("\n")
}
