//! The variable that names the proxy of a request, by the rules of the SDK's HTTP client.

use std::net::IpAddr;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scheme {
    Http,
    Https,
}

const ALL: [&str; 2] = ["ALL_PROXY", "all_proxy"];

/// Returns the variable whose proxy a request to this host, with or without a port, goes through.
pub(super) fn variable_for(
    scheme: Scheme,
    host: &str,
    variable: impl Fn(&str) -> Option<String>,
) -> Option<&'static str> {
    let [upper, lower] = match scheme {
        // A request of a CGI program sets `HTTP_PROXY` by its header `Proxy`.
        Scheme::Http if variable("REQUEST_METHOD").is_some() => ALL,
        Scheme::Http => ["HTTP_PROXY", "http_proxy"],
        Scheme::Https => ["HTTPS_PROXY", "https_proxy"],
    };
    let name = [upper, lower].into_iter().chain(ALL).find(|name| variable(name).is_some())?;
    let exceptions = variable("NO_PROXY").or_else(|| variable("no_proxy")).unwrap_or_default();
    let is_excepted = exceptions.split(',').any(|exception| excepts(exception.trim(), without_port(host)));
    (!is_excepted).then_some(name)
}

fn without_port(host: &str) -> &str {
    if let Some((address, _)) = host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        return address;
    }
    host.split_once(':').map_or(host, |(name, _)| name)
}

/// Whether an entry of `NO_PROXY` excepts a host: an address, a range of addresses, a domain or `*`.
fn excepts(exception: &str, host: &str) -> bool {
    if exception == "*" {
        return true;
    }
    if let Ok(address) = host.parse::<IpAddr>() {
        return match exception.split_once('/') {
            Some((network, bits)) => is_in_network(address, network, bits),
            None => exception.parse() == Ok(address),
        };
    }
    let domain = exception.strip_prefix('.').unwrap_or(exception).to_ascii_lowercase();
    let host = host.to_ascii_lowercase();
    !domain.is_empty()
        && (host == domain || host.strip_suffix(&domain).is_some_and(|rest| rest.ends_with('.')))
}

fn is_in_network(address: IpAddr, network: &str, bits: &str) -> bool {
    let (Ok(network), Ok(bits)) = (network.parse::<IpAddr>(), bits.parse::<u32>()) else { return false };
    match (address, network) {
        (IpAddr::V4(address), IpAddr::V4(network)) if bits <= 32 => {
            let mask = u32::MAX.checked_shl(32 - bits).unwrap_or(0);
            address.to_bits() & mask == network.to_bits() & mask
        }
        (IpAddr::V6(address), IpAddr::V6(network)) if bits <= 128 => {
            let mask = u128::MAX.checked_shl(128 - bits).unwrap_or(0);
            address.to_bits() & mask == network.to_bits() & mask
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(scheme: Scheme, host: &str, variables: &[(&str, &str)]) -> Option<&'static str> {
        variable_for(scheme, host, |name| {
            let set = variables.iter().find(|(other, _)| *other == name);
            set.map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn each_scheme_has_its_variable_and_one_is_for_both() {
        let all = [("HTTP_PROXY", "p"), ("https_proxy", "p"), ("ALL_PROXY", "p")];
        assert_eq!(of(Scheme::Http, "a", &all), Some("HTTP_PROXY"));
        assert_eq!(of(Scheme::Https, "a", &all), Some("https_proxy"));
        assert_eq!(of(Scheme::Https, "a", &[("all_proxy", "p")]), Some("all_proxy"));
        assert_eq!(of(Scheme::Https, "a", &[("HTTP_PROXY", "p")]), None);
        assert_eq!(of(Scheme::Http, "a", &[("HTTP_PROXY", "p"), ("REQUEST_METHOD", "GET")]), None);
    }

    #[test]
    fn exceptions_are_domains_addresses_and_ranges() {
        for (host, exceptions, is_excepted) in [
            ("a.example.com:443", "example.com", true),
            ("example.com", ".example.com", true),
            ("notexample.com", "example.com", false),
            ("127.0.0.1:4566", "127.0.0.1,localhost", true),
            ("localhost:1", "127.0.0.1, LOCALHOST", true),
            ("10.1.2.3:80", "10.0.0.0/8", true),
            ("11.1.2.3", "10.0.0.0/8", false),
            ("10.1.2.3", "0.0.0.0/0", true),
            ("[::1]:80", "::1", true),
            ("[fd00::5]", "fd00::/8", true),
            ("anything", "*", true),
            ("anything", "", false),
        ] {
            let variables = [("HTTP_PROXY", "p"), ("NO_PROXY", exceptions)];
            assert_eq!(of(Scheme::Http, host, &variables).is_none(), is_excepted, "{host} {exceptions}");
        }
    }
}
