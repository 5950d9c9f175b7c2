//! [`AssumedRole`]: the credentials of a role that the code names, or why they could not be obtained.

use std::error::Error as StdError;

use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, Result, SharedCredentialsProvider, future};

use super::super::causes::causes;
use super::failure::Failure;
use super::no_credentials::{End, NoCredentials};
use super::role_step::role_refused;
use super::unsendable::Unsendable;

/// Explains the errors of the provider that assumes a role.
#[derive(Debug)]
pub(in super::super) struct AssumedRole {
    role: String,
    provider: SharedCredentialsProvider,
}

impl AssumedRole {
    pub(in super::super) fn new(role: &str, provider: SharedCredentialsProvider) -> Self {
        Self { role: role.to_owned(), provider }
    }

    async fn credentials(&self) -> Result {
        let error = match self.provider.provide_credentials().await {
            Ok(credentials) => return Ok(credentials),
            Err(error) => error,
        };
        let is_explained =
            |cause: &(dyn StdError + 'static)| cause.is::<NoCredentials>() || cause.is::<Unsendable>();
        if causes(&error).any(is_explained) {
            // The credentials that assume the role have said what is wrong with them.
            return Err(error);
        }
        Err(CredentialsError::provider_error(self.explain(&error)))
    }

    fn explain(&self, error: &CredentialsError) -> NoCredentials {
        let step = match causes(error).skip(1).find_map(|cause| cause.downcast_ref()) {
            Some(of_caller) => return self.without_caller(of_caller),
            None => {
                role_refused("assumed role", Failure::of(error), &self.role, "the credentials of the caller")
            }
        };
        NoCredentials {
            attempts: vec![format!("{}: {}", step.provider, step.cause)],
            end: step.end.unwrap_or(End::Unavailable),
            help: step.help,
        }
    }

    /// STS was not asked: a provider of the application gave no credentials to ask it with.
    fn without_caller(&self, of_caller: &CredentialsError) -> NoCredentials {
        let (cause, end) = match of_caller {
            CredentialsError::CredentialsNotLoaded(_) => ("there are none", End::NotFound),
            CredentialsError::InvalidConfiguration(_) => ("they are set up wrongly", End::SetUp),
            CredentialsError::ProviderTimedOut(_) => {
                ("their provider gave no answer in time", End::Unavailable)
            }
            _ => ("their provider failed", End::Unavailable),
        };
        let attempt = format!("assumed role: no credentials to assume the role {}: {cause}", self.role);
        NoCredentials { attempts: vec![attempt], end, help: None }
    }
}

impl ProvideCredentials for AssumedRole {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.credentials())
    }
}

#[cfg(test)]
mod tests {
    use aws_config::{BehaviorVersion, Region, SdkConfig};
    use aws_credential_types::Credentials;
    use aws_sdk_secretsmanager::config::http::{HttpRequest, HttpResponse};
    use aws_sdk_secretsmanager::config::{HttpClient, RuntimeComponents};
    use aws_smithy_runtime_api::client::http::{
        HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
    };
    use aws_smithy_runtime_api::client::result::ConnectorError;
    use aws_smithy_types::body::SdkBody;

    use crate::error::{ErrorKind, SourceError};
    use crate::source::{Answer, Key, SecretsManager, Source as _};

    const ROLE: &str = "arn:aws:iam::222222222222:role/shop";

    /// An STS that answers each request with an error code, or not at all.
    #[derive(Debug, Clone)]
    struct Sts(Option<(u16, &'static str)>);

    impl HttpConnector for Sts {
        fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
            assert!(request.uri().starts_with("https://sts."), "{}", request.uri());
            HttpConnectorFuture::ready(match self.0 {
                None => Err(ConnectorError::io("not sent".into())),
                Some((status, code)) => {
                    let body = format!(
                        "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code>\
                         <Message>hunter2</Message></Error><RequestId>r</RequestId></ErrorResponse>"
                    );
                    Ok(HttpResponse::new(status.try_into().unwrap(), SdkBody::from(body)))
                }
            })
        }
    }

    impl HttpClient for Sts {
        fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
            SharedHttpConnector::new(self.clone())
        }
    }

    async fn error(sts: Sts) -> SourceError {
        let sdk = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("eu-west-1"))
            .http_client(sts)
            .credentials_provider(super::SharedCredentialsProvider::new(Credentials::for_tests()))
            .build();
        let aws = SecretsManager::builder().sdk_config(&sdk).assume_role(ROLE).max_attempts(1).build();
        match aws.fetch(&[Key::new("db")]).await.answers.pop() {
            Some(Answer::Failed(error)) => error,
            other => panic!("{other:?}"),
        }
    }

    #[tokio::test]
    async fn a_role_that_is_denied_is_no_outage() {
        for (code, detail) in [
            ("AccessDenied", format!("assumed role: STS refuses the role {ROLE}: AccessDenied")),
            (
                "ExpiredToken",
                format!(
                    "assumed role: the credentials of the caller, which assume the role {ROLE}, have expired \
                     (ExpiredToken)"
                ),
            ),
            (
                "InvalidClientTokenId",
                format!(
                    "assumed role: the credentials of the caller, which assume the role {ROLE}, are not valid \
                     (InvalidClientTokenId)"
                ),
            ),
            (
                "ValidationError",
                format!("assumed role: assuming the role {ROLE}: refused with ValidationError"),
            ),
        ] {
            let error = error(Sts(Some((403, code)))).await;
            assert_eq!(error.kind(), ErrorKind::AccessDenied, "{code}");
            assert_eq!(error.to_string(), format!("no credentials could be obtained: {detail}"));
        }
    }

    #[tokio::test]
    async fn an_sts_that_does_not_answer_is_an_outage() {
        for sts in [Sts(None), Sts(Some((503, "ServiceUnavailable"))), Sts(Some((400, "Throttling")))] {
            let error = error(sts).await;
            assert_eq!(error.kind(), ErrorKind::Unavailable);
            assert!(error.to_string().contains(ROLE), "{error}");
        }
    }
}
