//! Explains why the default chain of the SDK gave no credentials: each provider that it tried, in its order,
//! and why it gave none. The causes come from the variables and files that the provider reads, and from the
//! error of the one that failed.

use aws_config::profile::ProfileSet;
use aws_credential_types::provider::error::CredentialsError;
use aws_runtime::env_config::file::EnvConfigFiles;
use aws_types::os_shim_internal::Env;

use super::failure::{DISABLED, FORBIDDEN, Failure, NO_ROLE, NO_TRUST, TOKEN_NOT_SENDABLE};
use super::no_credentials::{End, NoCredentials};
use super::profile_chain::{Base, ProfileChain};
use super::profile_step::{not_there, profile_step};
use crate::source::aws::profile::read;
use crate::source::aws::role::is_role;
use crate::source::aws::sdk_files::FileFaults;

const TOKEN_FILE: &str = "AWS_WEB_IDENTITY_TOKEN_FILE";
const ROLE_ARN: &str = "AWS_ROLE_ARN";
const CONTAINER_URIS: [&str; 2] =
    ["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI"];
const CONTAINER_TOKEN_FILE: &str = "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE";

const METADATA_ENDPOINT: &str = "AWS_EC2_METADATA_SERVICE_ENDPOINT";

/// One provider of the chain.
pub(super) struct Step {
    pub(super) provider: String,
    /// Why it gave nothing.
    pub(super) cause: String,
    pub(super) help: Option<String>,
    /// How the chain ends here if the provider fails. `None` if the next provider is asked.
    pub(super) end: Option<End>,
}

impl Step {
    pub(super) fn new(provider: impl Into<String>, cause: impl Into<String>) -> Self {
        Self { provider: provider.into(), cause: cause.into(), help: None, end: None }
    }

    /// The step of a provider that failed, if no better words are known.
    pub(super) fn failed(provider: impl Into<String>, subject: &str, failure: Failure) -> Self {
        Self::new(provider, format!("{subject}{}", failure.describe())).ending(failure.end())
    }

    pub(super) fn help(self, help: impl Into<String>) -> Self {
        Self { help: Some(help.into()), ..self }
    }

    pub(super) fn ending(self, end: End) -> Self {
        Self { end: Some(end), ..self }
    }
}

/// What the providers read, and the error of the chain.
pub(super) struct Tried<'a> {
    pub(super) env: &'a Env,
    /// `None` if the files cannot be read or parsed.
    pub(super) profiles: Option<&'a ProfileSet>,
    pub(super) file_faults: FileFaults,
    pub(super) failure: Failure,
    /// Whether the last provider of the chain was asked and had nothing.
    pub(super) is_exhausted: bool,
    /// Whether the metadata service says that the machine has no role.
    has_no_role: bool,
}

