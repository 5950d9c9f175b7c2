//! The emulators, really installed and started, seen over a plain TCP connection.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::thread;
use std::time::Instant;

use super::*;
use crate::server::target;

/// Asks for a secret that does not exist.
fn get_unknown(url: &str) -> String {
    let body = r#"{"SecretId":"harness/unknown"}"#;
    let host = url.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(host).unwrap();
    stream.set_read_timeout(Some(Duration::from_mins(1))).unwrap();
    write!(
        stream,
        "POST / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Type: application/x-amz-json-1.1\r\n\
         X-Amz-Target: secretsmanager.GetSecretValue\r\nX-Amz-Date: 20250101T000000Z\r\n\
         Authorization: AWS4-HMAC-SHA256 Credential=test/20250101/us-east-1/secretsmanager/aws4_request, \
         SignedHeaders=host, Signature=0\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

fn assert_not_found(answer: &str) {
    // The status is AWS's 400 from LocalStack, but 404 from moto.
    assert!(answer.starts_with("HTTP/1.1 40"), "{answer}");
    assert!(answer.contains("ResourceNotFoundException"), "{answer}");
}

#[test]
fn moto_answers() {
    let Some(moto) = moto("moto_answers") else { return };
    assert_not_found(&get_unknown(moto.url()));
}

#[test]
fn localstack_answers() {
    let Some(localstack) = localstack("localstack_answers") else { return };
    assert_not_found(&get_unknown(localstack.url()));
}

#[test]
fn one_server_serves_a_whole_process() {
    let urls = [1, 2].map(|_| thread::spawn(|| moto("one_server_serves_a_whole_process").map(Emulator::url)));
    let [one, two] = urls.map(|thread| thread.join().unwrap());
    assert_eq!(one, two);
}

/// Not a test of its own: the process that the next test kills.
#[test]
#[ignore = "run by a_killed_process_takes_its_server_along"]
fn a_process_with_a_server() {
    let Some(moto) = moto("a_process_with_a_server") else { return };
    writeln!(io::stdout(), "\nurl {}", moto.url()).unwrap();
    thread::sleep(Duration::from_mins(5));
}

#[test]
fn a_killed_process_takes_its_server_along() {
    if moto("a_killed_process_takes_its_server_along").is_none() {
        return;
    }
    let mut process = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "emulator::tests::a_process_with_a_server", "--ignored", "--nocapture"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(process.stdout.take().unwrap()).lines();
    let url =
        lines.map_while(Result::ok).find_map(|line| line.strip_prefix("url http://").map(str::to_owned));
    let url = url.expect("the process started its server");
    assert!(TcpStream::connect(&url).is_ok());

    process.kill().unwrap();
    process.wait().unwrap();
    let scratch = target::directory().join("emulators").join(format!("moto-{}-0.scratch", process.id()));
    let limit = Instant::now() + Duration::from_secs(30);
    while TcpStream::connect(&url).is_ok() || scratch.exists() {
        assert!(Instant::now() < limit, "the server or its scratch folder is still there");
        thread::sleep(Duration::from_millis(20));
    }
}
