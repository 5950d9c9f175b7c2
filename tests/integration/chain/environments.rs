//! The chain of each environment.

use secrets_runtime::{DotEnv, Env, Environment, Secret, SecretConfig, Secrets};

use crate::support::events::Events;
use crate::support::folder::Folder;
use crate::support::no_variables;

#[derive(Debug, SecretConfig)]
struct Config {
    token: Secret<String>,
    port: Option<u16>,
}

fn sources(variables: &[(&str, &str)]) -> Vec<String> {
    let secrets = Secrets::builder().variables(variables.iter().copied().collect()).build().unwrap();
    secrets.sources().map(str::to_owned).collect()
}

#[test]
fn development_reads_variables_then_dotenv_and_nothing_else() {
    assert_eq!(sources(&[("ENVIRONMENT", "development")]), ["env", "dotenv"]);
}

#[test]
fn development_with_an_emulator_asks_it_last() {
    for variable in ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_SECRETS_MANAGER"] {
        let chain = sources(&[("ENVIRONMENT", "development"), (variable, "http://localhost:4566")]);
        assert_eq!(chain, ["env", "dotenv", "aws"], "{variable}");
    }
}

#[test]
fn an_account_alone_does_not_bring_aws_into_development() {
    let variables = [("AWS_REGION", "eu-west-1"), ("AWS_PROFILE", "work"), ("AWS_ENDPOINT_URL", "")];
    assert_eq!(sources(&variables), ["env", "dotenv"]);
}

#[test]
fn every_other_environment_asks_aws_then_variables_and_never_dotenv() {
    for name in ["production", "staging", "qa-2", "test"] {
        assert_eq!(sources(&[("ENVIRONMENT", name)]), ["aws", "env"], "{name}");
    }
}

#[test]
fn unset_or_empty_means_development_and_says_so() {
    for variables in [vec![], vec![("ENVIRONMENT", "")]] {
        let events = Events::capture();
        let secrets = Secrets::builder().variables(Env::from_iter(variables)).build().unwrap();
        assert_eq!(secrets.environment(), &Environment::DEVELOPMENT);
        assert_eq!(events.own(), ["INFO ENVIRONMENT is not set: assuming development"]);
    }
}

#[test]
fn a_name_given_in_code_comes_before_the_variable() {
    let events = Events::capture();
    let builder = Secrets::builder().variables(Env::from_iter([("ENVIRONMENT", "production")]));
    let secrets = builder.environment(Environment::STAGING).build().unwrap();
    assert_eq!(secrets.environment(), &Environment::STAGING);
    assert_eq!(events.own(), [""; 0]);
}

#[test]
fn what_is_said_of_the_environment_is_true_where_the_sources_are_listed() {
    for (variables, expected) in [
        (
            [("ENVIRONMENT", ""), ("KUBERNETES_SERVICE_HOST", "10.0.0.1"), ("SECRET_SOURCES", "env")],
            "WARN ENVIRONMENT is not set: assuming development platform=",
        ),
        (
            [("ENVIRONMENT", "dev"), ("KUBERNETES_SERVICE_HOST", ""), ("SECRET_SOURCES", "env,dotenv")],
            "WARN the environment has a short name",
        ),
    ] {
        let events = Events::capture();
        sources(&variables);
        let own = events.own().concat();
        assert!(own.starts_with(expected) && !own.contains("AWS"), "{own}");
    }
}

#[test]
fn a_short_name_for_development_is_warned_of() {
    for name in ["dev", "local", "develop"] {
        let events = Events::capture();
        assert_eq!(sources(&[("ENVIRONMENT", name)]), ["aws", "env"]);
        let expected =
            "WARN this environment is not `development`: it reads AWS Secrets Manager and no .env file";
        assert_eq!(events.own(), [format!("{expected} environment={name}")]);
    }
}

#[tokio::test]
async fn in_development_a_variable_comes_before_dotenv() {
    let folder = Folder::new();
    let dotenv = folder.write(".env", "TOKEN=from .env\nPORT=1\n".replace("from .env", "'from .env'"));
    for (variables, expected) in
        [(vec![("TOKEN", "set")], "set"), (vec![], "from .env"), (vec![("TOKEN", "")], "from .env")]
    {
        let builder = Secrets::builder().environment(Environment::DEVELOPMENT);
        let secrets =
            builder.variables(Env::from_iter(variables)).dotenv(DotEnv::at(&dotenv)).build().unwrap();
        let config = Config::load_from(&secrets).await.unwrap();
        assert_eq!((config.token.expose_secret().as_str(), config.port), (expected, Some(1)));
    }
}

#[tokio::test]
async fn in_development_a_fallback_is_no_news() {
    let folder = Folder::new();
    let dotenv = folder.write(".env", "TOKEN=t\n");
    let builder = Secrets::builder().environment(Environment::DEVELOPMENT).variables(no_variables());
    let secrets = builder.dotenv(DotEnv::at(dotenv)).build().unwrap();
    let events = Events::capture();
    Config::load_from(&secrets).await.unwrap();
    assert_eq!(events.warnings(), [""; 0]);
}

#[tokio::test]
async fn dotenv_is_read_again_at_each_load() {
    let folder = Folder::new();
    let builder = Secrets::builder().environment(Environment::DEVELOPMENT).variables(no_variables());
    let secrets = builder.dotenv(DotEnv::at(folder.path().join(".env"))).build().unwrap();
    for value in ["one", "two"] {
        folder.write(".env", format!("TOKEN={value}\n"));
        assert_eq!(Config::load_from(&secrets).await.unwrap().token.expose_secret(), value);
    }
}

#[tokio::test]
async fn dotenv_speaks_the_usual_dialect() {
    #[derive(Debug, SecretConfig)]
    #[secret(env_prefix = "")]
    struct Config {
        plain: Secret<String>,
        quoted: Secret<String>,
        escaped: Secret<String>,
        exported: Secret<String>,
        expanded: Secret<String>,
        lines: Secret<String>,
        twice: Secret<String>,
        last: Secret<String>,
    }
    let folder = Folder::new();
    let file = "# a comment\n\nPLAIN=a # why\nQUOTED='a # $b \"c\"'\nESCAPED=\"a\\nb\\\"c\\\\\"\nexport EXPORTED=e\n\
                EXPANDED=${PLAIN}b\nLINES=\"one\ntwo\"\nTWICE=1\nTWICE=2\nLAST=no newline";
    let path = folder.write(".env", file.replace("no newline", "'no newline'"));
    let builder = Secrets::builder().environment(Environment::DEVELOPMENT).variables(no_variables());
    let config = Config::load_from(&builder.dotenv(DotEnv::at(path)).build().unwrap()).await.unwrap();
    let values = [
        (config.plain, "a"),
        (config.quoted, "a # $b \"c\""),
        (config.escaped, "a\nb\"c\\"),
        (config.exported, "e"),
        (config.expanded, "ab"),
        (config.lines, "one\ntwo"),
        (config.twice, "2"),
        (config.last, "no newline"),
    ];
    for (value, expected) in values {
        assert_eq!(value.expose_secret(), expected);
    }
}
