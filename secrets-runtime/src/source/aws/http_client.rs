//! The HTTP client of a source and of the credentials providers that it loads. Its answers are bounded.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;
use std::{fmt, mem};

use aws_sdk_secretsmanager::config::http::HttpRequest;
use aws_sdk_secretsmanager::config::{
    ConfigBag, HttpClient, RuntimeComponents, RuntimeComponentsBuilder, SharedAsyncSleep, SharedHttpClient,
};
use aws_sdk_secretsmanager::error::BoxError;
use aws_smithy_http_client::Connector;
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::timeout::MergeTimeoutConfig;

use super::bounded_body::{BoundedBody, Buffered};
use super::certificates;
use crate::lock::lock;

/// A client whose answers have a maximum length.
pub(super) struct BoundedClient {
    /// The client that the application has set in its SDK configuration.
    given: Option<SharedHttpClient>,
    /// The connectors of this client, by their time-outs. Each has a pool of connections.
    connectors: Mutex<HashMap<TimeOuts, SharedHttpConnector>>,
    buffered: Buffered,
}

#[derive(PartialEq, Eq, Hash)]
struct TimeOuts {
    connect: Option<Duration>,
    read: Option<Duration>,
}

impl BoundedClient {
    pub(super) fn shared(given: Option<SharedHttpClient>, buffered: &Buffered) -> SharedHttpClient {
        SharedHttpClient::new(Self { given, connectors: Mutex::default(), buffered: buffered.clone() })
    }

    fn own_connector(
        &self,
        settings: &HttpConnectorSettings,
        sleep: Option<SharedAsyncSleep>,
    ) -> SharedHttpConnector {
        let time_outs = TimeOuts { connect: settings.connect_timeout(), read: settings.read_timeout() };
        let mut connectors = lock(&self.connectors);
        connectors.entry(time_outs).or_insert_with(|| connector(settings, sleep)).clone()
    }
}

/// The SDK's own default: rustls, the certificates of the machine, the proxy variables of the process.
fn connector(settings: &HttpConnectorSettings, sleep: Option<SharedAsyncSleep>) -> SharedHttpConnector {
    let mut builder = Connector::builder()
        .connector_settings(settings.clone())
        .proxy_config(ProxyConfig::from_env())
        .tls_provider(Provider::Rustls(CryptoMode::AwsLc));
    if let Some(trust) = certificates::empty_trust() {
        builder.set_tls_context(trust);
    }
    builder.set_sleep_impl(sleep);
    SharedHttpConnector::new(builder.build())
}

impl HttpClient for BoundedClient {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        let connector = match &self.given {
            Some(given) => given.http_connector(settings, components),
            None => self.own_connector(settings, components.sleep_impl()),
        };
        SharedHttpConnector::new(BoundedConnector { connector, buffered: self.buffered.clone() })
    }

    /// Called when a client is built. Reading the certificates of the machine takes tens of milliseconds,
    /// which would count as time of the first attempt.
    fn validate_base_client_config(
        &self,
        components: &RuntimeComponentsBuilder,
        config: &ConfigBag,
    ) -> Result<(), BoxError> {
        if let Some(given) = &self.given {
            return HttpClient::validate_base_client_config(given, components, config);
        }
        let time_outs = config.load::<MergeTimeoutConfig>();
        let mut settings = HttpConnectorSettings::builder();
        settings.set_connect_timeout(time_outs.connect_timeout());
        settings.set_read_timeout(time_outs.read_timeout());
        self.own_connector(&settings.build(), components.sleep_impl());
        Ok(())
    }
}

/// Leaves out what the client of an application may show.
impl fmt::Debug for BoundedClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BoundedClient").finish_non_exhaustive()
    }
}

struct BoundedConnector {
    connector: SharedHttpConnector,
    buffered: Buffered,
}

impl HttpConnector for BoundedConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let answer = self.connector.call(request);
        let buffered = self.buffered.clone();
        HttpConnectorFuture::new(async move {
            let mut answer = answer.await?;
            let is_error = !answer.status().is_success();
            let body = mem::replace(answer.body_mut(), SdkBody::taken());
            *answer.body_mut() = SdkBody::from_body_1_x(BoundedBody::new(body, is_error, buffered));
            Ok(answer)
        })
    }
}

impl fmt::Debug for BoundedConnector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BoundedConnector").finish_non_exhaustive()
    }
}
