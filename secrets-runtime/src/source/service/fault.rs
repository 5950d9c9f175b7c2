//! The faults that a call to Secrets Manager can end with, and what each means: its kind, its text and
//! whether it is definitive.
//!
//! `error_code` reads faults from error codes.

use super::denial::Denial;
use crate::error::ErrorKind;

/// The reason for an answer that is cut off or in another format.
pub(in crate::source) const UNREADABLE: &str = "the answer could not be read";

/// What reports say of a secret that exists without a value.
pub(in crate::source) const NO_VALUE: &str = "has no value yet";

pub(in crate::source) const PROXY_AUTHENTICATION: &str = "the proxy requires a user name and a password";
pub(in crate::source) const PROXY_CREDENTIALS: &str =
    "put the user name and the password into the URL of the proxy, or add the host to NO_PROXY";

/// Why a call failed. Two failures are different faults if the operator or the caller has to react
/// differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::source) enum Fault {
    /// There is no such secret, or none with that version or staging label.
    NoSecret,
    /// The secret exists, and no version of it is current.
    NoValue,
    /// The credentials are known, and a policy does not allow the action.
    Denied(Denial),
    /// Refused without an error code. AWS always sends one: a firewall, a proxy or a gateway has answered.
    Forbidden,
    /// Another server has answered: AWS sends an error code with each error, and no redirect.
    NotSecretsManager,
    Redirected,
    ProxyAuthentication,
    /// A policy allows reading the secret, but not using its KMS key.
    KeyDenied,
    CredentialsExpired,
    CredentialsRefused,
    ClockSkewed,
    Decryption,
    /// The KMS key is pending deletion, or its key store is unreachable: the error code is the same.
    KeyState,
    /// KMS did not answer in time, or failed. The next secret may have another key.
    KeyUnavailable,
    PendingDeletion,
    /// The request is invalid, for instance because of a malformed id.
    BadRequest,
    /// The endpoint does not know the action: an emulator, an old gateway.
    UnknownAction,
    Throttled,
    Unavailable,
    /// A successful answer that cannot be read.
    Unreadable,
    /// The secret or version to create exists already.
    Exists,
    /// A quota does not allow another one.
    Quota,
    /// The state of the secret does not allow the action.
    State,
    /// The value could not be encrypted.
    Encryption,
    /// A policy allows writing the value, but not using the KMS key of the secret.
    EncryptionDenied,
    /// The resource policy is malformed or public.
    Policy,
}

impl Fault {
    pub(in crate::source) const fn kind(self) -> ErrorKind {
        match self {
            Self::NoSecret | Self::NoValue => ErrorKind::Missing,
            Self::Denied(_)
            | Self::Forbidden
            | Self::KeyDenied
            | Self::EncryptionDenied
            | Self::CredentialsExpired
            | Self::CredentialsRefused
            | Self::ClockSkewed => ErrorKind::AccessDenied,
            Self::Decryption | Self::KeyState | Self::Encryption => ErrorKind::Decryption,
            Self::PendingDeletion => ErrorKind::PendingDeletion,
            Self::BadRequest
            | Self::NotSecretsManager
            | Self::Redirected
            | Self::ProxyAuthentication
            | Self::UnknownAction
            | Self::Exists
            | Self::Quota
            | Self::State
            | Self::Policy => ErrorKind::Configuration,
            Self::Throttled => ErrorKind::Throttled,
            Self::KeyUnavailable | Self::Unavailable | Self::Unreadable => ErrorKind::Unavailable,
        }
    }

    /// Whether the fault is about the secret or the permissions on it. Otherwise the request itself failed,
    /// and a cached value may be kept.
    pub(in crate::source) const fn is_definitive(self) -> bool {
        match self {
            Self::NoSecret
            | Self::NoValue
            | Self::Denied(_)
            | Self::KeyDenied
            | Self::EncryptionDenied
            | Self::Decryption
            | Self::Encryption
            | Self::PendingDeletion
            | Self::Exists
            | Self::Quota
            | Self::State
            | Self::Policy => true,
            Self::Forbidden
            | Self::NotSecretsManager
            | Self::Redirected
            | Self::ProxyAuthentication
            | Self::CredentialsExpired
            | Self::CredentialsRefused
            | Self::ClockSkewed
            | Self::KeyState
            | Self::KeyUnavailable
            | Self::BadRequest
            | Self::UnknownAction
            | Self::Throttled
            | Self::Unavailable
            | Self::Unreadable => false,
        }
    }

    /// The reason to show beside the error code.
    pub(in crate::source) const fn reason(self) -> Option<&'static str> {
        match self {
            Self::Denied(denial) => denial.reason(),
            Self::Forbidden => Some("refused without an error code of AWS"),
            Self::NotSecretsManager => Some("answered by a server that is not Secrets Manager"),
            Self::Redirected => Some("redirected by a server that is not Secrets Manager"),
            Self::ProxyAuthentication => Some(PROXY_AUTHENTICATION),
            Self::KeyDenied | Self::EncryptionDenied => Some("its KMS key may not be used"),
            Self::CredentialsExpired => Some("the credentials have expired"),
            Self::CredentialsRefused => Some("the credentials are not valid"),
            Self::ClockSkewed => Some("this machine's clock is wrong"),
            Self::KeyState => Some("the state of its KMS key does not allow it"),
            Self::KeyUnavailable => Some("its KMS key cannot be used at the moment"),
            Self::PendingDeletion => Some("marked for deletion"),
            Self::BadRequest => Some("the request was refused"),
            Self::UnknownAction => Some("the endpoint does not know the action"),
            Self::Unreadable => Some(UNREADABLE),
            Self::Exists => Some("it is there already"),
            Self::Quota => Some("a quota of Secrets Manager is reached"),
            Self::State => Some("the secret's state does not allow it"),
            Self::Encryption => Some("its KMS key cannot encrypt"),
            Self::Policy => Some("the resource policy was refused"),
            Self::NoValue => Some(NO_VALUE),
            Self::NoSecret | Self::Decryption | Self::Throttled | Self::Unavailable => None,
        }
    }

    /// What to do if the secret itself is not the cause.
    pub(in crate::source) const fn help(self) -> Option<&'static str> {
        match self {
            Self::Forbidden => {
                Some("see whether a proxy, a firewall or a gateway on the way to AWS refuses it")
            }
            Self::Denied(denial) => denial.help(),
            Self::NotSecretsManager | Self::Redirected => {
                Some("see that the endpoint is that of Secrets Manager, and what a proxy on the way answers")
            }
            Self::ProxyAuthentication => Some(PROXY_CREDENTIALS),
            Self::KeyDenied => Some("allow kms:Decrypt on the secret's KMS key"),
            Self::KeyState => {
                Some("see that its KMS key is not pending deletion, and that its key store is connected")
            }
            Self::EncryptionDenied => {
                Some("allow kms:GenerateDataKey and kms:Decrypt on the secret's KMS key")
            }
            Self::Encryption => {
                Some("see that its KMS key is enabled, symmetric, and in the secret's region")
            }
            Self::Exists => Some("put a new version into it, or choose another name"),
            Self::Quota => Some("delete what is not needed, or request a higher quota in Service Quotas"),
            Self::CredentialsExpired => Some("sign in again, or renew the credentials"),
            Self::CredentialsRefused => {
                Some("see whether the access key still exists, and whether the session token belongs to it")
            }
            Self::ClockSkewed => Some("set the clock: AWS allows it to differ by five minutes"),
            _ => None,
        }
    }
}