/// Explains the error of the chain with this profile of these files.
pub(super) async fn explain(
    error: &CredentialsError,
    profile: Option<&str>,
    files: &EnvConfigFiles,
    file_faults: FileFaults,
) -> NoCredentials {
    let profiles = read(profile, files).await;
    Tried { file_faults, ..Tried::new(error, &Env::real(), profiles.as_ref()) }.explain()
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

impl<'a> Tried<'a> {
    fn new(error: &CredentialsError, env: &'a Env, profiles: Option<&'a ProfileSet>) -> Self {
        let is_exhausted = matches!(error, CredentialsError::CredentialsNotLoaded(_));
        // The error of a chain holds those of its providers, and shows them by `Debug` alone.
        let has_no_role = is_exhausted && format!("{error:?}").contains(NO_ROLE);
        let file_faults = FileFaults::default();
        Self { env, profiles, file_faults, failure: Failure::of(error), is_exhausted, has_no_role }
    }

    fn explain(&self) -> NoCredentials {
        let (mut attempts, mut first_help) = (Vec::new(), None);
        let steps: [fn(&Self) -> Step; 5] = [
            Self::variables,
            |tried| profile_step(tried),
            Self::web_identity,
            Self::container,
            Self::metadata,
        ];
        for step in steps {
            let Step { provider, cause, help, end } = step(self);
            attempts.push(format!("{provider}: {cause}"));
            if let Some(end) = end.filter(|_| !self.is_exhausted) {
                return NoCredentials { attempts, end, help: help.or(first_help) };
            }
            first_help = first_help.or(help);
        }
        NoCredentials { attempts, end: End::NotFound, help: first_help }
    }

    pub(super) fn is_set(&self, variable: &str) -> bool {
        self.env.get(variable).is_ok_and(|value| !value.trim().is_empty())
    }

    /// The step of a provider that failed, if no better words are known.
    pub(super) fn failed(&self, provider: impl Into<String>, subject: &str) -> Step {
        Step::failed(provider, subject, self.failure)
    }

    pub(super) fn variables(&self) -> Step {
        let step = |cause: &str| Step::new("environment variables", cause);
        match (self.is_set("AWS_ACCESS_KEY_ID"), self.is_set("AWS_SECRET_ACCESS_KEY")) {
            (false, false) => step("AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set"),
            (true, false) => step("AWS_ACCESS_KEY_ID is set and AWS_SECRET_ACCESS_KEY is not")
                .help("set AWS_SECRET_ACCESS_KEY, or unset AWS_ACCESS_KEY_ID"),
            (false, true) => step("AWS_SECRET_ACCESS_KEY is set and AWS_ACCESS_KEY_ID is not")
                .help("set AWS_ACCESS_KEY_ID, or unset AWS_SECRET_ACCESS_KEY"),
            (true, true) => step("set"),
        }
    }

    fn web_identity(&self) -> Step {
        let step = |cause: &str| Step::new("web identity", cause);
        match (self.env.get(TOKEN_FILE).is_ok(), self.env.get(ROLE_ARN).is_ok()) {
            (false, _) => step("AWS_WEB_IDENTITY_TOKEN_FILE is not set"),
            (true, false) => step("AWS_WEB_IDENTITY_TOKEN_FILE is set and AWS_ROLE_ARN is not")
                .help("set AWS_ROLE_ARN to the role of this service"),
            (true, true) => self.web_identity_failure("web identity", TOKEN_FILE),
        }
    }

    /// The failure of a token that a variable or a profile's key names.
    pub(super) fn web_identity_failure(&self, provider: &str, setting: &str) -> Step {
        let step = |cause: String| Step::new(provider, cause).ending(self.failure.end());
        match self.failure {
            Failure::File(std::io::ErrorKind::NotFound) => step(format!("the file of {setting} does not exist"))
                .help("mount the token into the container: on EKS, give the pod a service account with the annotation eks.amazonaws.com/role-arn and start the pod again"),
            Failure::File(std::io::ErrorKind::PermissionDenied) => {
                step(format!("the file of {setting} may not be read by this user"))
                    .help("let this user read the token: on EKS, set fsGroup in the pod's securityContext")
            }
            Failure::File(_) => step(format!("the file of {setting} could not be read")),
            Failure::Code("InvalidIdentityToken" | "IDPRejectedClaim" | "IdpRejectedClaim") => {
                step("STS does not accept the token".to_owned())
                    .help("see that IAM has the identity provider of this cluster, and that the role's trust policy names it")
            }
            Failure::Code("ExpiredTokenException" | "ExpiredToken") => {
                step("the token has expired".to_owned()).help("let the platform renew the token, or start the pod again")
            }
            Failure::Code("AccessDenied" | "AccessDeniedException") => {
                step("STS refuses the role: AccessDenied".to_owned())
                    .help("let the role's trust policy allow sts:AssumeRoleWithWebIdentity for this service account")
            }
            _ => self.failed(provider, "STS: "),
        }
    }

    pub(super) fn container(&self) -> Step {
        let step = |cause: String| Step::new("container", cause);
        let Some(uri) = CONTAINER_URIS.into_iter().find(|uri| self.env.get(uri).is_ok()) else {
            let is_token_file =
                matches!(self.failure, Failure::File(_)) && self.env.get(CONTAINER_TOKEN_FILE).is_ok();
            let cause = step(format!("{} and {} are not set", CONTAINER_URIS[0], CONTAINER_URIS[1]));
            return if is_token_file { cause.ending(End::SetUp) } else { cause };
        };
        let step = |cause: String| step(cause).ending(self.failure.end());
        match self.failure {
            Failure::File(_) => step(format!("{CONTAINER_TOKEN_FILE}: {}", self.failure.describe()))
                .help("mount the token into the container: on EKS, see that the Pod Identity agent runs, and start the pod again"),
            Failure::Text(TOKEN_NOT_SENDABLE) => step("its authorization token holds a line break or another character that no HTTP header can hold".to_owned()),
            Failure::Text(text) if text.starts_with("invalid ") => {
                step(format!("{uri}: not an https URL and not a URL of this machine or its platform"))
            }
            Failure::Text("failed to load credentials [") => step(format!("the endpoint of {uri} answered with an error")),
            Failure::Status(_) | Failure::Unreadable | Failure::TimedOut | Failure::Connection(_) => {
                step(format!("the endpoint of {uri}: {}", self.failure.describe()))
                    .help("see that the task or pod has a role, and that this process runs inside of it")
            }
            _ => self.failed("container", &format!("the endpoint of {uri}: ")),
        }
    }

    pub(super) fn metadata(&self) -> Step {
        let step = |cause: &str| Step::new("instance metadata", cause).ending(self.failure.end());
        let is_disabled =
            self.env.get("AWS_EC2_METADATA_DISABLED").is_ok_and(|value| value.eq_ignore_ascii_case("true"));
        let is_empty = self.env.get(METADATA_ENDPOINT).is_ok_and(|endpoint| endpoint.is_empty());
        match self.failure {
            _ if is_empty && !is_disabled => step(
                "AWS_EC2_METADATA_SERVICE_ENDPOINT is empty, with which the AWS SDK cannot ask the metadata service",
            )
            .help("unset AWS_EC2_METADATA_SERVICE_ENDPOINT")
            .ending(End::SetUp),
            _ if is_disabled => step("disabled by AWS_EC2_METADATA_DISABLED"),
            Failure::Text(DISABLED) => step("disabled by AWS_EC2_METADATA_DISABLED"),
            _ if self.has_no_role => step("the instance has no role").help("attach an instance profile to the instance"),
            Failure::Text(NO_ROLE) => step("the instance has no role").help("attach an instance profile to the instance"),
            _ if self.is_exhausted => step("the metadata service could not be reached"),
            Failure::Text(NO_TRUST) => step("the trust policy of the instance's role does not allow EC2")
                .help("let the role's trust policy allow sts:AssumeRole for ec2.amazonaws.com"),
            Failure::Text(FORBIDDEN) => step("the metadata service refuses: it is disabled for this instance")
                .help("enable the instance metadata service for the instance"),
            Failure::TimedOut => step("the metadata service gave no answer in time")
                .help("in a container, set the hop limit of the instance metadata service to 2, or set AWS_EC2_METADATA_DISABLED=true where there is no such service"),
            Failure::Text("error response from IMDS" | "Error retrieving credentials from IMDS") => {
                step("the metadata service answered with an error")
            }
            _ => self.failed("instance metadata", "the metadata service: "),
        }
    }
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
        let profiles = read(profile, &files).await;
        Tried::new(&error, &Env::from_slice(variables), profiles.as_ref()).explain()
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
        let profiles = read(None, &files).await;
        let file_faults =
            FileFaults { config: Some("is not UTF-8"), credentials: Some("may not be read by this user") };
        let (error, env) =
            (CredentialsError::not_loaded("none"), Env::from_slice(&[("AWS_CONFIG_FILE", "")]));
        let tried = Tried { file_faults, ..Tried::new(&error, &env, profiles.as_ref()) };
        assert_eq!(
            tried.explain().attempts[1],
            "profile default: not in ~/.aws/config (it is not UTF-8) or ~/.aws/credentials (it may not be read by \
             this user)"
        );
    }

    #[tokio::test]
    async fn an_empty_endpoint_of_the_metadata_service_is_named() {
        let error = CredentialsError::provider_error("invalid URI");
        let explained = explained(error, &[(METADATA_ENDPOINT, "")], None, "").await;
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
