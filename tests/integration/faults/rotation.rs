//! Secrets that `Admin` refuses to write, and rotations that stop.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::time::Duration;

use harness::stub::{Fault, Operation, Stub};
use rustls::{ClientConfig, RootCertStore};
use secrets_runtime::admin::{Admin, RandomPassword};
use secrets_runtime::rotation::{
    PostgresRotator, RandomToken, Rotation, RotationEvent, RotationStep, RotationValues, Rotator,
    RotatorError, TestOutcome,
};
use secrets_runtime::{DecodeError, Env, ErrorKind, Secret, SecretValue};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::row::{Row, row, said};
use crate::support::aws::once;
use crate::support::production;

const TOKEN: &str = "51f72378-6a5d-4dc7-8fd8-29e4319f482a";
const NAME: &str = "shop/production/token";

pub(super) fn rows() -> Vec<Row> {
    let mut rows = writes();
    rows.extend(rotations());
    rows.extend(logins());
    rows.extend(servers());
    rows
}

fn admin(stub: &Stub) -> Admin {
    Admin::from_secrets_manager(once(&stub.url()))
}

/// A secret whose current version is the only one.
async fn stub() -> Stub {
    let stub = Stub::start().await;
    stub.put(NAME, "first");
    stub
}

/// The report of an action on an account that answers so.
async fn answered<T>(
    code: &str,
    message: &str,
    action: impl AsyncFnOnce(Admin) -> Result<T, secrets_runtime::Error>,
) -> String {
    let body = serde_json::json!({ "__type": code, "Message": message }).to_string();
    said(action(Admin::from_secrets_manager(once(&crate::support::endpoint::answering(400, &body)))).await)
}

fn writes() -> Vec<Row> {
    vec![
        row("`Admin` is built from `Secrets` that do not read AWS Secrets Manager.", "", async {
            said(Admin::new(&production().sources([Env::from_iter([("A", "a")])]).build().unwrap()))
        }),
        row("A secret of this name exists.", "", async {
            answered("ResourceExistsException", "", async |admin| admin.create(NAME).string("a").await).await
        }),
        row("The account has as many secrets or versions as it may have.", "", async {
            answered("LimitExceededException", "", async |admin| admin.create(NAME).string("a").await).await
        }),
        row(
            "The secret's state does not allow the change: it is a replica, or managed by another service.",
            "Change it where it is managed.",
            async {
                answered("InvalidRequestException", "", async |admin| admin.put(NAME).string("a").await).await
            },
        ),
        row("The secret is marked for deletion.", "", async {
            let message =
                "You can't perform this operation on the secret because it was marked for deletion.";
            answered("InvalidRequestException", message, async |admin| admin.put(NAME).string("a").await)
                .await
        }),
        row("The KMS key of the secret cannot encrypt.", "", async {
            answered("EncryptionFailure", "", async |admin| admin.put(NAME).string("a").await).await
        }),
        row("The role may write the secret and may not use its KMS key.", "", async {
            let message = "Access to KMS is not allowed";
            answered("AccessDeniedException", message, async |admin| admin.put(NAME).string("a").await).await
        }),
        row("The resource policy is malformed or public.", "Correct the policy.", async {
            answered("PublicPolicyException", "", async |admin| admin.put(NAME).string("a").await).await
        }),
        row("The role may not create secrets.", "", async {
            answered("AccessDeniedException", "", async |admin| admin.create(NAME).string("a").await).await
        }),
        row("The secret to restore does not exist.", "", async {
            answered("ResourceNotFoundException", "", async |admin| admin.restore(NAME).await).await
        }),
        row("The answer to a change was lost.", "", async {
            answered("InternalServiceError", "", async |admin| admin.put(NAME).string("a").await).await
        }),
        row("The program writes an empty value.", "Write a value.", async {
            said(admin(&stub().await).put(NAME).string("").await)
        }),
        row("The program writes a value that it printed before.", "Write the real value.", async {
            said(admin(&stub().await).put(NAME).string("[REDACTED]").await)
        }),
        row("The value is larger than AWS allows.", "Store a shorter value, or several secrets.", async {
            said(admin(&stub().await).put(NAME).string("a".repeat(65_537)).await)
        }),
        row("A secret is created by its ARN.", "Pass its name.", async {
            said(
                admin(&stub().await)
                    .create("arn:aws:secretsmanager:eu-west-1:123456789012:secret:a-AbCdEf")
                    .string("a")
                    .await,
            )
        }),
        row("The token of the request has another form than a version id.", "Pass a UUID.", async {
            said(admin(&stub().await).put(NAME).client_request_token("1").string("a").await)
        }),
        row("The label holds a character that AWS does not allow.", "Correct the label.", async {
            said(admin(&stub().await).remove_stage(NAME, "my label").await)
        }),
        row("The id is not that of a version.", "List the ids: `Admin::versions`.", async {
            said(admin(&stub().await).promote(NAME, "the last one").await)
        }),
        row("The secret has had one version only.", "", async {
            said(admin(&stub().await).roll_back(NAME).await)
        }),
        row("The version that is read has no value.", "Write a value.", async {
            let stub = Stub::start().await;
            stub.put(NAME, "");
            said(admin(&stub).read(NAME).text().await)
        }),
        row("Another server answers without a password.", "Check `AWS_ENDPOINT_URL`.", async {
            let admin = Admin::from_secrets_manager(once(&crate::support::endpoint::answering(200, "{}")));
            said(admin.random_password().await)
        }),
        row("The recovery window is shorter or longer than AWS allows.", "Pass 7 to 30 days.", async {
            said(admin(&stub().await).delete(NAME).recovery_window(1).await)
        }),
        row("The password is shorter or longer than AWS allows.", "Pass a length from 1 to 4096.", async {
            said(admin(&stub().await).random_password().length(5000).await)
        }),
    ]
}

