//! Migrates a `.env` file that was not written for this crate.

use secrets_runtime::migration::{EnvFile, MigrationOutcome};
use secrets_runtime::{Secret, SecretConfig};

use super::Corner;
use crate::support::example::root;

#[derive(Debug, SecretConfig)]
struct Shop {
    database_url: Secret<String>,
    #[secret(name = "smtp", key = "host", env = "SMTP_HOST", plain)]
    smtp_host: String,
    #[secret(name = "smtp", key = "user", env = "SMTP_USER", plain)]
    smtp_user: String,
    #[secret(name = "smtp", key = "password", env = "SMTP_PASSWORD")]
    smtp_password: Secret<String>,
    #[secret(name = "smtp", key = "from", env = "SMTP_FROM", plain)]
    smtp_from: String,
    jwt_secret: Secret<String>,
    signing_key: Secret<String>,
    stripe_publishable: Secret<String>,
    stripe_secret: Secret<String>,
    indented_token: Secret<String>,
    sentry_dsn: Option<Secret<String>>,
    empty: Option<Secret<String>>,
    escaped: Secret<String>,
    twice: Secret<String>,
    unicode: Secret<String>,
    trailing: Secret<String>,
    #[secret(default = 8080)]
    port: u16,
    #[secret(default = "info", plain)]
    log_level: String,
    database_pool: u16,
}

#[tokio::test]
async fn it_is_migrated_and_its_bad_line_is_named_by_its_number() {
    let test = "it_is_migrated_and_its_bad_line_is_named_by_its_number";
    let Some(moto) = harness::emulator::moto(test) else { return };
    let corner = Corner::new(moto, test);
    let path = root().join("tests/integration/migration/foreign_file.env");
    let content = std::fs::read_to_string(&path).unwrap();
    assert_eq!(content.lines().count(), 40);
    let bad = content.lines().position(|line| line.starts_with("SENTRY DSN")).unwrap() + 1;
    let file = EnvFile::read(&path).unwrap();
    let plan = corner.migration::<Shop>().plan(&corner.admin, &file).await.unwrap();
    let lines: Vec<String> = plan.bad_lines().iter().map(ToString::to_string).collect();
    assert_eq!(lines, [format!("line {bad}: not of the form KEY=value")]);
    assert!(plan.to_string().contains(&format!("\nLines that cannot be read:\n  line {bad}: ")), "{plan}");
    assert_eq!(plan.unknown(), ["APP_NAME", "LEGACY_FLAG"]);
    assert_eq!(plan.variables(), ["PORT", "LOG_LEVEL", "DATABASE_POOL"]);
    assert_eq!(plan.missing().count(), 0);
    assert!(plan.has_findings());
    let migrated = plan.apply(&corner.admin).await.unwrap();
    assert_eq!(migrated.to_string(), "11 created, 0 written, 0 unchanged");
    for (name, expected) in [
        ("database-url", "postgres://shop:p%40ss@db.internal:5432/shop?sslmode=require"),
        (
            "smtp",
            r#"{"host":"mail.example.com","user":"shop@example.com","password":"its \"quoted\" # and not a comment","from":"Shop <shop@mail.example.com>"}"#,
        ),
        ("jwt-secret", "line one\nline two # not a comment\nline three"),
        (
            "signing-key",
            "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIE9uZSBleGFtcGxlIGFuZCBubyBrZXk=\n-----END PRIVATE KEY-----",
        ),
        ("stripe-publishable", "pk_example"),
        ("stripe-secret", "sk_example with spaces"),
        ("indented-token", "spaced"),
        ("escaped", "a\"b\\c$d\ne"),
        ("twice", "last"),
        ("unicode", "größe"),
        ("trailing", "value"),
    ] {
        assert_eq!(corner.value(name).await.as_deref(), Some(expected), "{name}");
    }
    assert_eq!(corner.value("empty").await, None);
    let state = corner.state().await;
    let again = corner.migration::<Shop>().plan(&corner.admin, &file).await.unwrap();
    assert!(!again.has_writes());
    let report = again.apply(&corner.admin).await.unwrap();
    assert_eq!(report.ids(MigrationOutcome::Created).count(), 0);
    assert_eq!(corner.state().await, state);
}
