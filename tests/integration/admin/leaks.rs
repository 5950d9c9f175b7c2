//! What is logged at TRACE while secrets are written: by this crate, the SDK and what is below it.

use std::process::Command;

use aws_config::SdkConfig;
use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::config::StalledStreamProtectionConfig;
use aws_sdk_secretsmanager::primitives::Blob;
use secrets_runtime::SecretsManager;
use secrets_runtime::admin::Admin;
use serde::Serialize;

use super::Corner;
use crate::support::aws::sdk_config;
use crate::support::canary::{self, Canary};
use crate::support::events::Events;
use crate::support::printed::said;

/// What a test says of a log: never the log itself, which is read, and kept, by others.
fn assert_unseen(canary: &Canary, events: &Events, what: &str) {
    let log = events.all();
    assert!(
        log.contains("transmitting request") && log.contains("TRACE"),
        "the SDK's own log of {what} is there"
    );
    canary::assert_unseen(&[canary], &format!("the log of {what}"), &log);
}

/// A configuration without the protection from stalled streams, which hides each body that is sent, by accident.
fn printing(corner: &Corner) -> SdkConfig {
    let config = sdk_config(&corner.url).into_builder();
    config.stalled_stream_protection(StalledStreamProtectionConfig::disabled()).build()
}

fn admin_of(config: &SdkConfig) -> Admin {
    Admin::from_secrets_manager(SecretsManager::from_sdk_config(config))
}

#[derive(Serialize)]
struct Login {
    password: String,
}

on_emulators! {
    async fn what_is_written_is_not_logged(corner: &Corner) {
        for (index, config) in [sdk_config(&corner.url), printing(corner)].into_iter().enumerate() {
            let admin = admin_of(&config);
            let canary = Canary::new("written");
            let value = || canary.as_str().to_owned();
            let (text, bytes) = (corner.name(&format!("text{index}")), corner.name(&format!("bytes{index}")));
            let (text, bytes) = (text.as_str(), bytes.as_str());
            let events = Events::capture();
            admin.create(text).description("a").tag("b", "c").string(value()).await.unwrap();
            assert_unseen(&canary, &events, "a text created");
            admin.put(text).string(value()).await.unwrap();
            admin.put(text).stage("blue").json(&Login { password: value() }).await.unwrap();
            assert_unseen(&canary, &events, "texts put");
            admin.create(bytes).binary(value().into_bytes()).await.unwrap();
            admin.put(bytes).binary(value().into_bytes()).await.unwrap();
            assert_unseen(&canary, &events, "bytes");
            let read = admin.read(text).stage("AWSPREVIOUS").await.unwrap();
            assert_eq!(read.expose_secret(), canary.as_str());
            admin.roll_back(text).await.unwrap();
            admin.describe(text).await.unwrap();
            admin.versions(text).await.unwrap();
            admin.list().prefix(text).at_most(10).await.unwrap();
            admin.delete(text).await.unwrap();
            assert_unseen(&canary, &events, "everything else");
        }
    }

    async fn what_is_refused_is_not_logged(corner: &Corner) {
        let admin = admin_of(&printing(corner));
        let canary = Canary::new("written");
        let value = || canary.as_str().to_owned();
        let name = corner.name("text");
        let events = Events::capture();
        let error = admin.put(&name).string(value()).await.unwrap_err();
        assert_unseen(&canary, &events, "a put that is refused");
        canary::assert_unseen(&[&canary], "an error", &said(&error));
        admin.create(&name).string("1").await.unwrap();
        let error = admin.create(&name).binary(value().into_bytes()).await.unwrap_err();
        assert_unseen(&canary, &events, "a creation that is refused");
        canary::assert_unseen(&[&canary], "an error", &said(&error));
    }

    async fn a_random_password_is_not_logged(corner: &Corner) {
        let admin = admin_of(&printing(corner));
        let events = Events::capture();
        let password = admin.random_password().length(64).without_punctuation().await.unwrap();
        let log = events.all();
        assert!(log.contains("transmitting request"), "the SDK's own log is there");
        assert!(!log.contains(password.expose_secret()), "the password is in the log");
    }

    async fn what_is_written_is_not_logged_where_the_sdk_is_told_to(corner: &Corner) {
        if std::env::var_os(SWITCH).is_none() {
            return in_a_process_of_its_own();
        }
        let admin = admin_of(&printing(corner));
        let canary = Canary::new("written");
        let value = || canary.as_str().to_owned();
        let name = corner.name("text");
        let events = Events::capture();
        admin.create(&name).string(value()).await.unwrap();
        admin.put(&name).binary(value().into_bytes()).await.unwrap();
        assert_unseen(&canary, &events, "the switch");
        // The control: the SDK by itself.
        let bare = Client::new(&printing(corner));
        let events = Events::capture();
        bare.put_secret_value().secret_id(&name).secret_string(value()).send().await.unwrap();
        assert_eq!(canary.seen_in(&events.all()), Some("a list of bytes"));
        let events = Events::capture();
        bare.put_secret_value().secret_id(&name).secret_binary(Blob::new(value())).send().await.unwrap();
        assert_eq!(canary.seen_in(&events.all()), Some("a list of bytes"));
    }
}

/// The SDK's switch that has what is signed printed. It reads it from the process.
const SWITCH: &str = "LOG_SIGNABLE_BODY";

/// Runs this test again, in a process with the switch on.
fn in_a_process_of_its_own() {
    let name = std::thread::current().name().unwrap().to_owned();
    let mut process = Command::new(std::env::current_exe().unwrap());
    let ended = process.args(["--exact", &name]).env(SWITCH, "true").output().unwrap();
    let said = String::from_utf8_lossy(&ended.stdout);
    assert!(ended.status.success() && said.contains("1 passed"), "{said}");
}
