//! The server, really installed and started, seen by a client.

use std::io::{BufRead, BufReader};
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, Config, Error, NoTls};

use super::*;

async fn connect(uri: &str) -> Result<Client, Error> {
    let (client, connection) = uri.parse::<Config>()?.connect(NoTls).await?;
    tokio::spawn(connection);
    Ok(client)
}

async fn number(client: &Client) -> Result<i32, Error> {
    client.query_one("SELECT 42", &[]).await.map(|row| row.get(0))
}

fn assert_refused(connected: Result<Client, Error>) {
    let error = connected.expect_err("the password is wrong");
    assert_eq!(error.code(), Some(&SqlState::INVALID_PASSWORD), "{error:?}");
}

#[tokio::test]
async fn it_answers() {
    let Some(postgres) = postgres("it_answers") else { return };
    let client = connect(&postgres.uri()).await.unwrap();
    assert_eq!(number(&client).await.unwrap(), 42);
}

#[tokio::test]
async fn a_wrong_password_is_refused_to_everybody() {
    let Some(postgres) = postgres("a_wrong_password_is_refused_to_everybody") else { return };
    let superuser = connect(&postgres.uri()).await.unwrap();
    superuser.batch_execute("CREATE ROLE harness_wrong LOGIN PASSWORD 'right'").await.unwrap();
    assert!(connect(&postgres.uri_of("harness_wrong", "right")).await.is_ok());
    assert_refused(connect(&postgres.uri_of("harness_wrong", "wrong")).await);
    assert_refused(connect(&postgres.uri_of("postgres", "wrong")).await);
    assert_refused(connect(&postgres.uri_of("no_such_role", "wrong")).await);
}

#[tokio::test]
async fn a_changed_password_is_in_force_for_new_connections() {
    let Some(postgres) = postgres("a_changed_password_is_in_force_for_new_connections") else { return };
    let superuser = connect(&postgres.uri()).await.unwrap();
    superuser.batch_execute("CREATE ROLE harness_changed LOGIN PASSWORD 'old'").await.unwrap();
    let early = connect(&postgres.uri_of("harness_changed", "old")).await.unwrap();
    superuser.batch_execute("ALTER ROLE harness_changed PASSWORD 'n/e w@ü'").await.unwrap();
    assert_refused(connect(&postgres.uri_of("harness_changed", "old")).await);
    let late = connect(&postgres.uri_of("harness_changed", "n/e w@ü")).await.unwrap();
    assert_eq!(number(&late).await.unwrap(), 42);
    assert_eq!(number(&early).await.unwrap(), 42);
}

#[tokio::test]
async fn without_tls_only_the_superuser_is_let_in() {
    let Some(postgres) = postgres_with_tls("without_tls_only_the_superuser_is_let_in") else { return };
    let superuser = connect(&postgres.uri()).await.unwrap();
    let tls: String = superuser.query_one("SHOW ssl", &[]).await.unwrap().get(0);
    assert_eq!(tls, "on");
    superuser.batch_execute("CREATE ROLE harness_plain LOGIN PASSWORD 'right'").await.unwrap();
    let refused = connect(&postgres.uri_of("harness_plain", "right")).await;
    let error = refused.expect_err("the connection is plain");
    assert_eq!(error.code(), Some(&SqlState::INVALID_AUTHORIZATION_SPECIFICATION), "{error:?}");
    assert!(postgres.authority().starts_with("-----BEGIN CERTIFICATE-----"));
}

/// Not a test of its own: the process that the next test kills.
#[test]
#[ignore = "run by a_killed_process_takes_its_server_along"]
fn a_process_with_a_server() {
    let Some(postgres) = postgres("a_process_with_a_server") else { return };
    println!("\naddress {}", postgres.address());
    thread::sleep(Duration::from_mins(5));
}

#[test]
fn a_killed_process_takes_its_server_along() {
    let Some(postgres) = postgres("a_killed_process_takes_its_server_along") else { return };
    let mut process = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "postgres::tests::a_process_with_a_server", "--ignored", "--nocapture"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(process.stdout.take().unwrap()).lines();
    let address =
        lines.map_while(Result::ok).find_map(|line| line.strip_prefix("address ").map(str::to_owned));
    let address = address.expect("the process started its server");
    assert!(TcpStream::connect(&address).is_ok());

    let scratch = postgres.server.scratch.with_file_name(format!("postgres-{}-0.scratch", process.id()));
    assert!(scratch.exists());

    process.kill().unwrap();
    process.wait().unwrap();
    let limit = Instant::now() + Duration::from_secs(30);
    while TcpStream::connect(&address).is_ok() || scratch.exists() {
        assert!(Instant::now() < limit, "the server or its scratch folder is still there");
        thread::sleep(Duration::from_millis(20));
    }
}
