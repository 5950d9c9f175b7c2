//! An invalid setting is a configuration error that names its variable, or its key, profile and file. An
//! empty one is not set.

use std::ffi::OsStr;

use super::run::Account;

fn all_ok(account: &Account, name: &str, value: &str) {
    for outcome in account.ask_with(name, value) {
        assert_eq!(outcome, "ok", "{name}={value:?}");
    }
}

#[test]
fn an_empty_variable_is_not_set() {
    let account = Account::new();
    for name in [
        "AWS_MAX_ATTEMPTS",
        "AWS_RETRY_MODE",
        "AWS_SESSION_TOKEN",
        "AWS_USE_FIPS_ENDPOINT",
        "AWS_ENDPOINT_URL_SECRETS_MANAGER",
        "AWS_PROFILE",
        "AWS_EXECUTION_ENV",
    ] {
        all_ok(&account, name, "");
    }
}

#[test]
fn the_retry_mode_of_older_sdks_means_the_standard_one() {
    let account = Account::new();
    for mode in ["legacy", "LEGACY", "standard", "adaptive"] {
        all_ok(&account, "AWS_RETRY_MODE", mode);
    }
}

#[test]
fn a_variable_that_cannot_be_used_is_named_in_one_error() {
    let account = Account::new();
    for (name, value, reason) in [
        ("AWS_MAX_ATTEMPTS", "0", "not a whole number from 1 to 4294967295"),
        ("AWS_MAX_ATTEMPTS", "3x", "not a whole number from 1 to 4294967295"),
        ("AWS_MAX_ATTEMPTS", "1.5", "not a whole number from 1 to 4294967295"),
        ("AWS_RETRY_MODE", "fast", "not one of standard, adaptive and legacy"),
        ("AWS_ACCESS_KEY_ID", "id\n", "holds a line break, a space"),
        ("AWS_SECRET_ACCESS_KEY", "key\r\n", "holds a line break, a space"),
        ("AWS_SESSION_TOKEN", "token\u{e9}", "holds a line break, a space"),
        ("AWS_EXECUTION_ENV", "lambda\n", "holds a line break"),
        ("AWS_USE_FIPS_ENDPOINT", "yes", "neither true nor false"),
        ("AWS_USE_DUALSTACK_ENDPOINT", "1", "neither true nor false"),
    ] {
        for outcome in account.ask_with(name, value) {
            assert!(outcome.starts_with("Configuration"), "{name}={value:?}: {outcome}");
            assert!(outcome.contains(&format!("{name}: {reason}")), "{name}={value:?}: {outcome}");
        }
    }
    assert_eq!(account.stub.requests().total(), 0);
}

/// The outcomes with this line in the default profile, in the file that this variable names.
fn with_line(account: &Account, variable: &str, line: &str) -> Vec<String> {
    let keys = "aws_access_key_id = id\naws_secret_access_key = key";
    let content = format!("[default]\n{keys}\n{line}\n");
    let file = account.folder.write(&variable.to_lowercase(), &content);
    account.ask(&account.variables(), (variable, OsStr::new(&file)), &["-"]).into_values().collect()
}

#[test]
fn an_empty_key_of_a_profile_is_not_set() {
    let account = Account::new();
    for line in [
        "max_attempts =",
        "retry_mode =",
        "endpoint_url =",
        "region =",
        "retry_mode = legacy",
        "aws_session_token =",
    ] {
        for outcome in with_line(&account, "AWS_CONFIG_FILE", line) {
            assert_eq!(outcome, "ok", "{line}");
        }
    }
}

#[test]
fn an_empty_endpoint_of_a_profile_is_not_set_without_a_variable_either() {
    let account = Account::new();
    let file = account.folder.write("config", "[default]\nendpoint_url =\n");
    let mut variables = account.signed();
    variables.remove("AWS_ENDPOINT_URL");
    let outcomes = account.ask(&variables, ("AWS_CONFIG_FILE", file.as_os_str()), &["-"]);
    // That of AWS itself, to which the proxy of this test does not lead.
    assert!(outcomes.values().all(|outcome| outcome.starts_with("Unavailable")), "{outcomes:?}");
}

