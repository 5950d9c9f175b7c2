//! Every public type in every format, while it holds a canary.

use std::collections::BTreeSet;
use std::fmt::{Debug, Display};
use std::time::Duration;

use secrets_runtime::admin::Admin;
use secrets_runtime::migration::{EnvFile, Migration, MigrationReport};
use secrets_runtime::rotation::{
    PostgresRotator, RandomToken, Rotation, RotationEvent, RotationStep, RotationValues, RotatorError,
    SuperuserSecret,
};
use secrets_runtime::source::{
    Answer, Fetched, Identity, Key, Location, Missing, Payload, SourceError, Version,
};
use secrets_runtime::{
    Clock, DecodeError, DotEnv, Env, Environment, Error, ErrorKind, Files, FromSecret, Live, Memory,
    ParseSecretError, RawSecret, Redacted, Secret, SecretConfig, SecretValue, Secrets, SecretsManager,
    SecretsManagerAgent,
};
use serde_json::json;

use crate::support::aws::{once, sdk_config};
use crate::support::canary::{Canary, assert_unseen};
use crate::support::endpoint;
use crate::support::folder::Folder;
use crate::support::printed::{chained, displayed, of_source, printed, said};
use crate::support::production;
use crate::support::remote::Remote;
use crate::support::sources::Store;
use crate::support::time::turns;

/// One type: what it says of itself, and what comes out of its door.
struct Swept {
    name: &'static str,
    printed: String,
    /// What its methods give to whoever asks for it: the value. None where it has no such method, or holds
    /// none by its very type.
    door: Option<String>,
}

struct Sweep {
    canary: Canary,
    swept: Vec<Swept>,
}

impl Sweep {
    fn add(&mut self, name: &'static str, thing: &dyn Debug) {
        self.push(name, printed(thing), None);
    }

    /// Of a type that gives the value to whoever asks.
    fn add_with_door(&mut self, name: &'static str, thing: &dyn Debug, door: impl Into<String>) {
        self.push(name, printed(thing), Some(door.into()));
    }

    fn add_display(&mut self, name: &'static str, thing: &dyn Display) {
        self.push(name, displayed(thing), None);
    }

    fn push(&mut self, name: &'static str, printed: String, door: Option<String>) {
        self.swept.push(Swept { name, printed, door });
    }
}

/// The names of the types that are searched.
pub(super) async fn names() -> BTreeSet<&'static str> {
    everything().await.swept.iter().map(|swept| swept.name).collect()
}

async fn everything() -> Sweep {
    let mut sweep = Sweep { canary: Canary::new("sweep"), swept: Vec::new() };
    values(&mut sweep);
    names_of_things(&mut sweep);
    sources(&mut sweep).await;
    secrets(&mut sweep).await;
    errors(&mut sweep).await;
    live(&mut sweep).await;
    administration(&mut sweep);
    answers(&mut sweep).await;
    rotation(&mut sweep);
    postgres(&mut sweep);
    manifest(&mut sweep);
    check(&mut sweep).await;
    migration(&mut sweep).await;
    sweep
}

fn values(sweep: &mut Sweep) {
    let text = sweep.canary.as_str().to_owned();
    let secret = Secret::from(text.as_str());
    let redacted = Redacted::new(text.clone());
    sweep.add_with_door("Secret", &secret, secret.expose_secret());
    sweep.add_display("Secret", &secret);
    sweep.add("Secret", &secret.map(Clone::clone).zip(&secret));
    sweep.add_with_door("Redacted", &redacted, redacted.expose_secret());
    sweep.add_display("Redacted", &redacted);
    for value in [SecretValue::Text(secret.clone()), SecretValue::Binary(text.as_bytes().into())] {
        let door = value.as_text().map(|text| text.expose_secret().clone());
        sweep.push("SecretValue", printed(&value), door);
        let values = RotationValues::new(Some(value.clone()), value.clone(), Some(value.clone()));
        let values = values.with_older(vec![value]);
        let door = values.pending().as_text().map(|text| text.expose_secret().clone());
        sweep.push("RotationValues", printed(&values), door);
    }
    let raw = RawSecret::from_text(&text);
    sweep.add_with_door("RawSecret", &raw, raw.text().unwrap());
    let payload = Payload::from(text.as_str());
    let door = match &payload {
        Payload::Text(text) => text.expose_secret().clone(),
        _ => String::new(),
    };
    sweep.add_with_door("Payload", &payload, door);
    sweep.add("Payload", &Payload::from(text.as_bytes()));
    sweep.add("Payload", &Payload::File(text.as_bytes().into()));
    // What a faulty store says of a secret may be the secret.
    let identity = Identity::new(text.as_str()).with_name(text.as_str()).with_version_id(text.as_str());
    let identity = identity.with_stages([text.clone()]);
    sweep.add_with_door("Identity", &identity, identity.version_id().unwrap());
    let answer = Answer::found(text.as_str()).identified_by(identity);
    sweep.add("Answer", &answer);
    sweep.add("Missing", &Missing::new("not set").similar_to(text.as_str()));
    sweep.add("Fetched", &[answer].into_iter().collect::<Fetched>());
}

