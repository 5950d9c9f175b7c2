//! A service with a command line for its secrets, which is one line of `main`.
//!
//! ```sh
//! cargo run --example command_line                           # the service itself
//! cargo run --example command_line secrets --help
//! cargo run --example command_line secrets check
//! cargo run --example command_line secrets policy --region eu-west-1 --account 123456789012
//! cargo run --example command_line secrets migrate --environment staging --from examples/command_line/example.env
//! ```

use secrets_runtime::{Error, Secret, SecretConfig};

#[derive(Debug, SecretConfig)]
#[secret(prefix = "shop/{environment}")]
struct AppConfig {
    /// Postgres connection string.
    database_url: Secret<String>,
    /// Signs the session tokens.
    #[secret(name = "jwt")]
    jwt_secret: Secret<String>,
    /// The mail relay.
    #[secret(name = "smtp", key = "host", env = "SMTP_HOST", plain)]
    smtp_host: String,
    /// The mail relay's password: the same secret, which is JSON.
    #[secret(name = "smtp", key = "password", env = "SMTP_PASSWORD")]
    smtp_password: Secret<String>,
    /// Where errors are reported.
    sentry_dsn: Option<Secret<String>>,
    /// Where the service listens.
    #[secret(default = 8080)]
    port: u16,
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    // Ends the process if the first argument is `secrets`.
    secrets_runtime::cli::run::<AppConfig>();

    let config = AppConfig::load().await?;
    println!("{config:#?}");
    println!(
        "port {}, database at {}, errors go to {:?}",
        config.port, config.database_url, config.sentry_dsn
    );
    println!("tokens are signed with {}", config.jwt_secret);
    println!("mail goes through {} with {}", config.smtp_host, config.smtp_password);
    Ok(())
}
