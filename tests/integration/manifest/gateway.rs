//! Between a service and moto: what AWS does with a policy before it answers.
//!
//! moto itself knows neither resources nor conditions where it asks for permissions (`moto/iam/access_control.py` says so).
//! What a policy allows is decided by `iam_rs`, which nobody here wrote; what is asked for, and how a refusal is worded, is
//! as Secrets Manager documents it.

use std::collections::HashMap;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use iam_rs::{Arn, Context, ContextValue, Decision, IAMPolicy, IAMRequest, Principal, PrincipalId};
use serde_json::{Value, json};

const ACCOUNT: &str = "123456789012";
const USER: &str = "arn:aws:iam::123456789012:user/app";
/// The account whose secrets are shared with that user. The emulator knows one account only, so that the
/// gateway swaps the two on the way.
pub(super) const OTHER_ACCOUNT: &str = "222222222222";

/// What the gateway knows and has seen.
#[derive(Default)]
struct State {
    policies: Vec<IAMPolicy>,
    /// Each secret's ARN and KMS key, by name.
    secrets: HashMap<String, (String, Option<String>)>,
    /// Every permission that was asked for, with its resource.
    asked: Vec<(String, String)>,
    /// What a batch says of a secret of another account.
    of_other_accounts: Option<Value>,
}

/// A gateway before an emulator. Clones are the same.
#[derive(Clone)]
pub(super) struct Gateway {
    url: String,
    state: Arc<Mutex<State>>,
}

impl Gateway {
    /// One that allows nothing.
    pub(super) fn before(emulator: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let gateway = Self { url, state: Arc::default() };
        let upstream = emulator.strip_prefix("http://").unwrap().to_owned();
        let state = Arc::clone(&gateway.state);
        // It waits for connections as long as the tests run, as the emulator does.
        thread::spawn(move || {
            for client in listener.incoming() {
                let (upstream, state) = (upstream.clone(), Arc::clone(&state));
                thread::spawn(move || serve(client.unwrap(), &upstream, &state));
            }
        });
        gateway
    }

    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// Attaches these policies in the place of those that were attached.
    pub(super) fn attach(&self, policies: &[String]) {
        let policies = policies.iter().map(|policy| IAMPolicy::from_json(policy).unwrap());
        self.state.lock().unwrap().policies = policies.collect();
    }

    /// Tells of a secret that is in the emulator.
    pub(super) fn add(&self, name: &str, arn: &str, kms_key: Option<&str>) {
        let secret = (arn.to_owned(), kms_key.map(str::to_owned));
        self.state.lock().unwrap().secrets.insert(name.to_owned(), secret);
    }

    /// Sets the error that a batch has for secrets of another account. AWS names `BatchGetSecretValue` among
    /// the operations that do not work across accounts, and does not say how they fail.
    pub(super) fn answer_batches_for_other_accounts(&self, code: &str) {
        let error = json!({"__type": code, "Message": "not across accounts"});
        self.state.lock().unwrap().of_other_accounts = Some(error);
    }

    /// The permissions that were asked for so far, and asks anew from here.
    pub(super) fn asked(&self) -> Vec<(String, String)> {
        std::mem::take(&mut self.state.lock().unwrap().asked)
    }
}

impl State {
    /// Whether a policy allows this.
    fn allows(&mut self, action: &str, resource: &str, context: &[(&str, &str)]) -> bool {
        self.asked.push((action.to_owned(), resource.to_owned()));
        let mut values = Context::new();
        for (key, value) in context {
            values.insert((*key).to_owned(), ContextValue::String((*value).to_owned()));
        }
        let principal = Principal::Aws(PrincipalId::String(USER.to_owned()));
        let request = IAMRequest::new_with_context(principal, action, Arn::parse(resource).unwrap(), values);
        iam_rs::evaluate_policies(&self.policies, &request).unwrap() == Decision::Allow
    }

    /// The secret that an id means: its ARN, which without such a secret is made of the name alone, and its key.
    fn secret(&self, id: &str) -> (String, Option<String>) {
        let is_meant = |name: &str, arn: &str| {
            id == name || id == arn || arn.rsplit_once('-').is_some_and(|(partial, _)| id == partial)
        };
        let known = self.secrets.iter().find(|(name, (arn, _))| is_meant(name, arn));
        match known {
            Some((_, secret)) => secret.clone(),
            None if id.starts_with("arn:") => (id.to_owned(), None),
            None => (format!("arn:aws:secretsmanager:us-east-1:{ACCOUNT}:secret:{id}"), None),
        }
    }

    /// Why a version of a secret may not be read.
    fn refusal(&mut self, id: &str, stage: Option<&str>, version: Option<&str>) -> Option<Value> {
        let action = "secretsmanager:GetSecretValue";
        let (arn, key) = self.secret(id);
        let mut context = vec![("secretsmanager:SecretId", arn.as_str())];
        // Of a request that names no version there is neither key: https://github.com/aws/aws-cli/issues/5031
        context.extend(stage.map(|stage| ("secretsmanager:VersionStage", stage)));
        context.extend(version.map(|version| ("secretsmanager:VersionId", version)));
        if !self.allows(action, &arn, &context) {
            return Some(denied(action, Some(&arn)));
        }
        let via = [("kms:ViaService", "secretsmanager.us-east-1.amazonaws.com")];
        let key = key.filter(|key| !self.allows("kms:Decrypt", key, &via));
        key.map(|_| json!({"__type": "AccessDeniedException", "Message": "Access to KMS is not allowed"}))
    }
}

