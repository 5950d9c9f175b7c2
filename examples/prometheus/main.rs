//! What a service shows its monitoring: reads, failures and ages of its secrets, for Prometheus.
//!
//! `cargo run --example prometheus` prints one scrape; with `-- 127.0.0.1:9464` it serves `/metrics` until it is stopped.
//!
//! ```promql
//! sum(increase(secrets_failures_total{kind!="missing"}[5m])) > 4         # 5 failures in 5 minutes
//! sum(increase(secrets_failures_total{kind="access_denied"}[5m])) > 0    # any denied access
//! max by (secret) (secrets_age_seconds) > 90 * 86400                     # a secret older than 90 days
//! sum(rate(secrets_reads_total{outcome!="miss"}[5m])) / sum(rate(secrets_reads_total[5m])) < 0.8
//! ```
//! Amazon's `CloudWatch` gets the same metrics from its agent's Prometheus scraping, or from a `metrics` exporter that writes the
//! embedded metric format, and alarms on them by the same names.

use std::error::Error;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::time::{Duration, SystemTime};

use metrics_exporter_prometheus::PrometheusBuilder;
use secrets_runtime::source::{
    Answer, BoxFuture, Fetched, Identity, Key, Location, Setting, Source, SourceError,
};
use secrets_runtime::{ErrorKind, Secrets};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let prometheus = PrometheusBuilder::new().install_recorder()?;
    // An application says `Secrets::from_env()?`.
    let secrets = Secrets::builder().sources([Store]).build()?;
    for _request in 0..1000 {
        let _key = secrets.get("shop/payment-key").await?;
    }
    let _denied = secrets.get("shop/partner-key").await;
    let scrape = || {
        // It happens every few seconds anyway; before a scrape it makes the numbers exact.
        secrets.publish_metrics();
        prometheus.render()
    };
    let Some(address) = std::env::args().nth(1) else {
        print!("{}", scrape());
        return Ok(());
    };
    for stream in TcpListener::bind(address)?.incoming() {
        let (mut stream, metrics) = (stream?, scrape());
        let _request = stream.read(&mut [0; 4096])?;
        let head = "HTTP/1.1 200 OK\r\ncontent-type: text/plain; version=0.0.4\r\nconnection: close";
        write!(stream, "{head}\r\n\r\n{metrics}")?;
    }
    Ok(())
}

/// Stands for AWS Secrets Manager: one secret, 100 days old, and a policy that forgets the others.
struct Store;

#[rustfmt::skip] // What a source is, `custom_source` shows.
impl Source for Store {
    fn name(&self) -> &'static str { "aws" }

    fn is_remote(&self) -> bool { true }

    fn locate(&self, setting: &Setting) -> Vec<Location> { vec![Location::of_secret(setting)] }

    fn fetch<'a>(&'a self, keys: &'a [Key]) -> BoxFuture<'a, Fetched> {
        let identity = Identity::default().with_created(SystemTime::now() - Duration::from_hours(100 * 24));
        Box::pin(std::future::ready(keys.iter().map(|key| match key.name() {
            "shop/payment-key" => Answer::found("value").identified_by(identity.clone()),
            _ => SourceError::new(ErrorKind::AccessDenied).into(),
        }).collect()))
    }
}
