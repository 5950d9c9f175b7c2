//! Repeats a call that was refused because a credential has just been rotated: [`Live::across_rotation`].

use std::panic::Location;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::found_pending::{LastPending, LookedUp, Pending};
use super::handle::Live;
use super::refusals::{Attempt, Calls};
use super::shared::{AcceptedPending, Shared};
use crate::client::Freshness;
use crate::events;
use crate::lock::lock;

/// How long a refresh is not repeated. After a password has changed in a database, and until AWSCURRENT
/// changes, every call is refused. Each of them would fetch again.
const REFRESH_INTERVAL: Duration = Duration::from_millis(100);

/// A call that is repeated if a rotation came in between. [`Live::across_rotation`] returns it.
#[must_use = "the call is not made until `run`"]
pub struct AcrossRotation<'a, T, F> {
    live: &'a Live<T>,
    is_refused: F,
    pending: bool,
    field: &'a str,
    caller: &'static Location<'static>,
}

impl<T: Send + Sync + 'static> Live<T> {
    /// Prepares a call that may fail because a credential has just been rotated. `is_refused` returns
    /// whether an error means that.
    ///
    /// The call is made with the current value. If it is refused, the secrets are fetched again, once for
    /// all callers that are refused at the same time. If they have changed, the call is repeated.
    ///
    /// If that does not help, the refusal is logged once, [`failure`](Self::failure) reports it, and further
    /// refused calls from the same line of code and with the same field do not fetch again before a rest is
    /// over. The rests grow from 100 milliseconds to 30 seconds.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use secrets_runtime::{Live, Secret};
    ///
    /// #[derive(Debug, PartialEq)]
    /// enum DatabaseError { WrongPassword, Unreachable }
    ///
    /// # async fn connect(password: Arc<Secret<String>>) -> Result<(), DatabaseError> { Ok(()) }
    /// async fn reconnect(password: &Live<Secret<String>>) -> Result<(), DatabaseError> {
    ///     password
    ///         .across_rotation(|error: &DatabaseError| *error == DatabaseError::WrongPassword)
    ///         .or_pending()
    ///         .run(|password| connect(password))
    ///         .await
    /// }
    /// ```
    #[track_caller]
    pub const fn across_rotation<F>(&self, is_refused: F) -> AcrossRotation<'_, T, F> {
        AcrossRotation { live: self, is_refused, pending: false, field: "", caller: Location::caller() }
    }
}

