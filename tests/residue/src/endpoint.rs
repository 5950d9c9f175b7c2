//! A server that takes what is written, and makes the canary when it is asked for a random password.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::missing_panics_doc,
    reason = "without it nothing can be measured"
)]
#![allow(clippy::indexing_slicing, reason = "a JSON value is null where it has nothing")]

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;

use crate::canary::CANARY;
use serde_json::{Value, json};

/// Serves as long as the process lives.
pub struct Endpoint {
    url: String,
}

impl Endpoint {
    /// Starts it on a free port of 127.0.0.1, on threads of its own.
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        thread::spawn(move || {
            for connection in listener.incoming().flatten() {
                thread::spawn(|| serve(connection));
            }
        });
        Self { url }
    }

    /// Where it is, as in `http://127.0.0.1:40123`.
    pub fn url(&self) -> &str {
        &self.url
    }
}

/// Requests of one connection, until it closes.
fn serve(mut connection: TcpStream) -> Option<()> {
    loop {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            connection.read_exact(&mut byte).ok()?;
            head.push(byte[0]);
        }
        let head = String::from_utf8(head).ok()?;
        let header = |name: &str| {
            let mut headers = head.lines().filter_map(|line| line.split_once(':'));
            headers.find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim().to_owned())
        };
        let mut body = vec![0; header("content-length")?.parse().ok()?];
        connection.read_exact(&mut body).ok()?;
        let (status, answer) = answer(&header("x-amz-target")?, &serde_json::from_slice(&body).ok()?);
        let answer = answer.to_string();
        let head = format!("HTTP/1.1 {status} said\r\ncontent-length: {}\r\n\r\n", answer.len());
        connection.write_all((head + &answer).as_bytes()).ok()?;
    }
}

fn answer(action: &str, request: &Value) -> (u16, Value) {
    let is = |name: &str| action.ends_with(name);
    match () {
        () if request["SecretId"] == "refused" => {
            (400, json!({ "__type": "LimitExceededException", "Message": request["SecretString"] }))
        }
        () if is("GetRandomPassword") => (200, json!({ "RandomPassword": CANARY })),
        () if is("GetSecretValue") => (200, json!({ "Name": request["SecretId"], "SecretString": CANARY })),
        // Who writes something else than the canary would leave nothing of it behind.
        () if is("PutSecretValue") || is("CreateSecret") => {
            let written = &request["SecretString"];
            let login: Value = serde_json::from_str(written.as_str().unwrap_or_default()).unwrap_or_default();
            let is_canary =
                written == CANARY || login["password"] == CANARY || request["SecretBinary"].is_string();
            assert!(is_canary, "{action} without the canary");
            (200, json!({ "Name": "written", "VersionId": "00000000-0000-4000-8000-000000000001" }))
        }
        () => (400, json!({ "__type": "UnknownOperationException" })),
    }
}
