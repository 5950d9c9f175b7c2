//! Counts the requests that are sent. Every attempt counts: the account pays for it, and it uses up a quota.

use std::error::Error as StdError;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use aws_sdk_secretsmanager::config::interceptors::BeforeTransmitInterceptorContextRef;
use aws_sdk_secretsmanager::config::{ConfigBag, Intercept, RuntimeComponents};

/// The requests of each operation, sent by all clients of a source.
#[derive(Debug, Clone, Default)]
pub(super) struct RequestCounters {
    pub(super) get: RequestCounter,
    pub(super) batch: RequestCounter,
}

impl RequestCounters {
    /// The counts, with the names of the operations.
    pub(super) fn by_operation(&self) -> Vec<(&'static str, u64)> {
        vec![("GetSecretValue", self.get.sent()), ("BatchGetSecretValue", self.batch.sent())]
    }

    /// The counts of requests to a failover region. Empty as long as there are none.
    pub(super) fn by_operation_of_failover(&self) -> Vec<(&'static str, u64)> {
        let counts = [
            ("GetSecretValue (failover)", self.get.sent()),
            ("BatchGetSecretValue (failover)", self.batch.sent()),
        ];
        if counts.iter().all(|(_, sent)| *sent == 0) { Vec::new() } else { counts.into() }
    }
}

/// An interceptor that counts the attempts of the calls that it is added to.
#[derive(Debug, Clone, Default)]
pub(super) struct RequestCounter(Arc<AtomicU64>);

impl RequestCounter {
    fn sent(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Intercept for RequestCounter {
    fn name(&self) -> &'static str {
        "request counter"
    }

    /// The SDK's last step before the connection: an attempt without credentials does not get here.
    fn read_before_transmit(
        &self,
        _: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), Box<dyn StdError + Send + Sync>> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::TcpListener;
    use std::thread;
    use std::time::Duration;

    use aws_config::retry::RetryConfig;
    use aws_config::{BehaviorVersion, Region, SdkConfig};
    use aws_credential_types::Credentials;
    use aws_credential_types::provider::SharedCredentialsProvider;

    use crate::source::{Key, SecretsManager, Source};

    /// An endpoint that answers each request with an internal error.
    fn faulty() -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        thread::spawn(move || {
            for mut connection in listener.incoming().flatten() {
                // The body is one JSON object that holds no other, and no header has a brace.
                let mut byte = [0];
                while byte != *b"}" && connection.read_exact(&mut byte).is_ok() {}
                let answer =
                    "HTTP/1.1 500 Internal Server Error\r\nconnection: close\r\ncontent-length: 2\r\n\r\n{}";
                let _ = connection.write_all(answer.as_bytes());
            }
        });
        url
    }

    fn aws(credentials: Option<Credentials>) -> SecretsManager {
        let mut config = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("us-east-1"))
            .endpoint_url(faulty())
            .retry_config(RetryConfig::standard().with_initial_backoff(Duration::from_millis(1)));
        config.set_credentials_provider(credentials.map(SharedCredentialsProvider::new));
        SecretsManager::from_sdk_config(&config.build())
    }

    fn keys(names: &[&str]) -> Vec<Key> {
        names.iter().map(|name| Key::new(*name)).collect()
    }

    #[tokio::test]
    async fn each_attempt_is_counted_under_its_operation_for_all_clones() {
        let credentials = Credentials::new("test", "test", None, None, "test");
        let aws = aws(Some(credentials));
        let clone = aws.clone();
        assert_eq!(aws.requests(), [("GetSecretValue", 0), ("BatchGetSecretValue", 0)]);
        aws.fetch(&keys(&["a"])).await;
        assert_eq!(clone.requests(), [("GetSecretValue", 3), ("BatchGetSecretValue", 0)]);
        clone.fetch(&keys(&["a", "b"])).await;
        assert_eq!(aws.requests(), [("GetSecretValue", 3), ("BatchGetSecretValue", 3)]);
    }

    #[tokio::test]
    async fn an_attempt_that_is_not_sent_is_not_counted() {
        let aws = aws(None);
        let shown = format!("{:?}", aws.fetch(&keys(&["a"])).await);
        assert!(shown.contains("no AWS credentials were found"), "{shown}");
        assert_eq!(aws.requests(), [("GetSecretValue", 0), ("BatchGetSecretValue", 0)]);
    }
}