/// A value pasted where a name belongs.
fn names_of_things(sweep: &mut Sweep) {
    let text = sweep.canary.as_str().to_owned();
    let arn = format!("arn:aws:secretsmanager:eu-west-1:123456789012:secret:{text}");
    for name in [text.as_str(), arn.as_str()] {
        let key = Key::new(name).with_version(Version::Stage(text.clone()));
        sweep.add_with_door("Key", &key, key.name());
        let location = Location::secret(name).with_version(Version::Id(text.clone()));
        sweep.add_with_door("Location", &location, location.key().name());
        sweep.add("Location", &Location::value(name));
    }
    for version in [Version::Stage(text.clone()), Version::Id(text.clone())] {
        sweep.add("Version", &version);
    }
    let environments = [Environment::new(&text), text.parse(), Ok(Environment::PRODUCTION)];
    sweep.add("Environment", &environments);
    for environment in environments {
        match environment {
            Ok(environment) => sweep.add_display("Environment", &environment),
            Err(error) => sweep.push("Environment", chained(&error), None),
        }
    }
}

async fn sources(sweep: &mut Sweep) {
    let text = sweep.canary.as_str().to_owned();
    let text = text.as_str();
    let env =
        Env::from_iter([("TEXT", text), ("ENVIRONMENT", "production"), ("AWS_SECRET_ACCESS_KEY", text)]);
    sweep.add("Env", &env);
    sweep.add("Memory", &Memory::from([("text", text)]).with("bytes", text.as_bytes()));
    let folder = Folder::new();
    folder.write("text", text);
    sweep.add("Files", &Files::new(folder.path()));
    sweep.add("DotEnv", &DotEnv::at(folder.write(".env", format!("A='{text}'"))));
    let aws = SecretsManager::builder().sdk_config(&sdk_config("http://127.0.0.1:1")).credentials(
        text,
        text,
        Some(Secret::from(text)),
    );
    sweep.add("SecretsManagerBuilder", &aws);
    sweep.add("SecretsManager", &aws.clone().build());
    sweep.add("SecretsManagerAgent", &SecretsManagerAgent::new().token(text));
    sweep.add("SecretsManagerAgent", &SecretsManagerAgent::new().token_file(text));
    // Where a name belongs.
    let aws_of_values = SecretsManager::builder().region(text).endpoint_url(text).profile(text);
    sweep.add("SecretsManagerBuilder", &aws_of_values);
    sweep.add("SecretsManager", &aws_of_values.build());
    let builder = || Secrets::builder().variables(env.clone()).secrets_manager(aws.clone().build());
    sweep.add("SecretsBuilder", &builder());
    sweep.add("SecretsBuilder", &builder().prefix(text).env_prefix(text));
    sweep.add("Secrets", &builder().build().unwrap());
    let store = Store::new("store");
    let secrets = production().sources([store.clone()]).build().unwrap();
    secrets.get(text).await.unwrap_err();
    secrets.request("a").stage(text).await.unwrap_err();
    secrets.request("a").version_id(text).await.unwrap_err();
    for setting in store.settings() {
        sweep.add("Setting", &setting);
    }
}

async fn secrets(sweep: &mut Sweep) {
    let text = sweep.canary.as_str().to_owned();
    let remote = Remote::new().with("token", &text);
    let identity = Identity::new("arn:aws:secretsmanager:us-east-1:123456789012:secret:token-AbCdEf");
    remote
        .answer("token", Answer::found(text.as_str()).identified_by(identity.with_version_id(text.as_str())));
    let secrets = production().sources([remote]).clock(Clock::Tokio).build().unwrap();
    for _ in 0..3 {
        let token = secrets.get("token").await.unwrap();
        sweep.add_with_door("Secrets", &secrets, token.expose_secret());
        turns().await;
    }
    let _ = secrets.get(&text).await;
    let request =
        || secrets.request(&text).stage(&text).default_value(text.as_str()).ttl(Duration::from_secs(1));
    sweep.add("Request", &request());
    sweep.add("Request", &secrets.request("token").version_id(&text).refresh());
    let stats = secrets.stats();
    sweep.add("Stats", &stats);
    sweep.add_display("Stats", &stats);
    sweep.push("Stats", serde_json::to_string(&stats).unwrap(), None);
    assert!(!stats.entries.is_empty());
    for entry in &stats.entries {
        sweep.add("EntryStats", entry);
    }
}

