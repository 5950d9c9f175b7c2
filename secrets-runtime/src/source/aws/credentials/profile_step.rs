//! The step of the chain that reads a profile.

use std::path::Path;

use aws_config::profile::ProfileSet;
use aws_types::os_shim_internal::Env;

use super::failure::{Failure, LOGIN_EXPIRED, SSO_EXPIRED};
use super::no_credentials::End;
use super::profile_chain::{Base, ProfileChain, Unusable};
use super::providers::Tried;
use super::role_step::role_refused;
use super::step::Step;
use crate::source::aws::sdk_files::FileFaults;
use crate::source::aws::shell::shell_word;
use crate::suggest::nearest;

/// How many names of profiles a report lists.
const MAX_LISTED: usize = 12;

pub(super) fn profile_step(tried: &Tried<'_>) -> Step {
    let Some(profiles) = tried.profiles else {
        return Step::new(
            "profile",
            format!("{} could not be read, or is malformed", files(tried.env, tried.file_faults)),
        )
        .ending(End::SetUp);
    };
    // A name that is not in the files may be a value.
    let provider = match profiles.selected_profile() {
        name if name == "default" || profiles.get_profile(name).is_some() => format!("profile {name}"),
        _ => "selected profile".to_owned(),
    };
    match ProfileChain::new(profiles) {
        Ok(chain) => failed(tried, provider, &chain),
        Err(unusable) => unusable_step(tried, provider, profiles, &unusable),
    }
}

fn unusable_step(
    tried: &Tried<'_>,
    provider: String,
    profiles: &ProfileSet,
    unusable: &Unusable<'_>,
) -> Step {
    let step = match unusable {
        Unusable::NoDefault => {
            Step::new(provider, not_there("default", profiles, tried.env, tried.file_faults))
        }
        Unusable::NotThere(name) => {
            Step::new(provider, not_there(name, profiles, tried.env, tried.file_faults))
                .help("set AWS_PROFILE to a profile that is there, or write this one into the file")
        }
        Unusable::Empty(_) => Step::new(provider, "has no credentials"),
        Unusable::SourceNotThere { profile, source } => {
            let there = not_there(source, profiles, tried.env, tried.file_faults);
            Step::new(provider, format!("source_profile of {profile} is a profile that is {there}"))
                .help(format!("correct source_profile in the profile {profile}"))
        }
        Unusable::Key { profile, reason, .. } if *profile == profiles.selected_profile() => {
            Step::new(provider, *reason)
        }
        Unusable::Key { profile, reason, .. } => {
            Step::new(provider, format!("its source profile {profile}: {reason}"))
        }
    };
    if unusable.goes_on() { step } else { step.ending(End::SetUp) }
}

/// Why a profile that is set up gave nothing.
fn failed(tried: &Tried<'_>, provider: String, chain: &ProfileChain<'_>) -> Step {
    let failure = tried.failure;
    if let Some(feature) = lacking_feature(&chain.base) {
        let cause =
            format!("needs the feature `{feature}` of secrets-runtime, without which this program was built");
        return Step::new(provider, cause).ending(End::SetUp);
    }
    if let (Some(role), true) = (chain.role, is_of_sts(failure, &chain.base)) {
        let caller = format!("the credentials of the profile {}", chain.profile);
        return role_refused(provider, failure, role, &caller);
    }
    match chain.base {
        Base::Sso => sso(tried, provider, chain.profile),
        Base::Login => login(tried, provider, chain.profile),
        Base::Process if failure == Failure::TimedOut => {
            let cause = "credential_process: gave no credentials within 85 % of attempt_timeout";
            let step = Step::new(provider, cause).ending(End::Unavailable);
            step.help("let the program of credential_process answer sooner, or set a longer attempt_timeout in code")
        }
        Base::Process => {
            let step = Step::new(provider, format!("credential_process: {}", failure.describe()));
            step.ending(failure.end()).help(format!(
                "run the credential_process of the profile {} by hand: it has to print the JSON of credentials",
                chain.profile
            ))
        }
        Base::WebIdentity => tried.web_identity_failure(&provider, "web_identity_token_file"),
        Base::Named(source) => {
            let step = match source.to_ascii_lowercase().as_str() {
                "environment" => tried.variables(),
                "ecscontainer" => tried.container(),
                _ => tried.metadata(),
            };
            let end = step.end.unwrap_or(End::SetUp);
            Step { provider, cause: format!("credential_source {source}: {}", step.cause), ..step }
                .ending(end)
        }
        Base::Keys => tried.failed(provider, "STS: "),
    }
}

