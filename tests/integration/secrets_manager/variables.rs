//! Region and endpoint as the variables of a process say them, however the source is set up.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use harness::stub::Stub;

use crate::support::child::{folder, run};

/// The source alone, in the default chain, and given to the default chain with time-outs set in code.
const WAYS: [&str; 3] = ["aws-alone", "aws-default", "aws-given"];

/// What the child shows.
fn shown<V: AsRef<OsStr>>(how: &str, variables: &[(&str, V)]) -> String {
    let ended = run(how, &folder(""), variables);
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""), "{how}");
    ended.stdout
}

fn production<'a>(variables: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let signed =
        [("ENVIRONMENT", "production"), ("AWS_ACCESS_KEY_ID", "id"), ("AWS_SECRET_ACCESS_KEY", "key")];
    [&signed[..], variables].concat()
}

/// The regions that the stub's requests are signed for.
fn regions(stub: &Stub) -> Vec<String> {
    stub.log().into_iter().map(|entry| entry.region.unwrap_or_default()).collect()
}

#[test]
fn a_malformed_endpoint_is_named_without_its_text() {
    for variable in ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_SECRETS_MANAGER"] {
        for how in WAYS {
            let variables = production(&[("AWS_REGION", "eu-west-1"), (variable, "hunter2@localhost")]);
            let shown = shown(how, &variables);
            assert!(
                shown.contains(&format!("{variable}: not an http or https URL of a host")),
                "{how}: {shown}"
            );
            assert!(shown.to_lowercase().contains("configuration"), "{how}: {shown}");
            assert!(!shown.contains("hunter2"), "{how}: {shown}");
        }
    }
}

#[test]
fn an_empty_variable_is_not_set_and_the_next_one_counts() {
    let stub = Stub::start_on_thread();
    let url = stub.url();
    for how in WAYS {
        stub.reset_requests();
        let variables = production(&[
            ("AWS_REGION", ""),
            ("AWS_DEFAULT_REGION", "eu-west-1"),
            ("AWS_ENDPOINT_URL_SECRETS_MANAGER", ""),
            ("AWS_ENDPOINT_URL", &url),
        ]);
        let shown = shown(how, &variables);
        assert!(shown.contains("Missing"), "{how}: {shown}");
        assert_eq!(regions(&stub), ["eu-west-1"], "{how}");
    }
}

#[test]
fn an_empty_endpoint_is_none() {
    for variable in ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_SECRETS_MANAGER"] {
        let shown = shown("aws-hasty", &production(&[("AWS_REGION", "eu-west-1"), (variable, "")]));
        assert!(shown.starts_with("Unavailable"), "{variable}: {shown}");
    }
}

#[test]
fn an_empty_region_is_none() {
    for how in WAYS {
        let shown = shown(how, &production(&[("AWS_REGION", ""), ("AWS_DEFAULT_REGION", "")]));
        assert!(shown.contains("no AWS region is set"), "{how}: {shown}");
    }
}

#[test]
fn a_region_of_a_profile_comes_after_an_empty_variable() {
    let stub = Stub::start_on_thread();
    let url = stub.url();
    let files = folder("");
    let config = files.write("config", "[default]\nregion = ap-south-1\n");
    let config = ("AWS_CONFIG_FILE", config.to_str().unwrap());
    for how in WAYS {
        stub.reset_requests();
        let shown = shown(how, &production(&[("AWS_REGION", ""), ("AWS_ENDPOINT_URL", &url), config]));
        assert!(shown.contains("Missing"), "{how}: {shown}");
        assert_eq!(regions(&stub), ["ap-south-1"], "{how}");
    }
}

#[test]
fn time_outs_set_in_code_do_not_lose_the_emulator_of_development() {
    let stub = Stub::start_on_thread();
    // There is nobody to sign as, but whom emulators take.
    let variables = [("ENVIRONMENT", "development"), ("AWS_ENDPOINT_URL", &stub.url())];
    let shown = shown("aws-given", &variables);
    assert!(shown.contains("ResourceNotFoundException"), "{shown}");
    assert_eq!(regions(&stub), ["us-east-1"]);
}

#[test]
fn with_variables_of_the_application_region_and_endpoint_of_the_process_are_ignored() {
    let stub = Stub::start_on_thread();
    for endpoint in [stub.url().as_str(), "hunter2@localhost"] {
        let variables = production(&[("AWS_REGION", "eu-west-1"), ("AWS_ENDPOINT_URL", endpoint)]);
        let asked = shown("aws-own-variables", &variables);
        assert!(asked.starts_with("Unavailable"), "{asked}");
        let not_asked = shown("aws-no-own-region", &variables);
        assert!(not_asked.contains("no AWS region is set"), "{not_asked}");
    }
    assert_eq!(stub.requests().total(), 0);
}

#[test]
fn what_is_not_unicode_is_a_matter_of_configuration() {
    let unicode = |text| OsStr::new(text);
    for variable in ["ENVIRONMENT", "SECRET_PREFIX", "AWS_REGION", "AWS_ENDPOINT_URL"] {
        let variables =
            [("ENVIRONMENT", unicode("production")), (variable, OsStr::from_bytes(b"hunter2-\xff"))];
        let shown = shown("aws-default", &variables);
        assert!(shown.starts_with("Configuration"), "{shown}");
        assert!(shown.contains(&format!("{variable}: set to something that is not Unicode")), "{shown}");
        assert!(!shown.contains("hunter2"), "{shown}");
    }
}