async fn errors(sweep: &mut Sweep) {
    let text = sweep.canary.as_str().to_owned();
    let text = text.as_str();
    let folder = Folder::new();
    let dotenv = DotEnv::at(folder.write(".env", format!("TOKEN='a'\n{text}\n")));
    let env = Env::from_iter([("TOKEN", text)]);
    let mut errors: Vec<Error> = Vec::new();
    for secrets in [
        production().sources([env]).build().unwrap(),
        production().sources([dotenv]).build().unwrap(),
        production().sources([Memory::from([("token", text)])]).build().unwrap(),
    ] {
        errors.push(secrets.get_json::<u8>("token").await.unwrap_err());
        errors.push(secrets.get(text).await.unwrap_err());
        errors.push(secrets.request(text).stage(text).await.unwrap_err());
        errors.push(Admin::new(&secrets).unwrap_err());
    }
    for variable in ["ENVIRONMENT", "SECRET_CACHE_TTL", "AWS_REGION", "AWS_ENDPOINT_URL"] {
        let variables = Env::from_iter([("ENVIRONMENT", "production"), (variable, text)]);
        errors.push(Secrets::builder().variables(variables).build().unwrap_err());
    }
    assert!(errors.iter().any(|error| !error.problems().is_empty()));
    for error in errors {
        sweep.push("Error", said(&error), None);
        for field in error.fields() {
            sweep.add("FieldError", field);
            sweep.add_display("FieldError", field);
            for place in field.places() {
                sweep.add("Place", place);
                sweep.add_display("Place", place);
            }
        }
        for problem in error.problems() {
            sweep.add("Problem", problem);
            sweep.add_display("Problem", problem);
        }
    }
    for kind in [ErrorKind::Throttled, ErrorKind::AccessDenied, ErrorKind::Invalid] {
        let error = SourceError::new(kind).with_code(text).with_request_id(text).at_line(3);
        sweep.push("SourceError", of_source(&error), None);
    }
    for error in decode_errors(text) {
        sweep.push("DecodeError", chained(&error), None);
    }
    let parsed: Result<Secret<u8>, ParseSecretError> = text.parse();
    sweep.push("ParseSecretError", chained(&parsed.unwrap_err()), None);
    let parsed: Result<Redacted<u8>, ParseSecretError> = text.parse();
    sweep.push("ParseSecretError", chained(&parsed.unwrap_err()), None);
}

fn decode_errors(text: &str) -> Vec<DecodeError> {
    let quoted = serde_json::to_string(text).unwrap();
    let documents =
        [text.to_owned(), quoted.clone(), format!("[{quoted}]"), format!("{{{quoted}: {quoted}}}")];
    // What takes any text has no error to search.
    let decode = |document: &String| {
        let raw = RawSecret::from_text(document);
        let number = u8::from_secret(&raw).err();
        let list = Vec::<u16>::from_secret(&raw).err();
        [number, list, raw.json::<u8>().err()]
    };
    let errors: Vec<_> = documents.iter().flat_map(decode).flatten().collect();
    assert!(errors.len() >= 10, "{errors:?}");
    errors
}

#[derive(Debug, SecretConfig)]
struct Config {
    token: Secret<String>,
    other: Option<Secret<String>>,
}

async fn live(sweep: &mut Sweep) {
    let text = sweep.canary.as_str().to_owned();
    let remote = Remote::new().with("token", "old");
    let secrets = production().sources([remote.clone()]).clock(Clock::Tokio).build().unwrap();
    let config: Live<Config> = Config::watch(&secrets).await.unwrap();
    remote.put("token", &text);
    remote.put("other", &text);
    let changes = config.refresh().await.unwrap();
    assert!(!changes.is_empty());
    sweep.add("Live", &config);
    let current = config.get();
    sweep.add_with_door("Current", &current, current.token.expose_secret());
    sweep.add("Current", &*current);
    sweep.add("Changes", &changes);
    sweep.add_display("Changes", &changes);
    let one = secrets.watch("token").await.unwrap();
    sweep.add("Live", &one);
    let json: Live<Redacted<serde_json::Value>> = {
        remote.put("document", &json!({ "a": text }).to_string());
        secrets.watch_json("document").await.unwrap()
    };
    sweep.add("Live", &json);
    remote.put("document", &text);
    let failed = json.refresh().await.unwrap_err();
    sweep.push("Error", said(&failed), None);
    sweep.push("Error", said(&json.failure().unwrap()), None);
    sweep.add("Live", &json);
}

