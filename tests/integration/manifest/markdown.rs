//! Markdown, read by a parser that nobody here wrote.

use harness::python::python;
use secrets_runtime::manifest::Manifest;
use secrets_runtime::{Environment, SecretConfig};

use super::configs::{Hostile, Plain, Shop};

#[test]
fn the_runbook_has_the_settings_the_secrets_and_the_commands() {
    let markdown = Shop::manifest().to_markdown();
    for line in [
        "# Settings of Shop in production",
        "| `database_url` | Postgres connection string. | `Secret<String>` | yes | `shop/production/database-url` | `DATABASE_URL` |",
        "| `signing_key_before` | Still accepted for sessions that are older than the key. | `Option<Secret<String>>` | optional \
         | `shop/production/jwt @ AWSPREVIOUS` | `JWT_BEFORE` |",
        "| `mail_password` |  | `Secret<String>` | yes | `shop/production/mail → password` | `MAIL_PASSWORD`, then `SMTP_PASSWORD`, \
         then its key in the JSON of `MAIL` |",
        "| `port` |  | `u16` | default `8080` | – | `PORT` |",
        "| `shop/production/jwt` | `AWSCURRENT`, `AWSPREVIOUS` | – | `signing_key`, `signing_key_before` |",
        "Where a variable `X` is not set, `X_FILE` may name the file that holds its value.",
        "aws secretsmanager put-secret-value --secret-id NAME --secret-string file://value",
    ] {
        assert!(markdown.contains(line), "{line}\n{markdown}");
    }
    let plain = Plain::manifest().to_markdown();
    assert!(!plain.contains("## Secrets") && !plain.contains("aws "), "{plain}");
}

/// The tables as a reader sees them.
fn tables(manifest: &Manifest, test: &str) -> Option<Vec<Vec<Vec<String>>>> {
    let python = python(test)?;
    let tables = python.run(include_str!("tables.py"), &[], &manifest.to_markdown()).unwrap();
    Some(serde_json::from_str(&tables).unwrap())
}

#[test]
fn tables_survive_whatever_the_documentation_holds() {
    let manifest = Hostile::manifest();
    let Some(tables) = tables(&manifest, "tables of Markdown survive whatever the documentation holds")
    else {
        return;
    };
    let [settings, secrets] = tables.as_slice() else { panic!("{tables:?}") };
    assert!(settings.iter().all(|row| row.len() == 6), "{settings:?}");
    assert_eq!(settings.len(), manifest.settings().len() + 1);
    assert!(settings[1][1].starts_with("A | bar, a | b, an unclosed "), "{settings:?}");
    assert!(settings[1][1].ends_with("# !Sub ${AWS::Region}"), "{settings:?}");
    assert_eq!(settings[3][4], "2fa/a-b-2 → /x.y/a|b`c");
    assert_eq!(settings[6][3].trim_end(), "default a'b\\c \"d\" $E # `f` |");
    assert_eq!(settings[7][3], "default Vec::from([\"a|b\".to_owned()])");
    assert!(secrets.iter().all(|row| row.len() == 4), "{secrets:?}");
    assert_eq!(secrets[3][2], "/x.y/a|b`c");
}

#[test]
fn the_checklist_names_what_there_is_to_do() {
    let checklist = Shop::manifest().in_environment(&Environment::STAGING).to_checklist();
    for line in [
        "# Before Shop starts in staging",
        "- [ ] `shop/staging/database-url` has its value",
        "- [ ] `shop/staging/mail` has its value, JSON with `password`, `port`",
        "- [ ] `shop/staging/sentry-dsn` has its value (optional)",
        "- [ ] `ENVIRONMENT=staging` is set: without it the service takes itself for `development`",
        "## Monitoring",
        "## Rotation",
    ] {
        assert!(checklist.contains(line), "{line}\n{checklist}");
    }
    let plain = Plain::manifest().to_checklist();
    assert!(!plain.contains("Secrets Manager") && plain.contains("`ENVIRONMENT=production`"), "{plain}");
}
