//! Configs that say of themselves what there is to say.

use secrets_runtime::{Secret, SecretConfig};

/// One of everything, as a service has it.
#[derive(Debug, SecretConfig)]
#[secret(prefix = "shop/{environment}")]
pub(super) struct Shop {
    /// Postgres connection string.
    ///
    /// A second paragraph, which is for readers of the code.
    pub(super) database_url: Secret<String>,
    /// Signs the sessions.
    #[secret(name = "jwt")]
    pub(super) signing_key: Secret<String>,
    /// Still accepted for sessions that are older than the key.
    #[secret(name = "jwt", stage = "AWSPREVIOUS", env = "JWT_BEFORE")]
    pub(super) signing_key_before: Option<Secret<String>>,
    #[secret(name = "mail", key = "password", env = "MAIL_PASSWORD", alias = "SMTP_PASSWORD")]
    pub(super) mail_password: Secret<String>,
    #[secret(name = "mail", key = "port", env = "MAIL_PORT", default = 25)]
    pub(super) mail_port: u16,
    #[secret(nested)]
    pub(super) rds: Rds,
    /// Where errors are reported.
    pub(super) sentry_dsn: Option<Secret<String>>,
    #[secret(default = 8080)]
    pub(super) port: u16,
    #[secret(default = "info", plain)]
    pub(super) log_level: String,
}

/// One JSON secret, as RDS makes them.
#[derive(Debug, SecretConfig)]
#[secret(id = "shared/{environment}/rds")]
pub(super) struct Rds {
    /// The database user.
    pub(super) username: Secret<String>,
    pub(super) password: Secret<String>,
}

/// No secret at all.
#[derive(Debug, SecretConfig)]
pub(super) struct Plain {
    #[secret(default = 8080)]
    pub(super) port: u16,
}

/// What documentation and defaults may hold.
#[derive(Debug, SecretConfig)]
#[secret(prefix = "2fa")]
pub(super) struct Hostile {
    #[doc = "A | bar, `a | b`, an unclosed ` and ``` fence, \"quotes\", it's \\ \r\t\u{1} | é <b> ${KmsKeyId} $${x} %{if} %%{y} # !Sub ${AWS::Region}"]
    pub(super) a_b: Secret<String>,
    #[doc = "*/ }} \" \\\" ${"]
    #[secret(name = "a.b", env = "OTHER")]
    pub(super) dotted: Secret<String>,
    #[secret(name = "a-b-2", env = "THIRD", key = "/x.y/a|b`c")]
    pub(super) numbered: Secret<String>,
    /// Made elsewhere.
    #[secret(id = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:other/db-AbCdEf")]
    pub(super) by_arn: Secret<String>,
    #[secret(id = "rds!cluster-1")]
    pub(super) managed: Secret<String>,
    #[secret(default = "a'b\\c \"d\" $E # `f` | \n", plain)]
    pub(super) text: String,
    #[secret(default = Vec::from(["a|b".to_owned()]), plain)]
    pub(super) list: Vec<String>,
}