impl<'a, T: Send + Sync + 'static, F> AcrossRotation<'a, T, F> {
    /// Names the field whose secret the call uses, such as `database.password`, or the nested config, such as
    /// `database`. Logs then name it, and [`or_pending`](Self::or_pending) asks for no other pending version.
    /// Default: all secrets of the config, as for a name that is not a field.
    pub const fn of(mut self, field: &'a str) -> Self {
        self.field = field;
        self
    }

    /// Also tries the versions labelled `AWSPENDING` if the current ones are refused even after a refresh.
    /// Between the second and the last step of a rotation, the new password is already valid while
    /// AWSCURRENT is still the old one.
    ///
    /// This needs the permission to read pending versions. The policy of
    /// [`Manifest::iam_policy`](crate::manifest::Manifest::iam_policy) denies it unless
    /// [`pending`](crate::manifest::IamPolicy::pending) is set; on the command line: `secrets policy
    /// --pending`. If it is denied, that is logged once, and the current values are the last ones tried.
    ///
    /// Once a pending value was accepted, later calls start with it, until the current value changes. So use
    /// it only for calls that are refused if the credential is not valid: signing a token, for example,
    /// always succeeds. [`get`](Live::get) never returns a pending value.
    pub const fn or_pending(mut self) -> Self {
        self.pending = true;
        self
    }

    /// Makes the call with the current value and, if it is refused, with the refreshed one. With
    /// [`or_pending`](Self::or_pending), the pending value that was accepted before is tried first, and the
    /// one that is pending now last. No value is tried twice.
    ///
    /// # Errors
    /// The error of the last call.
    pub async fn run<R, E, C>(self, mut call: impl FnMut(Arc<T>) -> C) -> Result<R, E>
    where
        C: Future<Output = Result<R, E>>,
        F: Fn(&E) -> bool,
    {
        let shared = &*self.live.shared;
        let (mut tried, mut error) = (Tried::default(), None);
        for step in STEPS {
            let current = self.live.snapshot();
            let Some(value) = self.candidate(step, &mut tried).await else { continue };
            if is_one_of(&tried.refused, &value) {
                continue;
            }
            match call(Arc::clone(&value)).await {
                Err(refusal) if (self.is_refused)(&refusal) => {
                    shared.forget_pending(&value);
                    tried.refused.push(value);
                    error = Some(refusal);
                }
                done => {
                    if done.is_ok() {
                        self.accepted(step, value, current);
                    }
                    return done;
                }
            }
        }
        match error {
            Some(error) => {
                self.refused(&tried);
                Err(error)
            }
            None => call(self.live.snapshot()).await,
        }
    }

    /// The value to try in a step.
    async fn candidate(&self, step: Step, tried: &mut Tried<T>) -> Option<Arc<T>> {
        let shared = &*self.live.shared;
        match step {
            Step::Current => Some(self.live.snapshot()),
            Step::AcceptedPending if self.pending => shared.accepted_pending(),
            Step::Refreshed => match self.attempt(tried) {
                // Another call may be fetching.
                Attempt::Resting => {
                    drop(shared.refreshing.acquire().await);
                    Some(self.live.snapshot())
                }
                Attempt::First | Attempt::AfterRest => {
                    Some(shared.refreshed(&tried.refused, REFRESH_INTERVAL).await)
                }
            },
            Step::Pending if self.pending => {
                let attempt = self.attempt(tried);
                let LookedUp { began, pending } = match attempt {
                    Attempt::Resting => {
                        drop(shared.refreshing.acquire().await);
                        shared.last_pending(self.field)?
                    }
                    Attempt::First | Attempt::AfterRest => shared.shared_pending(self.field).await,
                };
                tried.reason = match &pending {
                    Pending::Value(_) => "refused with the current and with the pending value",
                    Pending::Nothing => "refused with the current value, and no other is pending",
                    Pending::Unusable => "refused with the current value, and the pending one cannot be used",
                };
                match pending {
                    Pending::Value(pending) => Some(pending),
                    // The rotation may have ended in the meantime.
                    _ if attempt == Attempt::First => {
                        Some(shared.refreshed(&tried.refused, began.elapsed()).await)
                    }
                    _ => None,
                }
            }
            Step::AcceptedPending | Step::Pending => None,
        }
    }

    /// Whether this call may fetch secrets. It is decided when the current value is refused.
    fn attempt(&self, tried: &mut Tried<T>) -> Attempt {
        let shared = &*self.live.shared;
        *tried.attempt.get_or_insert_with(|| {
            shared.log_recoveries();
            shared.refusals.attempt(self.calls(), &self.live.snapshot())
        })
    }

    const fn calls(&self) -> Calls<'_> {
        Calls { caller: self.caller, field: self.field }
    }

    fn accepted(&self, step: Step, value: Arc<T>, current: Arc<T>) {
        let shared = &*self.live.shared;
        if let Some(fields) = shared.refusals.accept(self.calls(), &value) {
            events::credential_accepted(&shared.loader.name, &fields);
        }
        if matches!(step, Step::Pending) {
            shared.accept_pending(AcceptedPending { pending: value, current });
        }
    }

    /// Records that every value was refused, and logs it if calls were accepted before.
    fn refused(&self, tried: &Tried<T>) {
        let (shared, current) = (&*self.live.shared, self.live.snapshot());
        // A value that came meanwhile was not refused.
        if !is_one_of(&tried.refused, &current) || tried.attempt == Some(Attempt::Resting) {
            return;
        }
        let fields = shared.secret_fields(self.field);
        if shared.refusals.record(self.calls(), &current, tried.reason, &fields) {
            events::credential_refused(&shared.loader.name, &fields, tried.reason);
        }
    }
}

/// The values that one call has tried so far.
struct Tried<T> {
    refused: Vec<Arc<T>>,
    attempt: Option<Attempt>,
    /// What to report if nothing else is left to try.
    reason: &'static str,
}

