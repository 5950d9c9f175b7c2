//! A server that says what a test has it say, and keeps what it is asked.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use serde_json::{Value, json};

use crate::client::Secrets;
use crate::environment::Environment;
use crate::operate::admin::Admin;
use crate::source::{Env, SecretsManager};

/// The id of each request.
pub(super) const REQUEST: &str = "7c0e2f5a-1111-2222-3333-444444444444";

/// An endpoint that gives its answers in turn, the last one again and again, and keeps what it was asked.
pub(super) struct Endpoint {
    url: String,
    asked: Arc<Mutex<Vec<Asked>>>,
}

struct Asked {
    action: String,
    parameters: Value,
    signed: String,
    signature: String,
}

impl Endpoint {
    pub(super) fn answering<const N: usize>(answers: [(u16, Value); N]) -> Self {
        let (mut answers, mut answer) = (answers.into_iter(), (500, json!({})));
        Self::asking(move || {
            if let Some(next) = answers.next() {
                answer = next;
            }
            answer.clone()
        })
    }

    /// The line of a report about where the requests went.
    pub(super) fn target(&self) -> String {
        let host = self.url.replace("://", " ");
        format!("  aws: region us-east-1, endpoint {host} (of the application's SdkConfig)\n")
    }

    /// An endpoint that asks for each of its answers.
    pub(super) fn asking(mut answer: impl FnMut() -> (u16, Value) + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::<Mutex<Vec<_>>>::default();
        let kept = Arc::clone(&asked);
        thread::spawn(move || {
            for mut connection in listener.incoming().flatten() {
                let Some(request) = request(&mut connection) else { continue };
                kept.lock().unwrap().push(request);
                let (status, body) = answer();
                let body = body.to_string();
                let head = format!(
                    "HTTP/1.1 {status} said\r\nconnection: close\r\nx-amzn-requestid: {REQUEST}\r\n\
                     content-length: {}\r\n\r\n",
                    body.len()
                );
                let _ = connection.write_all((head + &body).as_bytes());
            }
        });
        Self { url, asked }
    }

    /// One that takes connections and says nothing, as long as the listener lives.
    pub(super) fn silent() -> (Self, TcpListener) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        (Self { url, asked: Arc::default() }, listener)
    }

    pub(super) fn aws(&self) -> SecretsManager {
        let config = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("us-east-1"))
            .endpoint_url(&self.url)
            .credentials_provider(SharedCredentialsProvider::new(Credentials::new(
                "a", "b", None, None, "test",
            )))
            .retry_config(RetryConfig::standard().with_initial_backoff(Duration::from_millis(1)))
            .build();
        SecretsManager::from_sdk_config(&config)
    }

    pub(super) fn admin(&self) -> Admin {
        Admin::from_secrets_manager(self.aws())
    }

    pub(super) fn secrets(&self) -> Secrets {
        Secrets::builder()
            .variables(Env::from_iter([("", ""); 0]))
            .environment(Environment::STAGING)
            .prefix("shop/{environment}")
            .sources([self.aws()])
            .build()
            .unwrap()
    }

    /// The actions and their parameters so far.
    pub(super) fn asked(&self) -> Vec<(String, Value)> {
        let asked = self.asked.lock().unwrap();
        asked.iter().map(|asked| (asked.action.clone(), asked.parameters.clone())).collect()
    }

    /// When the requests so far were signed, and how.
    pub(super) fn signatures(&self) -> Vec<(String, String)> {
        let asked = self.asked.lock().unwrap();
        asked.iter().map(|asked| (asked.signed.clone(), asked.signature.clone())).collect()
    }
}

fn request(connection: &mut TcpStream) -> Option<Asked> {
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
    Some(Asked {
        action: header("x-amz-target")?.trim_start_matches("secretsmanager.").to_owned(),
        parameters: serde_json::from_slice(&body).ok()?,
        signed: header("x-amz-date")?,
        signature: header("authorization")?,
    })
}
