use secrets_runtime::source::{Answer, SourceError};
use secrets_runtime::{
    DotEnv, Env, Environment, Error, ErrorKind, Fallback, Memory, Secret, SecretConfig, Secrets,
};

use crate::support::folder::Folder;
use crate::support::sources::{Store, chain};
use crate::support::{load_env, no_variables, places, production};

#[derive(Debug, SecretConfig)]
#[secret(prefix = "shop/{environment}")]
struct AppConfig {
    /// Postgres connection
    /// string.
    ///
    /// Not shown: a report has room for a line.
    database_url: Secret<String>,
    stripe: Secret<String>,
    port: u16,
    #[secret(default = "info", plain)]
    log_level: String,
    sentry_dsn: Option<Secret<String>>,
}

async fn failing_load() -> Error {
    let denied =
        SourceError::new(ErrorKind::AccessDenied).with_code("AccessDeniedException").with_request_id("7c0e");
    let store = Store::new("aws").answering("shop/production/stripe", denied).with_help("ask the operators");
    let env = Env::from_iter([("DATABSE_URL", "postgres://app:hunter2@db/app"), ("PORT", "http")]);
    let secrets = production().sources(chain([Box::new(store), Box::new(env)])).build().unwrap();
    AppConfig::load_from(&secrets).await.unwrap_err()
}

const REPORT: &str = "\
3 of 5 settings of AppConfig could not be loaded (environment: production)

  database_url   missing                 Postgres connection string.
    aws  shop/production/database-url   no such secret
    env  DATABASE_URL                   not set (did you mean DATABSE_URL?)
    help: ask the operators

  stripe         access denied
    aws  shop/production/stripe   AccessDeniedException (request 7c0e)

  port           invalid: expected u16
    env  PORT
";

#[tokio::test]
async fn it_names_everything_that_failed_and_nothing_that_did_not() {
    assert_eq!(failing_load().await.to_string(), REPORT);
}

#[tokio::test]
async fn every_way_of_printing_prints_the_report() {
    let error = failing_load().await;
    assert_eq!(format!("{error:?}"), REPORT);
    assert_eq!(format!("{error:#?}"), REPORT);
    assert_eq!(format!("{error:#}"), REPORT);
    assert_eq!(format!("{error:200}"), REPORT);
}

#[tokio::test]
async fn it_is_complete_wherever_an_application_puts_it() {
    let error: Box<dyn std::error::Error + Send + Sync> = failing_load().await.into();
    assert_eq!(format!("{error:#}"), REPORT);
    assert!(error.source().is_none(), "whatever caused it may quote a value");
    assert_eq!(error.downcast_ref::<Error>().unwrap().kind(), ErrorKind::AccessDenied);
    // As reporters print it: the error, then its causes.
    let wrapped = std::io::Error::other(error);
    let causes = std::iter::successors(Some(&wrapped as &dyn std::error::Error), |error| error.source());
    assert_eq!(causes.map(|cause| format!("{cause:#}")).collect::<Vec<_>>(), [REPORT]);
}

#[tokio::test]
async fn its_parts_are_data() {
    let error = failing_load().await;
    let [database_url, stripe, port] = error.fields() else { panic!("{error}") };
    assert_eq!((database_url.path(), database_url.doc()), ("database_url", "Postgres connection string."));
    assert_eq!(database_url.help(), ["ask the operators"]);
    assert_eq!((stripe.path(), stripe.kind(), stripe.doc()), ("stripe", ErrorKind::AccessDenied, ""));
    assert_eq!(stripe.help(), ["ask the operators"], "said once in the report, and of each setting");
    assert_eq!(
        (format!("{port}"), format!("{port:?}")),
        ("port: invalid: expected u16".into(), "port: invalid: expected u16".into())
    );
    let place = &stripe.places()[0];
    assert_eq!((place.source(), place.location()), ("aws", "shop/production/stripe"));
    assert_eq!(place.outcome(), "AccessDeniedException (request 7c0e)");
    assert_eq!(format!("{place}"), "aws  shop/production/stripe   AccessDeniedException (request 7c0e)");
}

#[derive(Debug, SecretConfig)]
struct One {
    token: Secret<String>,
}

#[tokio::test]
async fn one_setting_alone_is_not_counted() {
    let expected = "\
One could not be loaded (environment: production)

  token   missing
    env  TOKEN   not set
    help: set TOKEN
";
    assert_eq!(load_env::<One>(&[]).await.unwrap_err().to_string(), expected);
}

#[tokio::test]
async fn an_environment_that_was_assumed_is_said_to_be() {
    let folder = Folder::new();
    let dotenv = folder.write(".env", "TOKNE=t\n");
    let secrets = Secrets::builder().variables(no_variables()).dotenv(DotEnv::at(dotenv)).build().unwrap();
    let expected = "\
One could not be loaded (environment: development, since ENVIRONMENT is not set)

  token   missing
    env     TOKEN   not set
    dotenv  TOKEN   not in .env (did you mean TOKNE?)
    help: set TOKEN, or add it to .env as TOKEN=..
";
    assert_eq!(One::load_from(&secrets).await.unwrap_err().to_string(), expected);
}

