//! Every path of the loader against moto.

use harness::emulator::moto;
use secrets_runtime::{ErrorKind, Fallback, Redacted, Secret, SecretConfig, SecretValue};

use super::configs::{Everything, Trio, Versions};
use super::seed::Corner;
use crate::support::aws::{options, target};
use crate::support::events::Events;
use crate::support::{failures, kinds, places};

macro_rules! corner {
    ($test:literal) => {{
        let Some(moto) = moto($test) else { return };
        Corner::new(moto, $test)
    }};
}

#[tokio::test]
async fn a_config_of_every_kind_of_field_is_filled() {
    let corner = corner!("a-config-of-every-kind-of-field-is-filled");
    corner.text("text", " a,\"b\"\né").await;
    corner.text("number", "12345678901234567890").await;
    corner.binary("blob", &[0xff, 0x00, 0x0a]).await;
    corner.binary("utf8", "é".as_bytes()).await;
    corner.text("list", r#"["a", "b"]"#).await;
    corner.text("db", r#"{"password": "p", "port": "5432", "options": {"pin": 0}}"#).await;
    corner.text("smtp/password", "mail").await;
    corner.text("rds/main", r#"{"username": "u", "password": "q\n", "port": 3306, "engine": "mysql"}"#).await;
    let secrets = corner.secrets(&[("PORT", "9090")]).build().unwrap();
    let config = Everything::load_from(&secrets).await.unwrap();
    assert_eq!(config.text.expose_secret(), " a,\"b\"\né");
    assert_eq!(config.number.expose_secret(), &12_345_678_901_234_567_890);
    assert_eq!(config.blob.expose_secret(), &[0xff, 0x00, 0x0a]);
    assert_eq!(config.utf8.expose_secret(), "é");
    assert!(config.absent.is_none() && config.backup.is_none());
    assert_eq!(config.list.expose_secret(), &["a", "b"]);
    assert_eq!((config.password.expose_secret().as_str(), config.db_port), ("p", 5432));
    assert_eq!(config.pin.expose_secret(), "0");
    assert_eq!(config.smtp.password.expose_secret(), "mail");
    let rds = config.rds;
    assert_eq!(
        (rds.username.expose_secret().as_str(), rds.password.expose_secret().as_str(), rds.port),
        ("u", "q\n", 3306)
    );
    assert_eq!(config.port, 9090);
}

#[tokio::test]
async fn a_variable_names_a_secret_by_name_by_arn_and_in_the_form_of_ecs() {
    #[derive(Debug, SecretConfig)]
    #[secret(id_env = "DB_SECRET_ARN")]
    struct Database {
        password: Secret<String>,
    }
    #[derive(Debug, SecretConfig)]
    struct Password {
        #[secret(id_env = "DB_SECRET_ARN")]
        password: Secret<String>,
    }
    let corner = corner!("a-variable-names-a-secret");
    let arn = corner.text("db", r#"{"password": "1"}"#).await;
    corner.put("db", r#"{"password": "2"}"#).await;
    for (reference, password) in [
        (arn.clone(), "2"),
        (corner.name("db"), "2"),
        (format!("{arn}:::"), "2"),
        (format!("{arn}::AWSPREVIOUS:"), "1"),
    ] {
        let secrets = corner.secrets(&[("DB_SECRET_ARN", &reference)]).build().unwrap();
        let config = Database::load_from(&secrets).await.unwrap();
        assert_eq!(config.password.expose_secret(), password, "{reference}");
    }
    let reference = format!("{arn}:password:AWSPREVIOUS:");
    let secrets = corner.secrets(&[("DB_SECRET_ARN", &reference)]).build().unwrap();
    assert_eq!(Password::load_from(&secrets).await.unwrap().password.expose_secret(), "1");
    let foreign = arn.replace("arn:aws:", "arn:aws-cn:").replace("us-east-1", "cn-north-1");
    let secrets = corner.secrets(&[("DB_SECRET_ARN", &foreign)]).build().unwrap();
    let error = Database::load_from(&secrets).await.unwrap_err();
    assert_eq!(kinds(&error), [("password", ErrorKind::Configuration)]);
    assert!(error.to_string().contains("the ARN is of another AWS partition than the region"), "{error}");
    let absent = arn.replace("/db-", "/absent-");
    let secrets = corner.secrets(&[("DB_SECRET_ARN", &absent)]).build().unwrap();
    let error = Database::load_from(&secrets).await.unwrap_err();
    assert_eq!(kinds(&error), [("password", ErrorKind::Missing)]);
    assert!(error.to_string().contains(&absent), "{error}");
}

#[tokio::test]
async fn versions_are_told_apart_by_their_labels() {
    let corner = corner!("versions-are-told-apart-by-their-labels");
    corner.text("key", "1").await;
    corner.put("key", "2").await;
    corner.put_as("key", "3", "blue").await;
    corner.put("key", "4").await;
    let config = Versions::load_from(&corner.secrets(&[]).build().unwrap()).await.unwrap();
    let values = [&config.current, &config.previous, &config.blue];
    assert_eq!(values.map(|value| value.expose_secret().as_str()), ["4", "2", "3"]);
    assert!(config.green.is_none());
}

#[tokio::test]
async fn a_version_is_found_by_its_id() {
    // moto takes the token of a request for the id of the version that it makes.
    const ID: &str = "4d9ac9b5-7e1b-4a6e-8d9c-5f2b6a1c0e3d";

    #[derive(Debug, SecretConfig)]
    struct Config {
        #[secret(name = "key", version_id = "4d9ac9b5-7e1b-4a6e-8d9c-5f2b6a1c0e3d")]
        first: Secret<String>,
        #[secret(name = "key", env = "OTHER", version_id = "00000000-0000-4000-8000-000000000000")]
        other: Option<Secret<String>>,
    }
    let corner = corner!("a-version-is-found-by-its-id");
    corner.text_as("key", "1", ID).await;
    corner.put("key", "2").await;
    let config = Config::load_from(&corner.secrets(&[]).build().unwrap()).await.unwrap();
    assert_eq!(config.first.expose_secret(), "1");
    assert!(config.other.is_none());
}

#[tokio::test]
async fn what_is_missing_is_reported_with_every_place_and_the_next_step() {
    let corner = corner!("what-is-missing-is-reported");
    corner.text("two", "2").await;
    let error = Trio::load_from(&corner.secrets(&[("ONES", "1")]).build().unwrap()).await.unwrap_err();
    let (target, options) = (target(corner.url()), options(corner.url()));
    let (one, three) = (corner.name("one"), corner.name("three"));
    let width = three.len();
    let expected = format!(
        "2 of 3 settings of Trio could not be loaded (environment: production)\n\
         {target}\n\
         \x20 one     missing\n\
         \x20   aws  {one}   ResourceNotFoundException\n\
         \x20   env  {:one_width$}   not set (did you mean ONES?)\n\
         \x20   help: aws secretsmanager create-secret {options} --name {one} --secret-string file://value\n\
         \x20   help: end the file without a line break, which would be part of the value (`printf %s` writes none, `echo` does)\n\n\
         \x20 three   missing\n\
         \x20   aws  {three}   ResourceNotFoundException\n\
         \x20   env  {:width$}   not set\n\
         \x20   help: aws secretsmanager create-secret {options} --name {three} --secret-string file://value\n",
        "ONE",
        "THREE",
        one_width = one.len(),
    );
    assert_eq!(error.to_string(), expected);
}

#[tokio::test]
async fn what_is_marked_for_deletion_is_said_to_be() {
    let corner = corner!("what-is-marked-for-deletion-is-said-to-be");
    for name in ["one", "two", "three"] {
        corner.text(name, name).await;
    }
    corner.delete("two").await;
    let error = Trio::load_from(&corner.secrets(&[("TWO", "not taken")]).build().unwrap()).await.unwrap_err();
    assert_eq!(kinds(&error), [("two", ErrorKind::PendingDeletion)]);
    assert!(places(&error, "two")[0].contains("InvalidRequestException: marked for deletion"), "{error}");
    let (options, name) = (options(corner.url()), corner.name("two"));
    let help = format!("aws secretsmanager restore-secret {options} --secret-id {name}");
    assert_eq!(error.fields()[0].help(), [help]);
    let error = corner.secrets(&[]).build().unwrap().get("two").await.unwrap_err();
    assert_eq!(kinds(&error), [("two", ErrorKind::PendingDeletion)]);
}

#[tokio::test]
async fn a_batch_that_is_bad_in_part_is_good_in_the_rest() {
    let corner = corner!("a-batch-that-is-bad-in-part");
    corner.text("two", "2").await;
    let secrets = corner.secrets(&[("ONE", "1"), ("THREE", "3")]).build().unwrap();
    let events = Events::capture();
    let config = Trio::load_from(&secrets).await.unwrap();
    let values = [&config.one, &config.two, &config.three];
    assert_eq!(values.map(|value| value.expose_secret().as_str()), ["1", "2", "3"]);
    let warning = |setting| {
        format!(
            "WARN secret loaded from a fallback source setting={setting} source=env environment=production"
        )
    };
    assert_eq!(events.warnings(), ["one", "three"].map(warning));
}

#[tokio::test]
async fn the_environment_stands_in_by_the_policy() {
    let corner = corner!("the-environment-stands-in-by-the-policy");
    corner.text("one", "1").await;
    corner.text("two", "2").await;
    corner.delete("two").await;
    let builder = || corner.secrets(&[("ONE", "not taken"), ("TWO", "2 of env"), ("THREE", "3 of env")]);
    let never = Trio::load_from(&builder().fallback(Fallback::Never).build().unwrap()).await.unwrap_err();
    assert_eq!(kinds(&never), [("two", ErrorKind::PendingDeletion), ("three", ErrorKind::Missing)]);
    let on_missing = Trio::load_from(&builder().build().unwrap()).await.unwrap_err();
    assert_eq!(kinds(&on_missing), [("two", ErrorKind::PendingDeletion)]);
    let on_error = Trio::load_from(&builder().fallback(Fallback::OnError).build().unwrap()).await.unwrap();
    let values = [&on_error.one, &on_error.two, &on_error.three];
    assert_eq!(values.map(|value| value.expose_secret().as_str()), ["1", "2 of env", "3 of env"]);
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
    let absent = arn.replace("key", "other");
    let error = secrets.get(&absent).await.unwrap_err();
    assert_eq!(kinds(&error), [(absent.as_str(), ErrorKind::Missing)]);
}

#[tokio::test]
async fn secrets_one_by_one_are_what_they_are() {
    let corner = corner!("secrets-one-by-one-are-what-they-are");
    corner.text("text", "123456").await;
    corner.text("json", r#"{"a": [1, 2]}"#).await;
    corner.binary("binary", &[0xff, 0x00]).await;
    let secrets = corner.secrets(&[]).build().unwrap();
    assert_eq!(secrets.get("text").await.unwrap().expose_secret(), "123456");
    assert_eq!(secrets.get_bytes("text").await.unwrap().expose_secret(), b"123456");
    assert_eq!(secrets.get_bytes("binary").await.unwrap().expose_secret(), &[0xff, 0x00]);
    let json: Redacted<serde_json::Value> = secrets.get_json("json").await.unwrap();
    assert_eq!(json.expose_secret()["a"][1], 2);
    assert!(matches!(secrets.get_value("text").await.unwrap(), SecretValue::Text(_)));
    assert!(matches!(secrets.get_value("json").await.unwrap(), SecretValue::Json(_)));
    assert!(matches!(secrets.get_value("binary").await.unwrap(), SecretValue::Binary(_)));
    let error = secrets.get("binary").await.unwrap_err();
    assert_eq!(failures(&error), ["binary: invalid: expected text, found binary data"]);
}

#[tokio::test]
async fn all_malformed_values_are_reported_together() {
    let corner = corner!("bad-values-are-reported-beside-each-other");
    corner.text("text", "[REDACTED]").await;
    corner.text("number", "not a number").await;
    corner.text("blob", "").await;
    corner.binary("utf8", &[0xff]).await;
    corner.text("list", "[1,").await;
    corner.text("db", "no JSON").await;
    corner.text("smtp/password", "mail").await;
    corner.text("rds/main", r#"{"username": "u", "password": null, "prot": 3306}"#).await;
    let error = Everything::load_from(&corner.secrets(&[]).build().unwrap()).await.unwrap_err();
    assert_eq!(
        failures(&error),
        [
            "text: invalid: a masked value was stored: the text is [REDACTED]",
            "number: invalid: expected u64",
            "blob: missing",
            "utf8: invalid: expected text, found binary data",
            "list: invalid: not valid JSON (line 1, column 3)",
            "password: invalid: not valid JSON, found plain text",
            "db_port: invalid: not valid JSON, found plain text",
            "pin: invalid: not valid JSON, found plain text",
            "rds.password: missing",
            "rds.port: missing",
        ]
    );
    let main = corner.name("rds/main");
    assert_eq!(places(&error, "rds.port")[0], format!("aws {main}: no key port (did you mean prot?)"));
}

#[tokio::test]
async fn a_new_value_is_seen_by_the_next_load() {
    let corner = corner!("a-new-value-is-seen-by-the-next-load");
    corner.text("key", "1").await;
    let secrets = corner.secrets(&[]).build().unwrap();
    assert_eq!(secrets.get("key").await.unwrap().expose_secret(), "1");
    corner.put("key", "2").await;
    assert_eq!(corner.secrets(&[]).build().unwrap().get("key").await.unwrap().expose_secret(), "2");
}

/// AWS says that it lacks a value. moto answers a read by label as if there were no secret.
#[tokio::test]
async fn a_secret_without_a_value_is_missing_and_loads_when_it_has_one() {
    let corner = corner!("a-secret-without-a-value-is-reported-as-one");
    for name in ["one", "three"] {
        corner.without_value(name).await;
    }
    corner.text("two", "2").await;
    let secrets = corner.secrets(&[]).build().unwrap();
    let error = Trio::load_from(&secrets).await.unwrap_err();
    for name in ["one", "three"] {
        let full = corner.name(name);
        assert_eq!(places(&error, name)[0], format!("aws {full}: ResourceNotFoundException"));
    }
    corner.put("one", "1").await;
    corner.put("three", "3").await;
    Trio::load_from(&corner.secrets(&[]).build().unwrap()).await.unwrap();
}
