//! What a plan says of each secret, and what its application makes of it.

use harness::stub::{Fault, Operation, Stub};
use secrets_runtime::admin::Admin;
use secrets_runtime::migration::{EnvFile, Migration, MigrationOutcome, SecretChange};
use secrets_runtime::{Environment, ErrorKind, Secret, SecretConfig};

use super::{AppConfig, Corner, FILE, changes, env_file};
use crate::support::aws::{alone, retrying};

#[tokio::test]
async fn an_empty_account_gets_every_secret_and_the_config_loads() {
    let test = "an_empty_account_gets_every_secret_and_the_config_loads";
    let Some(moto) = harness::emulator::moto(test) else { return };
    let corner = Corner::new(moto, test);
    // That they are missing is cached by now.
    AppConfig::load_from(&corner.secrets).await.unwrap_err();
    let plan = corner.plan::<AppConfig>(FILE).await;
    let prefix = &corner.prefix;
    let width = prefix.len() + "/database-url".len();
    let id = |name: &str| format!("{:width$}", format!("{prefix}/{name}"));
    let expected = format!(
        "From .env to the secrets of AppConfig (environment: production)\n\n  \
         {}   create            DATABASE_URL\n  \
         {}   create            SMTP_HOST, SMTP_PORT, MAIL_PASSWORD\n  \
         {}   create            JWT\n  \
         {}   not in the file\n\n\
         Not read from Secrets Manager: PORT\n",
        id("database-url"),
        id("smtp"),
        id("jwt"),
        id("sentry-dsn")
    );
    assert_eq!(plan.to_string(), expected);
    assert!(!plan.has_findings() && plan.has_writes());
    assert!(corner.state().await.is_empty(), "a plan writes nothing");
    let migrated = plan.apply(&corner.admin).await.unwrap();
    assert_eq!(migrated.to_string(), "3 created, 0 written, 0 unchanged");
    assert_eq!(
        corner.value("smtp").await.unwrap(),
        r#"{"host":"mail.example.com","port":"2525","login":{"password":"p\"w"}}"#
    );
    let config = AppConfig::load_from(&corner.secrets).await.unwrap();
    assert_eq!((config.smtp_port, config.smtp_host.as_str()), (2525, "mail.example.com"));
    assert_eq!(config.smtp_password.expose_secret(), "p\"w");
    assert_eq!(config.database_url.expose_secret(), "postgres://db");
}

#[tokio::test]
async fn a_second_run_changes_nothing() {
    let test = "a_second_run_changes_nothing";
    let Some(moto) = harness::emulator::moto(test) else { return };
    let corner = Corner::new(moto, test);
    corner.plan::<AppConfig>(FILE).await.apply(&corner.admin).await.unwrap();
    let before = corner.state().await;
    for migration in [corner.migration::<AppConfig>(), corner.migration::<AppConfig>().overwrite()] {
        let plan = migration.plan(&corner.admin, &env_file(FILE)).await.unwrap();
        assert!(!plan.has_writes() && !plan.has_findings(), "{plan}");
        assert_eq!(plan.apply(&corner.admin).await.unwrap().to_string(), "0 created, 0 written, 3 unchanged");
    }
    assert_eq!(corner.state().await, before);
}

#[tokio::test]
async fn what_is_created_has_description_key_and_tags() {
    let test = "what_is_created_has_description_key_and_tags";
    let Some(moto) = harness::emulator::moto(test) else { return };
    let corner = Corner::new(moto, test);
    let migration = corner.migration::<AppConfig>().kms_key_id("alias/shop").tag("team", "shop").tag("a", "");
    let plan = migration.plan(&corner.admin, &env_file(FILE)).await.unwrap();
    plan.apply(&corner.admin).await.unwrap();
    let description = corner.admin.describe("database-url").await.unwrap();
    assert_eq!(description.description(), Some("Postgres connection string."));
    assert_eq!(description.kms_key_id(), Some("alias/shop"));
    let mut tags: Vec<_> = description.tags().collect();
    tags.sort_unstable();
    assert_eq!(tags, [("a", ""), ("team", "shop")]);
    let smtp = corner.admin.describe("smtp").await.unwrap();
    assert_eq!(smtp.description(), Some("JSON with the keys host (The mail relay), port, login.password."));
}

