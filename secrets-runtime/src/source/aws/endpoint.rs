//! Rules for endpoints and regions: which texts are valid, which variables hold an endpoint, and in which
//! region a secret is.

use std::net::{IpAddr, Ipv6Addr};

use crate::error::{ErrorKind, SourceError};
use crate::secret_id::Arn;
use crate::source::service::checked_id;

/// The variable that holds the endpoint of every service.
pub(super) const ENDPOINT_VARIABLE: &str = "AWS_ENDPOINT_URL";

/// The variables that hold an endpoint. The one of the service
/// [comes first](https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html).
pub(super) const ENDPOINT_VARIABLES: [&str; 2] = ["AWS_ENDPOINT_URL_SECRETS_MANAGER", ENDPOINT_VARIABLE];

pub(super) const NO_REGION: SourceError = SourceError::new(ErrorKind::Configuration)
    .because("no AWS region is set")
    .with_help("set AWS_REGION, or `region` in the AWS profile");

/// Credentials of one partition are not valid in another.
pub(super) const OTHER_PARTITION: SourceError = SourceError::new(ErrorKind::Configuration)
    .because("the ARN is of another AWS partition than the region")
    .with_help(
        "use a secret of the partition of AWS_REGION: aws, aws-cn and aws-us-gov have no common credentials",
    );

/// The region that a secret's id names: that of an ARN, none for a name.
///
/// # Errors
/// If the text is not a secret's id, or an ARN of something else than a region.
pub(super) fn region_of_id(id: &str) -> Result<Option<&str>, SourceError> {
    match Arn::parse(checked_id(id)?).map(|arn| arn.region) {
        Some(region) if !is_region(region) => Err(NO_REGION_IN_ARN),
        region => Ok(region),
    }
}

const NO_REGION_IN_ARN: SourceError = SourceError::new(ErrorKind::Configuration)
    .because("the ARN holds no name of an AWS region")
    .with_help("copy the secret's whole ARN: arn:aws:secretsmanager:REGION:ACCOUNT:secret:NAME-SUFFIX");

/// Whether a text is an `http` or `https` URL of a host, optionally with a port and a path.
///
/// User names, passwords, queries and fragments are not part of an endpoint. The SDK logs endpoints, so they
/// would be logged too.
pub(super) fn is_endpoint(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once("://") else { return false };
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    (scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https"))
        && is_authority(authority)
        && path.bytes().all(|byte| byte.is_ascii_graphic() && !b"?#\"<>\\^`{|}".contains(&byte))
}

/// The host of a valid endpoint, with its port.
pub(super) fn host_of(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split('/').next().unwrap_or(rest)
}

/// Whether a valid endpoint is on this machine.
pub(super) fn is_local(url: &str) -> bool {
    let host = host_of(url);
    let name = match host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, _)) => address,
        None => host.split(':').next().unwrap_or(host),
    };
    let name = name.to_ascii_lowercase();
    name == "localhost"
        || name.ends_with(".localhost")
        || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn is_authority(text: &str) -> bool {
    let is_port = |port: &str| port.parse::<u16>().is_ok_and(|port| port > 0);
    if let Some((address, rest)) = text.strip_prefix('[').and_then(|text| text.split_once(']')) {
        let port = rest.strip_prefix(':');
        return address.parse::<Ipv6Addr>().is_ok() && (rest.is_empty() || port.is_some_and(is_port));
    }
    let (host, port) = text.split_once(':').map_or((text, None), |(host, port)| (host, Some(port)));
    !host.is_empty()
        && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte))
        && port.is_none_or(is_port)
}

/// Whether an endpoint is that of an emulator, which serves every region: one without TLS, or on this
/// machine. AWS serves Secrets Manager [over TLS alone][1], from an endpoint of each region, in a VPC too.
///
/// [1]: https://docs.aws.amazon.com/general/latest/gr/asm.html
pub(super) fn is_emulator(endpoint: &str) -> bool {
    is_http(endpoint) || is_local(endpoint)
}

/// Whether a URL is sent without encryption.
pub(super) fn is_http(url: &str) -> bool {
    url.get(..7).is_some_and(|scheme| scheme.eq_ignore_ascii_case("http://"))
}

