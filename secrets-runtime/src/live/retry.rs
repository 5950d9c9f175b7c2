//! A call that goes wrong because a password has just changed, made again with the new one.

use std::sync::{Arc, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::{Live, Shared};
use crate::client::Freshness;

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
    /// use std::sync::{Arc, MutexGuard, PoisonError};
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
    /// It needs no further permission. A pending one that was taken is what further such calls begin with, until the
    /// current one changes: they are not refused first. Nobody else sees it.
    pub const fn or_pending(mut self) -> Self {
        self.pending = true;
        self
    }

    /// Makes the call, up to four times: with the current value; with the one fetched anew, if it is another; and, if that was asked for, with the pending one that was taken before and the one that is
    /// pending now.
    ///
    /// # Errors
    /// That of the last call that was made.
    pub async fn run<R, E, C>(self, mut call: impl FnMut(Arc<T>) -> C) -> Result<R, E>
    where
        C: Future<Output = Result<R, E>>,
        F: Fn(&E) -> bool,
    {
        let shared = &*self.live.shared;
        let proven = || if self.pending { shared.proven() } else { None };
        let tried = proven();
        if let Some(pending) = &tried {
            match call(Arc::clone(pending)).await {
                Err(error) if (self.is_refused)(&error) => shared.disprove(pending),
                done => return done,
            }
        }
        let used = self.live.snapshot();
        let mut error = match call(Arc::clone(&used)).await {
            Err(error) if (self.is_refused)(&error) => error,
            done => return done,
        };
        // Somebody else may have found out meanwhile.
        if let Some(pending) = proven().filter(|pending| !is_one_of(pending, tried.as_ref())) {
            match call(pending).await {
                Err(error) if (self.is_refused)(&error) => {}
                done => return done,
            }
        }
        let renewed = shared.renewed(&used).await;
        if !Arc::ptr_eq(&used, &renewed) {
            error = match call(renewed).await {
                Err(error) if (self.is_refused)(&error) => error,
                done => return done,
            };
        }
        if !self.pending {
            return Err(error);
        }
        let beside = self.live.snapshot();
        let Some(pending) = shared.pending().await.map(Arc::new) else { return Err(error) };
        let done = call(Arc::clone(&pending)).await;
        if done.is_ok() {
            shared.prove(Proven { pending, beside });
        }
        done
    }
}

/// A value made of pending versions with which a call has succeeded.
pub(super) struct Proven<T> {
    pending: Arc<T>,
    /// The current value of that time. Another one is newer than what was pending.
    beside: Arc<T>,
}

fn is_one_of<T>(value: &Arc<T>, tried: Option<&Arc<T>>) -> bool {
    tried.is_some_and(|tried| Arc::ptr_eq(value, tried))
}

impl<T: Send + Sync + 'static> Shared<T> {
    /// The value that follows the one that was refused, or the same if there is none.
    async fn renewed(&self, refused: &Arc<T>) -> Arc<T> {
        // Whoever comes second finds what the first has brought. Nothing but the fetch, which has its own end, is awaited
        // with the permit.
        let _permit = self.renewing.acquire().await;
        let current = self.current.load_full();
        if !Arc::ptr_eq(&current, refused) || self.was_just_renewed() {
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

    fn lock_proven(&self) -> MutexGuard<'_, Option<Proven<T>>> {
        self.proven.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn was_just_renewed(&self) -> bool {
        self.renewed_at().is_some_and(|moment| moment.elapsed() < RENEWED_FOR)
    }

    fn renewed_at(&self) -> MutexGuard<'_, Option<Instant>> {
        self.renewed_at.lock().unwrap_or_else(PoisonError::into_inner)
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
