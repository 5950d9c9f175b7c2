//! One call that is no fetch: what `Admin` asks and changes.

use std::error::Error as StdError;

use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::config::http::HttpResponse;
use aws_sdk_secretsmanager::error::{ProvideErrorMetadata, SdkError};

use super::SecretsManager;
use super::fetch::{NO_ID, NO_REGION, ensure_runtime};
use super::sdk_error::Failure;
use crate::error::SourceError;
use crate::secret_id::{Arn, is_secret_id};

impl SecretsManager {
    /// Makes a call about the secret `id`, in its region, or about none.
    ///
    /// # Errors
    /// Why it could not be made, or what was answered: of what a fetch keeps, the same.
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
        ensure_runtime()?;
        // It may be a value that was pasted in the wrong place, which AWS would log.
        if id.is_some_and(|id| !is_secret_id(id)) {
            return Err(NO_ID);
        }
        let named = id.and_then(Arn::parse).map(|arn| arn.region);
        let loaded = connections.load(named).await?.ok_or(NO_REGION)?;
        let region = named.or(loaded.region.as_deref()).ok_or(NO_REGION)?;
        let regional = connections.client(&loaded, region);
        let call = send(&regional.client);
        let _permit = connections.permits.acquire().await;
        call.await.map_err(|error| Failure::of_change(&error).into())
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
    async fn what_cannot_be_asked_is_not_sent() {
        let nowhere = || SecretsManager::builder().by_itself().build();
        assert_eq!(
            refused(nowhere(), Some("hunter2 !")).await,
            "configuration: this is no secret's name or ARN"
        );
        assert_eq!(refused(nowhere(), Some("jwt")).await, "configuration: no AWS region is set");
        assert_eq!(refused(nowhere(), None).await, "configuration: no AWS region is set");
        let malformed = SecretsManager::builder().region("eu west").build();
        let shown = refused(malformed, Some("jwt")).await;
        assert_eq!(shown, "configuration: the region set in code is no region's name");
    }
}
