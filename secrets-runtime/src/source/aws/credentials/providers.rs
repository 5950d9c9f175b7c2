//! [`Tried`]: why each provider of the chain other than the profile gave nothing.

use aws_config::profile::ProfileSet;
use aws_credential_types::provider::error::CredentialsError;
use aws_types::os_shim_internal::Env;

use super::failure::{DISABLED, FORBIDDEN, Failure, NO_ROLE, NO_TRUST, TOKEN_NOT_SENDABLE};
use super::no_credentials::End;
use super::step::Step;
use crate::source::aws::sdk_files::FileFaults;

pub(super) const TOKEN_FILE: &str = "AWS_WEB_IDENTITY_TOKEN_FILE";
pub(super) const ROLE_ARN: &str = "AWS_ROLE_ARN";
const CONTAINER_URIS: [&str; 2] =
    ["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI"];
const CONTAINER_TOKEN_FILE: &str = "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE";

const METADATA_ENDPOINT: &str = "AWS_EC2_METADATA_SERVICE_ENDPOINT";

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
    pub(super) has_no_role: bool,
}

impl<'a> Tried<'a> {
    pub(super) fn new(error: &CredentialsError, env: &'a Env, profiles: Option<&'a ProfileSet>) -> Self {
        let is_exhausted = matches!(error, CredentialsError::CredentialsNotLoaded(_));
        // The error of a chain holds those of its providers, and shows them by `Debug` alone.
        let has_no_role = is_exhausted && format!("{error:?}").contains(NO_ROLE);
        let file_faults = FileFaults::default();
        Self { env, profiles, file_faults, failure: Failure::of(error), is_exhausted, has_no_role }
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

    pub(super) fn web_identity(&self) -> Step {
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
