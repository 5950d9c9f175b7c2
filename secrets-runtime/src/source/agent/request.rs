//! Writes a request to the agent.

use std::net::SocketAddrV4;

use zeroize::Zeroizing;

use crate::secret::Secret;
use crate::setting::Version;
use crate::source::Key;

/// The head of a request for a secret, which holds the token. With `refresh`, the agent asks AWS instead of
/// its cache.
///
/// The version is always named. A policy with a condition on `secretsmanager:VersionStage` denies a request
/// without one.
pub(super) fn head(
    address: SocketAddrV4,
    key: &Key,
    refresh: bool,
    token: &Secret<String>,
) -> Zeroizing<Vec<u8>> {
    let (parameter, version) = match key.version() {
        Version::Current => ("versionStage", "AWSCURRENT"),
        Version::Stage(stage) => ("versionStage", stage.as_str()),
        Version::Id(id) => ("versionId", id.as_str()),
    };
    let refresh = if refresh { "&refreshNow=true" } else { "" };
    let path = format!(
        "/secretsmanager/get?secretId={}&{parameter}={}{refresh}",
        encoded(key.name()),
        encoded(version)
    );
    let host = address.to_string();
    let parts = [
        "GET ",
        &path,
        " HTTP/1.1\r\nHost: ",
        &host,
        // One request each. The agent counts idle connections against its limit for the whole machine, and
        // closes each a minute after it was opened.
        "\r\nConnection: close\r\nX-Aws-Parameters-Secrets-Token: ",
        token.expose_secret(),
        "\r\n\r\n",
    ];
    // The exact size, so that growth leaves no copy of the token behind.
    let mut head = Zeroizing::new(Vec::with_capacity(parts.iter().map(|part| part.len()).sum()));
    for part in parts {
        head.extend_from_slice(part.as_bytes());
    }
    head
}

/// Percent-encodes a text for a query. The agent reads `+` as a space, and it is valid in a name.
fn encoded(text: &str) -> String {
    const DIGITS: [char; 16] =
        ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'A', 'B', 'C', 'D', 'E', 'F'];
    let digit = |number: u8| DIGITS.get(usize::from(number)).copied().unwrap_or_default();
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.extend(['%', digit(byte >> 4), digit(byte & 0xf)]);
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::agent::settings::LOOPBACK;

    fn written(key: &Key, refresh: bool) -> String {
        let head = head(SocketAddrV4::new(LOOPBACK, 2773), key, refresh, &Secret::from("token"));
        String::from_utf8(head.to_vec()).unwrap()
    }

    #[test]
    fn a_request_names_the_secret_the_version_and_the_token() {
        assert_eq!(
            written(&Key::new("shop/db"), false),
            "GET /secretsmanager/get?secretId=shop%2Fdb&versionStage=AWSCURRENT HTTP/1.1\r\n\
             Host: 127.0.0.1:2773\r\nConnection: close\r\nX-Aws-Parameters-Secrets-Token: token\r\n\r\n"
        );
        let query = |version, refresh| {
            let head = written(&Key::new("a+b=c@d.e-f_g").with_version(version), refresh);
            head.split_once('?').unwrap().1.split_once(' ').unwrap().0.to_owned()
        };
        assert_eq!(
            query(Version::Stage("a/b +".to_owned()), true),
            "secretId=a%2Bb%3Dc%40d.e-f_g&versionStage=a%2Fb%20%2B&refreshNow=true"
        );
        assert_eq!(query(Version::Id("1-2".to_owned()), false), "secretId=a%2Bb%3Dc%40d.e-f_g&versionId=1-2");
    }

    #[test]
    fn no_text_ends_the_line_of_the_request() {
        let head = written(&Key::new("a\r\nb: c").with_version(Version::Stage("\r\n é".to_owned())), false);
        assert_eq!(head.matches("\r\n").count(), 5, "{head}");
        assert!(head.contains("secretId=a%0D%0Ab%3A%20c&versionStage=%0D%0A%20%C3%A9 "), "{head}");
    }
}
