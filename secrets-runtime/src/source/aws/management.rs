//! One call that does not fetch a value, such as those of `Admin` and of the check of rotations.

use std::error::Error as StdError;

use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::config::http::HttpResponse;
use aws_sdk_secretsmanager::error::{ProvideErrorMetadata, SdkError};

use super::endpoint::region_of_id;
use super::sdk_error::{CallError, SDK_PANICKED};
use super::secrets_manager::SecretsManager;
use crate::contain::Contained;
use crate::error::SourceError;

impl SecretsManager {
    /// Makes a call about the secret `id` in its region, or about no secret in the default region.
    ///
    /// # Errors
    /// If the call cannot be made or fails. The error holds the same parts of the answer as that of a fetch.
    pub(crate) async fn call<T, E, F>(
        &self,
        id: Option<&str>,
        send: impl FnOnce(&Client) -> F,
    ) -> Result<T, SourceError>
    where
        E: StdError + ProvideErrorMetadata + 'static,
        F: Future<Output = Result<T, SdkError<E, HttpResponse>>>,
    {
        let connections = self.connections.as_ref().map_err(Clone::clone)?;
        let named = id.map(region_of_id).transpose()?.flatten();
        let call = async {
            let loaded = connections.load(named).await?;
            let no_region = || connections.target().unwrap_or_default().no_region();
            let loaded = loaded.ok_or_else(no_region)?;
            let region = named.or(loaded.region.as_deref()).ok_or_else(no_region)?;
            let client = connections.client(&loaded, region);
            let call = send(&client.sdk);
            let permits = connections.permits()?;
            let _permit = permits.acquire().await;
            call.await.map_err(|error| CallError::of_change(&error, &client.target).into())
        };
        Contained::new(|| Box::pin(call)).await.unwrap_or(Err(SDK_PANICKED))
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_secretsmanager::operation::describe_secret::DescribeSecretError;

    use super::*;

    async fn refused(aws: SecretsManager, id: Option<&str>) -> String {
        let call = aws.call::<(), DescribeSecretError, _>(id, |_| async { panic!("nothing is sent") });
        format!("{:?}", call.await.unwrap_err())
    }

    #[tokio::test]
    async fn a_call_without_a_valid_id_or_region_is_not_sent() {
        let nowhere = || SecretsManager::builder().isolated().build();
        assert_eq!(
            refused(nowhere(), Some("hunter2 !")).await,
            "configuration: not a valid secret name or ARN"
        );
        assert_eq!(refused(nowhere(), Some("jwt")).await, "configuration: no AWS region is set");
        assert_eq!(refused(nowhere(), None).await, "configuration: no AWS region is set");
        let malformed = SecretsManager::builder().region("eu west").build();
        let shown = refused(malformed, Some("jwt")).await;
        assert_eq!(shown, "configuration: the region set in code is not a valid region name");
    }
}