/// A value pasted where a name, a label or a description belongs.
fn administration(sweep: &mut Sweep) {
    let text = sweep.canary.as_str().to_owned();
    let text = text.as_str();
    let aws = SecretsManager::builder().sdk_config(&sdk_config("http://127.0.0.1:1")).credentials(
        text,
        text,
        Some(Secret::from(text)),
    );
    let admin = Admin::from_secrets_manager(aws.build());
    sweep.add("Admin", &admin);
    let create =
        admin.create(text).description(text).kms_key_id(text).tag(text, text).client_request_token(text);
    sweep.add("CreateSecret", &create);
    sweep.add("PutSecretValue", &admin.put(text).stage(text).client_request_token(text));
    sweep.add("DeleteSecret", &admin.delete(text).recovery_window(7));
    sweep.add("ListSecrets", &admin.list().prefix(text));
    sweep.add("RandomPassword", &admin.random_password().without_characters(text));
    sweep.add("ReadSecret", &admin.read(text).stage(text));
    sweep.add("ReadSecret", &admin.read(text).version_id(text));
    sweep.add("UpdateSecret", &admin.update(text).description(text).kms_key_id(text));
}

/// An answer with the value in each of its members.
async fn answers(sweep: &mut Sweep) {
    let text = sweep.canary.as_str().to_owned();
    let answer = json!({
        "ARN": text, "Name": text, "Description": text, "KmsKeyId": text, "OwningService": text,
        "RotationEnabled": true, "RotationLambdaARN": text,
        "RotationRules": { "AutomaticallyAfterDays": 1, "Duration": text, "ScheduleExpression": text },
        "Tags": [{ "Key": text, "Value": text }],
        "VersionIdsToStages": {
            text.as_str(): [text],
            "51f72378-6a5d-4dc7-8fd8-29e4319f482a": [text, "AWSCURRENT"],
        },
    });
    let admin = Admin::from_secrets_manager(once(&endpoint::answering(200, &answer.to_string())));
    let description = admin.describe("a").await.unwrap();
    let door = description.description().unwrap().to_owned();
    sweep.add_with_door("SecretDescription", &description, door);
    let rotation = description.rotation();
    sweep.add_with_door("RotationStatus", rotation, rotation.schedule().unwrap());
    assert_eq!(description.versions().len(), 1);
    sweep.add("SecretVersion", &description.versions()[0]);
    let refused = admin.read("a").value().await;
    sweep.add("Error", &refused.unwrap_err());
    let answer = json!({ "Name": "a", "SecretString": text }).to_string();
    let admin = Admin::from_secrets_manager(once(&endpoint::answering(200, &answer)));
    sweep.add("SecretValue", &admin.read("a").value().await.unwrap());
}

fn rotation(sweep: &mut Sweep) {
    let text = sweep.canary.as_str().to_owned();
    let text = text.as_str();
    let token = RandomToken::new().key(text);
    sweep.add("RandomToken", &token);
    let aws = SecretsManager::builder().sdk_config(&sdk_config("http://127.0.0.1:1")).credentials(
        text,
        text,
        Some(Secret::from(text)),
    );
    sweep.add("Rotation", &Rotation::new(Admin::from_secrets_manager(aws.build()), token));
    let event = RotationEvent::new(RotationStep::CreateSecret, text, text);
    sweep.add_with_door("RotationEvent", &event, event.secret_id());
    let error = RotatorError::from(std::io::Error::other(text.to_owned()));
    sweep.push("RotatorError", format!("{}{}", displayed(&error), printed(&error)), None);
}

fn postgres(sweep: &mut Sweep) {
    let text = sweep.canary.as_str().to_owned();
    let text = text.as_str();
    let aws = SecretsManager::builder().sdk_config(&sdk_config("http://127.0.0.1:1")).credentials(
        text,
        text,
        Some(Secret::from(text)),
    );
    let superuser = SuperuserSecret::new(Admin::from_secrets_manager(aws.build()), text);
    sweep.add("SuperuserSecret", &superuser);
    for rotator in [
        PostgresRotator::single_user(),
        PostgresRotator::single_user_by(superuser.clone()),
        PostgresRotator::alternating_users(superuser),
    ] {
        sweep.add("PostgresRotator", &rotator.without_characters(text));
    }
}

