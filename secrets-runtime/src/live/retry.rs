//! A call that goes wrong because a password has just changed, made again with the new one.

use std::sync::{Arc, MutexGuard};
use std::time::Duration;

use tokio::time::Instant;

use super::{Live, Shared};
use crate::client::Freshness;
use crate::lock::lock;

/// How long a refresh is not repeated: between the change of a password in a database and that of AWSCURRENT every call
/// is refused, and each would ask again.
const RENEWED_FOR: Duration = Duration::from_millis(100);

/// A call that is made again if a rotation came in between; from [`Live::across_rotation`].
#[must_use = "nothing is called until `run`"]
pub struct AcrossRotation<'a, T, F> {
    live: &'a Live<T>,
    is_refused: F,
    pending: bool,
}

impl<T: Send + Sync + 'static> Live<T> {
    /// Makes a call that may fail because a credential has just been rotated: `is_refused` tells such an error from others.
    ///
    /// The call is made with the current value. If it is refused, the secrets are fetched anew, once for all callers that
    /// are refused at the same time, and if they have changed the call is made again.
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
    pub const fn across_rotation<F>(&self, is_refused: F) -> AcrossRotation<'_, T, F> {
        AcrossRotation { live: self, is_refused, pending: false }
    }
}

impl<T: Send + Sync + 'static, F> AcrossRotation<'_, T, F> {
    /// Tries the versions that carry `AWSPENDING`, too, if the current ones are refused even when fetched anew: between the
    /// second and the last step of a rotation the new password is in force, and AWSCURRENT is still the old one.
    ///
    /// It needs no further permission. A pending value that was taken is what further such calls begin with, until the
    /// current one changes: they are not refused first. So it is for calls that are refused with a value that is not in
    /// force; what signs a token, say, never is. Nobody else sees what is pending.
    pub const fn or_pending(mut self) -> Self {
        self.pending = true;
        self
    }

    /// Makes the call, never twice with one value: with the current one, and, as long as it is refused, with the one fetched
    /// anew, if it is another. If that was asked for, pending ones come into it: the one that was taken before comes first,
    /// what is pending now comes last.
    ///
    /// # Errors
    /// That of the last call that was made.
    pub async fn run<R, E, C>(self, mut call: impl FnMut(Arc<T>) -> C) -> Result<R, E>
    where
        C: Future<Output = Result<R, E>>,
        F: Fn(&E) -> bool,
    {
        let shared = &*self.live.shared;
        let (mut refused, mut error) = (Vec::new(), None);
        for step in STEPS {
            let beside = self.live.snapshot();
            let Some(value) = self.candidate(step, &refused).await else { continue };
            if is_one_of(&refused, &value) {
                continue;
            }
            match call(Arc::clone(&value)).await {
                Err(refusal) if (self.is_refused)(&refusal) => {
                    shared.disprove(&value);
                    refused.push(value);
                    error = Some(refusal);
                }
                done => {
                    if done.is_ok() && matches!(step, Step::Pending) {
                        shared.prove(Proven { pending: value, beside });
                    }
                    return done;
                }
            }
        }
        match error {
            Some(error) => Err(error),
            None => call(self.live.snapshot()).await,
        }
    }

    async fn candidate(&self, step: Step, refused: &[Arc<T>]) -> Option<Arc<T>> {
        let shared = &*self.live.shared;
        match step {
            Step::Current => Some(self.live.snapshot()),
            Step::Renewed => Some(shared.renewed(refused, RENEWED_FOR).await),
            Step::Proven if self.pending => shared.proven(),
            Step::Pending if self.pending => {
                let began = Instant::now();
                match shared.pending().await {
                    Some(pending) => Some(Arc::new(pending)),
                    // The rotation may have come to its end meanwhile.
                    None => Some(shared.renewed(refused, began.elapsed()).await),
                }
            }
            Step::Proven | Step::Pending => None,
        }
    }
}

/// Where the value of a call comes from.
#[derive(Clone, Copy)]
enum Step {
    Proven,
    Current,
    Renewed,
    Pending,
}

/// While the first call is made, another one may find out what is in force; and what has come for another reason meanwhile
/// may hold the same password.
const STEPS: [Step; 6] =
    [Step::Proven, Step::Current, Step::Proven, Step::Renewed, Step::Renewed, Step::Pending];

fn is_one_of<T>(values: &[Arc<T>], value: &Arc<T>) -> bool {
    values.iter().any(|other| Arc::ptr_eq(other, value))
}

/// A value made of pending versions with which a call has succeeded.
pub(super) struct Proven<T> {
    pending: Arc<T>,
    /// The current value of that time. Another one is newer than what was pending.
    beside: Arc<T>,
}

impl<T: Send + Sync + 'static> Shared<T> {
    /// A value that was not refused, or the current one if a refresh has brought none, now or within the last while.
    async fn renewed(&self, refused: &[Arc<T>], recently: Duration) -> Arc<T> {
        // Whoever comes second finds what the first has brought. Nothing but the fetch, which has its own end, is awaited
        // with the permit.
        let _permit = self.renewing.acquire().await;
        let current = self.current.load_full();
        let was_renewed = self.renewed_at().is_some_and(|moment| moment.elapsed() < recently);
        if !is_one_of(refused, &current) || was_renewed {
            return current;
        }
        // Why it failed is for `failure` to say; here the error of the call counts.
        let _ = self.look(Freshness::Refreshed).await;
        *self.renewed_at() = Some(Instant::now());
        self.current.load_full()
    }

    /// The pending value that calls have succeeded with, while the current one is what it was.
    fn proven(&self) -> Option<Arc<T>> {
        let current = self.current.load();
        let mut proven = self.lock_proven();
        proven.take_if(|proven| !Arc::ptr_eq(&proven.beside, &current));
        proven.as_ref().map(|proven| Arc::clone(&proven.pending))
    }

    fn prove(&self, proven: Proven<T>) {
        *self.lock_proven() = Some(proven);
    }

    fn disprove(&self, refused: &Arc<T>) {
        self.lock_proven().take_if(|proven| Arc::ptr_eq(&proven.pending, refused));
    }

    pub(super) fn lock_proven(&self) -> MutexGuard<'_, Option<Proven<T>>> {
        lock(&self.proven)
    }

    fn renewed_at(&self) -> MutexGuard<'_, Option<Instant>> {
        lock(&self.renewed_at)
    }

    /// A value made of what is pending, and of what is current where nothing is. None if that does not build.
    async fn pending(&self) -> Option<T> {
        let settings = (self.recipe.settings)(&self.secrets);
        let pending = settings.into_iter().map(crate::setting::Setting::pending).collect();
        // One that was pending a moment ago may be the one that has just been refused. Calls at the same time share it.
        let pending = self.secrets.walk(pending, Freshness::Refreshed).await;
        let current = self.secrets.walk((self.recipe.settings)(&self.secrets), Freshness::Cached).await;
        (self.recipe.build)(&self.secrets, pending.pending_or(current)?).ok()
    }
}