const fn lacking_feature(base: &Base<'_>) -> Option<&'static str> {
    match base {
        #[cfg(not(feature = "sso"))]
        Base::Sso => Some("sso"),
        #[cfg(not(feature = "login"))]
        Base::Login => Some("login"),
        #[cfg(not(feature = "credentials-process"))]
        Base::Process => Some("credentials-process"),
        _ => None,
    }
}

/// Whether a failure is that of the role, and not of the credentials that assume it.
fn is_of_sts(failure: Failure, base: &Base<'_>) -> bool {
    match failure {
        Failure::Code("UnauthorizedException" | "ForbiddenException" | "ResourceNotFoundException") => false,
        Failure::Code(_) => !matches!(base, Base::WebIdentity | Base::Login),
        Failure::Connection(_) | Failure::TimedOut | Failure::Unknown => *base == Base::Keys,
        _ => false,
    }
}

fn sso(tried: &Tried<'_>, provider: String, profile: &str) -> Step {
    let step = |cause: &str| Step::new(provider.clone(), cause);
    match tried.failure {
        Failure::Text(SSO_EXPIRED) | Failure::Code("UnauthorizedException") => {
            sign_in(step("the sign-in to IAM Identity Center has expired"), "aws sso login", profile)
        }
        Failure::Text(_) | Failure::File(_) | Failure::Unreadable => {
            sign_in(step("not signed in to IAM Identity Center"), "aws sso login", profile)
        }
        Failure::Code("ForbiddenException" | "ResourceNotFoundException" | "AccessDeniedException") => step(
            "IAM Identity Center does not give the user this role in this account",
        )
        .ending(End::Refused)
        .help("check sso_account_id and sso_role_name of the profile, or have the permission set assigned"),
        _ => tried
            .failed(provider, "IAM Identity Center: ")
            .help("check sso_region of the profile, and the network"),
    }
}

fn login(tried: &Tried<'_>, provider: String, profile: &str) -> Step {
    let step = |cause: &str| Step::new(provider.clone(), cause);
    match tried.failure {
        Failure::Text(LOGIN_EXPIRED | "failed to refresh cached Login token") | Failure::Code(_) => {
            sign_in(step("the sign-in of `aws login` has expired"), "aws login", profile)
        }
        Failure::Connection(_) | Failure::TimedOut => tried.failed(provider, "the sign-in service: "),
        _ => sign_in(step("not signed in with `aws login`"), "aws login", profile),
    }
}

fn sign_in(step: Step, command: &str, profile: &str) -> Step {
    let step = step.ending(End::SetUp);
    match shell_word(profile) {
        Some(profile) => step.help(format!("{command} --profile {profile}")),
        None => step.help(command),
    }
}

/// `not in ~/.aws/config or ~/.aws/credentials, which have dev, prod (did you mean prod?)`
pub(super) fn not_there(name: &str, profiles: &ProfileSet, env: &Env, file_faults: FileFaults) -> String {
    let mut names: Vec<&str> = profiles.profiles().collect();
    names.sort_unstable();
    let files = files(env, file_faults);
    if names.is_empty() && file_faults.any() {
        return format!("not in {files}");
    }
    if names.is_empty() {
        return format!("not in {files}, which have no profiles");
    }
    let listed = names.iter().take(MAX_LISTED).copied().collect::<Vec<_>>().join(", ");
    let more = match names.len().saturating_sub(MAX_LISTED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let suggestion = nearest(name, names.iter().copied());
    let suggestion = suggestion.map(|name| format!(" (did you mean {name}?)")).unwrap_or_default();
    format!("not in {files}, which have {listed}{more}{suggestion}")
}

/// The two files of profiles.
fn files(env: &Env, faults: FileFaults) -> String {
    let file = |variable: &str, default: &str, fault: Option<&str>| {
        let (name, fault) = match env.get(variable).ok().filter(|file| !file.is_empty()) {
            None => (default.to_owned(), fault),
            Some(file) if Path::new(&file).exists() => (file, fault),
            // Any other text may be a value.
            Some(_) => (format!("the file of {variable}"), Some(fault.unwrap_or("does not exist"))),
        };
        fault.map_or_else(|| name.clone(), |fault| format!("{name} (it {fault})"))
    };
    let config = file("AWS_CONFIG_FILE", "~/.aws/config", faults.config);
    let credentials = file("AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials", faults.credentials);
    format!("{config} or {credentials}")
}