#[tokio::test]
async fn what_differs_is_left_alone_unless_it_is_to_be_overwritten() {
    let test = "what_differs_is_left_alone_unless_it_is_to_be_overwritten";
    let Some(moto) = harness::emulator::moto(test) else { return };
    let corner = Corner::new(moto, test);
    corner.admin.create("database-url").string("postgres://other").await.unwrap();
    let smtp = r#"{ "engine": "smtp", "host": "other", "port": 2525, "login": {"user": 1.0} }"#;
    corner.admin.create("smtp").string(smtp).await.unwrap();
    corner.admin.create("jwt").binary("key".as_bytes()).await.unwrap();
    let plan = corner.plan::<AppConfig>(FILE).await;
    let [differs, same, not_given] = [SecretChange::Differs, SecretChange::Same, SecretChange::NotGiven];
    assert_eq!(changes(&plan), [differs, differs, same, not_given]);
    assert!(plan.has_findings() && !plan.has_writes());
    assert!(plan.to_string().contains("differs           DATABASE_URL; not changed\n"), "{plan}");
    assert_eq!(plan.apply(&corner.admin).await.unwrap().to_string(), "0 created, 0 written, 1 unchanged");
    assert_eq!(corner.value("database-url").await.unwrap(), "postgres://other");

    assert_eq!(corner.secrets.get("database-url").await.unwrap().expose_secret(), "postgres://other");
    let migration = corner.migration::<AppConfig>().overwrite();
    let plan = migration.plan(&corner.admin, &env_file(FILE)).await.unwrap();
    assert_eq!(plan.apply(&corner.admin).await.unwrap().to_string(), "0 created, 2 written, 1 unchanged");
    assert_eq!(corner.secrets.get("database-url").await.unwrap().expose_secret(), "postgres://db");
    // What the file has otherwise is the file's; all else is as it was, letter for letter.
    assert_eq!(
        corner.value("smtp").await.unwrap(),
        r#"{ "engine": "smtp", "host": "mail.example.com", "port": 2525, "login": {"user": 1.0,"password":"p\"w"} }"#
    );
    let before = corner.admin.read("database-url").stage("AWSPREVIOUS").await.unwrap();
    assert_eq!(before.expose_secret(), "postgres://other");
}

#[tokio::test]
async fn a_secret_without_a_value_gets_one() {
    let test = "a_secret_without_a_value_gets_one";
    let Some(moto) = harness::emulator::moto(test) else { return };
    let corner = Corner::new(moto, test);
    corner.admin.create("jwt").without_value().await.unwrap();
    let plan = corner.plan::<AppConfig>(FILE).await;
    assert_eq!(plan.secrets()[2].change(), SecretChange::Put, "{plan}");
    assert!(plan.secrets()[2].exists());
    let report = plan.apply(&corner.admin).await.unwrap();
    assert_eq!(report.ids(MigrationOutcome::Written).collect::<Vec<_>>(), [corner.name("jwt")]);
    assert_eq!(corner.value("jwt").await.as_deref(), Some("key"));
}

