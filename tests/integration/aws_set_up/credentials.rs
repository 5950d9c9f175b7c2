//! Credentials of variables, profiles and programs.

use super::{FOREIGN, Machine, assert_says};

#[test]
fn the_providers_that_were_tried_are_listed_and_a_check_says_the_same() {
    let machine = Machine::new();
    let attempts = [
        "no AWS credentials were found\n      environment variables: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set\n",
        "      profile default: not in /dev/null or /dev/null, which have no profiles\n",
        "      web identity: AWS_WEB_IDENTITY_TOKEN_FILE is not set\n",
        "      container: AWS_CONTAINER_CREDENTIALS_RELATIVE_URI and AWS_CONTAINER_CREDENTIALS_FULL_URI are not set\n",
        "      instance metadata: disabled by AWS_EC2_METADATA_DISABLED\n",
    ];
    assert_says(&machine.read(), &attempts);
    assert_says(&machine.check(), &attempts);
}

#[test]
fn a_key_without_its_other_half_is_told() {
    for (set, other) in
        [("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"), ("AWS_SECRET_ACCESS_KEY", "AWS_ACCESS_KEY_ID")]
    {
        let report = Machine::new().with(set, FOREIGN).read();
        assert_says(
            &report,
            &[
                &format!("environment variables: {set} is set and {other} is not"),
                &format!("help: set {other}"),
            ],
        );
    }
}

const PROFILES: &str = "[profile staging]\nregion = eu-west-1\n[profile production]\nregion = eu-west-1\n";

#[test]
fn a_profile_that_is_not_there_is_told_with_and_without_a_region() {
    let machine = Machine::new().with_profiles(PROFILES).with("AWS_PROFILE", "stagign");
    let file = machine.folder.path().join("config");
    let there = format!(
        "selected profile: not in {} or /dev/null, which have production, staging (did you mean staging?)",
        file.display()
    );
    assert_says(
        &machine.read(),
        &["Configuration\n", &there, "help: set AWS_PROFILE to a profile that is there"],
    );
    let machine = machine.without("AWS_REGION");
    assert_says(
        &machine.read(),
        &["no AWS region is set", &there, "help: set AWS_PROFILE to a profile that is there"],
    );
    let machine = machine.with_keys();
    assert_says(&machine.read(), &["no AWS region is set", &there]);
}

#[test]
fn a_profile_without_credentials_is_told() {
    let machine = Machine::new().with_profiles(PROFILES).with("AWS_PROFILE", "staging");
    assert_says(&machine.read(), &["profile staging: has no credentials"]);
    let machine = Machine::new().with_profiles("[profile staging\nregion").with("AWS_PROFILE", "staging");
    assert_says(&machine.read(), &["profile: ", " could not be read, or is malformed"]);
}

fn of_profile(lines: &str) -> String {
    let others = "[profile base]\naws_access_key_id = id\naws_secret_access_key = key\n";
    Machine::new()
        .with_profiles(&format!("[profile app]\n{lines}\n{others}"))
        .with("AWS_PROFILE", "app")
        .read()
}

#[test]
fn a_credential_process_is_told_by_how_it_ended() {
    for (program, cause) in [
        ("sh -c 'echo hunter2; echo hunter2 >&2; exit 3'", "the program failed with exit code 3"),
        ("no-such-program-1 hunter2", "its command was not found (exit code 127)"),
        ("/absent/hunter2", "its command was not found (exit code 127)"),
        ("/", "its command may not be executed (exit code 126)"),
        ("kill -9 $$", "the program was ended by a signal"),
        ("echo hunter2", "the program does not print a JSON object"),
        ("true", "the program does not print a JSON object"),
        (
            r#"echo '{"Version": 1, "AccessKeyId": "hunter2"}'"#,
            "the program does not print a SecretAccessKey",
        ),
        (
            r#"echo '{"Version": 2, "AccessKeyId": "hunter2", "SecretAccessKey": "a"}'"#,
            "the program does not print \"Version\": 1",
        ),
    ] {
        let report = of_profile(&format!("credential_process = {program}"));
        assert_says(
            &report,
            &[
                &format!("profile app: credential_process: {cause}"),
                "help: run the credential_process of the profile app by hand",
            ],
        );
        assert!(!report.contains("web identity"), "{report}");
    }
}

#[test]
fn a_profile_that_is_set_up_wrongly_is_told() {
    for (lines, causes) in [
        (
            "role_arn = arn:aws:iam::123456789012:role/r\nsource_profile = bsae",
            vec![
                "source_profile of app is a profile that is not in ",
                "have app, base (did you mean base?)",
                "help: correct source_profile in the profile app",
            ],
        ),
        (
            "role_arn = arn:aws:iam::123456789012:role/r\nsource_profile = app\nregion = x",
            vec!["is a source_profile and holds no credentials"],
        ),
        (
            "role_arn = arn:aws:iam::123456789012:role/r",
            vec!["has a role_arn, and neither source_profile nor credential_source"],
        ),
        (
            "role_arn = arn:aws:iam::123456789012:role/r\ncredential_source = Lambda",
            vec!["credential_source: none of Environment, Ec2InstanceMetadata and EcsContainer"],
        ),
        (
            "role_arn = arn:aws:iam::123456789012:role/r\ncredential_source = Environment",
            vec!["credential_source Environment: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set"],
        ),
        (
            "role_arn = arn:aws:iam::123456789012:role/r\ncredential_source = EcsContainer",
            vec!["credential_source EcsContainer: AWS_CONTAINER_CREDENTIALS_RELATIVE_URI and "],
        ),
        (
            "role_arn = arn:aws:iam::123456789012:role/r\ncredential_source = Ec2InstanceMetadata",
            vec!["credential_source Ec2InstanceMetadata: disabled by AWS_EC2_METADATA_DISABLED"],
        ),
        ("aws_access_key_id = hunter2", vec!["has an aws_access_key_id and no aws_secret_access_key"]),
        ("web_identity_token_file = /absent", vec!["has a web_identity_token_file and no role_arn"]),
        (
            "role_arn = arn:aws:iam::123456789012:role/r\nweb_identity_token_file = /absent",
            vec!["profile app: the file of web_identity_token_file does not exist"],
        ),
        (
            "sso_session = team\nsso_account_id = 1\nsso_role_name = r",
            vec!["sso_session: there is no such section"],
        ),
        ("sso_start_url = https://start.example/start\nsso_account_id = 1", vec!["sso_role_name is not set"]),
    ] {
        assert_says(&of_profile(lines), &causes);
    }
}