impl<T> Default for Tried<T> {
    fn default() -> Self {
        Self { refused: Vec::new(), attempt: None, reason: "refused with the current value" }
    }
}

/// Which value a call is made with.
#[derive(Clone, Copy)]
enum Step {
    AcceptedPending,
    Current,
    Refreshed,
    Pending,
}

/// Two steps occur twice. While the first call is made, another caller may find out that the pending value
/// is accepted. And a change that comes while a call is made may hold the same password.
const STEPS: [Step; 6] = [
    Step::AcceptedPending,
    Step::Current,
    Step::AcceptedPending,
    Step::Refreshed,
    Step::Refreshed,
    Step::Pending,
];

fn is_one_of<T>(values: &[Arc<T>], value: &Arc<T>) -> bool {
    values.iter().any(|other| Arc::ptr_eq(other, value))
}

impl<T: Send + Sync + 'static> Shared<T> {
    /// A value that was not refused, after a refresh if needed. Returns the current one if a refresh, now or
    /// within the interval, has brought no other.
    async fn refreshed(&self, refused: &[Arc<T>], interval: Duration) -> Arc<T> {
        // Callers that wait for the permit use what the first one has fetched. Only the fetch, which has a
        // time limit, is awaited while the permit is held.
        let _permit = self.refreshing.acquire().await;
        let current = self.current.load_full();
        let was_refreshed = lock(&self.refreshed_at).is_some_and(|moment| moment.elapsed() < interval);
        if !is_one_of(refused, &current) || was_refreshed {
            return current;
        }
        // `Live::failure` returns this error. The caller gets the error of its call.
        let _ = self.reload(Freshness::Refreshed).await;
        *lock(&self.refreshed_at) = Some(Instant::now());
        self.current.load_full()
    }

    /// The pending value of a field. Calls that are refused at the same time share one lookup: where refusals
    /// are slow, many calls fail before the first of them has tried everything.
    async fn shared_pending(&self, field: &str) -> LookedUp<T> {
        let _permit = self.refreshing.acquire().await;
        if let Some(last) = self.last_pending(field) {
            return last;
        }
        let (began, current) = (Instant::now(), self.current.load_full());
        let pending = match self.pending(field).await {
            Pending::Value(value) => Pending::Value(Arc::new(value)),
            Pending::Nothing => Pending::Nothing,
            Pending::Unusable => Pending::Unusable,
        };
        let last = LastPending {
            began,
            ended: Instant::now(),
            current: Arc::downgrade(&current),
            pending: match &pending {
                Pending::Value(value) => Pending::Value(Arc::downgrade(value)),
                Pending::Nothing => Pending::Nothing,
                Pending::Unusable => Pending::Unusable,
            },
        };
        lock(&self.last_pending).insert(field.to_owned(), last);
        LookedUp { began, pending }
    }

    /// What the last lookup of a field's pending value has found, if it has just ended.
    fn last_pending(&self, field: &str) -> Option<LookedUp<T>> {
        let current = self.current.load();
        let last_pending = lock(&self.last_pending);
        let last = last_pending.get(field).filter(|last| {
            last.ended.elapsed() < REFRESH_INTERVAL
                && std::ptr::eq(last.current.as_ptr(), Arc::as_ptr(&current))
        })?;
        let pending = match &last.pending {
            Pending::Value(value) => Pending::Value(value.upgrade()?),
            Pending::Nothing => Pending::Nothing,
            Pending::Unusable => Pending::Unusable,
        };
        Some(LookedUp { began: last.began, pending })
    }

    /// The pending value that calls have succeeded with, unless the current value has changed since.
    fn accepted_pending(&self) -> Option<Arc<T>> {
        let current = self.current.load();
        let mut accepted = lock(&self.accepted_pending);
        accepted.take_if(|accepted| !Arc::ptr_eq(&accepted.current, &current));
        accepted.as_ref().map(|accepted| Arc::clone(&accepted.pending))
    }

    fn accept_pending(&self, accepted: AcceptedPending<T>) {
        *lock(&self.accepted_pending) = Some(accepted);
    }

    fn forget_pending(&self, refused: &Arc<T>) {
        lock(&self.accepted_pending).take_if(|accepted| Arc::ptr_eq(&accepted.pending, refused));
    }
}