/// A rotator with one fault.
#[derive(Clone, Copy)]
enum Faulty {
    Refuses,
    Denied,
    Foreign,
    Value,
    Panics,
    Hangs,
}

impl Rotator for Faulty {
    async fn create_secret(
        &self,
        _: Option<&SecretValue>,
        _: RandomPassword<'_>,
    ) -> Result<SecretValue, RotatorError> {
        Ok(SecretValue::Text(Secret::from("second")))
    }

    async fn set_secret(&self, _: &RotationValues) -> Result<(), RotatorError> {
        match self {
            Self::Refuses => Ok(()),
            Self::Denied => {
                Err(RotatorError::new(ErrorKind::AccessDenied, "the service refuses both passwords"))
            }
            Self::Foreign => Err(std::fmt::Error.into()),
            Self::Value => Err(DecodeError::expected("a JSON object").found("binary data").into()),
            Self::Panics => panic!("a fault of the application"),
            Self::Hangs => std::future::pending().await,
        }
    }

    async fn test_secret(&self, _: &SecretValue) -> Result<TestOutcome, RotatorError> {
        Ok(TestOutcome::Refused)
    }
}

async fn rotated(rotator: impl Rotator) -> String {
    let stub = stub().await;
    let rotation = Rotation::new(admin(&stub), rotator).timeout(Duration::from_millis(200));
    said(rotation.rotate_now(NAME).await)
}

async fn handled(stub: &Stub, step: RotationStep) -> String {
    let event = RotationEvent::new(step, NAME, TOKEN);
    said(Rotation::new(admin(stub), Faulty::Refuses).handle(&event).await)
}

/// A secret whose rotation is enabled.
async fn enabled() -> Stub {
    let stub = stub().await;
    stub.set_dates(NAME, Duration::ZERO, Some(60.0));
    stub
}

