//! Remembers calls that were refused with every value that there is, so that they neither repeat their
//! requests at once nor log again. Each place in the code that makes calls is remembered for itself: one
//! service may refuse while another accepts.

use std::panic::Location;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

use tokio::time::Instant;

use crate::lock::lock;

/// The first rest after a refresh that helped no call. It is short, since a person who changes a password by
/// hand writes the secret moments later.
const FIRST_REST: Duration = Duration::from_millis(100);

/// Each rest is twice as long as the one before, up to this one. From the second second on, there is less
/// than one refresh a second, and an operator who corrects the secret waits half a minute at most.
const MAX_REST: Duration = Duration::from_secs(30);

/// How long no call is refused before the refused value counts as accepted again. Of two servers, one may
/// accept what the other refuses.
const ACCEPTED_AFTER: Duration = Duration::from_secs(5);

/// The calls that are refused now.
pub(super) struct Refusals<T> {
    /// Whether there are any. Most of the time there are none, and a successful call takes no lock.
    is_any: AtomicBool,
    /// One for each place in the code.
    refusals: Mutex<Vec<Refusal<T>>>,
}

/// A place in the code whose calls are refused.
struct Refusal<T> {
    caller: &'static Location<'static>,
    /// The current value that was refused. Weak, so that an outdated one is wiped.
    value: Weak<T>,
    fields: String,
    reason: &'static str,
    refused_at: Instant,
    rest: Duration,
    rests_until: Instant,
}

/// Whether a refused call may fetch secrets.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Attempt {
    /// Calls were accepted before.
    First,
    /// A rest is over.
    AfterRest,
    /// A refresh has just helped no call.
    Resting,
}

impl<T> Default for Refusals<T> {
    fn default() -> Self {
        Self { is_any: AtomicBool::new(false), refusals: Mutex::default() }
    }
}

impl<T> Refusals<T> {
    /// Whether a call that was refused with the current value may fetch again. The next rest begins with the
    /// attempt, so that calls at the same time do not repeat it.
    pub(super) fn attempt(&self, caller: &'static Location<'static>, current: &Arc<T>) -> Attempt {
        let now = Instant::now();
        let mut refusals = lock(&self.refusals);
        let refusal = refusals.iter_mut().find(|refusal| refusal.caller == caller && refusal.is_of(current));
        let Some(refusal) = refusal else { return Attempt::First };
        refusal.refused_at = now;
        if now < refusal.rests_until {
            return Attempt::Resting;
        }
        let is_long_ago = now >= refusal.rests_until + MAX_REST;
        refusal.rest = if is_long_ago { FIRST_REST } else { MAX_REST.min(refusal.rest * 2) };
        refusal.rests_until = now + refusal.rest;
        Attempt::AfterRest
    }

    /// Records a call that was refused with the current value and with all others. Returns whether the calls
    /// of this place were accepted before.
    pub(super) fn record(
        &self,
        caller: &'static Location<'static>,
        current: &Arc<T>,
        reason: &'static str,
        fields: &str,
    ) -> bool {
        let now = Instant::now();
        let mut refusals = lock(&self.refusals);
        self.is_any.store(true, Ordering::Relaxed);
        if let Some(refusal) = refusals.iter_mut().find(|refusal| refusal.caller == caller) {
            if !refusal.is_of(current) {
                refusal.value = Arc::downgrade(current);
                refusal.rest = FIRST_REST;
                refusal.rests_until = now + FIRST_REST;
            }
            (refusal.reason, refusal.refused_at) = (reason, now);
            return false;
        }
        refusals.push(Refusal {
            caller,
            value: Arc::downgrade(current),
            fields: fields.to_owned(),
            reason,
            refused_at: now,
            rest: FIRST_REST,
            rests_until: now + FIRST_REST,
        });
        true
    }

    /// Notes a call that succeeded with a value. Returns the fields that were refused before.
    pub(super) fn accept(&self, caller: &'static Location<'static>, value: &Arc<T>) -> Option<String> {
        if !self.is_any.load(Ordering::Relaxed) {
            return None;
        }
        let mut refusals = lock(&self.refusals);
        let position = refusals.iter().position(|refusal| {
            let is_over = || refusal.refused_at.elapsed() >= ACCEPTED_AFTER;
            refusal.caller == caller && (!refusal.is_of(value) || is_over())
        })?;
        let refusal = refusals.swap_remove(position);
        self.is_any.store(!refusals.is_empty(), Ordering::Relaxed);
        Some(refusal.fields)
    }

    /// The fields of the current value that are refused, and why.
    pub(super) fn of(&self, current: &Arc<T>) -> Vec<(String, &'static str)> {
        let refusals = lock(&self.refusals);
        let refused = refusals.iter().filter(|refusal| refusal.is_of(current));
        refused.map(|refusal| (refusal.fields.clone(), refusal.reason)).collect()
    }
}

impl<T> Refusal<T> {
    fn is_of(&self, value: &Arc<T>) -> bool {
        std::ptr::eq(self.value.as_ptr(), Arc::as_ptr(value))
    }
}
