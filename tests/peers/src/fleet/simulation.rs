//! A fleet, from its start to the end of its hour, in virtual time.

use std::io;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};

use super::instance::{Policy, live};
use super::report::{Reads, Report};
use super::service::Service;
use super::size::Size;

/// The instances begin within this time, evenly.
const BEGIN_WITHIN: Duration = Duration::from_secs(1);
/// When a fleet that does not get up is given up.
const GIVEN_UP_AFTER: Duration = Duration::from_mins(10);
const HOUR: Duration = Duration::from_hours(1);

/// What the instances share: the service, and the books.
pub(super) struct Fleet {
    pub(super) service: Service,
    begin: Instant,
    up: Mutex<Vec<Duration>>,
    instances: usize,
    all_up: Notify,
    failed_starts: AtomicU64,
    reads: AtomicU64,
    failed_reads: AtomicU64,
    waited_reads: AtomicU64,
}

impl Fleet {
    fn new(size: Size) -> Self {
        Self {
            service: Service::new(size.batch_quota.into(), size.get_quota.into()),
            begin: Instant::now(),
            up: Mutex::default(),
            instances: size.instances as usize,
            all_up: Notify::new(),
            failed_starts: AtomicU64::default(),
            reads: AtomicU64::default(),
            failed_reads: AtomicU64::default(),
            waited_reads: AtomicU64::default(),
        }
    }

    pub(super) fn note_failed_start(&self) {
        self.failed_starts.fetch_add(1, Relaxed);
    }

    pub(super) fn note_up(&self) {
        let mut up = self.up.lock().unwrap_or_else(PoisonError::into_inner);
        up.push(self.begin.elapsed());
        if up.len() == self.instances {
            self.all_up.notify_one();
        }
    }

    /// Notes a read, or a refresh, that began at `since` and ends now.
    pub(super) fn note_read(&self, since: Instant, succeeded: bool) {
        self.reads.fetch_add(1, Relaxed);
        self.failed_reads.fetch_add(u64::from(!succeeded), Relaxed);
        self.waited_reads.fetch_add(u64::from(since.elapsed() > Duration::ZERO), Relaxed);
    }

    fn up(&self) -> Vec<Duration> {
        self.up.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Simulates a fleet under this policy. It takes the time of the computing, and no other.
pub(super) fn simulate<P: Policy>(size: Size) -> io::Result<Report> {
    // The same spread of pauses in each run.
    fastrand::seed(3);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build()?;
    Ok(runtime.block_on(async {
        let fleet = Arc::new(Fleet::new(size));
        let mut instances = JoinSet::new();
        for index in 0..size.instances {
            let begins_after = BEGIN_WITHIN * index / size.instances;
            instances.spawn(live::<P>(Arc::clone(&fleet), index, begins_after));
        }
        let all_up = timeout(GIVEN_UP_AFTER, fleet.all_up.notified()).await.is_ok();
        let start = fleet.service.take_traffic();
        if all_up {
            sleep(HOUR).await;
        }
        let hour = fleet.service.take_traffic();
        instances.shutdown().await;
        Report {
            policy: P::NAME,
            instances: fleet.instances,
            up: fleet.up(),
            failed_starts: fleet.failed_starts.load(Relaxed),
            start,
            hour,
            reads: Reads {
                all: fleet.reads.load(Relaxed),
                failed: fleet.failed_reads.load(Relaxed),
                waited: fleet.waited_reads.load(Relaxed),
            },
        }
    }))
}
