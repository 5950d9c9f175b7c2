//! Assumes a role for the calls to Secrets Manager alone.

use aws_config::sts::AssumeRoleProvider;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_secretsmanager::config::SharedHttpClient;

/// The name of the sessions, as `CloudTrail` shows it.
const SESSION: &str = "secrets-runtime";

/// Whether a text is the ARN of an IAM role: `arn:PARTITION:iam::ACCOUNT:role/PATH/NAME`.
pub(super) fn is_role(text: &str) -> bool {
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    let ["arn", partition, "iam", "", account, role] = *parts.as_slice() else { return false };
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"+=,.@_-/".contains(&byte);
    partition.starts_with("aws")
        && account.len() == 12
        && account.bytes().all(|byte| byte.is_ascii_digit())
        && role.strip_prefix("role/").is_some_and(|name| !name.is_empty() && name.bytes().all(is_plain))
}

/// Credentials of a role, which `base` may assume. STS is asked in the same region, at its own endpoint
/// unless an emulator is.
pub(super) async fn assume(
    role: &str,
    base: SharedCredentialsProvider,
    sdk: &SdkConfig,
    region: Region,
    http: &SharedHttpClient,
    emulator: Option<&str>,
) -> SharedCredentialsProvider {
    // The provider panics without a clock, and the client without a version of its behavior.
    let clock = sdk.time_source().unwrap_or_default();
    let behavior = sdk.behavior_version().unwrap_or_else(BehaviorVersion::latest);
    let mut sts = sdk.clone().into_builder().time_source(clock).behavior_version(behavior);
    sts.set_endpoint_url(emulator.map(str::to_owned));
    let sts = sts.region(region).http_client(http.clone()).credentials_provider(base).build();
    let provider = AssumeRoleProvider::builder(role).session_name(SESSION).configure(&sts).build().await;
    SharedCredentialsProvider::new(provider)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_is_named_by_its_arn() {
        for arn in [
            "arn:aws:iam::123456789012:role/reader",
            "arn:aws-cn:iam::123456789012:role/teams/shop/reader+=,.@-_",
        ] {
            assert!(is_role(arn), "{arn}");
        }
        for text in [
            "",
            "reader",
            "arn:aws:iam::123456789012:user/reader",
            "arn:aws:iam::123456789012:role/",
            "arn:aws:iam::1234:role/reader",
            "arn:aws:iam:eu-west-1:123456789012:role/reader",
            "arn:aws:sts::123456789012:assumed-role/reader/session",
            "arn:aws:iam::123456789012:role/a b",
        ] {
            assert!(!is_role(text), "{text}");
        }
    }
}