fn rotations() -> Vec<Row> {
    vec![
        row("Secrets Manager was not told to rotate the secret.", "", async {
            handled(&stub().await, RotationStep::CreateSecret).await
        }),
        row("The event is about a version that another rotation has replaced.", "", async {
            handled(&enabled().await, RotationStep::CreateSecret).await
        }),
        row("The version of the event has another label.", "", async {
            let stub = enabled().await;
            stub.put_version(NAME, "blue", TOKEN, "second");
            handled(&stub, RotationStep::CreateSecret).await
        }),
        row("A step ran before `createSecret`.", "", async {
            let stub = enabled().await;
            stub.put_version(NAME, "AWSPENDING", TOKEN, "second");
            stub.fault(Fault::NotFound.on(Operation::Get));
            handled(&stub, RotationStep::TestSecret).await
        }),
        row("The service does not accept the new value.", "", rotated(Faulty::Refuses)),
        row(
            "The rotator's service refuses all known values.",
            "Set one of the known values in the service.",
            rotated(Faulty::Denied),
        ),
        row("The same, and the role may not list the versions.", "", async {
            let stub = stub().await;
            stub.fault(Fault::Denied.on(Operation::Other("ListSecretVersionIds".to_owned())));
            said(Rotation::new(admin(&stub), Faulty::Denied).rotate_now(NAME).await)
        }),
        row(
            "A client of the rotator fails. Its text may hold a value and is dropped.",
            "Return a `RotatorError` with a reason.",
            rotated(Faulty::Foreign),
        ),
        row(
            "The secret does not have the form that the rotator reads.",
            "Correct the secret.",
            rotated(Faulty::Value),
        ),
        row("The rotator panics.", "", rotated(Faulty::Panics)),
        row("The rotator does not answer.", "", rotated(Faulty::Hangs)),
        row(
            "`RandomToken` would replace a JSON document.",
            "Name the key of the token: `RandomToken::key`.",
            async {
                let stub = Stub::start().await;
                stub.put(NAME, r#"{"token": "first"}"#);
                said(Rotation::new(admin(&stub), RandomToken::new()).rotate_now(NAME).await)
            },
        ),
        row("The JSON document has no such key.", "Correct the key of `RandomToken::key`.", async {
            let stub = Stub::start().await;
            stub.put(NAME, r#"{"token": "first"}"#);
            said(Rotation::new(admin(&stub), RandomToken::new().key("tokn")).rotate_now(NAME).await)
        }),
        row("No version of the secret is current.", "Store the document first.", async {
            let stub = Stub::start().await;
            stub.put_version(NAME, "AWSPREVIOUS", "61f72378-6a5d-4dc7-8fd8-29e4319f482a", "first");
            said(Rotation::new(admin(&stub), RandomToken::new().key("token")).rotate_now(NAME).await)
        }),
    ]
}

/// A secret as RDS has it, with one part replaced.
fn document(part: &str, by: &str) -> String {
    let document =
        r#"{"engine": "postgres", "host": "127.0.0.1", "port": 1, "username": "shop", "password": "first"}"#;
    assert!(document.contains(part), "{part}");
    document.replacen(part, by, 1)
}

async fn postgres(document: &str, rotator: PostgresRotator) -> String {
    let stub = Stub::start().await;
    stub.put(NAME, document);
    let rotator = rotator.timeout(Duration::from_millis(500));
    said(Rotation::new(admin(&stub), rotator).rotate_now(NAME).await)
}

async fn login(part: &str, by: &str) -> String {
    postgres(&document(part, by), PostgresRotator::single_user()).await
}

fn logins() -> Vec<Row> {
    vec![
        row(
            "The secret is not JSON.",
            "Store a JSON object as RDS has it.",
            postgres("hunter2", PostgresRotator::single_user()),
        ),
        row(
            "The secret is about another database.",
            "Use a rotator for that database.",
            login("\"postgres\"", "\"mysql\""),
        ),
        row("The port is not a number.", "Correct it.", login("1,", "\"db\",")),
        row("The secret has no host.", "Add `host`.", login("\"host\"", "\"server\"")),
        row("The secret has no user.", "Add `username`.", login("\"username\"", "\"user\"")),
        row("The secret has no password.", "Add `password`.", login("\"password\"", "\"pass\"")),
        row(
            "The password holds a zero byte.",
            "Store another password.",
            login("\"first\"", "\"fi\\u0000rst\""),
        ),
        row("The name of the user is too long.", "Rename the role.", async {
            login("\"shop\"", &format!("\"{}\"", "s".repeat(64))).await
        }),
        row(
            "A member of the JSON is not a text.",
            "Write it in quotes.",
            login("\"127.0.0.1\"", "[\"127.0.0.1\"]"),
        ),
        row("`sslmode` is misspelled.", "", login("\"port\"", "\"sslmode\": \"maybe\", \"port\"")),
        row(
            "The secret requires TLS, and the rotator has none.",
            "",
            login("\"port\"", "\"sslmode\": \"require\", \"port\""),
        ),
        row("The name of the host cannot be resolved.", "", login("127.0.0.1", "postgres.invalid")),
        row(
            "Nothing listens at the address, or a firewall drops the connection.",
            "",
            login("\"port\"", "\"port\""),
        ),
    ]
}

/// The port of a server that answers each message of a client with the next of these.
fn server(answers: &'static [&'static [u8]]) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for mut connection in listener.incoming().flatten() {
            for answer in answers {
                // The client may leave at any time.
                let _ = connection.read(&mut [0; 1024]);
                let _ = connection.write_all(answer);
            }
        }
    });
    port
}

