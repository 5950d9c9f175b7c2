//! One instance of the fleet: a program that needs its secrets to start, is started again until it has them, and then
//! serves.

use std::sync::Arc;
use std::time::Duration;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;

use super::simulation::Fleet;

/// How soon an orchestrator starts a program again that has ended with an error. Each time is twice the one before.
pub(super) const RESTARTS_AFTER: Duration = Duration::from_secs(1);
/// Kubernetes goes up to five minutes: then those that fail a few times would hide how the others fare.
pub(super) const RESTARTS_AT_MOST_AFTER: Duration = Duration::from_secs(10);

/// How a program gets its secrets and keeps them.
pub(super) trait Policy: Sized + Send + 'static {
    /// How the tables call it.
    const NAME: &'static str;

    /// The start of a process: nothing of an earlier one is left. `None` if it could not get all of its secrets.
    fn start(sdk_config: &SdkConfig) -> impl Future<Output = Option<Self>> + Send;

    /// Keeps the secrets for ever, as a program under traffic does.
    fn serve(self, fleet: &Fleet) -> impl Future<Output = ()> + Send;
}

/// The life of an instance, which begins so long after the fleet's. Its end is that of the simulation.
pub(super) async fn live<P: Policy>(fleet: Arc<Fleet>, index: u32, begins_after: Duration) {
    tokio::time::sleep(begins_after).await;
    let mut pause = RESTARTS_AFTER;
    let mut restarts = 0_usize;
    let program = loop {
        if let Some(program) = P::start(&sdk_config(&fleet, P::NAME, index, restarts)).await {
            break program;
        }
        restarts += 1;
        fleet.note_failed_start();
        // Nodes do not count in step.
        tokio::time::sleep(pause.mul_f64(fastrand::f64().mul_add(0.2, 0.9))).await;
        pause = RESTARTS_AT_MOST_AFTER.min(pause * 2);
    };
    fleet.note_up();
    program.serve(&fleet).await;
}

/// What the application has loaded. The SDK keeps one retry quota for all clients of a region in the process, which the
/// instances of a fleet do not share: so each process has a region of its own, which the endpoint leaves without effect.
fn sdk_config(fleet: &Fleet, policy: &str, index: u32, restarts: usize) -> SdkConfig {
    let policy = policy.replace(' ', "-").to_ascii_lowercase();
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(format!("{policy}-{index}-{restarts}")))
        .endpoint_url("http://secretsmanager.invalid")
        .credentials_provider(SharedCredentialsProvider::new(Credentials::from_keys("test", "test", None)))
        .http_client(fleet.service.clone())
        .build()
}