/// A value pasted where a prefix or a parameter belongs.
fn manifest(sweep: &mut Sweep) {
    let text = sweep.canary.as_str().to_owned();
    let text = text.as_str();
    let manifest = Config::manifest().with_prefix(text).with_env_prefix(text);
    sweep.add("Manifest", &manifest);
    for setting in manifest.settings() {
        sweep.add("Setting", setting);
    }
    let named = Config::manifest();
    let policy = named.iam_policy().partition(text).region(text).account(text).kms_key(text);
    sweep.add("IamPolicy", &policy);
    sweep.push("ManifestError", chained(&policy.to_json().unwrap_err()), None);
    let policy = manifest.iam_policy();
    sweep.add("IamPolicy", &policy);
    sweep.push("ManifestError", printed(&policy.to_json()), None);
}

/// What a check says of settings that are there, and of some that are not right.
async fn check(sweep: &mut Sweep) {
    let text = sweep.canary.as_str().to_owned();
    let identity = Identity::new(text.as_str()).with_name(text.as_str()).with_version_id(text.as_str());
    let remote = Remote::new();
    let found = Answer::found(text.as_str()).identified_by(identity.with_stages([text.clone()]));
    remote.answer("token", found);
    remote.answer("other", SourceError::new(ErrorKind::AccessDenied).with_code(&text).with_request_id(&text));
    let secrets = production().sources([remote]).clock(Clock::Tokio).build().unwrap();
    let report = Config::check(&secrets).await;
    sweep.add("CheckReport", &report);
    sweep.add_display("CheckReport", &report);
    sweep.push("CheckReport", report.to_json(), None);
    assert_eq!(report.settings().len(), 2);
    for setting in report.settings() {
        sweep.add("CheckedSetting", setting);
    }
}

async fn migration(sweep: &mut Sweep) {
    let text = sweep.canary.as_str().to_owned();
    let line = text.replace(['\\', '\n', '"', '$'], "");
    let file = format!("TOKEN='{line}'\nSTRANGER='{line}'\nOTHER=''\n{line} is no line\n");
    let file = EnvFile::from_reader(file.as_bytes()).unwrap();
    sweep.add("EnvFile", &file);
    let migration = Migration::new(Config::manifest()).kms_key_id(&text).tag(&text, &text);
    sweep.add("Migration", &migration);
    let nothing_there = json!({ "__type": "ResourceNotFoundException" }).to_string();
    let empty = Admin::from_secrets_manager(once(&endpoint::answering(400, &nothing_there)));
    let plan = migration.plan(&empty, &file).await.unwrap();
    sweep.add("MigrationPlan", &plan);
    sweep.add_display("MigrationPlan", &plan);
    sweep.push("MigrationPlan", plan.to_json(), None);
    assert!(!plan.secrets().is_empty() && plan.has_findings());
    for secret in plan.secrets() {
        sweep.add("PlannedSecret", secret);
    }
    let made = json!({ "ARN": text, "Name": text, "VersionId": text }).to_string();
    let takes_all = Admin::from_secrets_manager(once(&endpoint::answering(200, &made)));
    match plan.apply(&takes_all).await {
        Ok(report) => migrated(sweep, &report),
        Err(error) => panic!("{error}"),
    }
    let refuses_all = Admin::from_secrets_manager(once(&endpoint::answering(400, &text)));
    let error = plan.apply(&refuses_all).await.unwrap_err();
    sweep.add("MigrationError", &error);
    sweep.add_display("MigrationError", &error);
    sweep.push("MigrationError", said(error.error()), None);
    migrated(sweep, error.report());
}

fn migrated(sweep: &mut Sweep, report: &MigrationReport) {
    sweep.add("MigrationReport", report);
    sweep.add_display("MigrationReport", report);
    assert!(!report.secrets().is_empty());
    for secret in report.secrets() {
        sweep.add("MigratedSecret", secret);
    }
}

#[tokio::test]
async fn no_public_type_shows_what_it_holds_in_any_format() {
    let Sweep { canary, swept } = everything().await;
    let leaking: Vec<&str> = swept
        .iter()
        .filter(|swept| canary.seen_in(&swept.printed).is_some())
        .map(|swept| swept.name)
        .collect();
    assert!(leaking.is_empty(), "{leaking:?}");
    // Of each type there was something to search, and those that have a door hold the canary.
    for Swept { name, printed, door } in &swept {
        assert!(!printed.is_empty(), "{name}");
        assert!(door.as_ref().is_none_or(|door| canary.seen_in(door).is_some()), "{name} holds no canary");
    }
    assert!(swept.iter().filter(|swept| swept.door.is_some()).count() >= 15);
    assert_unseen(
        &[&canary],
        "all of it together",
        &swept.into_iter().map(|swept| swept.printed).collect::<String>(),
    );
}