async fn with_server(answers: &'static [&'static [u8]], rotator: PostgresRotator) -> String {
    postgres(&document("\"port\": 1", &format!("\"port\": {}", server(answers))), rotator).await
}

fn with_tls() -> PostgresRotator {
    let config = ClientConfig::builder_with_provider(std::sync::Arc::new(
        rustls::crypto::aws_lc_rs::default_provider(),
    ));
    let config = config.with_safe_default_protocol_versions().unwrap();
    let config = config.with_root_certificates(RootCertStore::empty()).with_no_client_auth();
    PostgresRotator::single_user().tls(MakeRustlsConnect::new(config))
}

const SASL: &[u8] = b"R\0\0\0\x17\0\0\0\x0aSCRAM-SHA-256\0\0";

fn servers() -> Vec<Row> {
    vec![
        row(
            "The server accepts none of the passwords that the secret has had.",
            "Set one of them: `ALTER ROLE .. PASSWORD ..`.",
            async {
                with_server(&[b"E\0\0\0\x1eSFATAL\0VFATAL\0C28P01\0Mno\0\0"], PostgresRotator::single_user())
                    .await
            },
        ),
        row("The server has too many connections.", "Raise `max_connections`, or retry later.", async {
            with_server(&[b"E\0\0\0\x1eSFATAL\0VFATAL\0C53300\0Mno\0\0"], PostgresRotator::single_user())
                .await
        }),
        row("`pg_hba.conf` does not allow the login.", "", async {
            with_server(&[b"E\0\0\0\x1eSFATAL\0VFATAL\0C28000\0Mno\0\0"], PostgresRotator::single_user())
                .await
        }),
        row("The server wants a login that is not SCRAM or MD5, such as Kerberos.", "", async {
            with_server(&[b"R\0\0\0\x08\0\0\0\x07"], PostgresRotator::single_user()).await
        }),
        row("Another server answers, and does not know the password.", "", async {
            let impostor: &[u8] = b"R\0\0\0\x20\0\0\0\x0br=another,s=c2FsdA==,i=4096";
            let answers: &'static [&'static [u8]] = Box::leak(Box::new([SASL, impostor]));
            with_server(answers, PostgresRotator::single_user()).await
        }),
        row("The server speaks no TLS.", "", async { with_server(&[b"N"], with_tls()).await }),
        row("The server's certificate is not trusted, or it is not a PostgreSQL.", "", async {
            with_server(&[b"S", b"HTTP/1.1 400 Bad Request\r\n\r\n"], with_tls()).await
        }),
        row("The server does not answer.", "Check that the network allows the connection.", async {
            // Connections wait in the queue of the listener.
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            let port = format!("\"port\": {}", listener.local_addr().unwrap().port());
            postgres(&document("\"port\": 1", &port), PostgresRotator::single_user()).await
        }),
        row("The host of the secret is a replica.", "", async {
            with_server(&[b"E\0\0\0\x1eSFATAL\0VFATAL\0C25006\0Mno\0\0"], PostgresRotator::single_user())
                .await
        }),
    ]
}
