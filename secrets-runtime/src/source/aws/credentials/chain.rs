//! Explains why the default chain of the SDK gave no credentials: each provider that it tried, in its order,
//! and why it gave none. The causes come from the variables and files that the provider reads, and from the
//! error of the one that failed.

use aws_config::profile::ProfileSet;
use aws_credential_types::provider::error::CredentialsError;
use aws_runtime::env_config::file::EnvConfigFiles;
use aws_types::os_shim_internal::Env;

use super::no_credentials::{End, NoCredentials};
use super::profile_chain::{Base, ProfileChain};
use super::profile_step::{not_there, profile_step};
use super::providers::{ROLE_ARN, TOKEN_FILE, Tried};
use super::step::Step;
use crate::source::aws::role::is_role;
use crate::source::aws::sdk_files::{FileFaults, read_profiles};

/// Explains the error of the chain with this profile of these files.
pub(super) async fn explain(
    error: &CredentialsError,
    profile: Option<&str>,
    files: &EnvConfigFiles,
    file_faults: FileFaults,
) -> NoCredentials {
    let profiles = read_profiles(profile, files).await;
    attempts_of(&Tried { file_faults, ..Tried::new(error, &Env::real(), profiles.as_ref()) })
}

/// If the selected profile is not in the files: says so, with the profiles that are there.
pub(in super::super) fn absent_profile(
    profiles: &ProfileSet,
    env: &Env,
    file_faults: FileFaults,
) -> Option<String> {
    let name = profiles.selected_profile();
    let is_absent = name != "default" && profiles.get_profile(name).is_none();
    is_absent.then(|| format!("selected profile: {}", not_there(name, profiles, env, file_faults)))
}

/// The ARN of the role that the profile or the variables of a web identity name.
pub(in super::super) fn role(profiles: &ProfileSet, env: &Env) -> Option<String> {
    let role = match ProfileChain::new(profiles) {
        Ok(ProfileChain { role: Some(role), .. }) => role.to_owned(),
        Ok(ProfileChain { base: Base::WebIdentity, profile, .. }) => {
            profiles.get_profile(profile)?.get("role_arn")?.to_owned()
        }
        Err(unusable) if unusable.goes_on() => {
            env.get(TOKEN_FILE).ok()?;
            env.get(ROLE_ARN).ok()?
        }
        Ok(_) | Err(_) => return None,
    };
    is_role(&role).then_some(role)
}

