//! Credentials that are absent, cannot be had, or are refused.

use harness::stub::Fault;

use super::row::{Row, fault, refused, row};
use super::setup::{in_folder, with, with_config};
use crate::support::child::folder;

const NO_KEYS: [(&str, &str); 2] = [("AWS_ACCESS_KEY_ID", ""), ("AWS_SECRET_ACCESS_KEY", "")];

fn config(config: &str) -> String {
    with_config(config, &NO_KEYS)
}

pub(super) fn rows() -> Vec<Row> {
    let mut rows = providers();
    rows.extend(answers());
    rows
}

fn providers() -> Vec<Row> {
    vec![
        row("No variable, profile, container or instance gives credentials.", "", async { with(&NO_KEYS) }),
        row(
            "`AWS_PROFILE` names a profile that the AWS files do not have.",
            "Correct the name, or add the profile.",
            async {
                with_config(
                    "[profile shop]\nregion = eu-west-1\n",
                    &[&NO_KEYS[..], &[("AWS_PROFILE", "typo")]].concat(),
                )
            },
        ),
        row(
            "The profile signs in through IAM Identity Center, and nobody has signed in.",
            "Run `aws sso login`.",
            async {
                config(
                    "[default]\nsso_session = shop\nsso_account_id = 123456789012\nsso_role_name = shop\n\
                 [sso-session shop]\nsso_region = eu-west-1\nsso_start_url = https://shop.awsapps.com/start\n",
                )
            },
        ),
        row("The profile's `credential_process` ends with an error.", "Run the program by itself.", async {
            config("[default]\ncredential_process = false\n")
        }),
        row(
            "The profile's `credential_process` does not exist.",
            "Install the program, or correct its path.",
            async { config("[default]\ncredential_process = /app/absent\n") },
        ),
        row(
            "The profile's `credential_process` prints no JSON.",
            "Let it print the JSON that AWS describes.",
            async { config("[default]\ncredential_process = echo credentials\n") },
        ),
        row(
            "The profile's `source_profile` does not exist.",
            "Correct the name, or add the profile.",
            async {
                config("[default]\nrole_arn = arn:aws:iam::123456789012:role/shop\nsource_profile = absent\n")
            },
        ),
        row(
            "`AWS_WEB_IDENTITY_TOKEN_FILE` names a file that does not exist.",
            "Check the service account of the pod.",
            async {
                let variables = [
                    ("AWS_WEB_IDENTITY_TOKEN_FILE", "/app/absent"),
                    ("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/shop"),
                ];
                with(&[&variables[..], &NO_KEYS].concat())
            },
        ),
        row(
            "The container's endpoint for credentials refuses the connection.",
            "Check the task role.",
            async {
                let endpoint = ("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://127.0.0.1:1/credentials");
                with(&[&[endpoint], &NO_KEYS[..]].concat())
            },
        ),
        row("The credentials of a program or a container hold a character that cannot be sent.", "", async {
            let folder = folder("");
            let answer = r#"{"Version": 1, "AccessKeyId": "i\nd", "SecretAccessKey": "key"}"#;
            let answer = folder.write("answer", answer);
            let config = format!("[default]\ncredential_process = cat {}\n", answer.display());
            let config = folder.write("config", &config);
            in_folder(&folder, &[&[("AWS_CONFIG_FILE", config.to_str().unwrap())], &NO_KEYS[..]].concat())
        }),
    ]
}

fn answers() -> Vec<Row> {
    vec![
        row("The session has expired.", "", fault(Fault::ExpiredToken)),
        row(
            "AWS does not know the access key, or it belongs to another partition.",
            "",
            fault(Fault::InvalidCredentials),
        ),
        row(
            "The secret access key does not belong to the access key id.",
            "",
            refused("InvalidSignatureException", "The request signature we calculated does not match"),
        ),
        row(
            "The clock of the machine is wrong by more than five minutes.",
            "",
            refused("InvalidSignatureException", "Signature expired: 20250101T000000Z is now earlier"),
        ),
    ]
}