#[tokio::test]
async fn a_long_reason_does_not_push_the_comments_off_the_screen() {
    #[derive(Debug, SecretConfig)]
    struct Config {
        /// How long a request may take.
        timeout: std::time::Duration,
        /// The number of workers.
        workers: u8,
        /// Signs tokens.
        key: Secret<String>,
    }
    let error = load_env::<Config>(&[("TIMEOUT", "30"), ("WORKERS", "300")]).await.unwrap_err();
    let expected = "\
3 of 3 settings of Config could not be loaded (environment: production)

  timeout   invalid: expected a duration with units, such as 30s or 1h 30m, found a number   How long a request may take.
    env  TIMEOUT

  workers   invalid: expected u8, found a number outside of 0 to 255   The number of workers.
    env  WORKERS

  key       missing   Signs tokens.
    env  KEY   not set
    help: set KEY
";
    assert_eq!(error.to_string(), expected);
}

#[tokio::test]
async fn the_same_advice_is_given_once() {
    #[derive(Debug, SecretConfig)]
    #[secret(name = "db")]
    struct Config {
        user: Secret<String>,
        password: Secret<String>,
    }
    let store = Store::new("aws").with_help("create db");
    let error = Config::load_from(&production().sources([store]).build().unwrap()).await.unwrap_err();
    let expected = "\
2 of 2 settings of Config could not be loaded (environment: production)

  all 2 settings, for one reason: missing
    aws  db   no such secret
    help: create db

    user
    password
";
    assert_eq!(error.to_string(), expected);
}

#[tokio::test]
async fn a_store_knows_better_than_the_environment_what_to_do() {
    let sources = chain([Box::new(Store::new("aws").with_help("create it")), Box::new(no_variables())]);
    let error = One::load_from(&production().sources(sources).build().unwrap()).await.unwrap_err();
    assert_eq!(error.fields()[0].help(), ["create it"]);
}

#[tokio::test]
async fn the_advice_of_the_failure_itself_comes_first() {
    let failure = SourceError::new(ErrorKind::Decryption).with_help("enable the key");
    let store = Store::new("aws").failing(failure).with_help("general advice");
    let error = One::load_from(&production().sources([store]).build().unwrap()).await.unwrap_err();
    assert_eq!(error.fields()[0].help(), ["enable the key"]);
}

#[tokio::test]
async fn what_was_probably_meant_is_named_for_every_kind_of_name() {
    #[derive(Debug, SecretConfig)]
    #[secret(name = "database")]
    struct Config {
        password: Secret<String>,
    }
    let values = [("databse", "{}"), ("PASWORD", "p")];
    let error =
        Config::load_from(&production().sources([Memory::from(values)]).build().unwrap()).await.unwrap_err();
    assert_eq!(
        places(&error, "password"),
        [
            "memory password: not there (did you mean PASWORD?)",
            "memory DATABASE_PASSWORD: not there",
            "memory DATABASE: not there (did you mean databse?)",
            "memory database: not there (did you mean databse?)",
        ]
    );
    let memory = Memory::from([("database", r#"{"passwrod": "p", "host": "h"}"#)]);
    let error = Config::load_from(&production().sources([memory]).build().unwrap()).await.unwrap_err();
    let expected = "memory database: no key password (did you mean passwrod?)";
    assert_eq!(places(&error, "password").last().unwrap(), expected);
}

#[tokio::test]
async fn unrelated_variables_are_not_suggested() {
    let error = load_env::<One>(&[("TOKENS_PER_MINUTE", "1"), ("PATH", "p")]).await.unwrap_err();
    assert_eq!(places(&error, "token"), ["env TOKEN: not set"]);
}

#[tokio::test]
async fn a_code_or_id_that_is_a_sentence_is_left_out() {
    let hostile =
        SourceError::new(ErrorKind::Unavailable).with_code("the value was hunter2").with_request_id("a b");
    let store = Store::new("aws").failing(hostile);
    let error = One::load_from(&production().sources([store]).build().unwrap()).await.unwrap_err();
    assert_eq!(places(&error, "token"), ["aws token: unavailable"]);
}

#[tokio::test]
async fn all_places_of_a_source_that_passed_on_are_there() {
    let first =
        Store::new("first").failing(SourceError::new(ErrorKind::Unavailable).because("no answer in time"));
    let second = Store::new("second").answering("token", Answer::missing_because("no such path"));
    let builder = production().fallback(Fallback::OnError).environment(Environment::STAGING);
    let error = One::load_from(&builder.sources([first, second]).build().unwrap()).await.unwrap_err();
    let expected = "\
One could not be loaded (environment: staging)

  token   unavailable
    first   token   no answer in time
    second  token   no such path
";
    assert_eq!(error.to_string(), expected);
}
