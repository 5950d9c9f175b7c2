//! The examples that need a `PostgreSQL`, run as their first lines say.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;
use std::{thread, vec};

use secrets_runtime::admin::Admin;
use secrets_runtime::rotation::{PostgresRotator, Rotation, RotationStep, SuperuserSecret};

use super::{Database, FIRST, connect, document, tls};
use crate::rotation::TOKEN;
use crate::support::aws::retrying;
use crate::support::example::program;

/// The program of an example in an account of its own, which ends with the test.
struct Running(Child);

impl Running {
    fn start(name: &str, url: &str, variables: &[(&str, &str)]) -> Self {
        let child = Command::new(program(name))
            .env_clear()
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .envs([("AWS_CONFIG_FILE", "/dev/null"), ("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")])
            .envs([
                ("AWS_ACCESS_KEY_ID", "test"),
                ("AWS_SECRET_ACCESS_KEY", "test"),
                ("AWS_REGION", "us-east-1"),
            ])
            .env("AWS_ENDPOINT_URL", url)
            .envs(variables.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn();
        Self(child.unwrap())
    }

    /// Ends its input: what it says then.
    fn finish(mut self) -> String {
        drop(self.0.stdin.take());
        let mut said = String::new();
        self.0.stdout.take().unwrap().read_to_string(&mut said).unwrap();
        assert!(self.0.wait().unwrap().success(), "{said}");
        said
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::test]
async fn a_service_with_a_pool_fails_no_request_while_its_password_is_rotated() {
    let test = "a_service_with_a_pool_fails_no_request_while_its_password_is_rotated";
    // To moto, the last value put is the one to give where no label is asked for.
    let Some(localstack) = harness::emulator::localstack(test) else { return };
    let Some(postgres) = harness::postgres::postgres(test) else { return };
    let superuser = connect(&postgres.uri()).await.unwrap();
    superuser.batch_execute(&format!("CREATE ROLE pooled LOGIN PASSWORD '{FIRST}'")).await.unwrap();
    let admin = Admin::from_secrets_manager(retrying(localstack.url()));
    let (name, superusers) = ("shop/staging/database", "shop/staging/superuser");
    let secret = |user, password| document(user, password, postgres.address(), "");
    admin.create(superusers).string(secret("postgres", postgres.password())).await.unwrap();
    admin.create(name).string(secret("pooled", FIRST)).await.unwrap();

    let service = Running::start("postgres", localstack.url(), &[("ENVIRONMENT", "staging")]);
    tokio::time::sleep(Duration::from_secs(1)).await;
    let alternating = PostgresRotator::alternating_users(SuperuserSecret::new(admin.clone(), superusers));
    let alone = Rotation::new(admin.clone(), PostgresRotator::single_user());
    let in_turns = Rotation::new(admin, alternating);
    for _ in 0..3 {
        alone.rotate_now(name).await.unwrap();
        tokio::time::sleep(Duration::from_millis(300)).await;
        in_turns.rotate_now(name).await.unwrap();
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
    let said = service.finish();
    let requests: usize = said.split_once(" requests, 0 failed []\n").expect(&said).0.parse().unwrap();
    assert!(requests > 300, "{said}");
}

/// What [Lambda](https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html) is to a function: it asks for the next event
/// and posts what came of it.
fn lambda(events: Vec<String>) -> (String, mpsc::Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let (sender, results) = mpsc::channel();
    let events = Arc::new(Mutex::new(events.into_iter()));
    thread::spawn(move || {
        // The runtime may keep a connection open while it asks on another.
        for stream in listener.incoming() {
            let (events, sender) = (Arc::clone(&events), sender.clone());
            thread::spawn(move || serve_lambda(stream.unwrap(), &events, &sender));
        }
    });
    (address, results)
}

fn serve_lambda(stream: TcpStream, events: &Mutex<vec::IntoIter<String>>, results: &mpsc::Sender<String>) {
    let mut reader = BufReader::new(stream);
    while let Some((line, body)) = http_request(&mut reader) {
        let answer = if line.starts_with("GET ") {
            let Some(event) = events.lock().unwrap().next() else {
                // The function waits for the next one, as it does in Lambda, until it is ended.
                let _ = reader.read(&mut [0]);
                return;
            };
            format!(
                "HTTP/1.1 200 OK\r\nlambda-runtime-aws-request-id: 1\r\nlambda-runtime-deadline-ms: 9999999999999\r\n\
                 lambda-runtime-invoked-function-arn: arn\r\ncontent-length: {}\r\n\r\n{event}",
                event.len()
            )
        } else {
            let path = line.split(' ').nth(1).unwrap().rsplit('/').next().unwrap();
            results.send(format!("{path} {body}")).unwrap();
            "HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n".to_owned()
        };
        reader.get_mut().write_all(answer.as_bytes()).unwrap();
    }
}

/// Its first line and its body.
fn http_request(reader: &mut BufReader<TcpStream>) -> Option<(String, String)> {
    let mut head = Vec::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        if line.trim().is_empty() {
            break;
        }
        head.push(line.to_lowercase());
    }
    let length = head.iter().find_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    reader.read_exact(&mut body).ok()?;
    // The first line as it was: methods are in capitals.
    Some((head.first()?.replacen("get ", "GET ", 1), String::from_utf8(body).unwrap()))
}

#[tokio::test]
async fn a_lambda_function_takes_the_steps_that_it_is_asked_for() {
    let test = "a_lambda_function_takes_the_steps_that_it_is_asked_for";
    let Some(database) = Database::new(test, "lambda").await else { return };
    takes_its_steps(&database, &[]).await;
    database.assert_current_is_let_in("by the function").await;
    assert_eq!(database.current().await.0, "lambda_clone");
}

#[tokio::test]
async fn a_lambda_function_with_authorities_connects_with_tls() {
    let test = "a_lambda_function_with_authorities_connects_with_tls";
    let Some(database) = tls::database(test, "lambda_with_tls", "localhost").await else { return };
    let authorities = std::env::temp_dir().join(format!("{test}-{}.pem", std::process::id()));
    std::fs::write(&authorities, database.postgres.authority()).unwrap();
    takes_its_steps(&database, &[("AUTHORITIES", authorities.to_str().unwrap())]).await;
    database.assert_current_is_let_in_with_tls().await;
    std::fs::remove_file(authorities).unwrap();
}

async fn takes_its_steps(database: &Database, variables: &[(&str, &str)]) {
    let corner = &database.corner;
    corner.begin_rotation(TOKEN).await;
    let event = |step: RotationStep, token| {
        let name = &corner.name;
        format!(
            r#"{{"Step": "{step}", "SecretId": "{name}", "ClientRequestToken": "{token}", "RotationToken": "a"}}"#
        )
    };
    let mut events: Vec<String> = RotationStep::ALL.map(|step| event(step, TOKEN)).into();
    events.push(event(RotationStep::FinishSecret, "99999999-6a5d-4dc7-8fd8-29e4319f482a"));
    let (address, results) = lambda(events);
    let mut variables = variables.to_vec();
    variables.extend([
        ("AWS_LAMBDA_FUNCTION_NAME", "rotate"),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128"),
        ("AWS_LAMBDA_FUNCTION_VERSION", "1"),
        ("AWS_LAMBDA_RUNTIME_API", address.as_str()),
        ("SUPERUSER_SECRET", database.superuser_secret.as_str()),
    ]);
    let _function = Running::start("rotation_lambda", &corner.url, &variables);
    for step in RotationStep::ALL {
        let result = results.recv_timeout(Duration::from_secs(30)).unwrap();
        assert_eq!(result, "response null", "{step}");
    }
    let result = results.recv_timeout(Duration::from_secs(30)).unwrap();
    assert!(result.starts_with("error {"), "{result}");
    assert!(result.contains("no labelled version has this ClientRequestToken"), "{result}");
}
