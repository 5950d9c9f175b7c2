//! Why STS does not give the credentials of a role, in words.

use super::failure::Failure;
use super::no_credentials::End;
use super::step::Step;
use crate::source::aws::role::is_role;

/// The step of a provider that assumes a role. `caller` says whose credentials assume it.
pub(super) fn role_refused(provider: impl Into<String>, failure: Failure, role: &str, caller: &str) -> Step {
    let role = display_role(role);
    match failure {
        Failure::Code(code @ ("AccessDenied" | "AccessDeniedException")) => Step::new(
            provider,
            format!("STS refuses the role{role}: {code}"),
        )
        .ending(End::Refused)
        .help("let the role's trust policy name the caller, and allow the caller sts:AssumeRole on the role"),
        Failure::Code(code @ ("ExpiredToken" | "ExpiredTokenException")) => {
            Step::new(provider, format!("{caller}, which assume the role{role}, have expired ({code})"))
                .ending(End::Refused)
        }
        Failure::Code(
            code @ ("InvalidClientTokenId" | "UnrecognizedClientException" | "SignatureDoesNotMatch"),
        ) => Step::new(provider, format!("{caller}, which assume the role{role}, are not valid ({code})"))
            .ending(End::Refused),
        _ => Step::failed(provider, &format!("assuming the role{role}: "), failure),
    }
}

/// Any other text than an ARN may be a value that was pasted in the wrong place.
fn display_role(role: &str) -> String {
    if is_role(role) { format!(" {role}") } else { String::new() }
}
