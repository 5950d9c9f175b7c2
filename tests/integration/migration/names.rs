//! The names that a plan shows.

use harness::stub::Stub;
use secrets_runtime::SecretConfig as _;
use secrets_runtime::admin::Admin;
use secrets_runtime::migration::Migration;

use super::{AppConfig, env_file};
use crate::support::aws::once;

#[tokio::test]
async fn an_unknown_name_that_may_be_part_of_a_value_is_a_line() {
    let stub = Stub::start().await;
    let admin = Admin::from_secrets_manager(once(&stub.url()));
    let file = "\
OLD_FLAG=1
AKIAIOSFODNN7EXAMPLE=1
LONG='one
two'
abcDEF==
# a comment
MFRGGZDFMZTWQ===
";
    let plan = Migration::new(AppConfig::manifest()).plan(&admin, &env_file(file)).await.unwrap();
    assert_eq!(plan.unknown(), ["LONG", "OLD_FLAG"]);
    assert_eq!(plan.unknown_lines(), [2, 5, 7]);
    let report = plan.to_string();
    let line = "\nUnknown, and not shown because they may be parts of a value: lines 2, 5, 7\n";
    assert!(report.contains("\nUnknown to AppConfig: LONG, OLD_FLAG\n") && report.contains(line), "{report}");
    let json: serde_json::Value = serde_json::from_str(&plan.to_json()).unwrap();
    assert_eq!(json["unknown_lines"], serde_json::json!([2, 5, 7]));
    for said in [report, plan.to_json()] {
        assert!(!said.contains("AKIA") && !said.contains("MFRG") && !said.contains("abcDEF"), "{said}");
    }
    let one = Migration::new(AppConfig::manifest()).plan(&admin, &env_file("aB=1\n")).await.unwrap();
    let line = "\nUnknown, and not shown because it may be part of a value: line 1\n";
    assert!(one.to_string().contains(line), "{one}");
}
