//! What a check says of the rotation of secrets, for which a load needs no permission.

use std::time::Duration;

use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::config::Builder;
use aws_sdk_secretsmanager::types::RotationRulesType;
use harness::stub::{Fault, Operation};
use secrets_runtime::admin::Admin;
use secrets_runtime::check::{CheckReport, CheckedSetting, RotationState};
use secrets_runtime::{Secret, SecretConfig, SecretsManager};

use super::{AppConfig, DATABASE_URL, LIMITS, SMTP, filled};
use crate::support::aws::{alone, of, once, retrying, sdk_config};

fn rotations(report: &CheckReport) -> Vec<RotationState> {
    report.settings().iter().map(CheckedSetting::rotation).collect()
}

const ALL: [RotationState; 5] = [
    RotationState::Overdue,
    RotationState::On,
    RotationState::Off,
    RotationState::NotKnown,
    RotationState::NotKnown,
];

#[tokio::test]
async fn where_no_secret_may_be_described_the_check_is_as_good_without() {
    let stub = filled().await;
    stub.fault(Fault::Denied.on(Operation::Describe));
    let report = AppConfig::check(&of(&stub)).await;
    assert!(report.is_ready(), "{report}");
    assert_eq!(rotations(&report), [RotationState::NotKnown; 5]);
    assert!(!report.to_string().contains("rotation"), "{report}");
}

#[tokio::test]
async fn each_secret_is_asked_about_once_and_what_fails_for_one_hides_no_other() {
    for fault in [Fault::Denied, Fault::Throttled, Fault::ServerError, Fault::BrokenJson, Fault::Reset] {
        for (place, secret) in [DATABASE_URL, SMTP, LIMITS].into_iter().enumerate() {
            let stub = filled().await;
            stub.fault(fault.on(Operation::Describe).of(secret));
            let report = AppConfig::check(&of(&stub)).await;
            assert!(report.is_ready(), "{report}");
            let mut expected = ALL;
            expected[place] = RotationState::NotKnown;
            assert_eq!(rotations(&report), expected, "{fault:?} for {secret}");
            assert_eq!(stub.requests().describe, 3, "{fault:?} for {secret}");
        }
    }
}

#[tokio::test]
async fn no_more_are_asked_about_at_once_than_the_source_allows() {
    let stub = filled().await;
    stub.set_latency(Duration::from_millis(20));
    let source = SecretsManager::builder().sdk_config(&sdk_config(&stub.url())).concurrency(1).build();
    let report = AppConfig::check(&alone(source).build().unwrap()).await;
    assert_eq!(rotations(&report), ALL, "{report}");
    assert_eq!((stub.requests().describe, stub.max_in_flight()), (3, 1));
}

#[tokio::test]
async fn what_is_not_answered_in_time_is_not_known() {
    let stub = filled().await;
    stub.fault(Fault::Hang.on(Operation::Describe));
    let secrets = alone(once(&stub.url())).timeout(Duration::from_millis(300)).build().unwrap();
    let report = AppConfig::check(&secrets).await;
    assert!(report.is_ready(), "{report}");
    assert_eq!(rotations(&report), [RotationState::NotKnown; 5]);

    stub.clear_faults();
    stub.fault(Fault::Hang.on(Operation::Describe).of(SMTP));
    let report = AppConfig::check(&secrets).await;
    let expected = [RotationState::Overdue, RotationState::NotKnown, RotationState::Off];
    assert_eq!(rotations(&report)[..3], expected, "{report}");
}

#[derive(Debug, SecretConfig)]
struct Two {
    #[secret(name = "rotated")]
    rotated: Secret<String>,
    #[secret(name = "still")]
    still: Secret<String>,
}

#[tokio::test]
async fn it_is_as_the_store_says_on_moto() {
    let test = "it_is_as_the_store_says_on_moto";
    let Some(moto) = harness::emulator::moto(test) else { return };
    let prefix = format!("{test}-{}", std::process::id());
    let secrets = alone(retrying(moto.url())).prefix(&prefix).build().unwrap();
    let admin = Admin::new(&secrets).unwrap();
    admin.create("rotated").string("a").await.unwrap();
    admin.create("still").string("b").await.unwrap();
    let bare = Client::from_conf(Builder::from(&sdk_config(moto.url())).build());
    let rules = RotationRulesType::builder().automatically_after_days(30).build();
    let rotate = bare.rotate_secret().secret_id(format!("{prefix}/rotated")).rotation_rules(rules);
    // moto does it, finds no Lambda function to call, and lets it be.
    let function = "arn:aws:lambda:us-east-1:123456789012:function:rotate";
    rotate.rotation_lambda_arn(function).send().await.unwrap_err();
    let report = Two::check(&secrets).await;
    assert!(report.is_ready(), "{report}");
    assert_eq!(rotations(&report), [RotationState::On, RotationState::Off], "{report}");
    let rotated = &report.settings()[0];
    assert!(rotated.next_rotation() > Some(report.checked()), "{rotated:?}");
    assert!(rotated.age().unwrap() < Duration::from_hours(1), "{rotated:?}");
    assert_eq!(rotated.stages(), ["AWSCURRENT"]);
}
