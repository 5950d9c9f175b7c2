//! [`ConnectionFault`]: why a request did not arrive, read from the types of I/O and TLS errors. The types
//! behind a few texts are private to the HTTP client. These texts are tested and dropped.

use std::error::Error as StdError;
use std::io;

use rustls::{CertificateError, Error as TlsError, InvalidMessage};

use super::causes::causes;
use crate::source::service::fault::{PROXY_AUTHENTICATION, PROXY_CREDENTIALS};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ConnectionFault {
    Refused,
    Broken,
    UnknownHost,
    ProxyRefused,
    ProxyAuthentication,
    /// The port speaks HTTP without TLS.
    NotTls,
    /// The port speaks TLS, and the URL says `http`.
    TlsExpected,
    OtherName,
    UnknownIssuer,
    Expired,
    NotYetValid,
    Certificate,
    Tls,
}

impl ConnectionFault {
    pub(super) const fn reason(self) -> &'static str {
        match self {
            Self::Refused => "the connection was refused",
            Self::Broken => "the connection was broken",
            Self::UnknownHost => "its host name could not be resolved",
            Self::ProxyRefused => "the proxy refused to connect",
            Self::ProxyAuthentication => PROXY_AUTHENTICATION,
            Self::NotTls => "https was spoken to a port without TLS",
            Self::TlsExpected => "http was spoken to a port that does not speak it, perhaps one with TLS",
            Self::OtherName => "no secure connection could be made: the certificate is for another host name",
            Self::UnknownIssuer => "no secure connection could be made: the certificate's issuer is unknown",
            Self::Expired => "no secure connection could be made: the certificate has expired",
            Self::NotYetValid => "no secure connection could be made: the certificate is not valid yet",
            Self::Certificate => "no secure connection could be made: the certificate is not valid",
            Self::Tls => "no secure connection could be made",
        }
    }

    pub(super) const fn help(self) -> Option<&'static str> {
        match self {
            Self::ProxyRefused => Some("let the proxy connect to the endpoint, or add its host to NO_PROXY"),
            Self::ProxyAuthentication => Some(PROXY_CREDENTIALS),
            Self::NotTls => Some("write the endpoint with http instead of https, or use its port with TLS"),
            Self::TlsExpected => {
                Some("write the endpoint with https instead of http, or use its port without TLS")
            }
            Self::OtherName => Some("write the host name for which the endpoint has its certificate"),
            Self::UnknownIssuer => Some(
                "add the authority that issued the certificate, perhaps that of a proxy, to the file of SSL_CERT_FILE",
            ),
            Self::Expired => {
                Some("renew the endpoint's certificate, and see that this machine's clock is right")
            }
            Self::NotYetValid => Some("see that this machine's clock is right"),
            Self::Refused | Self::Broken | Self::UnknownHost | Self::Certificate | Self::Tls => None,
        }
    }

    /// Whether it stays so until somebody changes the set-up.
    pub(super) const fn is_of_set_up(self) -> bool {
        matches!(self, Self::NotTls | Self::TlsExpected | Self::ProxyAuthentication)
    }
}

/// Why a request did not arrive. `None` if that is not known.
pub(super) fn connection_fault(error: &(dyn StdError + 'static)) -> Option<ConnectionFault> {
    if let Some(error) = causes(error).find_map(|cause| cause.downcast_ref::<TlsError>()) {
        return Some(of_tls(error));
    }
    let io = |kinds: &[io::ErrorKind]| {
        causes(error)
            .filter_map(|cause| cause.downcast_ref::<io::Error>())
            .any(|error| kinds.contains(&error.kind()))
    };
    let says = |text: &str| causes(error).any(|cause| cause.to_string().contains(text));
    Some(if says("proxy authorization required") {
        ConnectionFault::ProxyAuthentication
    } else if says("tunnel error: unsuccessful") || says("tunnel error: unexpected end of file") {
        ConnectionFault::ProxyRefused
    } else if io(&[io::ErrorKind::ConnectionRefused]) {
        ConnectionFault::Refused
    } else if says("invalid HTTP version parsed") || says("invalid HTTP status-code parsed") {
        ConnectionFault::TlsExpected
    } else if io(&[io::ErrorKind::ConnectionReset, io::ErrorKind::BrokenPipe, io::ErrorKind::UnexpectedEof])
        || says("connection closed before message completed")
    {
        ConnectionFault::Broken
    } else if says("dns error") || says("failed to lookup address") {
        ConnectionFault::UnknownHost
    } else if says("certificate") {
        ConnectionFault::Certificate
    } else if says("TLS") {
        ConnectionFault::Tls
    } else {
        return None;
    })
}

fn of_tls(error: &TlsError) -> ConnectionFault {
    match error {
        TlsError::InvalidMessage(InvalidMessage::InvalidContentType) => ConnectionFault::NotTls,
        TlsError::InvalidCertificate(error) => match error {
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                ConnectionFault::OtherName
            }
            // The second one: a known authority has the name of the issuer and another key.
            CertificateError::UnknownIssuer | CertificateError::BadSignature => {
                ConnectionFault::UnknownIssuer
            }
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => ConnectionFault::Expired,
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
                ConnectionFault::NotYetValid
            }
            // A self-signed certificate that is an authority itself.
            CertificateError::Other(other) if other.to_string().contains("CaUsedAsEndEntity") => {
                ConnectionFault::UnknownIssuer
            }
            _ => ConnectionFault::Certificate,
        },
        _ => ConnectionFault::Tls,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(error: impl Into<Box<dyn StdError + Send + Sync>>) -> Option<ConnectionFault> {
        connection_fault(&io::Error::other(error))
    }

    #[test]
    fn each_fault_of_a_certificate_is_told() {
        for (error, fault) in [
            (CertificateError::NotValidForName, ConnectionFault::OtherName),
            (CertificateError::UnknownIssuer, ConnectionFault::UnknownIssuer),
            (CertificateError::Expired, ConnectionFault::Expired),
            (CertificateError::NotValidYet, ConnectionFault::NotYetValid),
            (CertificateError::BadSignature, ConnectionFault::UnknownIssuer),
            (CertificateError::Revoked, ConnectionFault::Certificate),
        ] {
            assert_eq!(of(TlsError::InvalidCertificate(error)), Some(fault));
        }
        let plain = TlsError::InvalidMessage(InvalidMessage::InvalidContentType);
        assert_eq!(of(plain), Some(ConnectionFault::NotTls));
        assert_eq!(of(TlsError::HandshakeNotComplete), Some(ConnectionFault::Tls));
    }

    #[test]
    fn a_proxy_that_refuses_is_told_from_a_server_that_does() {
        assert_eq!(of("tunnel error: unsuccessful"), Some(ConnectionFault::ProxyRefused));
        assert_eq!(
            of("tunnel error: proxy authorization required"),
            Some(ConnectionFault::ProxyAuthentication)
        );
        assert_eq!(of(io::Error::from(io::ErrorKind::ConnectionRefused)), Some(ConnectionFault::Refused));
        assert_eq!(of("hunter2"), None);
    }
}
