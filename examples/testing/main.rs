//! How an application tests its own configuration: values in memory, no variable set, no server started.
//!
//! `cargo test --example testing`

use secrets_runtime::{Error, Secret, SecretConfig};

#[derive(Debug, SecretConfig)]
#[secret(prefix = "shop/{environment}")]
struct AppConfig {
    database_url: Secret<String>,
    #[secret(default = 8080)]
    port: u16,
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    let config = AppConfig::load().await?;
    println!("port {}, database at {}", config.port, config.database_url);
    Ok(())
}

#[cfg(test)]
mod tests {
    use secrets_runtime::{Environment, ErrorKind, Memory, Secrets};

    use super::*;

    fn secrets(values: Memory) -> Result<Secrets, Error> {
        Secrets::builder().environment(Environment::PRODUCTION).sources([values]).build()
    }

    #[tokio::test]
    async fn settings_are_found_by_field() -> Result<(), Error> {
        let secrets = secrets(Memory::from([("database_url", "postgres://test"), ("port", "9090")]))?;
        let config = AppConfig::load_from(&secrets).await?;
        assert_eq!(config.database_url.expose_secret(), "postgres://test");
        assert_eq!(config.port, 9090);
        Ok(())
    }

    #[tokio::test]
    async fn or_under_the_names_they_have_in_production() -> Result<(), Error> {
        let secrets = secrets(Memory::from([("shop/production/database-url", "postgres://test")]))?;
        let config = AppConfig::load_from(&secrets).await?;
        assert_eq!((config.database_url.expose_secret().as_str(), config.port), ("postgres://test", 8080));
        Ok(())
    }

    #[tokio::test]
    async fn a_start_that_must_fail_fails_for_the_right_reason() -> Result<(), Error> {
        let error = AppConfig::load_from(&secrets(Memory::from([("port", "http")]))?).await.unwrap_err();
        let failures: Vec<_> = error.fields().iter().map(|field| (field.path(), field.kind())).collect();
        assert_eq!(failures, [("database_url", ErrorKind::Missing), ("port", ErrorKind::Invalid)]);
        Ok(())
    }
}
