//! Compares the README with the program. Its Rust code is tested with the documentation of `secrets-runtime`, and its table
//! of attributes in `secrets-derive`.

use secrets_runtime::source::SourceError;
use secrets_runtime::{Env, ErrorKind, Secret, SecretConfig};

use crate::support::example::{examples, metadata, package, root};
use crate::support::production;
use crate::support::sources::{Store, chain};

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap()
}

/// The text between `start` and the next `end`.
fn part<'a>(text: &'a str, start: &str, end: &str) -> &'a str {
    let (_, rest) = text.split_once(start).unwrap_or_else(|| panic!("no {start:?}"));
    rest.split_once(end).unwrap_or_else(|| panic!("no {end:?} after {start:?}")).0
}

#[test]
fn it_names_every_feature_and_the_oldest_compiler() {
    let readme = read("README.md");
    let table = part(&readme, "## Features and versions", "\n## ");
    let metadata = metadata();
    let runtime = package(&metadata, "secrets-runtime");
    let features = runtime["features"].as_object().unwrap().keys().filter(|name| *name != "default");
    for name in features {
        assert!(table.contains(&format!("`{name}`")), "{name}");
    }
    let version = runtime["rust_version"].as_str().unwrap();
    assert!(table.contains(&format!("minimum supported Rust version is {version}")), "{version}");
}

#[test]
fn it_names_every_example_and_the_two_commands() {
    let readme = read("README.md");
    for name in examples() {
        assert!(readme.contains(&format!("\n| `{name}` |")), "{name}");
    }
    for command in
        ["\ncargo run -p examples --example quickstart ", "\ncargo test ", "SKIP_AWS_TESTS=true cargo test"]
    {
        assert!(readme.contains(command), "{command}");
    }
}

#[test]
fn every_file_that_it_names_is_there() {
    let readme = read("README.md");
    let named: Vec<&str> = readme.split_whitespace().filter(|word| word.starts_with("tests/")).collect();
    assert!(!named.is_empty());
    for path in named {
        assert!(root().join(path).exists(), "{path}");
    }
}

#[test]
fn the_permissions_that_it_asks_for_are_json_and_no_more_than_is_needed() {
    let readme = read("README.md");
    let policy: serde_json::Value = serde_json::from_str(part(&readme, "```json\n", "```")).unwrap();
    let statements = policy["Statement"].as_array().unwrap();
    let actions: Vec<&str> =
        statements.iter().map(|statement| statement["Action"].as_str().unwrap()).collect();
    assert_eq!(
        actions,
        ["secretsmanager:GetSecretValue", "secretsmanager:BatchGetSecretValue", "kms:Decrypt"]
    );
    let everywhere: Vec<&str> =
        statements.iter().filter(|s| s["Resource"] == "*").map(|s| s["Action"].as_str().unwrap()).collect();
    assert_eq!(everywhere, ["secretsmanager:BatchGetSecretValue"]);
}

#[derive(Debug, SecretConfig)]
#[secret(prefix = "shop/{environment}")]
struct AppConfig {
    /// Postgres connection string.
    database_url: Secret<String>,
    #[secret(name = "jwt")]
    jwt_secret: Secret<String>,
    #[secret(default = 8080)]
    port: u16,
    #[secret(default = "info", plain)]
    log_level: String,
    sentry_dsn: Option<Secret<String>>,
}

/// As Secrets Manager advises; its own words are held to account where it is asked.
const CREATE: &str = "aws secretsmanager create-secret --region eu-west-1 --name shop/production/database-url --secret-string file://value";
const ALLOW: &str = "allow secretsmanager:GetSecretValue on it, and see that it exists";

#[tokio::test]
async fn the_report_that_it_shows_is_the_one_that_is_printed() {
    let denied = SourceError::new(ErrorKind::AccessDenied)
        .with_code("AccessDeniedException")
        .with_request_id("7c0e5f8c-9f3d-4c55-8ea3-2f4e2ad61a8b")
        .with_help(ALLOW);
    let absent = secrets_runtime::source::Answer::missing_because("ResourceNotFoundException");
    let store = Store::new("aws")
        .answering("shop/production/jwt", denied)
        .answering("shop/production/database-url", absent)
        .with_help(CREATE)
        .with_target("region eu-west-1");
    let env = Env::from_iter([("DATABSE_URL", "postgres://localhost/shop"), ("PORT", "http")]);
    let secrets = production().sources(chain([Box::new(store), Box::new(env)])).build().unwrap();
    let error = AppConfig::load_from(&secrets).await.unwrap_err();
    assert_eq!(part(&read("README.md"), "```text\n", "```"), error.to_string());
}