#[tokio::test]
async fn a_secret_created_after_the_plan_is_kept() {
    let test = "a_secret_created_after_the_plan_is_kept";
    let Some(moto) = harness::emulator::moto(test) else { return };
    let corner = Corner::new(moto, test);
    let plan = corner.plan::<AppConfig>(FILE).await;
    corner.admin.create("jwt").string("key").await.unwrap();
    corner.admin.create("database-url").string("postgres://other").await.unwrap();
    let error = plan.apply(&corner.admin).await.unwrap_err();
    let failed: Vec<_> = error.error().fields().iter().map(|field| field.path().to_owned()).collect();
    assert_eq!(failed, [corner.name("database-url")], "{error}");
    let report = error.to_string();
    assert!(
        report.contains("could not be migrated") && report.contains("ResourceExistsException"),
        "{report}"
    );
    assert_eq!(corner.value("database-url").await.as_deref(), Some("postgres://other"));
    // The others are done.
    assert!(corner.value("smtp").await.is_some());
}

#[tokio::test]
async fn what_is_nowhere_is_named_with_its_variable() {
    let test = "what_is_nowhere_is_named_with_its_variable";
    let Some(moto) = harness::emulator::moto(test) else { return };
    let corner = Corner::new(moto, test);
    corner.admin.create("database-url").string("postgres://db").await.unwrap();
    let plan = corner.plan::<AppConfig>("JWT=\nSMTP_HOST=a\nOLD_JWT=before\nUNHEARD_OF=1\n").await;
    assert_eq!(plan.missing().collect::<Vec<_>>(), ["smtp_password", "jwt_secret"]);
    assert!(plan.has_findings());
    let report = plan.to_string();
    let parts = [
        "\nRequired settings without a valid value in the file or the store:\n  smtp_password (SMTP_PASSWORD)\n  jwt_secret (JWT)\n",
        "\nNot written, since the config reads another version than the current one: OLD_JWT\n",
        "\nUnknown to AppConfig: UNHEARD_OF\n",
        "   not in the file   in the store\n",
    ];
    for part in parts {
        assert!(report.contains(part), "{part} is not in:\n{report}");
    }
}

#[tokio::test]
async fn what_is_made_elsewhere_or_cannot_be_written_is_left_alone() {
    #[derive(Debug, SecretConfig)]
    struct Odd {
        #[secret(id = "arn:aws:secretsmanager:us-east-1:123456789012:secret:theirs-AbCdEf", env = "THEIRS")]
        theirs: Option<Secret<String>>,
        #[secret(id = "rds!cluster-1", key = "password", env = "RDS")]
        rds: Option<Secret<String>>,
        masked: Option<Secret<String>>,
        #[secret(name = "taken", key = "a", env = "TAKEN_A")]
        taken: Option<Secret<String>>,
        #[secret(name = "long")]
        long: Option<Secret<String>>,
    }
    let test = "what_is_made_elsewhere_or_cannot_be_written_is_left_alone";
    let Some(moto) = harness::emulator::moto(test) else { return };
    let corner = Corner::new(moto, test);
    corner.admin.create("taken").string("no JSON").await.unwrap();
    let before = corner.state().await;
    let file = format!("THEIRS=1\nRDS=1\nMASKED=[REDACTED]\nTAKEN_A=1\nLONG={}\n", "x".repeat(65_537));
    let migration = corner.migration::<Odd>().overwrite();
    let plan = migration.plan(&corner.admin, &env_file(&file)).await.unwrap();
    let [elsewhere, refused] = [SecretChange::MadeElsewhere, SecretChange::Refused];
    assert_eq!(changes(&plan), [elsewhere, elsewhere, refused, refused, refused], "{plan}");
    let reasons: Vec<_> =
        plan.secrets()[2..].iter().map(|secret| secret.reason().unwrap().to_string()).collect();
    assert_eq!(
        reasons,
        [
            "the value is a masked one: its text is [REDACTED]",
            "not valid JSON (line 1, column 2)",
            "the value is longer than 65536 bytes"
        ]
    );
    assert!(plan.has_findings());
    plan.apply(&corner.admin).await.unwrap();
    assert_eq!(corner.state().await, before);
}

