//! What is printed from the type alone: no account, no network.

use super::run;

/// What a run prints that is to succeed.
fn printed(arguments: &[&str]) -> String {
    let ended = run(arguments, &[]);
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""), "{arguments:?}");
    ended.stdout
}

#[test]
fn help_lists_every_subcommand_and_every_exit_code() {
    let help = printed(&["--help"]);
    for part in
        ["check", "policy", "env-example", "template", "docs", "manifest", "migrate", "\n  3  failure"]
    {
        assert!(help.contains(part), "{part} is not in:\n{help}");
    }
    for subcommand in ["check", "policy", "env-example", "template", "docs", "manifest", "migrate"] {
        let help = printed(&[subcommand, "--help"]);
        assert!(help.contains("--environment <NAME>"), "{help}");
        assert!(help.contains(&format!("Usage: command_line secrets {subcommand}")), "{help}");
    }
}

#[test]
fn names_are_those_of_production_unless_another_environment_is_said() {
    for subcommand in ["policy", "template", "docs", "manifest"] {
        assert!(printed(&[subcommand]).contains("shop/production/database-url"), "{subcommand}");
        let staging = printed(&[subcommand, "--environment", "staging"]);
        assert!(staging.contains("shop/staging/database-url"), "{subcommand}");
        let ended = run(&[subcommand], &[("ENVIRONMENT", "qa"), ("SECRET_PREFIX", "unused")]);
        assert!(ended.stdout.contains("shop/qa/database-url"), "{subcommand}");
    }
}

#[test]
fn a_policy_is_for_what_is_said() {
    let key = "arn:aws-cn:kms:cn-north-1:123456789012:key/4e4b4bd2-0a3f-4d3a-8a55-7d2a1c9d0f11";
    let arguments =
        ["policy", "--partition", "aws-cn", "--region", "cn-north-1", "--account", "123456789012"];
    let policy = printed(&[&arguments[..], &["--kms-key", key, "--pending"]].concat());
    let json: serde_json::Value = serde_json::from_str(&policy).unwrap();
    assert_eq!(json["Version"], "2012-10-17");
    let secret = "arn:aws-cn:secretsmanager:cn-north-1:123456789012:secret:shop/production/jwt-??????";
    for part in [key, secret, "AWSPENDING"] {
        assert!(policy.contains(part), "{part} is not in:\n{policy}");
    }
    let ended = run(&["policy", "--account", "hunter2"], &[]);
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""));
    assert!(ended.stderr.starts_with("error: ") && !ended.stderr.contains("hunter2"), "{}", ended.stderr);
}

#[test]
fn a_secret_is_said_for_a_field_with_id_env_only() {
    for (secret, reason) in [
        ("hunter2", "secret: expected FIELD=ARN"),
        ("jwt=hunter2", "secret: no field with `id_env` has this path"),
        ("=hunter2", "secret: no field with `id_env` has this path"),
    ] {
        let ended = run(&["policy", "--secret", secret], &[]);
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""));
        assert!(ended.stderr.contains(reason) && !ended.stderr.contains("hunter2"), "{}", ended.stderr);
    }
}

#[test]
fn a_template_is_what_is_chosen() {
    let json =
        |arguments: &[&str]| -> serde_json::Value { serde_json::from_str(&printed(arguments)).unwrap() };
    assert!(json(&["template"])["Resources"].as_object().unwrap().len() >= 4);
    assert!(printed(&["template", "--kind", "alarms"]).contains("AWS::CloudWatch::Alarm"));
    let terraform = printed(&["template", "--format", "terraform"]);
    assert!(terraform.contains("resource \"aws_secretsmanager_secret\""), "{terraform}");
    let ended = run(&["template", "--kind", "alarms", "--format", "terraform"], &[]);
    assert_eq!(ended.code, Some(2));
    assert_eq!(ended.stderr, "error: --kind alarms needs --format cloudformation\n");
}

#[test]
fn documentation_is_a_runbook_or_a_checklist() {
    assert!(printed(&["docs"]).contains("| `database_url` |"));
    assert!(
        printed(&["docs", "--kind", "checklist"]).starts_with("# Before AppConfig starts in production\n")
    );
}

#[test]
fn a_manifest_comes_with_its_schema() {
    let manifest: serde_json::Value = serde_json::from_str(&printed(&["manifest"])).unwrap();
    assert_eq!(manifest["config"], "AppConfig");
    assert_eq!(printed(&["manifest", "--schema"]), secrets_runtime::manifest::Manifest::JSON_SCHEMA);
}

#[test]
fn a_developer_gets_every_variable_empty_and_where_each_secret_is() {
    let example = printed(&["env-example"]);
    assert!(
        example.contains("\n# Postgres connection string.\n# Secret<String>\nDATABASE_URL=\n"),
        "{example}"
    );
    assert!(!example.contains("shop/"), "{example}");
    let skeleton = printed(&["env-example", "--with-ids", "--environment", "staging"]);
    let expected = "\n# In staging: shop/staging/smtp, key password\nSMTP_PASSWORD=\n";
    assert!(skeleton.contains(expected), "{skeleton}");
    assert!(skeleton.contains("\n# In staging: shop/staging/sentry-dsn\n# SENTRY_DSN=\n"), "{skeleton}");
}