/// Lists the providers in the order of the chain, up to the one that failed.
fn attempts_of(tried: &Tried<'_>) -> NoCredentials {
    let (mut attempts, mut first_help) = (Vec::new(), None);
    let steps: [fn(&Tried<'_>) -> Step; 5] = [
        |tried| tried.variables(),
        |tried| profile_step(tried),
        |tried| tried.web_identity(),
        |tried| tried.container(),
        |tried| tried.metadata(),
    ];
    for step in steps {
        let Step { provider, cause, help, end } = step(tried);
        attempts.push(format!("{provider}: {cause}"));
        if let Some(end) = end.filter(|_| !tried.is_exhausted) {
            return NoCredentials { attempts, end, help: help.or(first_help) };
        }
        first_help = first_help.or(help);
    }
    NoCredentials { attempts, end: End::NotFound, help: first_help }
}

#[cfg(test)]
mod tests {
    use aws_runtime::env_config::file::EnvConfigFileKind;

    use super::*;

    async fn explained(
        error: CredentialsError,
        variables: &[(&str, &str)],
        profile: Option<&str>,
        config: &str,
    ) -> NoCredentials {
        let files = EnvConfigFiles::builder().with_contents(EnvConfigFileKind::Config, config).build();
        let profiles = read_profiles(profile, &files).await;
        attempts_of(&Tried::new(&error, &Env::from_slice(variables), profiles.as_ref()))
    }

    #[tokio::test]
    async fn each_provider_that_has_nothing_is_listed_in_the_order_of_the_chain() {
        let explained = explained(CredentialsError::not_loaded("none"), &[], None, "").await;
        assert_eq!(
            explained.attempts,
            [
                "environment variables: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set",
                "profile default: not in ~/.aws/config or ~/.aws/credentials, which have no profiles",
                "web identity: AWS_WEB_IDENTITY_TOKEN_FILE is not set",
                "container: AWS_CONTAINER_CREDENTIALS_RELATIVE_URI and AWS_CONTAINER_CREDENTIALS_FULL_URI are not set",
                "instance metadata: the metadata service could not be reached",
            ]
        );
        assert_eq!((explained.end, explained.help), (End::NotFound, None));
    }

    #[tokio::test]
    async fn providers_after_the_one_that_failed_were_not_tried() {
        let error = CredentialsError::provider_error(std::io::Error::from(std::io::ErrorKind::NotFound));
        let variables = [(TOKEN_FILE, "/hunter2"), (ROLE_ARN, "arn:aws:iam::123456789012:role/app")];
        let explained = explained(error, &variables, None, "").await;
        assert_eq!(explained.attempts.len(), 3);
        assert_eq!(
            explained.attempts[2],
            "web identity: the file of AWS_WEB_IDENTITY_TOKEN_FILE does not exist"
        );
        assert_eq!(explained.end, End::SetUp);
        assert!(explained.help.unwrap().contains("eks.amazonaws.com/role-arn"));
    }

    #[tokio::test]
    async fn half_of_the_keys_is_told_from_none() {
        for (set, other) in
            [("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"), ("AWS_SECRET_ACCESS_KEY", "AWS_ACCESS_KEY_ID")]
        {
            let variables = [(set, "hunter2"), (other, " ")];
            let explained = explained(CredentialsError::not_loaded("none"), &variables, None, "").await;
            assert_eq!(
                explained.attempts[0],
                format!("environment variables: {set} is set and {other} is not")
            );
            assert!(explained.help.unwrap().contains(other));
        }
    }

    #[tokio::test]
    async fn a_program_that_is_late_is_told_with_its_limit() {
        let error = CredentialsError::provider_timed_out(std::time::Duration::from_secs(4));
        let config = "[default]\ncredential_process = sleep 600\n";
        let explained = explained(error, &[], None, config).await;
        assert_eq!(
            explained.attempts[1],
            "profile default: credential_process: gave no credentials within 85 % of attempt_timeout"
        );
        assert_eq!(explained.end, End::Unavailable);
        assert!(explained.help.unwrap().contains("attempt_timeout"));
    }

    #[tokio::test]
    async fn files_that_cannot_be_read_are_not_said_to_have_no_profiles() {
        let files = EnvConfigFiles::builder().with_contents(EnvConfigFileKind::Config, "").build();
        let profiles = read_profiles(None, &files).await;
        let file_faults =
            FileFaults { config: Some("is not UTF-8"), credentials: Some("may not be read by this user") };
        let (error, env) =
            (CredentialsError::not_loaded("none"), Env::from_slice(&[("AWS_CONFIG_FILE", "")]));
        let tried = Tried { file_faults, ..Tried::new(&error, &env, profiles.as_ref()) };
        assert_eq!(
            attempts_of(&tried).attempts[1],
            "profile default: not in ~/.aws/config (it is not UTF-8) or ~/.aws/credentials (it may not be read by \
             this user)"
        );
    }

    #[tokio::test]
    async fn an_empty_endpoint_of_the_metadata_service_is_named() {
        let error = CredentialsError::provider_error("invalid URI");
        let explained = explained(error, &[("AWS_EC2_METADATA_SERVICE_ENDPOINT", "")], None, "").await;
        assert!(explained.attempts[4].contains("AWS_EC2_METADATA_SERVICE_ENDPOINT is empty"));
        assert_eq!(explained.end, End::SetUp);
    }

    #[tokio::test]
    async fn a_profile_that_is_not_there_is_told_with_those_that_are() {
        let config = "[profile staging]\nregion = r\n[profile production]\nregion = r\n";
        let error = CredentialsError::not_loaded("none");
        let explained = explained(error, &[], Some("stagign"), config).await;
        assert_eq!(
            explained.attempts[1],
            "selected profile: not in ~/.aws/config or ~/.aws/credentials, which have production, staging (did you mean staging?)"
        );
    }
}
