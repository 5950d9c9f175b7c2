//! The runtimes that carry requests. A reader of another runtime takes the requests of a runtime that does
//! not run its tasks: nothing polls it, or its threads are blocked.

use std::time::Duration;

use tokio::runtime::{Handle, Id};
use tokio::time::{Instant, sleep, sleep_until, timeout};

use super::shared::{Carried, Shared, State};
use crate::client::cache::PendingId;

/// How long a reader waits before each look at the runtime of its request. Most fetches take less.
const PROBE_PAUSE: Duration = Duration::from_millis(100);

/// How long a runtime may take to run a task. A runtime that is polled takes milliseconds. Together with the
/// pause and a fetch it is less than a second.
const PROBE_LIMIT: Duration = Duration::from_millis(400);

impl State {
    /// The runtime that a request waits for.
    fn carrier_of(&self, id: PendingId) -> Option<&Handle> {
        if self.cache.is_queued(id) {
            return self.window.as_ref().map(|window| &window.runtime);
        }
        self.carried.get(&id).map(|carried| &carried.runtime)
    }

    /// Gives up all requests that this runtime carries, since none of them will be answered soon. Their
    /// readers look up again, and a late answer is not taken in.
    fn take_from(&mut self, runtime: Id) {
        self.window.take_if(|window| window.runtime.id() == runtime);
        let is_taken = |carried: &Carried| carried.runtime.id() == runtime;
        for (id, Carried { key, .. }) in self.carried.extract_if(|_, carried| is_taken(carried)) {
            self.cache.abandon(id, &key);
            self.waiting.remove(&id);
        }
        self.cache.make_room();
    }
}

impl Shared {
    /// Ends when the request was taken from a runtime that does not run its tasks. Must run on a Tokio
    /// runtime.
    pub(super) async fn until_taken(&self, id: PendingId, began: Instant) {
        let own = Handle::current().id();
        sleep_until(began + PROBE_PAUSE).await;
        loop {
            let carrier = self.state().carrier_of(id).cloned();
            if let Some(carrier) = carrier.filter(|carrier| carrier.id() != own)
                && !runs_tasks(&carrier).await
            {
                let state = &mut *self.state();
                // Another reader may have been faster.
                if state.carrier_of(id).is_some_and(|current| current.id() == carrier.id()) {
                    state.take_from(carrier.id());
                    return;
                }
            }
            sleep(PROBE_PAUSE).await;
        }
    }
}

async fn runs_tasks(runtime: &Handle) -> bool {
    let task = runtime.spawn(async {});
    timeout(PROBE_LIMIT, task).await.is_ok_and(|ran| ran.is_ok())
}
