//! [`Target`]: where the requests of a source go, for reports and for the commands that they print.

use std::fmt;

use super::endpoint::{NO_REGION, host_of, is_aws_region, is_endpoint, is_http, is_local};
use super::process_variable::set;
use super::proxy;
use super::settings::{Base, Settings};
use super::shell::shell_word;
use crate::error::SourceError;

/// Where requests go: the region, the endpoint if it is not the one of AWS, and the profile.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Target {
    pub(super) region: Option<String>,
    pub(super) endpoint: Option<Endpoint>,
    /// The profile, if it was selected and is in the files: any other text may be a value.
    pub(super) profile: Option<String>,
    /// Says that the profile is not in the files.
    pub(super) absent_profile: Option<String>,
    /// The ARN of the role that signs requests, if the set-up names it.
    pub(super) role: Option<String>,
    /// Whether the proxies of the variables are used.
    pub(super) uses_proxies: bool,
}

/// An endpoint other than the one of AWS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Endpoint {
    pub(super) url: String,
    /// The variable or the profile's key that sets it.
    pub(super) origin: String,
    /// Whether it serves every region.
    pub(super) is_emulator: bool,
}

impl Target {
    /// The target of these settings, in the region that was found.
    pub(super) fn new(settings: &Settings, region: Option<String>) -> Self {
        let is_emulator = settings.emulator().is_some();
        let endpoint = settings.endpoint_url.as_ref().map(|url| Endpoint {
            url: url.clone(),
            origin: settings.endpoint_origin.clone().unwrap_or_else(|| "set in code".to_owned()),
            is_emulator,
        });
        let of_application = || match &settings.base {
            Base::SdkConfig(sdk) => sdk.endpoint_url().filter(|url| is_endpoint(url)).map(|url| Endpoint {
                url: url.to_owned(),
                origin: "of the application's SdkConfig".to_owned(),
                is_emulator,
            }),
            Base::DefaultChain | Base::Isolated => None,
        };
        Self {
            region,
            endpoint: endpoint.or_else(of_application),
            profile: settings.selected_profile.clone(),
            absent_profile: settings.absent_profile.clone(),
            role: settings.role.clone().or_else(|| settings.profile_role.clone()),
            uses_proxies: settings.given_http_client().is_none(),
        }
    }

    /// The options of the AWS command line that ask the same target. An ARN has its own region, which is
    /// asked at its own endpoint unless that is an emulator's.
    pub(super) fn options(&self, region_of_arn: Option<&str>) -> String {
        let region = region_of_arn.or(self.region.as_deref()).filter(|region| is_aws_region(region));
        let is_here = region_of_arn.is_none_or(|named| self.region.as_deref() == Some(named));
        let endpoint = self.endpoint.as_ref().filter(|endpoint| endpoint.is_emulator || is_here);
        let endpoint = endpoint.map(|endpoint| endpoint.url.as_str());
        let profile = self.profile.as_deref();
        [("--region", region), ("--endpoint-url", endpoint), ("--profile", profile)]
            .into_iter()
            .filter_map(|(option, value)| Some(format!(" {option} {}", shell_word(value?)?)))
            .collect()
    }

    /// The error of a secret that is requested by name.
    pub(super) fn no_region(&self) -> SourceError {
        match &self.absent_profile {
            None => NO_REGION,
            Some(text) => NO_REGION
                .with_details([text.clone()])
                .with_help("set AWS_PROFILE to a profile that is there and has a region, or set AWS_REGION"),
        }
    }

    /// The host of the endpoint, with its port, if it is not the one of AWS.
    pub(super) fn host(&self) -> Option<&str> {
        self.endpoint.as_ref().map(|endpoint| host_of(&endpoint.url))
    }

    pub(super) fn is_https(&self) -> bool {
        self.endpoint.as_ref().is_none_or(|endpoint| !is_http(&endpoint.url))
    }

    /// The variable that names the proxy through which requests go.
    pub(super) fn proxy_variable(&self) -> Option<&'static str> {
        let of_aws =
            || format!("secretsmanager.{}.amazonaws.com", self.region.as_deref().unwrap_or("us-east-1"));
        let host = self.host().map_or_else(of_aws, str::to_owned);
        let scheme = if self.is_https() { proxy::Scheme::Https } else { proxy::Scheme::Http };
        let variable = |name: &str| set(name).and_then(|value| value.into_string().ok());
        if self.uses_proxies { proxy::variable_for(scheme, &host, variable) } else { None }
    }

    /// Warns about secrets that travel unencrypted to another machine.
    pub(super) fn warn_about_plain_text(&self, is_development: bool) {
        if let Some(Endpoint { url, origin, .. }) = &self.endpoint
            && !is_development
            && is_http(url)
            && !is_local(url)
        {
            tracing::warn!(
                target: "secrets_runtime",
                endpoint = host_of(url),
                origin,
                "secrets are read over plain http from another machine, unencrypted: use an https endpoint"
            );
        }
    }

    /// The endpoint and the proxy, for errors of a connection: `localhost:4566 of AWS_ENDPOINT_URL`.
    pub(super) fn route(&self) -> Option<String> {
        let endpoint = self.endpoint.as_ref().map(ToString::to_string);
        let proxy = self.proxy_variable().map(|variable| format!("through the proxy of {variable}"));
        let parts: Vec<String> = endpoint.into_iter().chain(proxy).collect();
        (!parts.is_empty()).then(|| parts.join(", "))
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let origin = &self.origin;
        let encryption = if is_http(&self.url) { "http " } else { "" };
        write!(f, "endpoint {encryption}{} ({origin})", host_of(&self.url))
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.region {
            Some(region) if is_aws_region(region) => write!(f, "region {region}")?,
            Some(_) => f.write_str("a region that AWS does not have")?,
            None => f.write_str("no region")?,
        }
        if let Some(endpoint) = &self.endpoint {
            write!(f, ", {endpoint}")?;
        }
        if let Some(profile) = &self.profile {
            write!(f, ", profile {profile}")?;
        }
        match &self.role {
            Some(role) => write!(f, ", role {role}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target() -> Target {
        Target {
            region: Some("eu-west-1".to_owned()),
            endpoint: Some(Endpoint {
                url: "http://localhost:4566/path".to_owned(),
                origin: "AWS_ENDPOINT_URL".to_owned(),
                is_emulator: true,
            }),
            profile: Some("my team".to_owned()),
            absent_profile: None,
            role: Some("arn:aws:iam::123456789012:role/app".to_owned()),
            uses_proxies: false,
        }
    }

    #[test]
    fn a_report_shows_region_host_and_profile() {
        assert_eq!(
            target().to_string(),
            "region eu-west-1, endpoint http localhost:4566 (AWS_ENDPOINT_URL), profile my team, \
             role arn:aws:iam::123456789012:role/app"
        );
        assert_eq!(Target::default().to_string(), "no region");
    }
    #[test]
    fn a_command_asks_the_same_target() {
        assert_eq!(
            target().options(None),
            " --region eu-west-1 --endpoint-url http://localhost:4566/path --profile 'my team'"
        );
        assert!(target().options(Some("us-east-1")).starts_with(" --region us-east-1 "));
        assert_eq!(Target::default().options(None), "");
    }
}
