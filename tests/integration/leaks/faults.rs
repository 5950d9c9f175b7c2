//! Every fault of the stub on every path that meets one: a load, a cached value's refresh, a config that is watched, `Admin`.

use std::time::Duration;

use harness::stub::{Fault, FaultRule, Operation, Stub};
use secrets_runtime::admin::Admin;
use secrets_runtime::{Clock, Live, Secret, SecretConfig, SecretsManager};

use crate::support::aws::sdk_config;
use crate::support::canary::{Canary, assert_unseen};
use crate::support::events::Events;
use crate::support::printed::{printed, said};
use crate::support::production;

#[derive(Debug, SecretConfig)]
struct Config {
    token: Secret<String>,
    other: Secret<String>,
    #[secret(name = "db", key = "password")]
    password: Secret<String>,
}

/// The fault after this one: a fault that is added to the stub does not compile until it stands here.
fn next(fault: Fault) -> Option<Fault> {
    Some(match fault {
        Fault::Denied => Fault::Throttled,
        Fault::Throttled => Fault::ServerError,
        Fault::ServerError => Fault::Unavailable,
        Fault::Unavailable => Fault::DecryptionFailure,
        Fault::DecryptionFailure => Fault::PendingDeletion,
        Fault::PendingDeletion => Fault::NotFound,
        Fault::NotFound => Fault::UnknownOperation,
        Fault::UnknownOperation => Fault::InvalidCredentials,
        Fault::InvalidCredentials => Fault::ExpiredToken,
        Fault::ExpiredToken => Fault::Hang,
        Fault::Hang => Fault::BrokenJson,
        Fault::BrokenJson => Fault::TruncatedBody,
        Fault::TruncatedBody => Fault::WrongTypes,
        Fault::WrongTypes => Fault::EmptyObject,
        Fault::EmptyObject => Fault::Reset,
        Fault::Reset => Fault::EchoError,
        Fault::EchoError => Fault::NotAws,
        Fault::NotAws => return None,
    })
}

fn every_fault() -> impl Iterator<Item = Fault> {
    std::iter::successors(Some(Fault::Denied), |fault| next(*fault))
}

/// For every request, for those of one operation, and for one secret, also within a batch.
fn rules(fault: Fault) -> [FaultRule; 3] {
    [fault.into(), fault.on(Operation::Get), fault.of("token")]
}

/// Nobody waits long for the server that hangs.
fn hasty(stub: &Stub) -> SecretsManager {
    let builder = SecretsManager::builder().sdk_config(&sdk_config(&stub.url())).max_attempts(1);
    builder.attempt_timeout(Duration::from_millis(100)).operation_timeout(Duration::from_millis(200)).build()
}

#[tokio::test]
async fn no_fault_brings_a_value_into_an_error_or_a_log_on_any_path() {
    for fault in every_fault() {
        for rule in rules(fault) {
            let canaries = ["old", "new", "other", "password"].map(Canary::new);
            let [old, new, other, password] = canaries.each_ref().map(Canary::as_str);
            let stub = Stub::start().await;
            stub.put("token", old);
            stub.put_binary("other", other.as_bytes());
            stub.put("db", &serde_json::json!({ "password": password }).to_string());
            let builder = || production().sources([hasty(&stub)]).clock(Clock::Tokio);
            let secrets = builder().timeout(Duration::from_secs(1)).build().unwrap();
            let events = Events::capture();
            let config: Live<Config> = Config::watch(&secrets).await.unwrap();
            assert_eq!(config.get().token.expose_secret(), old);

            stub.put("token", new);
            stub.fault(rule.clone());
            let mut all = String::new();
            // A load by itself, a value that is held, a config that is watched.
            let fresh = builder().timeout(Duration::from_secs(1)).build().unwrap();
            match Config::load_from(&fresh).await {
                Ok(config) => all += &printed(&config),
                Err(error) => all += &said(&error),
            }
            for refreshed in [
                secrets.request("token").refresh().await,
                secrets.request("token").bypass_cache().await,
                fresh.request("token").stage("AWSPREVIOUS").await,
            ] {
                all += &refreshed.map_or_else(|error| said(&error), |value| printed(&value));
            }
            match config.refresh().await {
                Ok(changes) => all += &printed(&changes),
                Err(error) => all += &said(&error),
            }
            all += &config.failure().map(|error| said(&error)).unwrap_or_default();
            all += &printed(&config);
            all += &printed(&secrets.stats());
            all += &secrets.stats().to_string();
            let admin = Admin::new(&secrets).unwrap();
            let described = admin.describe("token").await;
            all += &described.map_or_else(|error| said(&error), |description| printed(&description));
            let read = admin.read("token").await;
            all += &read.map_or_else(|error| said(&error), |value| printed(&value));
            let put = admin.put("token").string(new).await;
            all += &put.map_or_else(|error| said(&error), |identity| printed(&identity));

            let canaries = canaries.each_ref();
            assert_unseen(&canaries, &format!("what is said of {rule:?}"), &all);
            let log = events.all();
            assert!(log.contains("TRACE") && log.contains("secretsmanager"), "the SDK's own log is there");
            assert_unseen(&canaries, &format!("the log of {rule:?}"), &log);
        }
    }
    assert_eq!(every_fault().count(), 18);
}
