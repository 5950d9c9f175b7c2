//! What a start that fails looks like: every setting that is wrong, in one report that shows no value.
//!
//! `cargo run --example errors` (exits with 1, as a service should)

use std::net::SocketAddr;

use secrets_runtime::{Env, Environment, Error, Secret, SecretConfig, Secrets};

#[derive(Debug, SecretConfig)]
#[secret(prefix = "shop/{environment}")]
struct AppConfig {
    /// Postgres connection string.
    database_url: Secret<String>,
    /// Keys of the payment provider, `{"publishable": .., "secret": ..}`.
    #[secret(key = "secret")]
    stripe: Secret<String>,
    /// Where the service listens.
    #[secret(default = "0.0.0.0:8080")]
    listen: SocketAddr,
    /// Hours until a session ends.
    session_hours: u8,
    #[secret(default = "info", plain)]
    log_level: String,
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    // Stands for the variables of the process, so that the example fails everywhere in the same way.
    let variables = Env::from_iter([
        ("DATABSE_URL", "postgres://shop:not-a-real-password@db/shop"), // a slip of the fingers
        ("STRIPE", ""),                                                 // set, but empty
        ("LISTEN", "localhost"),                                        // no address
        ("SESSION_HOURS", "300"),                                       // more than fits
    ]);
    let secrets = Secrets::builder().environment(Environment::PRODUCTION).sources([variables]).build()?;
    let config = AppConfig::load_from(&secrets).await?;

    let AppConfig { database_url, stripe, listen, session_hours, log_level } = &config;
    println!("{listen} {log_level}: {database_url}, {stripe}, sessions of {session_hours} h");
    Ok(())
}
