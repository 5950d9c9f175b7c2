//! The main paths of the loader against `LocalStack`, whose ARNs are like AWS's.

use harness::emulator::localstack;
use secrets_runtime::{ErrorKind, SecretConfig};

use super::configs::{Everything, Trio, Versions};
use super::seed::Corner;
use crate::support::{kinds, places};

macro_rules! corner {
    ($test:literal) => {{
        let Some(localstack) = localstack($test) else { return };
        Corner::new(localstack, $test)
    }};
}

#[tokio::test]
async fn a_config_of_every_kind_of_field_is_filled() {
    let corner = corner!("a-config-of-every-kind-of-field-is-filled");
    corner.text("text", "a").await;
    corner.text("number", "7").await;
    corner.binary("blob", &[0xff, 0x00]).await;
    corner.binary("utf8", "é".as_bytes()).await;
    corner.text("list", r#"["a"]"#).await;
    corner.text("db", r#"{"password": "p", "port": 5432, "options": {"pin": "0"}}"#).await;
    corner.text("backup/password", "mail").await;
    corner.text("rds/main", r#"{"username": "u", "password": "q", "port": 3306}"#).await;
    let secrets = corner.secrets(&[("SMTP_PASSWORD", "of env")]).build().unwrap();
    let config = Everything::load_from(&secrets).await.unwrap();
    assert_eq!((config.text.expose_secret().as_str(), config.number.expose_secret()), ("a", &7));
    assert_eq!(config.blob.expose_secret(), &[0xff, 0x00]);
    assert_eq!((config.utf8.expose_secret().as_str(), config.pin.expose_secret().as_str()), ("é", "0"));
    assert!(config.absent.is_none());
    assert_eq!(config.list.expose_secret(), &["a"]);
    assert_eq!((config.password.expose_secret().as_str(), config.db_port), ("p", 5432));
    assert_eq!(config.smtp.password.expose_secret(), "of env");
    assert_eq!(config.backup.unwrap().password.expose_secret(), "mail");
    assert_eq!((config.rds.username.expose_secret().as_str(), config.rds.port), ("u", 3306));
    assert_eq!((config.rds.password.expose_secret().as_str(), config.port), ("q", 8080));
}

#[tokio::test]
async fn versions_are_told_apart_by_their_labels() {
    let corner = corner!("versions-are-told-apart-by-their-labels");
    corner.text("key", "1").await;
    corner.put("key", "2").await;
    corner.put_as("key", "3", "blue").await;
    let config = Versions::load_from(&corner.secrets(&[]).build().unwrap()).await.unwrap();
    let values = [&config.current, &config.previous, &config.blue];
    assert_eq!(values.map(|value| value.expose_secret().as_str()), ["2", "1", "3"]);
    assert!(config.green.is_none());
}

#[tokio::test]
async fn what_is_missing_or_marked_for_deletion_is_said_to_be() {
    let corner = corner!("what-is-missing-or-marked-for-deletion");
    corner.text("one", "1").await;
    corner.text("two", "2").await;
    corner.delete("two").await;
    let error = Trio::load_from(&corner.secrets(&[]).build().unwrap()).await.unwrap_err();
    assert_eq!(kinds(&error), [("two", ErrorKind::PendingDeletion), ("three", ErrorKind::Missing)]);
    let three = format!("aws {}: ResourceNotFoundException", corner.name("three"));
    assert_eq!(places(&error, "three"), [three, "env THREE: not set".to_owned()]);
}

#[tokio::test]
async fn a_secret_is_found_by_its_arn_with_and_without_the_suffix() {
    let corner = corner!("a-secret-is-found-by-its-arn");
    let arn = corner.text("key", "k").await;
    let (partial, _) = arn.rsplit_once('-').unwrap();
    let secrets = corner.secrets(&[]).build().unwrap();
    for id in [&arn, partial, "key"] {
        assert_eq!(secrets.request(id).bypass_cache().await.unwrap().expose_secret(), "k", "{id}");
    }
}
