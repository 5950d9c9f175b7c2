//! The end of a process, at a call of one's choice.

use std::future::Future;
use std::sync::{Arc, Mutex};

use tokio::sync::Notify;

/// On which side of a call a process ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Edge {
    /// The call is not made.
    Before,
    /// The call is made, and nobody learns of the answer.
    After,
}

/// Counts the calls of a process, to Secrets Manager and to the service, and ends it at one of them.
#[derive(Clone)]
pub(super) struct Meter(Arc<Shared>);

struct Shared {
    plan: Mutex<Plan>,
    end: Notify,
}

struct Plan {
    /// The calls that are made and answered; without a number, all of them.
    left: Option<usize>,
    edge: Edge,
}

/// What becomes of a call.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Fate {
    Answered,
    Unanswered,
    NotMade,
}

impl Meter {
    pub(super) fn endless() -> Self {
        Self::new(None, Edge::Before)
    }

    pub(super) fn ending_at(call: usize, edge: Edge) -> Self {
        Self::new(Some(call), edge)
    }

    fn new(left: Option<usize>, edge: Edge) -> Self {
        Self(Arc::new(Shared { plan: Mutex::new(Plan { left, edge }), end: Notify::new() }))
    }

    /// Counts a call. Of one that is not answered, [`end`](Self::end) is to be called.
    pub(super) fn count(&self) -> Fate {
        let mut plan = self.0.plan.lock().unwrap();
        match (plan.left, plan.edge) {
            (None, _) => Fate::Answered,
            (Some(0), Edge::Before) => Fate::NotMade,
            (Some(0), Edge::After) => {
                // Nobody calls once the process has ended.
                plan.edge = Edge::Before;
                Fate::Unanswered
            }
            (Some(more), _) => {
                plan.left = Some(more - 1);
                Fate::Answered
            }
        }
    }

    pub(super) fn end(&self) {
        self.0.end.notify_one();
    }

    /// Makes a call of the service.
    pub(super) async fn call<T>(&self, call: impl FnOnce() -> T) -> T {
        match self.count() {
            Fate::Answered => return call(),
            Fate::Unanswered => drop(call()),
            Fate::NotMade => {}
        }
        self.end();
        std::future::pending().await
    }

    /// Runs a process to its end: its result, or none if it ended at a call.
    pub(super) async fn run<T>(&self, process: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            biased;
            result = process => Some(result),
            () = self.0.end.notified() => None,
        }
    }
}