/// Whether a text fits the grammar of region names, such as `eu-west-1`. It becomes a part of a host name.
pub(super) fn is_region(text: &str) -> bool {
    (1..=63).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

/// Whether a region has the form of those of AWS, such as `us-gov-east-1`. Any other text may be a value that
/// was pasted in the wrong place.
pub(super) fn is_aws_region(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let is_word =
        |part: &&str| (2..=9).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_lowercase());
    match parts.as_slice() {
        [words @ .., number] => {
            (2..=4).contains(&words.len())
                && words.iter().all(is_word)
                && number.len() <= 2
                && number.parse::<u8>().is_ok()
        }
        [] => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endpoints_are_http_urls_of_a_host() {
        for url in [
            "http://localhost:4566",
            "https://secretsmanager.eu-west-1.amazonaws.com",
            "https://vpce-0a1b-2c3d.secretsmanager.eu-west-1.vpce.amazonaws.com/",
            "HTTP://127.0.0.1:1/a/b",
            "http://[::1]:4566",
            "http://[::1]",
            "http://local_stack:4566",
        ] {
            assert!(is_endpoint(url), "{url}");
        }
        for text in [
            "",
            "localhost:4566",
            "http://",
            "http:///path",
            "ftp://localhost",
            "http://user:password@localhost",
            "http://localhost?password=a",
            "http://localhost/?a",
            "http://localhost:",
            "http://localhost:0",
            "http://localhost:99999",
            "http://local host",
            "http://[::1",
            "http://[::1]x",
            "http://[local]",
            "http://localhost/a b",
            "http://\u{e9}.example",
        ] {
            assert!(!is_endpoint(text), "{text}");
        }
    }

    #[test]
    fn the_host_of_an_endpoint_is_on_this_machine_or_not() {
        for url in [
            "http://localhost",
            "http://LOCALHOST:1/a",
            "http://127.0.0.2:4566",
            "http://[::1]:1/",
            "http://a.localhost",
        ] {
            assert!(is_local(url), "{url}");
        }
        for url in
            ["http://localstack:4566", "http://10.0.0.1", "https://[fd00::1]:1", "http://localhost.example"]
        {
            assert!(!is_local(url), "{url}");
        }
        assert_eq!(host_of("https://vpce-1.example:8443/a/b"), "vpce-1.example:8443");
    }

    #[test]
    fn an_emulator_has_no_tls_or_is_on_this_machine() {
        for url in [
            "http://localstack:4566",
            "HTTP://10.0.0.1",
            "https://localhost:4566/path",
            "https://localhost.localstack.cloud.localhost",
            "https://127.0.0.2:1",
            "https://[::1]:4566",
        ] {
            assert!(is_emulator(url), "{url}");
        }
        for url in [
            "https://secretsmanager.eu-west-1.amazonaws.com",
            "https://vpce-0a1b-2c3d.secretsmanager.eu-west-1.vpce.amazonaws.com/",
            "https://localhost.example.com",
            "https://10.0.0.1:8443",
            "https://[2001:db8::1]",
        ] {
            assert!(!is_emulator(url), "{url}");
        }
    }

    #[test]
    fn an_arn_is_requested_in_its_region_if_that_is_one() {
        let arn = |region: &str| format!("arn:aws:secretsmanager:{region}:111111111111:secret:db-AbCdEf");
        assert_eq!(region_of_id(&arn("eu-west-1")), Ok(Some("eu-west-1")));
        assert_eq!(region_of_id("db"), Ok(None));
        for region in ["eu_west_1", "eu/west", &"a".repeat(64)] {
            assert!(region_of_id(&arn(region)).is_err(), "{region}");
        }
    }

    #[test]
    fn regions_are_made_of_letters_digits_and_hyphens() {
        for region in ["eu-west-1", "us-gov-east-1", "local"] {
            assert!(is_region(region), "{region}");
        }
        for region in ["eu-west-1", "us-gov-east-1", "us-iso-east-1", "ap-southeast-2", "eusc-de-east-1"] {
            assert!(is_aws_region(region), "{region}");
        }
        for text in ["local", "hunter2", "eu-west", "3hunter-2", "Eu-West-1", "eu-west-111", ""] {
            assert!(!is_aws_region(text), "{text}");
        }
        for text in ["", "eu west", "evil.example/#", &"a".repeat(64)] {
            assert!(!is_region(text), "{text}");
        }
    }
}