#[tokio::test]
async fn variables_that_contradict_each_other_are_refused() {
    #[derive(Debug, SecretConfig)]
    struct Shared {
        #[secret(id = "shared", env = "ONE")]
        one: Option<Secret<String>>,
        // What is named in full may be read by several configs.
        #[secret(nested(env_prefix = ""))]
        other: Other,
        #[secret(id = "mixed", env = "WHOLE")]
        whole: Option<Secret<String>>,
        #[secret(id = "mixed", key = "a", env = "PART")]
        part: Option<Secret<String>>,
    }
    #[derive(Debug, SecretConfig)]
    struct Other {
        #[secret(id = "shared", env = "OTHER")]
        shared: Option<Secret<String>>,
    }
    let stub = Stub::start().await;
    let admin = Admin::from_secrets_manager(retrying(&stub.url()));
    let migration = Migration::new(Shared::manifest());
    let plan = async |file: &str| migration.plan(&admin, &env_file(file)).await.unwrap();
    let refused = plan("ONE=1\nOTHER=2\nWHOLE={}\nPART=1\n").await;
    assert_eq!(changes(&refused), [SecretChange::Refused; 2], "{refused}");
    for reason in
        ["two settings read it, and their variables differ", "reads the whole secret and another a key"]
    {
        assert!(refused.to_string().contains(reason), "{refused}");
    }
    let agreed = plan("ONE=1\nOTHER=1\nPART=1\n").await;
    assert_eq!(changes(&agreed), [SecretChange::Create; 2], "{agreed}");
}

#[tokio::test]
async fn a_store_that_cannot_be_read_is_an_error_and_no_plan() {
    // Nobody listens there.
    let secrets = alone(retrying("http://127.0.0.1:1")).build().unwrap();
    let admin = Admin::new(&secrets).unwrap();
    let migration = Migration::new(AppConfig::manifest().resolved_by(&secrets));
    let error = migration.plan(&admin, &env_file(FILE)).await.unwrap_err();
    assert_eq!((error.kind(), error.fields().len()), (ErrorKind::Unavailable, 4), "{error}");
    assert!(error.to_string().starts_with("4 of 4 secrets of AppConfig could not be compared"), "{error}");
}

#[tokio::test]
async fn a_file_that_cannot_be_read_is_an_error_that_says_why() {
    let error = EnvFile::read("target/no-such.env").unwrap_err();
    let expected = "the .env file could not be read\n\n  the file: no such file (target/no-such.env)\n    \
                    help: pass the path of the file with the variables, such as .env\n";
    assert_eq!(error.to_string(), expected);
    assert_eq!(error.kind(), ErrorKind::Configuration);
}

#[tokio::test]
async fn a_mask_is_refused_even_where_the_store_has_it_too() {
    let test = "a_mask_is_refused_even_where_the_store_has_it_too";
    let Some(moto) = harness::emulator::moto(test) else { return };
    let corner = Corner::new(moto, test);
    let create = corner.bare.create_secret().name(corner.name("jwt"));
    create.secret_string("[REDACTED]").send().await.unwrap();
    let plan = corner.plan::<AppConfig>("JWT=[REDACTED]\n").await;
    assert_eq!(plan.secrets()[2].change(), SecretChange::Refused, "{plan}");
}

#[tokio::test]
async fn a_key_within_another_key_is_refused() {
    #[derive(Debug, SecretConfig)]
    struct Nested {
        #[secret(id = "nested", key = "db", env = "DB")]
        db: Option<Secret<String>>,
        #[secret(id = "nested", key = "db.password", env = "DB_PASSWORD")]
        password: Option<Secret<String>>,
        #[secret(id = "nested", key = "db2", env = "DB2")]
        other: Option<Secret<String>>,
    }
    let stub = Stub::start().await;
    let admin = Admin::from_secrets_manager(retrying(&stub.url()));
    let migration = Migration::new(Nested::manifest());
    for file in ["DB=1\nDB_PASSWORD=2\n", "DB2=3\nDB_PASSWORD=2\nDB=1\n"] {
        let plan = migration.plan(&admin, &env_file(file)).await.unwrap();
        assert_eq!(changes(&plan), [SecretChange::Refused], "{plan}");
        assert!(plan.to_string().contains("one setting reads a key and another a key within it"), "{plan}");
    }
    let plan = migration.plan(&admin, &env_file("DB2=1\nDB_PASSWORD=2\n")).await.unwrap();
    assert_eq!(changes(&plan), [SecretChange::Create], "{plan}");
}