fn denied(action: &str, resource: Option<&str>) -> Value {
    let on = resource.map(|resource| format!(" on resource: {resource}")).unwrap_or_default();
    let message = format!(
        "User: {USER} is not authorized to perform: {action}{on} because no identity-based policy allows the {action} action"
    );
    json!({"__type": "AccessDeniedException", "Message": message})
}

fn serve(mut client: TcpStream, upstream: &str, state: &Mutex<State>) {
    while let Some((head, body)) = message(&mut client) {
        let action =
            header(&head, "x-amz-target").and_then(|target| target.rsplit('.').next().map(str::to_owned));
        let mut asked: Value = serde_json::from_slice(&body).unwrap_or_default();
        let answer = match action.as_deref() {
            Some("GetSecretValue") => {
                let member = |name: &str| asked[name].as_str();
                let refusal = state.lock().unwrap().refusal(
                    member("SecretId").unwrap(),
                    member("VersionStage"),
                    member("VersionId"),
                );
                refusal.map_or_else(|| forward(upstream, &head, &body), |refusal| answer(400, &refusal))
            }
            Some("BatchGetSecretValue") => batch(upstream, &head, &mut asked, state),
            other => panic!("a service reads secrets, and does not call {other:?}"),
        };
        // A client may be gone.
        if client.write_all(&answer).is_err() {
            return;
        }
    }
}

/// Asks for the action itself, then for each secret: those that are refused are errors among the others' values.
fn batch(upstream: &str, head: &str, asked: &mut Value, state: &Mutex<State>) -> Vec<u8> {
    let action = "secretsmanager:BatchGetSecretValue";
    let mut state = state.lock().unwrap();
    if !state.allows(action, &format!("arn:aws:secretsmanager:us-east-1:{ACCOUNT}:*"), &[]) {
        return answer(400, &denied(action, None));
    }
    let (mut allowed, mut errors) = (Vec::new(), Vec::new());
    for id in asked["SecretIdList"].as_array().unwrap() {
        let is_of_other_account = id.as_str().unwrap().contains(OTHER_ACCOUNT);
        let across_accounts = state.of_other_accounts.clone().filter(|_| is_of_other_account);
        match across_accounts.or_else(|| state.refusal(id.as_str().unwrap(), None, None)) {
            Some(refusal) => errors.push(json!({
                "SecretId": id,
                "ErrorCode": refusal["__type"],
                "Message": refusal["Message"]
            })),
            None => allowed.push(id.clone()),
        }
    }
    drop(state);
    let mut values = json!({"SecretValues": [], "Errors": []});
    if !allowed.is_empty() {
        asked["SecretIdList"] = Value::Array(allowed);
        let forwarded = forward(upstream, head, asked.to_string().as_bytes());
        let start = forwarded.windows(4).position(|window| window == b"\r\n\r\n").unwrap() + 4;
        values = serde_json::from_slice(&forwarded[start..]).unwrap();
    }
    if let Some(others) = values["Errors"].as_array() {
        errors.extend(others.iter().cloned());
    }
    values["Errors"] = Value::Array(errors);
    answer(200, &values)
}

fn answer(status: u16, body: &Value) -> Vec<u8> {
    let body = body.to_string();
    format!(
        "HTTP/1.1 {status} \r\ncontent-type: application/x-amz-json-1.1\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// The emulator's answer to a request with this body.
fn forward(upstream: &str, head: &str, body: &[u8]) -> Vec<u8> {
    let mut server = TcpStream::connect(upstream).unwrap();
    let lines = head.lines().filter(|line| !line.to_lowercase().starts_with("content-length:"));
    let head: String = lines.flat_map(|line| [line, "\r\n"]).collect();
    server.write_all(format!("{head}content-length: {}\r\n\r\n", body.len()).as_bytes()).unwrap();
    let body = std::str::from_utf8(body).unwrap();
    server.write_all(body.replace(OTHER_ACCOUNT, ACCOUNT).as_bytes()).unwrap();
    let (head, answer) = message(&mut server).unwrap();
    let mut answer = String::from_utf8(answer).unwrap();
    if body.contains(OTHER_ACCOUNT) {
        answer = answer.replace(ACCOUNT, OTHER_ACCOUNT);
    }
    [head.as_bytes(), b"\r\n\r\n", answer.as_bytes()].concat()
}

/// A request or an answer: what is before its body, and its body.
fn message(stream: &mut TcpStream) -> Option<(String, Vec<u8>)> {
    let mut bytes = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
            let length: usize = header(&head, "content-length").map_or(0, |length| length.parse().unwrap());
            if bytes.len() >= end + 4 + length {
                return Some((head, bytes[end + 4..].to_vec()));
            }
        }
        match stream.read(&mut buffer) {
            Ok(0) | Err(_) => return None,
            Ok(read) => bytes.extend_from_slice(&buffer[..read]),
        }
    }
}

fn header(head: &str, name: &str) -> Option<String> {
    let line = head.lines().find(|line| line.to_lowercase().starts_with(&format!("{name}:")))?;
    Some(line[name.len() + 1..].trim().to_owned())
}
