//! A rotation function for Lambda: Secrets Manager calls it once for each step of a rotation.
//!
//! `cargo run --example rotation_lambda` needs what Lambda sets, as under `cargo lambda watch`. Built for Lambda by
//! `cargo lambda build --release`, it is given to a secret with `aws secretsmanager rotate-secret --rotation-lambda-arn`.
//!
//! `SUPERUSER_SECRET` names the secret of the database's superuser. Without it each user changes their own password.
//! `AUTHORITIES` is a file of certificates, whose owners sign the server's: for RDS its `global-bundle.pem`, packed with the
//! function. Without it connections are plain.

use std::error::Error;
use std::path::Path;

use lambda_runtime::{LambdaEvent, service_fn};
use rustls::pki_types::{CertificateDer, pem::PemObject};
use rustls::{ClientConfig, RootCertStore};
use secrets_runtime::SecretsManager;
use secrets_runtime::admin::Admin;
use secrets_runtime::rotation::{PostgresRotator, Rotation, RotationEvent, SuperuserSecret};
use tokio_postgres_rustls::MakeRustlsConnect;

fn tls(authorities: &Path) -> Result<MakeRustlsConnect, Box<dyn Error>> {
    let mut trusted = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(authorities)? {
        trusted.add(certificate?)?;
    }
    let config = ClientConfig::builder().with_root_certificates(trusted).with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}

#[tokio::main]
async fn main() -> Result<(), lambda_runtime::Error> {
    let admin = Admin::from_secrets_manager(SecretsManager::new());
    let rotator = match std::env::var("SUPERUSER_SECRET") {
        Ok(name) => PostgresRotator::alternating_users(SuperuserSecret::new(admin.clone(), name)),
        Err(_) => PostgresRotator::single_user(),
    };
    let rotator = match std::env::var_os("AUTHORITIES") {
        Some(authorities) => rotator.tls(tls(authorities.as_ref()).map_err(|error| error.to_string())?),
        None => rotator,
    };
    let rotation = &Rotation::new(admin, rotator);
    let step = |event: LambdaEvent<RotationEvent>| async move {
        rotation.handle(&event.payload).await.map_err(lambda_runtime::Error::from)
    };
    lambda_runtime::run(service_fn(step)).await
}
