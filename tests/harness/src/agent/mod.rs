//! The AWS Secrets Manager Agent: the real one in front of moto, built on first use, and a stub with faults.

mod install;
pub mod stub;

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::Duration;

use crate::emulator::{self, Emulator};
use crate::server::{Kind, Server, Signal, User, running, target};

/// A running agent in front of [`emulator::moto`].
pub struct Agent {
    port: u16,
    token_file: PathBuf,
    moto: &'static Emulator,
    // Held because the agent lives no longer than it.
    _server: Server,
}

impl Agent {
    /// The port of 127.0.0.1 at which it listens.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The file that holds its token.
    pub fn token_file(&self) -> &Path {
        &self.token_file
    }

    /// The server of Secrets Manager that it asks.
    pub fn moto(&self) -> &'static Emulator {
        self.moto
    }
}

/// The agent: `None` if tests against emulators are to be skipped, or if it cannot be built here, which is
/// then said on stderr.
///
/// # Panics
///
/// If it cannot be started; the message says what is missing and what to do.
pub fn agent(test: &str) -> Option<&'static Agent> {
    static AGENT: OnceLock<Result<Agent, String>> = OnceLock::new();
    static BINARY: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    // First, since the agent is started with its address.
    let moto = emulator::moto(test)?;
    if let Err(reason) = BINARY.get_or_init(|| install::installed(&target::directory())) {
        let _ = writeln!(
            io::stderr(),
            "\nSKIPPED: {test} (needs the AWS Secrets Manager Agent, which cannot be built here)\n{reason}\n"
        );
        return None;
    }
    running(&AGENT, &KIND, test, |server| {
        let (port, token_file) = (server.address.port(), server.scratch.join("token"));
        Ok(Agent { port, token_file, moto, _server: server })
    })
}

static KIND: Kind = Kind {
    name: "agent",
    requirements: "",
    arguments: |port| ["-c", include_str!("launch.py"), &port.to_string()].map(str::to_owned).into(),
    environment: |_, _| {
        let moto = emulator::moto("the agent").map_or_else(String::new, |moto| moto.url().to_owned());
        vec![
            ("AGENT_BINARY", install::binary(&target::directory()).display().to_string()),
            ("AGENT_ENDPOINT", moto),
        ]
    },
    is_ready: |address, _| is_healthy(address),
    user: User::Own,
    stop: Signal::Kill,
};

fn is_healthy(address: SocketAddr) -> bool {
    let answer = || -> io::Result<String> {
        let mut stream = TcpStream::connect_timeout(&address, Duration::from_secs(1))?;
        stream.set_read_timeout(Some(Duration::from_secs(5)))?;
        write!(stream, "GET /ping HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer)
    };
    answer().is_ok_and(|answer| answer.starts_with("HTTP/1.1 200") && answer.ends_with("healthy"))
}
