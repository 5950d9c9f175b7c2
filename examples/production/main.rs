//! What a service's `main` looks like: everything comes from the environment it runs in.
//!
//! ```sh
//! ENVIRONMENT=production AWS_REGION=eu-west-1 cargo run --example production
//! # or with an emulator:
//! ENVIRONMENT=staging AWS_ENDPOINT_URL=http://localhost:4566 AWS_REGION=us-east-1 \
//!     AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test cargo run --example production
//! ```

use std::time::Duration;

use secrets_runtime::{Error, Secret, SecretConfig};

#[derive(Debug, SecretConfig)]
#[secret(prefix = "shop/{environment}")]
struct AppConfig {
    /// Postgres connection string.
    database_url: Secret<String>,
    /// Key of the payment provider.
    payment_key: Secret<String>,
    /// The key that was valid before the last rotation, so that tokens signed with it still verify.
    #[secret(name = "payment-key", env = "OLD_PAYMENT_KEY", stage = "AWSPREVIOUS")]
    old_payment_key: Option<Secret<String>>,
    /// Hosts that may call the service.
    #[secret(separator = ",", default = "localhost", plain)]
    allowed_hosts: Vec<String>,
    #[secret(default = "30s")]
    request_timeout: Duration,
    #[secret(default = 8080, validate = unprivileged)]
    port: u16,
}

fn unprivileged(port: &u16) -> Result<(), &'static str> {
    if *port >= 1024 { Ok(()) } else { Err("ports below 1024 need root: choose a higher one") }
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    // Two current versions are one call, the previous one is another. Returning the error prints the whole report.
    let config = AppConfig::load().await?;
    println!("{config:#?}");
    println!(
        "{} takes requests of at most {:?} from {:?}",
        config.port, config.request_timeout, config.allowed_hosts
    );
    let keys = 1 + usize::from(config.old_payment_key.is_some());
    println!(
        "{keys} payment keys, the newest is {}; database at {}",
        config.payment_key, config.database_url
    );
    Ok(())
}
