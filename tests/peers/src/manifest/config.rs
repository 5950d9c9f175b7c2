//! A config of 200 settings, in about the proportions in which services have them.

use std::net::IpAddr;
use std::time::Duration;

use secrets_runtime::{Secret, SecretConfig};

/// Ten settings of one part of a service.
#[derive(SecretConfig)]
#[expect(dead_code, reason = "nothing is loaded: what the type says of itself is measured")]
pub(crate) struct Part {
    /// Where the part keeps its data.
    database_url: Secret<String>,
    /// What it signs with.
    #[secret(name = "keys/signing")]
    signing_key: Secret<String>,
    /// Where it reports errors.
    sentry_dsn: Option<Secret<String>>,
    /// The user of its account, beside the password in one secret.
    #[secret(name = "account", key = "user", env = "ACCOUNT_USER")]
    account_user: Secret<String>,
    #[secret(name = "account", key = "password", env = "ACCOUNT_PASSWORD", alias = "PASSWORD")]
    account_password: Secret<String>,
    /// Where it listens.
    #[secret(default = 8080)]
    port: u16,
    listen: Option<IpAddr>,
    /// How much it says.
    #[secret(default = "info", plain)]
    log_level: String,
    #[secret(default = Duration::from_secs(30))]
    timeout: Duration,
    /// Who may call it from a browser.
    #[secret(separator = ",", plain)]
    origins: Vec<String>,
}

/// The struct, of as many parts as there are names.
macro_rules! config {
    ($($part:ident)*) => {
        #[derive(SecretConfig)]
        #[secret(prefix = "shop/{environment}")]
        #[expect(dead_code, reason = "nothing is loaded: what the type says of itself is measured")]
        pub(crate) struct AppConfig {
            $(#[secret(nested)] $part: Part,)*
        }
    };
}

config! {
    accounts billing carts catalogue delivery discounts fraud images invoices mail
    orders payments prices ratings refunds reports search stock taxes users
}
