//! Runs every example and compares its output.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command};
use std::time::Duration;

use harness::emulator::moto;
use harness::stub::Stub;

use crate::support::child::{Ended, folder, run_program};
use crate::support::example::{cargo, examples, program};
use crate::support::{aws, folder::Folder};

const EXAMPLES: [&str; 12] = [
    "command_line",
    "custom_source",
    "errors",
    "json_secret",
    "live",
    "nested",
    "postgres",
    "production",
    "prometheus",
    "quickstart",
    "rotation_lambda",
    "testing",
];

fn run(name: &str, folder: &Folder, variables: &[(&str, &str)]) -> Ended {
    run_program(&program(name), &[], folder, variables)
}

fn printed(stdout: &str) -> Ended {
    Ended { code: Some(0), stdout: stdout.to_owned(), stderr: String::new() }
}

#[test]
fn every_example_is_run_here() {
    assert_eq!(examples(), EXAMPLES);
}

#[test]
fn live_follows_a_rotation_and_survives_one() {
    let expected = "\
changed: database_password
Ok(\"connected\"), tokens are signed with [REDACTED]
";
    assert_eq!(run("live", &folder(""), &[]), printed(expected));
}

#[test]
fn quickstart_needs_nothing_but_its_own_dotenv() {
    let expected = "\
AppConfig {
    database_url: [REDACTED],
    jwt_secret: [REDACTED],
    port: 8080,
    log_level: \"debug\",
    sentry_dsn: None,
}
port 8080, log level debug, connected with postgres
tokens are signed with [REDACTED], errors go to None
";
    assert_eq!(run("quickstart", &folder("PORT=1\n"), &[]), printed(expected));
}

#[test]
fn quickstart_lets_variables_win() {
    let variables =
        [("PORT", "9090"), ("DATABASE_URL", "mysql://localhost/shop"), ("SENTRY_DSN", "https://sentry")];
    let expected = "\
AppConfig {
    database_url: [REDACTED],
    jwt_secret: [REDACTED],
    port: 9090,
    log_level: \"debug\",
    sentry_dsn: Some(
        [REDACTED],
    ),
}
port 9090, log level debug, connected with mysql
tokens are signed with [REDACTED], errors go to Some([REDACTED])
";
    assert_eq!(run("quickstart", &folder(""), &variables), printed(expected));
}

const PRODUCTION: &str = "\
AppConfig {
    database_url: [REDACTED],
    payment_key: [REDACTED],
    old_payment_key: Some(
        [REDACTED],
    ),
    allowed_hosts: [
        \"localhost\",
    ],
    request_timeout: 30s,
    port: 8080,
}
8080 takes requests of at most 30s from [\"localhost\"]
2 payment keys, the newest is [REDACTED]; database at [REDACTED]
";

fn staging(url: &str) -> [(&str, &str); 5] {
    [
        ("ENVIRONMENT", "staging"),
        ("AWS_ENDPOINT_URL", url),
        ("AWS_REGION", "us-east-1"),
        ("AWS_ACCESS_KEY_ID", "test"),
        ("AWS_SECRET_ACCESS_KEY", "test"),
    ]
}

#[test]
fn production_asks_secrets_manager_once_for_what_is_current() {
    let stub = Stub::start_on_thread();
    stub.put("shop/staging/database-url", "postgres://db");
    stub.put("shop/staging/payment-key", "old");
    stub.put("shop/staging/payment-key", "new");
    let url = stub.url();
    assert_eq!(run("production", &folder("PORT=1\n"), &staging(&url)), printed(PRODUCTION));
    assert_eq!(
        (stub.requests().batch_ids, stub.requests().get),
        (vec![2], 1),
        "the older version is by itself"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn production_runs_against_moto() {
    let Some(moto) = moto("production_runs_against_moto") else { return };
    let config = aws_sdk_secretsmanager::config::Builder::from(&aws::sdk_config(moto.url())).build();
    let client = aws_sdk_secretsmanager::Client::from_conf(config);
    for (name, value) in [("database-url", "postgres://db"), ("payment-key", "old")] {
        let request = client.create_secret().name(format!("shop/staging/{name}")).secret_string(value);
        request.send().await.unwrap();
    }
    client
        .put_secret_value()
        .secret_id("shop/staging/payment-key")
        .secret_string("new")
        .send()
        .await
        .unwrap();
    assert_eq!(run("production", &folder(""), &staging(moto.url())), printed(PRODUCTION));
}

#[test]
fn production_without_anything_says_what_is_missing() {
    let expected = "\
Error: 2 of 6 settings of AppConfig could not be loaded (environment: development, since ENVIRONMENT is not set)

  database_url   missing   Postgres connection string.
    env     DATABASE_URL   not set
    dotenv  DATABASE_URL   not in .env
    help: set DATABASE_URL, or add it to .env as DATABASE_URL=..

  payment_key    missing   Key of the payment provider.
    env     PAYMENT_KEY   not set
    dotenv  PAYMENT_KEY   not in .env
    help: set PAYMENT_KEY, or add it to .env as PAYMENT_KEY=..

";
    let expected = Ended { code: Some(1), stdout: String::new(), stderr: expected.to_owned() };
    assert_eq!(run("production", &folder(""), &[]), expected);
}

#[test]
fn json_secret_reads_one_document_into_fields() {
    let expected = "\
AppConfig {
    database: Database {
        host: \"db.internal\",
        port: 5432,
        user: \"shop\",
        password: [REDACTED],
        pool_size: 20,
    },
    stripe: [REDACTED],
}
connecting with 20 connections to [REDACTED]
paying as pk_example
";
    assert_eq!(run("json_secret", &folder(""), &[]), printed(expected));
}

#[test]
fn nested_fills_configs_within_configs() {
    let expected = "\
AppConfig {
    smtp: Smtp {
        host: \"localhost\",
        password: [REDACTED],
    },
    primary: Database {
        url: [REDACTED],
        pool_size: 10,
    },
    replica: None,
    observability: Observability {
        sentry_dsn: None,
        sample_rate: 0.5,
    },
}
mail through localhost with [REDACTED]
primary: [REDACTED], 10 connections
replica: none, since nothing names one
50% of errors go to None
";
    assert_eq!(run("nested", &folder(""), &[]), printed(expected));
}

#[test]
fn custom_source_asks_the_readers_own_store() {
    let expected = "\
AppConfig {
    database_url: [REDACTED],
    port: 9090,
}
port 9090, database at [REDACTED]
";
    assert_eq!(run("custom_source", &folder(""), &[("PORT", "9090")]), printed(expected));
}

