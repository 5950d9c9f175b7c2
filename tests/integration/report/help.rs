//! What a report says to do.

use harness::stub::Stub;
use secrets_runtime::source::SourceError;
use secrets_runtime::{Env, ErrorKind, Memory, Secret, SecretConfig};

use crate::support::aws::{once, options, target};
use crate::support::sources::{Store, chain};
use crate::support::{failures, kinds, load_env, load_memory, no_variables, production};

#[derive(Debug, SecretConfig)]
#[secret(prefix = "app", name = "db")]
struct Document {
    password: Secret<String>,
}

#[derive(Debug, SecretConfig)]
struct One {
    token: Secret<String>,
}

#[derive(Debug, SecretConfig)]
struct Number {
    token: Secret<u16>,
}

fn help(error: &secrets_runtime::Error) -> &[String] {
    error.fields()[0].help()
}

#[tokio::test]
async fn a_secret_that_lacks_a_key_needs_the_key() {
    let stub = Stub::start().await;
    stub.put("app/db", r#"{"user": "u"}"#);
    let sources = chain([Box::new(once(&stub.url())), Box::new(no_variables())]);
    let error = Document::load_from(&production().sources(sources).build().unwrap()).await.unwrap_err();
    let target = target(&stub.url());
    let expected = format!(
        "\
Document could not be loaded (environment: production)
{target}
  password   missing
    aws  app/db            no key password
    env  DB_PASSWORD, DB   not set
    help: add the key to app/db
"
    );
    assert_eq!(error.to_string(), expected);
}

#[tokio::test]
async fn a_secret_that_is_not_there_is_to_be_created() {
    let stub = Stub::start().await;
    let sources = chain([Box::new(once(&stub.url())), Box::new(no_variables())]);
    let error = Document::load_from(&production().sources(sources).build().unwrap()).await.unwrap_err();
    let options = options(&stub.url());
    let create =
        format!("aws secretsmanager create-secret {options} --name app/db --secret-string file://value");
    assert_eq!(help(&error), [create, "the value is a JSON object: {\"password\": ..}".to_owned()]);
}

#[tokio::test]
async fn a_secret_that_holds_nothing_needs_a_value() {
    for document in [r#"{"password": null}"#, r#"{"password": ""}"#] {
        let store = Store::new("aws").with("app/db", document).with_help("create it");
        let sources = chain([Box::new(store), Box::new(no_variables())]);
        let error = Document::load_from(&production().sources(sources).build().unwrap()).await.unwrap_err();
        assert_eq!(help(&error), ["put a value into app/db"], "{document}");
    }
    let store = Store::new("aws").with("token", "").with_help("create it");
    let error = One::load_from(&production().sources([store]).build().unwrap()).await.unwrap_err();
    assert_eq!(help(&error), ["put a value into token"]);
}

#[tokio::test]
async fn a_variable_that_is_empty_needs_a_value() {
    let error = load_env::<One>(&[("TOKEN", "")]).await.unwrap_err();
    assert_eq!(help(&error), ["put a value into TOKEN"]);
}

#[tokio::test]
async fn a_name_that_can_be_none_is_in_no_advice() {
    let memory = Memory::from([("hunter2; rm", "")]);
    let secrets = production().sources([memory]).build().unwrap();
    let error = secrets.get("hunter2; rm").await.unwrap_err();
    assert!(!error.to_string().contains("hunter2"), "{error}");
}

#[tokio::test]
async fn the_help_is_about_the_source_that_stopped_the_lookup() {
    let first = Store::new("first").with_help("create it");
    let denied = SourceError::new(ErrorKind::AccessDenied).with_help("ask for access");
    let second = Store::new("second").failing(denied);
    let error = One::load_from(&production().sources([first, second]).build().unwrap()).await.unwrap_err();
    assert_eq!(kinds(&error), [("token", ErrorKind::AccessDenied)]);
    assert_eq!(help(&error), ["ask for access"]);
}

#[tokio::test]
async fn a_value_that_is_bad_is_not_to_be_created_in_the_store_before() {
    for (value, reason) in
        [("x", "expected u16"), ("[REDACTED]", "a masked value was stored: the text is [REDACTED]")]
    {
        let store = Store::new("aws").with_help("create it");
        let sources = chain([Box::new(store), Box::new(Env::from_iter([("TOKEN", value)]))]);
        let error = Number::load_from(&production().sources(sources).build().unwrap()).await.unwrap_err();
        assert_eq!(failures(&error), [format!("token: invalid: {reason}")]);
        assert_eq!(help(&error), [""; 0], "{value}");
    }
}

#[tokio::test]
async fn the_key_that_is_missing_is_named_as_it_is_written() {
    #[derive(Debug, SecretConfig)]
    #[secret(name = "app")]
    struct Config {
        #[secret(key = "api key")]
        key: Secret<String>,
        #[secret(key = "keys.of the shop")]
        deep: Secret<String>,
    }
    let error = load_memory::<Config>(&[("app", r#"{"keys": {}}"#)]).await.unwrap_err();
    assert!(error.to_string().contains("no key api key\n"), "{error}");
    assert!(error.to_string().contains("no key keys.of the shop\n"), "{error}");
    assert!(!error.to_string().contains("(not a secret id)"), "{error}");
}

#[tokio::test]
async fn a_source_is_shown_by_the_name_that_it_has() {
    let error = One::load_from(&production().sources([Store::new("my vault")]).build().unwrap()).await;
    let expected = "\
One could not be loaded (environment: production)

  token   missing
    my vault  token   no such secret
";
    assert_eq!(error.unwrap_err().to_string(), expected);
}

#[derive(Debug, SecretConfig)]
#[secret(prefix = "app")]
struct Several {
    #[secret(name = "db", key = "user", env = "DB_USER", plain)]
    user: String,
    #[secret(name = "db", key = "/login/pass.word", env = "DB_PASSWORD")]
    password: Secret<String>,
    token: Secret<String>,
}

/// A version that is only pending does not make it one that has a value.
#[tokio::test]
async fn a_secret_that_exists_without_a_value_gets_one_in_the_form_that_is_read() {
    let stub = Stub::start().await;
    for name in ["app/db", "app/token"] {
        stub.put_version(name, "AWSPENDING", "4d9ac9b5-7e1b-4a6e-8d9c-5f2b6a1c0e3d", "hunter2");
    }
    let sources = chain([Box::new(once(&stub.url())), Box::new(no_variables())]);
    let error = Several::load_from(&production().sources(sources).build().unwrap()).await.unwrap_err();
    let (target, options) = (target(&stub.url()), options(&stub.url()));
    let expected = format!(
        "\
Several could not be loaded (environment: production)
{target}
  user       missing
    aws  app/db        has no value yet
    env  DB_USER, DB   not set
    help: aws secretsmanager put-secret-value {options} --secret-id app/db --secret-string file://value
    help: the value is a JSON object: {{\"user\": .., \"login\": {{\"pass.word\": ..}}}}

  password   missing
    aws  app/db            has no value yet
    env  DB_PASSWORD, DB   not set

  token      missing
    aws  app/token   has no value yet
    env  TOKEN       not set
    help: aws secretsmanager put-secret-value {options} --secret-id app/token --secret-string file://value
    help: end the file without a line break, which would be part of the value (`printf %s` writes none, `echo` does)
"
    );
    let text = error.to_string();
    assert_eq!(text.split_once('\n').unwrap().1, expected.split_once('\n').unwrap().1);
    assert!(text.starts_with("3 of 3 settings of Several could not be loaded"), "{text}");
}
