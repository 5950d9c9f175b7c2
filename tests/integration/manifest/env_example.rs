//! `.env.example`, read back as a `.env`.

use secrets_runtime::{DotEnv, ErrorKind, Secret, SecretConfig};

use super::configs::{Hostile, Shop};
use crate::support::folder::Folder;
use crate::support::{kinds, production};

#[test]
fn what_is_needed_is_empty_and_what_is_not_is_commented_out() {
    assert_eq!(
        Shop::manifest().to_env_example(),
        "\
# The environment variables of Shop. For development, copy this file to .env and fill it in.
# A value with spaces, quotes or a backslash goes into single quotes: KEY='the value'. `$` is literal.

# Postgres connection string.
# Secret<String>
DATABASE_URL=

# Signs the sessions.
# Secret<String>
JWT=

# Still accepted for sessions that are older than the key.
# Option<Secret<String>>, optional
# The previous version: here, the value before the last rotation, in a variable of its own
# JWT_BEFORE=

# Secret<String>
# Still read under its older name: SMTP_PASSWORD
MAIL_PASSWORD=

# u16, with a default
# MAIL_PORT=25

# The database user.
# Secret<String>
RDS_USERNAME=

# Secret<String>
RDS_PASSWORD=

# Where errors are reported.
# Option<Secret<String>>, optional
# SENTRY_DSN=

# u16, with a default
# PORT=8080

# String, with a default
# LOG_LEVEL=info
"
    );
}

#[tokio::test]
async fn as_it_is_it_says_nothing() {
    let folder = Folder::new();
    let file = folder.write(".env", Shop::manifest().to_env_example());
    let secrets = production().sources([DotEnv::at(file)]).build().unwrap();
    let error = Shop::load_from(&secrets).await.unwrap_err();
    let missing = ["database_url", "signing_key", "mail_password", "rds.username", "rds.password"];
    assert_eq!(kinds(&error), missing.map(|path| (path, ErrorKind::Missing)));
    assert!(error.problems().is_empty(), "every line is read: {error}");
}

#[tokio::test]
async fn filled_in_it_is_a_config() {
    let folder = Folder::new();
    let filled = Shop::manifest().to_env_example().replace("=\n", "=value\n");
    let file = folder.write(".env", filled);
    let secrets = production().sources([DotEnv::at(file)]).build().unwrap();
    let config = Shop::load_from(&secrets).await.unwrap();
    assert_eq!(config.rds.password.expose_secret(), "value");
    assert_eq!((config.port, config.log_level.as_str()), (8080, "info"));
    assert!(config.sentry_dsn.is_none(), "what is commented out stays so");
}

#[tokio::test]
async fn documentation_and_defaults_of_any_kind_are_read_back() {
    let example = Hostile::manifest().to_env_example();
    // Defaults are values as they stand.
    let filled: String = example
        .lines()
        .map(|line| match line.strip_prefix("# TEXT=") {
            Some(value) => format!("TEXT={value}\n"),
            // The whole JSON is refused where one key of it belongs.
            None if line == "THIRD=" => "THIRD='a|b`c'\n".to_owned(),
            None => format!("{line}\n").replace("=\n", "='{\"x.y\": {\"a|b`c\": 1}}'\n"),
        })
        .collect();
    let folder = Folder::new();
    let file = folder.write(".env", &filled);
    let secrets = production().sources([DotEnv::at(file)]).build().unwrap();
    let config = Hostile::load_from(&secrets).await.unwrap_or_else(|error| panic!("{error}\n{filled}"));
    assert_eq!(config.text, "a'b\\c \"d\" $E # `f` | \n");
    assert!(
        example.contains(
            "\n# Vec<String>, default: Vec::from([\"a|b\".to_owned()])\n# A list, as a JSON array: "
        ),
        "{example}"
    );
}

#[test]
fn the_form_of_a_value_is_shown_by_an_example() {
    #[derive(SecretConfig)]
    #[allow(dead_code)]
    struct Config {
        origins: Vec<u16>,
        #[secret(separator = ",", plain)]
        hosts: Vec<String>,
        #[secret(json, plain)]
        limits: std::collections::BTreeMap<String, u16>,
        timeout: std::time::Duration,
        pause: Option<std::time::Duration>,
        enabled: bool,
        key: Secret<Vec<u8>>,
        #[secret(name = "jwt", stage = "AWSPREVIOUS", env = "BEFORE")]
        before: Option<Secret<String>>,
    }
    let example = Config::manifest().to_env_example();
    for (variable, form) in [
        ("ORIGINS", "A list, as a JSON array: '[\"one\", \"two\"]'"),
        ("HOSTS", "A list: the elements with \",\" between them, or a JSON array"),
        ("LIMITS", "JSON, such as '{\"key\": \"value\"}'"),
        ("TIMEOUT", "A time with its unit: 500ms, 30s, 1h 30m"),
        ("# PAUSE", "A time with its unit: 500ms, 30s, 1h 30m"),
        ("ENABLED", "true or false"),
        ("KEY", "Secret<Vec<u8>>"),
        (
            "# BEFORE",
            "The previous version: here, the value before the last rotation, in a variable of its own",
        ),
    ] {
        assert!(example.contains(&format!("\n# {form}\n{variable}=")), "{variable}: {example}");
    }
    assert!(example.contains("KEY='the value'"));
}

#[test]
fn what_may_be_empty_is_commented_out_since_an_empty_line_would_be_its_value() {
    #[derive(SecretConfig)]
    #[allow(dead_code)]
    struct Config {
        #[secret(allow_empty)]
        salt: Secret<String>,
    }
    let example = Config::manifest().to_env_example();
    assert!(example.ends_with("\n# Secret<String>, may be empty\n# SALT=\n"), "{example}");
}

#[test]
fn what_no_variable_holds_is_left_out() {
    #[derive(SecretConfig)]
    #[secret(sources(aws))]
    #[allow(dead_code)]
    struct Config {
        token: Secret<String>,
    }
    assert!(!Config::manifest().to_env_example().contains("TOKEN"));
}

#[test]
fn long_documentation_is_wrapped() {
    #[derive(SecretConfig)]
    #[allow(dead_code)]
    struct Config {
        #[doc = "word word word word word word word word word word word word word word word word word word word word word word"]
        token: Secret<String>,
    }
    let example = Config::manifest().to_env_example();
    assert!(example.lines().all(|line| line.len() <= 102), "{example}");
    assert_eq!(example.lines().filter(|line| line.starts_with("# word")).count(), 2, "{example}");
}