#[test]
fn errors_fails_with_a_report_that_names_everything() {
    let expected = "\
Error: 4 of 5 settings of AppConfig could not be loaded (environment: production)

  database_url    missing   Postgres connection string.
    env  DATABASE_URL   not set (did you mean DATABSE_URL?)
    help: set DATABASE_URL

  stripe          missing   Keys of the payment provider, `{\"publishable\": .., \"secret\": ..}`.
    env  STRIPE   set, but empty
    help: put a value into STRIPE

  listen          invalid: expected an address such as 127.0.0.1:8080   Where the service listens.
    env  LISTEN

  session_hours   invalid: expected u8, found a number outside of 0 to 255   Hours until a session ends.
    env  SESSION_HOURS

";
    let expected = Ended { code: Some(1), stdout: String::new(), stderr: expected.to_owned() };
    assert_eq!(run("errors", &folder(""), &[]), expected);
}

#[test]
fn prometheus_prints_a_scrape() {
    let ended = run("prometheus", &folder(""), &[]);
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
    for line in [
        r#"secrets_reads_total{outcome="hit"} 999"#,
        r#"secrets_reads_total{outcome="miss"} 2"#,
        r#"secrets_failures_total{source="aws",kind="access_denied"} 1"#,
        r#"secrets_age_seconds{source="aws",secret="shop/payment-key"} 86400"#,
    ] {
        assert!(ended.stdout.contains(&format!("\n{line}")), "{line} is not in:\n{}", ended.stdout);
    }
}

#[test]
fn prometheus_serves_scrapes_with_the_metrics_of_its_alarms() {
    // The system chooses a free port. If another process takes it first, the program fails and the test
    // does not hang.
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let mut served = Served(Command::new(program("prometheus")).arg(address.to_string()).spawn().unwrap());
    let mut stream = loop {
        match TcpStream::connect(address) {
            Ok(stream) => break stream,
            Err(_) => assert!(served.0.try_wait().unwrap().is_none(), "it ended"),
        }
        std::thread::sleep(Duration::from_millis(10));
    };
    stream.write_all(b"GET /metrics HTTP/1.1\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    // Those that the alarms in the example's documentation name.
    for metric in ["secrets_failures_total", "secrets_age_seconds", "secrets_reads_total"] {
        assert!(answer.contains(&format!("\n{metric}{{")), "{metric} is not in:\n{answer}");
    }
}

/// A program that ends with the test.
struct Served(Child);

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn testing_is_a_program_like_any_other() {
    let ended = run("testing", &folder("DATABASE_URL=postgres://localhost\n"), &[("PORT", "9090")]);
    assert_eq!(ended, printed("port 9090, database at [REDACTED]\n"));
}

#[test]
fn testing_passes_its_own_tests() {
    let output = cargo("test").args(["--example", "testing"]).output().unwrap();
    let stdout = String::from_utf8_lossy(&output.stdout);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{stdout}{stderr}");
    assert!(stdout.contains("test result: ok. 3 passed; 0 failed; 0 ignored;"), "{stdout}{stderr}");
}
