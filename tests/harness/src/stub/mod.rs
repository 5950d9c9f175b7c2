//! A stub of AWS Secrets Manager: the protocol on a local port, with faults, latency and a log of the
//! requests.
//!
//! ```ignore
//! let stub = Stub::start().await;
//! stub.put("app/production/database-url", "postgres://...");
//! stub.fault(Fault::Throttled.on(Operation::Get).times(2));
//! // ... point a client at `stub.url()` ...
//! assert_eq!(stub.requests().get, 3);
//! ```
//!
//! It checks no signatures and prints nothing, so that no value can reach a test's output through it.

mod error;
mod faults;
mod operations;
mod protocol;
mod record;
mod server;
mod store;
#[cfg(test)]
mod tests;
mod writes;

use std::collections::BTreeMap;
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, SystemTime};

use tokio::sync::watch;

pub use self::faults::{Fault, FaultRule};
pub use self::protocol::Operation;
pub use self::record::{LogEntry, Requests};

/// A running stub. Dropping it stops it and closes its connections.
pub struct Stub {
    address: SocketAddr,
    shared: Arc<Shared>,
    // Held for its `Drop`: whoever has the handle owns the tasks.
    _server: server::Running,
}

/// What the handle and the server's tasks have in common.
struct Shared {
    state: Mutex<State>,
    /// How many requests have arrived, for those who wait for them.
    arrived: watch::Sender<usize>,
    door: server::Door,
}

impl Shared {
    /// No `.await` happens under this lock.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("a task of the stub panicked")
    }
}

#[derive(Default)]
struct State {
    store: store::Store,
    faults: faults::Faults,
    record: record::Record,
    latency: Duration,
    batch_page: Option<usize>,
}

impl Stub {
    /// Starts a stub on a free port of 127.0.0.1, with its tasks on the current tokio runtime.
    ///
    /// After a drop the runtime closes the port and the connections at its next turn.
    pub async fn start() -> Self {
        // Nothing here needs to wait; `async` states that a runtime is needed, which the types would not.
        std::future::ready(()).await;
        Self::with(server::Running::on_this_runtime)
    }

    /// Starts a stub on an OS thread and a runtime of its own, so that it shares neither with what is
    /// measured.
    ///
    /// A drop joins the thread: afterwards the port is closed.
    pub fn start_on_thread() -> Self {
        Self::with(server::Running::on_own_thread)
    }

    fn with(run: fn(TcpListener, Arc<Shared>) -> server::Running) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port on 127.0.0.1");
        let address = listener.local_addr().expect("the address of a bound socket");
        let shared = Arc::new(Shared {
            state: Mutex::default(),
            arrived: watch::Sender::new(0),
            door: server::Door::default(),
        });
        Self { address, _server: run(listener, Arc::clone(&shared)), shared }
    }

    /// The endpoint, as in `http://127.0.0.1:40123`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Stores text as a new AWSCURRENT version and gives its version id. The version before becomes
    /// AWSPREVIOUS.
    pub fn put(&self, name: &str, value: &str) -> String {
        self.shared.state().store.put(name, store::Value::text(value))
    }

    /// Stores bytes as `SecretBinary`, otherwise like [`put`](Self::put).
    pub fn put_binary(&self, name: &str, bytes: &[u8]) -> String {
        self.shared.state().store.put(name, store::Value::binary(bytes))
    }

    /// Stores text as the version `version_id` and moves the staging label `stage` to it.
    pub fn put_version(&self, name: &str, stage: &str, version_id: &str, value: &str) {
        self.shared.state().store.put_version(name, stage, version_id, store::Value::text(value));
    }

    /// The labels of every version, by its id.
    pub fn stages(&self, name: &str) -> BTreeMap<String, Vec<String>> {
        let state = self.shared.state();
        let versions = state.store.find(name).into_iter().flat_map(|secret| &secret.versions);
        versions.map(|version| (version.id.clone(), version.stages.clone())).collect()
    }

    /// Says that all versions of a secret were made so long ago, and that it is rotated by schedule, next
    /// in so many seconds: in the past if they are negative.
    pub fn set_dates(&self, name: &str, age: Duration, next_rotation: Option<f64>) {
        let since_1970 = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let now = since_1970.as_secs_f64();
        let next_rotation = next_rotation.map(|seconds| now + seconds);
        self.shared.state().store.set_dates(name, now - age.as_secs_f64(), next_rotation);
    }

    /// Removes a secret with all its versions; from then on it is not found. One that is stored under its
    /// name later is another secret, with another ARN.
    pub fn remove(&self, name: &str) {
        self.shared.state().store.remove(name);
    }

    /// The ARN that a secret of this name has here; one that does not exist yet, or no longer, would get it.
    pub fn arn(&self, name: &str) -> String {
        self.shared.state().store.arn(name)
    }

    /// Delays every answer. What it says is decided on arrival, so that a slow answer may be an outdated
    /// one.
    pub fn set_latency(&self, latency: Duration) {
        self.shared.state().latency = latency;
    }

    /// Answers a batch in pages of at most `ids` ids (at least one), with a `NextToken` until all are
    /// answered.
    pub fn set_batch_page(&self, ids: usize) {
        self.shared.state().batch_page = Some(ids.max(1));
    }

    /// Adds a fault: for every request, or as narrow as its [`FaultRule`] says. The first that fits applies.
    pub fn fault(&self, rule: impl Into<FaultRule>) {
        self.shared.state().faults.add(rule.into());
    }

    /// Takes all faults back.
    pub fn clear_faults(&self) {
        self.shared.state().faults = faults::Faults::default();
    }

    /// Closes the port and all connections, whatever they wait for. Until [`open`](Self::open), connections
    /// are refused.
    pub async fn close(&self) {
        self.shared.door.set(false).await;
    }

    /// Accepts connections again, on the same port.
    pub async fn open(&self) {
        self.shared.door.set(true).await;
    }

    /// The requests so far, counted on arrival.
    pub fn requests(&self) -> Requests {
        self.shared.state().record.requests()
    }

    /// Every request so far, in the order of arrival.
    pub fn log(&self) -> Vec<LogEntry> {
        self.shared.state().record.log()
    }

    /// The most requests that were waiting for their answer at the same time.
    pub fn max_in_flight(&self) -> usize {
        self.shared.state().record.max_in_flight()
    }

    /// Forgets the requests so far: counters, log and [`max_in_flight`](Self::max_in_flight).
    pub fn reset_requests(&self) {
        let mut state = self.shared.state();
        state.record.reset();
        self.shared.arrived.send_replace(0);
    }

    /// Waits until `total` requests have arrived since the start or the last reset, answered or not.
    pub async fn arrived(&self, total: usize) {
        // The sender lives in `self.shared`, so the channel cannot close while this waits.
        let _ = self.shared.arrived.subscribe().wait_for(|arrived| *arrived >= total).await;
    }
}
