//! `id_env`: a variable says at deploy time which secret a setting is.

use secrets_runtime::source::SourceError;
use secrets_runtime::{
    DotEnv, Env, Environment, ErrorKind, Fallback, Live, Memory, Secret, SecretConfig, Secrets,
};

use crate::support::folder::Folder;
use crate::support::sources::{Store, chain};
use crate::support::{kinds, no_variables, places, production};

const ARN: &str = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:shop/db-AbCdEf";
const LOGIN: &str = r#"{"user": "app", "password": "p"}"#;

#[derive(Debug, SecretConfig)]
#[secret(id_env = "DB_SECRET_ARN")]
struct Database {
    user: Secret<String>,
    password: Secret<String>,
}

#[derive(Debug, SecretConfig)]
struct Key {
    #[secret(id_env = "JWT_ARN")]
    jwt: Secret<String>,
}

#[derive(Debug, SecretConfig)]
struct KeyOfJson {
    #[secret(id_env = "STRIPE_ARN", key = "api.key")]
    stripe: Secret<String>,
}

#[derive(Debug, SecretConfig)]
#[secret(prefix = "shop")]
struct WithName {
    #[secret(name = "jwt", id_env = "JWT_ARN")]
    jwt: Secret<String>,
}

/// Loads with these variables from a store, then from the variables.
async fn load<C: SecretConfig>(
    store: &Store,
    variables: &[(&str, &str)],
) -> Result<C, secrets_runtime::Error> {
    let env: Env = variables.iter().copied().collect();
    let sources = chain([Box::new(store.clone()), Box::new(env)]);
    C::load_from(&production().sources(sources).build().unwrap()).await
}

#[tokio::test]
async fn a_name_and_an_arn_name_the_secret_of_a_field_without_a_prefix() {
    for id in ["prod/shop/jwt", "rds!db-1", ARN] {
        let store = Store::new("aws").with(id, "signing key");
        let config: Key = load(&store, &[("JWT_ARN", id)]).await.unwrap();
        assert_eq!(config.jwt.expose_secret(), "signing key");
        assert_eq!(store.fetches(), [[id]]);
    }
}

#[tokio::test]
async fn a_struct_is_the_one_secret_that_the_variable_names() {
    let store = Store::new("aws").with(ARN, LOGIN);
    let config: Database = load(&store, &[("DB_SECRET_ARN", ARN)]).await.unwrap();
    assert_eq!(
        (config.user.expose_secret().as_str(), config.password.expose_secret().as_str()),
        ("app", "p")
    );
    assert_eq!(store.fetches(), [[ARN]]);
}

#[tokio::test]
async fn the_form_of_ecs_says_key_and_version() {
    let document = r#"{"api": {"key": "k"}, "api.key": "literal"}"#;
    let store = Store::new("aws").with(ARN, document);
    for (added, value, fetched) in [
        (":::", document, ARN.to_owned()),
        ("::AWSPREVIOUS:", document, format!("{ARN}@AWSPREVIOUS")),
        ("::AWSCURRENT:", document, ARN.to_owned()),
        (":api.key::", "literal", ARN.to_owned()),
        (":api.key:AWSPENDING:", "literal", format!("{ARN}@AWSPENDING")),
        (
            ":::5ad6c1bb-1a4f-4f0b-9b0f-52b7f4a9a2f4",
            document,
            format!("{ARN}@5ad6c1bb-1a4f-4f0b-9b0f-52b7f4a9a2f4"),
        ),
    ] {
        let reference = format!("{ARN}{added}");
        let config: Key = load(&store, &[("JWT_ARN", &reference)]).await.unwrap();
        assert_eq!(config.jwt.expose_secret(), value, "{added}");
        assert_eq!(store.fetches().last().unwrap(), &[fetched], "{added}");
    }
}

