//! One struct, one call. Needs no account and no network: in development, settings come from the environment and `.env`.
//!
//! `cargo run -p examples --example quickstart`

use secrets_runtime::{DotEnv, Error, Secret, SecretConfig, Secrets};

#[derive(Debug, SecretConfig)]
#[secret(prefix = "shop/{environment}")]
struct AppConfig {
    /// Postgres connection string.
    database_url: Secret<String>, // aws: shop/production/database-url   env: DATABASE_URL
    /// Signs the session tokens.
    #[secret(name = "jwt")]
    jwt_secret: Secret<String>, // aws: shop/production/jwt   env: JWT
    #[secret(default = 8080)]
    port: u16, // env: PORT
    #[secret(default = "info", plain)]
    log_level: String, // env: LOG_LEVEL
    sentry_dsn: Option<Secret<String>>, // aws: shop/production/sentry-dsn   env: SENTRY_DSN
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    // An application says `AppConfig::load().await?` and keeps `.env` in the folder it is started from.
    let dotenv = DotEnv::at(concat!(env!("CARGO_MANIFEST_DIR"), "/quickstart/.env"));
    let secrets = Secrets::builder().dotenv(dotenv).build()?;
    let config = AppConfig::load_from(&secrets).await?;

    // Secrets cannot print themselves ...
    println!("{config:#?}");
    // ... and have one door, which is easy to find in a review.
    let pool = connect(config.database_url.expose_secret());
    println!("port {}, log level {}, {pool}", config.port, config.log_level);
    println!("tokens are signed with {}, errors go to {:?}", config.jwt_secret, config.sentry_dsn);
    Ok(())
}

/// Stands for a driver's own function.
fn connect(url: &str) -> String {
    format!("connected with {}", url.split("://").next().unwrap_or("an unknown driver"))
}