#[test]
fn a_key_of_a_profile_that_cannot_be_used_is_named_with_profile_and_file() {
    let account = Account::new();
    for variable in ["AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"] {
        for (line, reason) in [
            ("max_attempts = 0", "max_attempts: not a whole number from 1 to 4294967295"),
            ("max_attempts = 3x", "max_attempts: not a whole number from 1 to 4294967295"),
            ("retry_mode = fast", "retry_mode: not one of standard, adaptive and legacy"),
            ("aws_access_key_id = i d", "aws_access_key_id: holds a line break, a space"),
            ("aws_session_token = t\u{e9}", "aws_session_token: holds a line break, a space"),
            ("use_fips_endpoint = on", "use_fips_endpoint: neither true nor false"),
        ] {
            let file = account.folder.path().join(variable.to_lowercase());
            for outcome in with_line(&account, variable, line) {
                assert!(outcome.starts_with("Configuration"), "{line}: {outcome}");
                assert!(outcome.contains(reason), "{line}: {outcome}");
                let place = format!("(profile default in {})", file.display());
                assert!(outcome.contains(&place), "{line}: {outcome}");
            }
        }
    }
    assert_eq!(account.stub.requests().total(), 0);
}

/// Nothing hides it from the SDK's client of that service.
#[test]
fn an_empty_endpoint_of_the_service_that_gives_credentials_is_named() {
    let account = Account::new();
    let token = account.folder.write("token", "token");
    let mut variables = account.variables();
    variables.insert("AWS_WEB_IDENTITY_TOKEN_FILE".to_owned(), token.to_str().unwrap().to_owned());
    variables.insert("AWS_ROLE_ARN".to_owned(), "arn:aws:iam::123456789012:role/app".to_owned());
    for name in ["AWS_ENDPOINT_URL_STS", "AWS_ENDPOINT_URL"] {
        for outcome in account.ask(&variables, (name, OsStr::new("")), &["-"]).values() {
            assert!(outcome.starts_with("Configuration"), "{outcome}");
            assert!(outcome.contains(&format!("{name}: empty")), "{outcome}");
        }
    }
    let role = "[default]\nrole_arn = arn:aws:iam::123456789012:role/app\nsource_profile = default\nendpoint_url =\n";
    let file = account.folder.write("config", role);
    let mut variables = account.variables();
    variables.remove("AWS_ENDPOINT_URL");
    for outcome in account.ask(&variables, ("AWS_CONFIG_FILE", file.as_os_str()), &["-"]).values() {
        assert!(outcome.contains("endpoint_url: empty"), "{outcome}");
        assert!(outcome.contains(&format!("(profile default in {})", file.display())), "{outcome}");
    }
}

/// The services of the selected profile hold for the profiles that it refers to.
#[test]
fn an_empty_endpoint_of_a_service_that_a_source_profile_asks_is_named() {
    let account = Account::new();
    let session = "[sso-session corp]\nsso_region = eu-west-1\nsso_start_url = https://example.com\n";
    let sso = "sso_account_id = 123456789012\nsso_role_name = app\n";
    for service in ["sso", "sso-oidc"] {
        for chain in [
            format!("[profile base]\nsso_session = corp\n{sso}"),
            format!(
                "[profile base]\nrole_arn = arn:aws:iam::123456789012:role/b\nsource_profile = last\n\
                 [profile last]\nsso_region = eu-west-1\nsso_start_url = https://example.com\n{sso}"
            ),
        ] {
            let config = format!(
                "[default]\nrole_arn = arn:aws:iam::123456789012:role/a\nsource_profile = base\nservices = own\n\
                 [services own]\n{service} =\n  endpoint_url =\n{chain}{session}"
            );
            let file = account.folder.write("config", &config);
            let mut variables = account.variables();
            variables.remove("AWS_ENDPOINT_URL");
            for outcome in account.ask(&variables, ("AWS_CONFIG_FILE", file.as_os_str()), &["-"]).values() {
                assert!(outcome.contains("endpoint_url: empty"), "{config}: {outcome}");
            }
        }
    }
}

#[test]
fn credentials_of_a_program_that_cannot_be_sent_are_a_configuration_error() {
    let account = Account::new();
    let answer = r#"{"Version": 1, "AccessKeyId": "i\nd", "SecretAccessKey": "key"}"#;
    let answer = account.folder.write("answer", answer);
    let config = format!("[default]\ncredential_process = cat {}\n", answer.display());
    let config = account.folder.write("config", &config);
    let outcomes = account.ask(&account.variables(), ("AWS_CONFIG_FILE", config.as_os_str()), &["-"]);
    for outcome in outcomes.values() {
        assert!(outcome.starts_with("Configuration"), "{outcome}");
        assert!(outcome.contains("the AWS credentials hold a line break"), "{outcome}");
    }
}
