//! A stub of the agent: its protocol on a local port, with faults and a log of the requests.

use std::collections::BTreeMap;
use std::io::{self, BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread;
use std::time::Duration;

use serde_json::json;

/// The token that a stub asks for at first.
pub const TOKEN: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

/// A running stub, which serves as long as the process lives. Clones are the same stub.
#[derive(Clone)]
pub struct AgentStub {
    port: u16,
    state: Arc<Mutex<State>>,
}

struct State {
    /// The field of the value and its text, by name.
    secrets: BTreeMap<String, (&'static str, String)>,
    token: String,
    requests: Vec<String>,
    /// What is answered instead of the values, and to how many requests.
    faults: Vec<(AgentFault, usize)>,
    /// What is answered instead of the value of a secret.
    faults_of: BTreeMap<String, AgentFault>,
}

/// What the stub answers to a request.
#[derive(Clone, Debug)]
pub enum AgentFault {
    /// This status and body.
    Status(u16, String),
    /// These bytes, then the end of the connection.
    Bytes(Vec<u8>),
    /// Nothing, as long as the client waits.
    Silence,
    /// Every byte apart, with this pause after each.
    Slowly(Duration),
    /// The value in chunks of this many bytes.
    Chunks(usize),
    /// This head, then this part again and again.
    Endless(&'static str, &'static str),
    /// The value of the secret of this name.
    Other(&'static str),
}

impl AgentStub {
    /// Starts a stub on a free port of 127.0.0.1, with a thread for each connection.
    ///
    /// # Panics
    ///
    /// If there is no free port.
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let state = State {
            secrets: BTreeMap::new(),
            token: TOKEN.to_owned(),
            requests: Vec::new(),
            faults: Vec::new(),
            faults_of: BTreeMap::new(),
        };
        let stub = Self { port: listener.local_addr().unwrap().port(), state: Arc::new(Mutex::new(state)) };
        let serving = stub.clone();
        thread::spawn(move || {
            for connection in listener.incoming().flatten() {
                let stub = serving.clone();
                // A client may leave whenever it likes.
                thread::spawn(move || drop(stub.serve(&connection)));
            }
        });
        stub
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// Stores the text of a secret.
    pub fn put(&self, name: &str, value: &str) {
        self.state().secrets.insert(name.to_owned(), ("SecretString", value.to_owned()));
    }

    /// Stores the bytes of a secret, which are given in base64.
    pub fn put_base64(&self, name: &str, value: &str) {
        self.state().secrets.insert(name.to_owned(), ("SecretBinary", value.to_owned()));
    }

    /// Asks for another token from now on, as an agent that was started again.
    pub fn set_token(&self, token: &str) {
        token.clone_into(&mut self.state().token);
    }

    /// Has the next requests answered so.
    pub fn fault(&self, fault: AgentFault, times: usize) {
        self.state().faults.push((fault, times));
    }

    /// Has every request for a secret answered so.
    pub fn fault_of(&self, name: &str, fault: AgentFault) {
        self.state().faults_of.insert(name.to_owned(), fault);
    }

    /// The queries of the requests so far, without those that only the token kept from an answer.
    pub fn requests(&self) -> Vec<String> {
        self.state().requests.clone()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    fn serve(&self, connection: &TcpStream) -> io::Result<()> {
        let (path, headers) = read(connection)?;
        let query = path.strip_prefix("/secretsmanager/get?").unwrap_or_default().to_owned();
        let mut writer = connection;
        let fault = {
            let state = &mut *self.state();
            if headers.get("x-aws-parameters-secrets-token") != Some(&state.token) {
                return writer.write_all(&answer(403, "Bad Token"));
            }
            state.requests.push(query.clone());
            state.fault(&query)
        };
        let (status, body) = self.state().get(&query, fault.as_ref());
        let head = format!("HTTP/1.1 {status} said\r\nTransfer-Encoding: chunked\r\n\r\n");
        match fault {
            None | Some(AgentFault::Other(_)) => writer.write_all(&answer(status, &body)),
            Some(AgentFault::Status(status, body)) => writer.write_all(&answer(status, &body)),
            Some(AgentFault::Bytes(bytes)) => writer.write_all(&bytes),
            Some(AgentFault::Silence) => read(connection).map(drop),
            Some(AgentFault::Slowly(pause)) => answer(status, &body).iter().try_for_each(|byte| {
                thread::sleep(pause);
                writer.write_all(&[*byte])
            }),
            Some(AgentFault::Chunks(size)) => {
                let chunk =
                    |chunk: &[u8]| [format!("{:x}\r\n", chunk.len()).as_bytes(), chunk, b"\r\n"].concat();
                let chunks: Vec<u8> = body.as_bytes().chunks(size).flat_map(chunk).collect();
                writer.write_all(&[head.as_bytes(), &chunks, b"0\r\n\r\n"].concat())
            }
            Some(AgentFault::Endless(head, part)) => {
                writer.write_all(head.as_bytes())?;
                let part = part.repeat(1000);
                loop {
                    writer.write_all(part.as_bytes())?;
                }
            }
        }
    }
}

impl State {
    fn fault(&mut self, query: &str) -> Option<AgentFault> {
        let Some((fault, times)) = self.faults.first_mut() else {
            return self.faults_of.get(&name_in(query)).cloned();
        };
        let fault = fault.clone();
        *times -= 1;
        if *times == 0 {
            self.faults.remove(0);
        }
        Some(fault)
    }

    /// The status and body for a query, whose secret another one stands in for if there is a fault of that
    /// kind.
    fn get(&self, query: &str, fault: Option<&AgentFault>) -> (u16, String) {
        let name = match fault {
            Some(AgentFault::Other(name)) => (*name).to_owned(),
            _ => name_in(query),
        };
        match self.secrets.get(&name) {
            Some((field, value)) => {
                let arn = format!("arn:aws:secretsmanager:eu-west-1:111111111111:secret:{name}-AbCdEf");
                let body = json!({
                    "ARN": arn,
                    "Name": name,
                    "VersionId": "00000000-0000-4000-8000-000000000001",
                    *field: value,
                    "VersionStages": ["AWSCURRENT"],
                    "CreatedDate": "1700000000.5",
                });
                (200, body.to_string())
            }
            None => {
                let code = r#"{"__type":"ResourceNotFoundException","message":"can't find "it""}"#;
                (400, code.to_owned())
            }
        }
    }
}

fn answer(status: u16, body: &str) -> Vec<u8> {
    format!("HTTP/1.1 {status} said\r\nContent-Length: {}\r\n\r\n{body}", body.len()).into_bytes()
}

/// The path and the headers of a request.
fn read(connection: &TcpStream) -> io::Result<(String, BTreeMap<String, String>)> {
    let mut lines = BufReader::new(connection).lines();
    let end = || io::Error::from(io::ErrorKind::UnexpectedEof);
    let first = lines.next().ok_or_else(end)??;
    let path = first.split(' ').nth(1).ok_or_else(end)?.to_owned();
    let mut headers = BTreeMap::new();
    for line in lines {
        let line = line?;
        let Some((name, value)) = line.split_once(": ") else { break };
        headers.insert(name.to_lowercase(), value.to_owned());
    }
    Ok((path, headers))
}

/// The name of the secret in a query.
fn name_in(query: &str) -> String {
    decoded(query.split('&').find_map(|pair| pair.strip_prefix("secretId=")).unwrap_or_default())
}

/// A text without its percent-encoding.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let digits = [rest.next().unwrap(), rest.next().unwrap()];
            bytes.push(u8::from_str_radix(std::str::from_utf8(&digits).unwrap(), 16).unwrap());
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).unwrap()
}
