//! Configs within configs: each part of a program owns its settings, and one struct can serve twice.
//!
//! `cargo run --example nested`

use secrets_runtime::{Env, Error, Secret, SecretConfig, Secrets};

#[derive(Debug, SecretConfig)]
#[secret(prefix = "shop/{environment}")]
struct AppConfig {
    /// The field's name is put before the nested names: `shop/production/smtp/password`, `SMTP_PASSWORD`.
    #[secret(nested)]
    smtp: Smtp,
    /// The same struct twice, under prefixes of its own.
    #[secret(nested(prefix = "db/primary", env_prefix = "PRIMARY_"))]
    primary: Database,
    #[secret(nested(prefix = "db/replica", env_prefix = "REPLICA_"))]
    replica: Option<Database>,
    /// No prefix at all: the nested names stand as they are.
    #[secret(nested(prefix = "", env_prefix = ""))]
    observability: Observability,
}

#[derive(Debug, SecretConfig)]
struct Smtp {
    #[secret(default = "localhost", plain)]
    host: String,
    password: Secret<String>,
}

#[derive(Debug, SecretConfig)]
struct Database {
    url: Secret<String>,
    #[secret(default = 10)]
    pool_size: u32,
}

#[derive(Debug, SecretConfig)]
struct Observability {
    sentry_dsn: Option<Secret<String>>,
    #[secret(default = 0.1)]
    sample_rate: f64,
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    // Stands for the variables of the process, so that the example runs anywhere.
    let variables = Env::from_iter([
        ("SMTP_PASSWORD", "not-a-real-password"),
        ("PRIMARY_URL", "postgres://primary.internal/shop"),
        ("SAMPLE_RATE", "0.5"),
    ]);
    let config = AppConfig::load_from(&Secrets::builder().sources([variables]).build()?).await?;

    println!("{config:#?}");
    let AppConfig { smtp, primary, replica, observability } = &config;
    println!("mail through {} with {}", smtp.host, smtp.password);
    for (name, database) in [("primary", Some(primary)), ("replica", replica.as_ref())] {
        match database {
            Some(Database { url, pool_size }) => println!("{name}: {url}, {pool_size} connections"),
            None => println!("{name}: none, since nothing names one"),
        }
    }
    println!("{}% of errors go to {:?}", observability.sample_rate * 100.0, observability.sentry_dsn);
    Ok(())
}
