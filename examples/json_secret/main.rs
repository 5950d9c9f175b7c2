//! One JSON secret, as RDS makes them, read into typed fields with a single request.
//!
//! `cargo run --example json_secret`

use secrets_runtime::{Error, Memory, Secret, SecretConfig, Secrets, Zeroize};

/// Every field is a key of the one secret `shop/<environment>/database`.
#[derive(Debug, SecretConfig)]
#[secret(prefix = "shop/{environment}", name = "database", env_prefix = "DATABASE_")]
struct Database {
    #[secret(plain)]
    host: String, // or the variable DATABASE_HOST
    port: u16,
    #[secret(key = "username", plain)]
    user: String,
    password: Secret<String>,
    #[secret(key = "options.max_connections", default = 10)]
    pool_size: u32,
}

/// A JSON secret can also be decoded with serde into a type of your own. `Zeroize` wipes it when its `Secret` is dropped.
#[derive(serde::Deserialize, Zeroize)]
struct StripeKeys {
    publishable: String,
    secret: String,
}

#[derive(Debug, SecretConfig)]
struct AppConfig {
    #[secret(nested)]
    database: Database,
    #[secret(json)]
    stripe: Secret<StripeKeys>,
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    // Stands for Secrets Manager, so that the example runs anywhere.
    let store = Memory::from([
        (
            "shop/development/database",
            r#"{"engine": "postgres", "host": "db.internal", "port": 5432, "username": "shop",
                "password": "not-a-real-password", "options": {"max_connections": 20}}"#,
        ),
        ("stripe", r#"{"publishable": "pk_example", "secret": "sk_example"}"#),
    ]);
    let config = AppConfig::load_from(&Secrets::builder().sources([store]).build()?).await?;

    println!("{config:#?}");
    let Database { host, port, user, password, pool_size } = &config.database;
    let url = password.map(|password| format!("postgres://{user}:{password}@{host}:{port}/shop"));
    println!("connecting with {pool_size} connections to {url}");
    println!("paying as {}", config.stripe.expose_secret().publishable);
    Ok(())
}
