//! What the emulators are asked to fill.

use secrets_runtime::{Secret, SecretConfig};

/// One of everything.
#[derive(Debug, SecretConfig)]
pub(super) struct Everything {
    pub(super) text: Secret<String>,
    pub(super) number: Secret<u64>,
    pub(super) blob: Secret<Vec<u8>>,
    pub(super) utf8: Secret<String>,
    pub(super) absent: Option<Secret<String>>,
    #[secret(json)]
    pub(super) list: Secret<Vec<String>>,
    #[secret(name = "db", key = "password")]
    pub(super) password: Secret<String>,
    #[secret(name = "db", key = "port", env = "DB_PORT")]
    pub(super) db_port: u16,
    #[secret(name = "db", key = "options.pin", env = "DB_PIN")]
    pub(super) pin: Secret<String>,
    #[secret(nested)]
    pub(super) smtp: Smtp,
    #[secret(nested)]
    pub(super) backup: Option<Smtp>,
    #[secret(nested)]
    pub(super) rds: Rds,
    #[secret(default = 8080)]
    pub(super) port: u16,
}

#[derive(Debug, SecretConfig)]
pub(super) struct Smtp {
    pub(super) password: Secret<String>,
}

/// One JSON secret, as RDS makes them.
#[derive(Debug, SecretConfig)]
#[secret(name = "main", env_prefix = "RDS_")]
pub(super) struct Rds {
    pub(super) username: Secret<String>,
    pub(super) password: Secret<String>,
    pub(super) port: u16,
}

#[derive(Debug, SecretConfig)]
pub(super) struct Versions {
    #[secret(name = "key")]
    pub(super) current: Secret<String>,
    #[secret(name = "key", env = "PREVIOUS", stage = "AWSPREVIOUS")]
    pub(super) previous: Secret<String>,
    #[secret(name = "key", env = "BLUE", stage = "blue")]
    pub(super) blue: Secret<String>,
    #[secret(name = "key", env = "GREEN", stage = "green")]
    pub(super) green: Option<Secret<String>>,
}

#[derive(Debug, SecretConfig)]
pub(super) struct Trio {
    pub(super) one: Secret<String>,
    pub(super) two: Secret<String>,
    pub(super) three: Secret<String>,
}