#[tokio::test]
async fn names_that_are_not_those_of_the_admins_secrets_are_an_error() {
    let stub = Stub::start().await;
    let secrets = alone(retrying(&stub.url())).prefix("shop").build().unwrap();
    let admin = Admin::new(&secrets).unwrap();
    for manifest in [
        AppConfig::manifest(),
        AppConfig::manifest().resolved_by(&secrets).in_environment(&Environment::STAGING),
        AppConfig::manifest().resolved_by(&secrets).with_env_prefix("SHOP_"),
    ] {
        let error = Migration::new(manifest).plan(&admin, &env_file(FILE)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Configuration);
        assert!(error.to_string().contains(".resolved_by(&secrets)"), "{error}");
    }
    assert_eq!(stub.requests().total(), 0, "nobody was asked");
    Migration::new(AppConfig::manifest().resolved_by(&secrets)).plan(&admin, &env_file(FILE)).await.unwrap();
}

#[tokio::test]
async fn a_secret_changed_after_the_plan_is_left_alone_and_the_others_are_written() {
    let test = "a_secret_changed_after_the_plan_is_left_alone_and_the_others_are_written";
    let Some(moto) = harness::emulator::moto(test) else { return };
    let corner = Corner::new(moto, test);
    corner.admin.create("database-url").string("postgres://other").await.unwrap();
    corner.admin.create("smtp").string("{}").await.unwrap();
    corner.admin.create("jwt").without_value().await.unwrap();
    let migration = corner.migration::<AppConfig>().overwrite();
    let plan = migration.plan(&corner.admin, &env_file(FILE)).await.unwrap();
    corner.admin.put("database-url").string("postgres://third").await.unwrap();
    corner.admin.put("jwt").string("third").await.unwrap();
    let error = plan.apply(&corner.admin).await.unwrap_err();
    let failed: Vec<_> = error.error().fields().iter().map(|field| field.path().to_owned()).collect();
    assert_eq!(failed, [corner.name("database-url"), corner.name("jwt")], "{error}");
    assert!(error.to_string().contains("the secret was changed after the plan was made"), "{error}");
    assert!(!error.to_string().contains("third") && !error.to_string().contains("postgres://"), "{error}");
    assert_eq!(corner.value("database-url").await.as_deref(), Some("postgres://third"));
    assert_eq!(corner.value("jwt").await.as_deref(), Some("third"));
    assert!(corner.value("smtp").await.unwrap().contains("mail.example.com"));
}

#[tokio::test]
async fn who_may_not_describe_creates_and_any_other_fault_is_an_error() {
    let stub = Stub::start().await;
    let admin = Admin::from_secrets_manager(retrying(&stub.url()));
    let migration = Migration::new(AppConfig::manifest());
    stub.fault(Fault::Denied.on(Operation::Describe));
    let plan = migration.plan(&admin, &env_file(FILE)).await.unwrap();
    let [create, not_given] = [SecretChange::Create, SecretChange::NotGiven];
    assert_eq!(changes(&plan), [create, create, create, not_given], "{plan}");
    assert_eq!(stub.requests().describe, 4, "a policy may deny one and allow the next");
    stub.clear_faults();
    stub.fault(Fault::ServerError.on(Operation::Describe));
    let error = migration.plan(&admin, &env_file(FILE)).await.unwrap_err();
    assert_eq!((error.kind(), error.fields().len()), (ErrorKind::Unavailable, 4), "{error}");
}
