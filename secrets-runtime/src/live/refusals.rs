//! Remembers calls that were refused with every value that there is, so that they neither repeat their
//! requests at once nor log again. Calls are told apart by their place in the code and the field that they
//! use: one service may refuse while another accepts.

use std::panic::Location;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

use tokio::time::Instant;

use crate::lock::lock;

/// The first rest after a refresh that helped no call. It is short, since a person who changes a password by
/// hand writes the secret moments later.
const FIRST_REST: Duration = Duration::from_millis(100);

/// Each rest is twice as long as the one before, up to this one. After the first two seconds there is less
/// than one refresh a second, and an operator who corrects the secret waits half a minute at most.
const MAX_REST: Duration = Duration::from_secs(30);

/// How long no call is refused before the refused value counts as accepted again. Of two servers, one may
/// accept what the other refuses.
const ACCEPTED_AFTER: Duration = Duration::from_secs(5);

/// The calls that are refused now.
pub(super) struct Refusals<T> {
    /// Whether there are any. Most of the time there are none, and a successful call takes no lock.
    is_any: AtomicBool,
    /// One for each kind of call.
    refusals: Mutex<Vec<Refusal<T>>>,
}

/// The calls that count as one: those of one place in the code that use the same field. A helper function
/// makes the calls of several fields.
#[derive(Clone, Copy)]
pub(super) struct Calls<'a> {
    pub(super) caller: &'static Location<'static>,
    pub(super) field: &'a str,
}

/// Calls that are refused.
struct Refusal<T> {
    caller: &'static Location<'static>,
    field: String,
    /// The current value that was refused. Weak, so that an outdated one is wiped.
    value: Weak<T>,
    /// The secrets of the field, as reports name them.
    fields: String,
    reason: &'static str,
    refused_at: Instant,
    /// When a call first succeeded with the value since then.
    accepted_at: Option<Instant>,
    /// `None`: the last rest was over long before the last call, which began anew.
    rest: Option<Rest>,
}

#[derive(Clone, Copy)]
struct Rest {
    duration: Duration,
    until: Instant,
}

/// Whether a refused call may fetch secrets.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Attempt {
    /// Calls were accepted before, or the last refusal was long ago.
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
    pub(super) fn attempt(&self, calls: Calls<'_>, current: &Arc<T>) -> Attempt {
        let now = Instant::now();
        let mut refusals = lock(&self.refusals);
        let refusal = refusals.iter_mut().find(|refusal| refusal.is_for(calls) && refusal.is_of(current));
        let Some(refusal) = refusal else { return Attempt::First };
        (refusal.refused_at, refusal.accepted_at) = (now, None);
        let Some(rest) = refusal.rest else { return Attempt::First };
        if now < rest.until {
            return Attempt::Resting;
        }
        if now >= rest.until + MAX_REST {
            // More likely a new rotation than the old refusal: no call at the same time has to rest.
            refusal.rest = None;
            return Attempt::First;
        }
        refusal.rest = Some(Rest::new(now, MAX_REST.min(rest.duration * 2)));
        Attempt::AfterRest
    }

    /// Records a call that was refused with the current value and with all others. Returns whether such calls
    /// were accepted before.
    pub(super) fn record(
        &self,
        calls: Calls<'_>,
        current: &Arc<T>,
        reason: &'static str,
        fields: &str,
    ) -> bool {
        let now = Instant::now();
        let mut refusals = lock(&self.refusals);
        self.is_any.store(true, Ordering::Relaxed);
        if let Some(refusal) = refusals.iter_mut().find(|refusal| refusal.is_for(calls)) {
            if !refusal.is_of(current) || refusal.rest.is_none() {
                refusal.value = Arc::downgrade(current);
                refusal.rest = Some(Rest::new(now, FIRST_REST));
            }
            fields.clone_into(&mut refusal.fields);
            (refusal.reason, refusal.refused_at, refusal.accepted_at) = (reason, now, None);
            return false;
        }
        refusals.push(Refusal {
            caller: calls.caller,
            field: calls.field.to_owned(),
            value: Arc::downgrade(current),
            fields: fields.to_owned(),
            reason,
            refused_at: now,
            accepted_at: None,
            rest: Some(Rest::new(now, FIRST_REST)),
        });
        true
    }

    /// Notes a call that succeeded with a value. Returns the fields that were refused before.
    pub(super) fn accept(&self, calls: Calls<'_>, value: &Arc<T>) -> Option<String> {
        if !self.is_any.load(Ordering::Relaxed) {
            return None;
        }
        let now = Instant::now();
        let mut refusals = lock(&self.refusals);
        let position = refusals.iter().position(|refusal| refusal.is_for(calls))?;
        let refusal = refusals.get_mut(position)?;
        if refusal.is_of(value) && now < refusal.refused_at + ACCEPTED_AFTER {
            // It may be the last call for days: `take_ended` looks at it later.
            refusal.accepted_at.get_or_insert(now);
            return None;
        }
        let refusal = refusals.swap_remove(position);
        self.is_any.store(!refusals.is_empty(), Ordering::Relaxed);
        Some(refusal.fields)
    }

    /// Removes the refusals after which a call succeeded and none was refused for a while, and returns their
    /// fields.
    pub(super) fn take_ended(&self) -> Vec<String> {
        if !self.is_any.load(Ordering::Relaxed) {
            return Vec::new();
        }
        let now = Instant::now();
        let mut refusals = lock(&self.refusals);
        let has_ended = |refusal: &mut Refusal<T>| {
            refusal.accepted_at.is_some_and(|accepted_at| now >= accepted_at + ACCEPTED_AFTER)
        };
        let ended = refusals.extract_if(.., has_ended).map(|refusal| refusal.fields).collect();
        self.is_any.store(!refusals.is_empty(), Ordering::Relaxed);
        ended
    }

    /// The fields of the current value that are refused, and why.
    pub(super) fn of(&self, current: &Arc<T>) -> Vec<(String, &'static str)> {
        let refusals = lock(&self.refusals);
        let refused = refusals.iter().filter(|refusal| refusal.is_of(current));
        refused.map(|refusal| (refusal.fields.clone(), refusal.reason)).collect()
    }
}

impl Rest {
    fn new(now: Instant, duration: Duration) -> Self {
        Self { duration, until: now + duration }
    }
}

impl<T> Refusal<T> {
    fn is_for(&self, calls: Calls<'_>) -> bool {
        self.caller == calls.caller && self.field == calls.field
    }

    fn is_of(&self, value: &Arc<T>) -> bool {
        std::ptr::eq(self.value.as_ptr(), Arc::as_ptr(value))
    }
}