#[tokio::test]
async fn a_key_in_the_variable_agrees_with_the_code() {
    let store = Store::new("aws").with(ARN, r#"{"api": {"key": "k"}, "other": "o"}"#);
    for added in ["", ":api.key::"] {
        let reference = format!("{ARN}{added}");
        let config: KeyOfJson = load(&store, &[("STRIPE_ARN", &reference)]).await.unwrap();
        assert_eq!(config.stripe.expose_secret(), "k", "{added}");
    }
    let reference = format!("{ARN}:other::");
    let error = load::<KeyOfJson>(&store, &[("STRIPE_ARN", &reference)]).await.unwrap_err();
    assert_eq!(
        places(&error, "stripe"),
        ["env STRIPE_ARN: it ends in another JSON key than the `key` in the code"]
    );
    let reference = format!("{ARN}:password::");
    let error = load::<Database>(&store, &[("DB_SECRET_ARN", &reference)]).await.unwrap_err();
    assert_eq!(
        places(&error, "password"),
        ["env DB_SECRET_ARN: it ends in a JSON key, but each field of the struct is a key of the secret"]
    );
}

#[tokio::test]
async fn a_version_in_the_variable_agrees_with_the_code() {
    #[derive(Debug, SecretConfig)]
    struct Previous {
        #[secret(id_env = "JWT_ARN", stage = "AWSPREVIOUS")]
        jwt: Secret<String>,
    }
    let store = Store::new("aws").with(ARN, "k");
    for added in ["", "::AWSPREVIOUS:"] {
        load::<Previous>(&store, &[("JWT_ARN", &format!("{ARN}{added}"))]).await.unwrap();
    }
    let error = load::<Previous>(&store, &[("JWT_ARN", &format!("{ARN}::AWSPENDING:"))]).await.unwrap_err();
    assert_eq!(
        places(&error, "jwt"),
        ["env JWT_ARN: it names another version than the `stage` or `version_id` in the code"]
    );
}

#[tokio::test]
async fn each_malformed_variable_has_its_own_message_and_is_not_shown() {
    let store = Store::new("aws").with("shop/jwt", "k");
    for (text, reason) in [
        ("hunter2 and more", "it holds neither the name nor the ARN of a secret"),
        ("hunter2:password::", "it is not an ARN and has a colon"),
        (" hunter2", "it has white space at an end"),
        ("arn:aws:s3:::hunter2", "it is the ARN of another service"),
        ("arn:aws:secretsmanager:hunter2", "its ARN is not whole"),
        ("arn:aws:secretsmanager:eu-west-1:123456789012:secret:hunter2:key", "ECS's form has three parts"),
        ("arn:aws-cn:secretsmanager:eu-west-1:123456789012:secret:hunter2", "the partition in its ARN"),
        ("arn:aws:secretsmanager:eu-west-1:12:secret:hunter2", "no account of twelve digits"),
    ] {
        // The name in the code is not what is meant where the variable is set.
        for error in [
            load::<Key>(&store, &[("JWT_ARN", text)]).await.unwrap_err(),
            load::<WithName>(&store, &[("JWT_ARN", text)]).await.unwrap_err(),
        ] {
            assert_eq!(kinds(&error), [("jwt", ErrorKind::Configuration)], "{text}");
            let report = error.to_string();
            assert!(report.contains("env  JWT_ARN") && report.contains(reason), "{text}: {report}");
            assert!(report.contains("help: set it to the full name of the secret, to its ARN"), "{report}");
            assert!(!report.contains("hunter2") && !format!("{error:?}").contains("hunter2"), "{report}");
        }
    }
    assert_eq!(store.fetches(), Vec::<Vec<String>>::new());
}

#[tokio::test]
async fn a_variable_that_cannot_be_read_is_an_error_and_not_the_name_beside_it() {
    let store = Store::new("aws").with("shop/jwt", "k").with(ARN, "k");
    for (variables, reason) in [
        (
            vec![("JWT_ARN_FILE", "/absent/typo")],
            "the variable names a file that does not exist (JWT_ARN_FILE)",
        ),
        (
            vec![("JWT_ARN", ARN), ("JWT_ARN_FILE", "/absent/typo")],
            "both variables are set, and only one of them can count (JWT_ARN and JWT_ARN_FILE)",
        ),
    ] {
        let error = load::<WithName>(&store, &variables).await.unwrap_err();
        assert_eq!(places(&error, "jwt"), [format!("env JWT_ARN: {reason}")]);
        // The variables of the set-up are read in the same way where the chain has none.
        let env: Env = variables.iter().copied().collect();
        let builder = Secrets::builder().environment(Environment::PRODUCTION).variables(env);
        let secrets = builder.sources(chain([Box::new(store.clone())])).build().unwrap();
        let error = WithName::load_from(&secrets).await.unwrap_err();
        assert_eq!(places(&error, "jwt"), [format!("env JWT_ARN: {reason}")]);
    }
    assert_eq!(store.fetches(), Vec::<Vec<String>>::new());
}

#[tokio::test]
async fn a_value_in_the_variable_is_shown_nowhere() {
    let missing = Store::new("aws").with_help("create hunter2");
    let denied = Store::new("aws").failing(SourceError::new(ErrorKind::AccessDenied));
    for store in [missing, denied] {
        let env = Env::from_iter([("JWT_ARN", "hunter2")]);
        let sources = chain([Box::new(store), Box::new(env)]);
        let secrets = production().sources(sources).build().unwrap();
        let error = Key::load_from(&secrets).await.unwrap_err();
        let report = Key::check(&secrets).await;
        let shown =
            format!("{error} {error:?} {report} {report:?} {} {:?}", secrets.stats(), secrets.stats());
        assert!(!shown.contains("hunter2"), "{shown}");
        assert!(error.to_string().contains("aws  the secret that JWT_ARN names"), "{error}");
    }
    let error = load::<Key>(&Store::new("aws"), &[("JWT_ARN", "hunter2")]).await.unwrap_err().to_string();
    assert!(error.contains("help: see that JWT_ARN holds the name or the ARN of a secret"), "{error}");
    let error = load::<Key>(&Store::new("aws"), &[("JWT_ARN", ARN)]).await.unwrap_err().to_string();
    assert!(error.contains(ARN), "{error}");
}

#[tokio::test]
async fn a_nested_setting_does_not_read_the_variable_that_names_a_secret() {
    #[derive(Debug, SecretConfig)]
    struct Outer {
        #[secret(nested(id_env = "DB_ARN"))]
        login: Inner,
        #[secret(nested)]
        db: Named,
    }
    #[derive(Debug, SecretConfig)]
    struct Inner {
        #[allow(dead_code, reason = "it does not load")]
        password: Secret<String>,
    }
    #[derive(Debug, SecretConfig)]
    struct Named {
        #[allow(dead_code, reason = "it does not load")]
        arn: Secret<String>,
    }
    let error = load::<Outer>(&Store::new("aws"), &[("DB_ARN", ARN)]).await.unwrap_err().to_string();
    assert!(
        error.contains("DB_ARN: a setting reads this environment variable, and an `id_env` takes"),
        "{error}"
    );
}

#[tokio::test]
async fn without_the_variable_the_name_beside_it_counts() {
    for unset in [&[][..], &[("JWT_ARN", "")]] {
        let store = Store::new("aws").with("shop/jwt", "k");
        let config: WithName = load(&store, unset).await.unwrap();
        assert_eq!(config.jwt.expose_secret(), "k");
    }
    let store = Store::new("aws").with(ARN, "other");
    let config: WithName = load(&store, &[("JWT_ARN", ARN)]).await.unwrap();
    assert_eq!(config.jwt.expose_secret(), "other");
}

#[tokio::test]
async fn without_the_variable_and_a_name_the_error_names_the_variable() {
    let store = Store::new("aws");
    let error = load::<Key>(&store, &[]).await.unwrap_err();
    let expected = "\
Key could not be loaded (environment: production)

  jwt   missing
    env  JWT_ARN   not set
    env  JWT       not set
    help: set JWT_ARN to the full name or the ARN of the secret
";
    assert_eq!(error.to_string(), expected);
    assert_eq!(store.fetches(), Vec::<Vec<String>>::new());
    // A variable of the setting's own is enough.
    let config: Key = load(&store, &[("JWT", "k")]).await.unwrap();
    assert_eq!(config.jwt.expose_secret(), "k");
}

#[tokio::test]
async fn the_policy_for_missing_secrets_holds_for_a_missing_variable_too() {
    let env = Env::from_iter([("JWT", "k")]);
    let sources = chain([Box::new(Store::new("aws")), Box::new(env)]);
    let secrets = production().fallback(Fallback::Never).sources(sources).build().unwrap();
    let error = Key::load_from(&secrets).await.unwrap_err();
    assert_eq!(places(&error, "jwt"), ["env JWT_ARN: not set"]);
}

#[tokio::test]
async fn the_variable_may_be_in_dotenv_in_memory_and_in_the_builders_variables() {
    let folder = Folder::new();
    let dotenv = DotEnv::at(folder.write(".env", format!("DB_SECRET_ARN={ARN}\n")));
    let memory = Memory::from([("DB_SECRET_ARN", ARN)]);
    let store = || Box::new(Store::new("aws").with(ARN, LOGIN));
    let variables = Env::from_iter([("DB_SECRET_ARN", ARN)]);
    for builder in [
        production().sources(chain([Box::new(dotenv), store()])),
        production().sources(chain([Box::new(memory), store()])),
        Secrets::builder().environment(Environment::STAGING).variables(variables).sources(chain([store()])),
    ] {
        let config = Database::load_from(&builder.build().unwrap()).await.unwrap();
        assert_eq!(config.password.expose_secret(), "p");
    }
}

#[tokio::test]
async fn memory_has_the_secret_under_the_id_that_the_variable_names() {
    let memory = Memory::from([("DB_SECRET_ARN", "shop/db"), ("shop/db", LOGIN)]);
    let config = Database::load_from(&production().sources([memory]).build().unwrap()).await.unwrap();
    assert_eq!(config.user.expose_secret(), "app");
}

#[tokio::test]
async fn the_same_secret_under_two_variables_is_one_request() {
    #[derive(Debug, SecretConfig)]
    struct Two {
        #[secret(nested(id_env = "READER_ARN"))]
        reader: Login,
        #[secret(nested(id_env = "WRITER_ARN"))]
        writer: Login,
    }
    #[derive(Debug, SecretConfig)]
    struct Login {
        password: Secret<String>,
    }
    let store = Store::new("aws").with(ARN, LOGIN);
    let config: Two = load(&store, &[("READER_ARN", ARN), ("WRITER_ARN", ARN)]).await.unwrap();
    assert!(config.reader.password.ct_eq(config.writer.password.expose_secret()));
    assert_eq!(store.fetches(), [[ARN]]);
}

#[tokio::test]
async fn a_watched_config_follows_the_secret_that_the_variable_names() {
    let memory = Memory::from([("DB_SECRET_ARN", "shop/db"), ("shop/db", LOGIN)]);
    let secrets = production().sources([memory.clone()]).build().unwrap();
    let config: Live<Database> = Database::watch(&secrets).await.unwrap();
    memory.set("shop/db", r#"{"user": "app", "password": "new"}"#);
    config.refresh().await.unwrap();
    assert_eq!(config.get().password.expose_secret(), "new");
    memory.set("shop/other", r#"{"user": "app", "password": "of another"}"#);
    memory.set("DB_SECRET_ARN", "shop/other");
    config.refresh().await.unwrap();
    assert_eq!(config.get().password.expose_secret(), "of another");
    assert!(config.failure().is_none());
}

#[tokio::test]
async fn a_check_shows_the_secret_that_the_variable_names() {
    let env = Env::from_iter([("DB_SECRET_ARN", ARN)]);
    let sources = chain([Box::new(Store::new("aws").with(ARN, LOGIN)), Box::new(env)]);
    let report = Database::check(&production().sources(sources).build().unwrap()).await;
    assert!(report.is_ready());
    assert_eq!(report.settings()[0].place().unwrap().location(), ARN);
    let sources = chain([Box::new(Store::new("aws")), Box::new(no_variables())]);
    let report = Database::check(&production().sources(sources).build().unwrap()).await;
    assert!(report.to_string().contains("set DB_SECRET_ARN to the full name or the ARN"), "{report}");
}
