//! A certificate authority that nobody else trusts, and what it signs.

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, KeyUsagePurpose};

/// What a server with TLS is given, as PEM.
pub(super) struct Certificates {
    pub(super) authority: String,
    /// For `localhost`, and not for `127.0.0.1`.
    pub(super) certificate: String,
    pub(super) key: String,
}

impl Certificates {
    pub(super) fn new() -> Self {
        let (authority, issuer) = authority();
        let key = KeyPair::generate().expect("a key of the default algorithm");
        let certificate = CertificateParams::new(["localhost".to_owned()]).expect("a name in ASCII");
        let certificate = certificate.signed_by(&key, &issuer).expect("keys of one algorithm");
        Self { authority, certificate: certificate.pem(), key: key.serialize_pem() }
    }
}

/// A certificate for `localhost` and its key, as PEM. Nobody trusts its authority.
pub fn of_localhost() -> (String, String) {
    let Certificates { certificate, key, .. } = Certificates::new();
    (certificate, key)
}

/// An authority, and a certificate for this name that it has signed, and its key, as PEM. The certificate may
/// have expired.
pub fn signed(name: &str, has_expired: bool) -> (String, String, String) {
    let (authority, issuer) = authority();
    let key = KeyPair::generate().expect("a key of the default algorithm");
    let mut certificate = CertificateParams::new([name.to_owned()]).expect("a name in ASCII");
    if has_expired {
        certificate.not_before = rcgen::date_time_ymd(2001, 1, 1);
        certificate.not_after = rcgen::date_time_ymd(2002, 1, 1);
    }
    let certificate = certificate.signed_by(&key, &issuer).expect("keys of one algorithm");
    (authority, certificate.pem(), key.serialize_pem())
}

/// An authority that has signed nothing, as PEM: who trusts it alone trusts nobody.
pub fn another_authority() -> String {
    authority().0
}

fn authority() -> (String, Issuer<'static, KeyPair>) {
    let mut authority = CertificateParams::default();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    authority.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    let key = KeyPair::generate().expect("a key of the default algorithm");
    let certificate = authority.self_signed(&key).expect("a key of its own");
    (certificate.pem(), Issuer::new(authority, key))
}
