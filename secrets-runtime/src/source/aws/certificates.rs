//! The certificate authorities that this machine trusts, and what holds if there are none: an image `FROM
//! scratch`, or `SSL_CERT_FILE` that names no file.

use std::sync::LazyLock;

use aws_smithy_http_client::tls::TlsContext;
use rustls::RootCertStore;

use crate::error::{ErrorKind, SourceError};

pub(super) const NO_CERTIFICATES: SourceError = SourceError::new(ErrorKind::Configuration)
    .because("this machine has no CA certificates")
    .with_help("install the package ca-certificates, or set SSL_CERT_FILE to a file of certificates");

/// Whether this machine has no certificate that can be used. Read once for the process, as the SDK does.
pub(super) fn are_missing() -> bool {
    static MISSING: LazyLock<bool> = LazyLock::new(|| {
        let certificates = rustls_native_certs::load_native_certs().certs;
        RootCertStore::empty().add_parsable_certificates(certificates).0 == 0
    });
    *MISSING
}

/// The authorities that a connector trusts on a machine without certificates; `None` if the SDK's default
/// does. `http` endpoints are reached then, and an `https` endpoint fails with an error about its
/// certificate.
///
/// With debug assertions, the SDK's default panics on such a machine, also for `http` endpoints.
#[cfg(debug_assertions)]
pub(super) fn empty_trust() -> Option<TlsContext> {
    use aws_smithy_http_client::tls::TrustStore;

    are_missing().then(|| TlsContext::builder().with_trust_store(TrustStore::empty()).build().ok())?
}

/// Without debug assertions, the SDK's default does the same, and the certificates need not be read twice.
#[cfg(not(debug_assertions))]
pub(super) const fn empty_trust() -> Option<TlsContext> {
    None
}
