//! Counts calls, and says which is the last.

use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

/// On which side of a call a process ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edge {
    /// The call is not made.
    Before,
    /// The call is made, and nobody learns of the answer.
    After,
}

/// Counts the calls of a process, to Secrets Manager and to the service, and ends it at one of them.
#[derive(Clone)]
pub struct Meter(Arc<Shared>);

struct Shared {
    plan: Mutex<Plan>,
    end: Notify,
}

struct Plan {
    /// The calls that are made and answered; without a number, all of them.
    left: Option<usize>,
    edge: Edge,
    counted: usize,
}

/// What becomes of a call.
#[derive(Debug, PartialEq, Eq)]
pub enum Fate {
    Answered,
    Unanswered,
    NotMade,
}

impl Meter {
    pub fn endless() -> Self {
        Self::new(None, Edge::Before)
    }

    pub fn ending_at(call: usize, edge: Edge) -> Self {
        Self::new(Some(call), edge)
    }

    fn new(left: Option<usize>, edge: Edge) -> Self {
        Self(Arc::new(Shared { plan: Mutex::new(Plan { left, edge, counted: 0 }), end: Notify::new() }))
    }

    /// Counts a call. Of one that is not answered, [`end`](Self::end) is to be called.
    pub fn count(&self) -> Fate {
        let mut plan = self.plan();
        plan.counted += 1;
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

    /// The calls so far.
    pub fn counted(&self) -> usize {
        self.plan().counted
    }

    /// Whoever panics meanwhile leaves a plan that holds.
    fn plan(&self) -> MutexGuard<'_, Plan> {
        self.0.plan.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn end(&self) {
        self.0.end.notify_one();
    }

    /// Makes a call of the service.
    pub async fn call<T>(&self, call: impl FnOnce() -> T) -> T {
        match self.count() {
            Fate::Answered => return call(),
            Fate::Unanswered => drop(call()),
            Fate::NotMade => {}
        }
        self.end();
        std::future::pending().await
    }

    /// Runs a process to its end: its result, or none if it ended at a call.
    pub async fn run<T>(&self, process: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            biased;
            result = process => Some(result),
            () = self.0.end.notified() => None,
        }
    }
}
