//! A call that goes wrong because a password has just changed, made again with the new one.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::{Live, Shared};
use crate::client::Freshness;

/// How long a refresh that brought nothing new is not repeated: between the change of a password in a database and that
/// of AWSCURRENT every call fails, and each would ask again.
const FRUITLESS_FOR: Duration = Duration::from_millis(100);

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
    /// It needs no further permission. What is pending is used for this call alone.
    pub const fn or_pending(mut self) -> Self {
        self.pending = true;
        self
    }

    /// Makes the call, up to three times: with the current value; with the one fetched anew, if it is another; with the
    /// pending one, if that was asked for.
    ///
    /// # Errors
    /// That of the last call that was made.
    pub async fn run<R, E, C>(self, mut call: impl FnMut(Arc<T>) -> C) -> Result<R, E>
    where
        C: Future<Output = Result<R, E>>,
        F: Fn(&E) -> bool,
    {
        let shared = &*self.live.shared;
        let mut used = self.live.snapshot();
        let mut error = match call(Arc::clone(&used)).await {
            Err(error) if (self.is_refused)(&error) => error,
            done => return done,
        };
        let renewed = shared.renewed(&used).await;
        if !Arc::ptr_eq(&used, &renewed) {
            used = renewed;
            error = match call(Arc::clone(&used)).await {
                Err(error) if (self.is_refused)(&error) => error,
                done => return done,
            };
        }
        if self.pending
            && let Some(pending) = shared.pending().await
        {
            return call(Arc::new(pending)).await;
        }
        Err(error)
    }
}

impl<T: Send + Sync + 'static> Shared<T> {
    /// The value that follows the one that was refused, or the same if there is none.
    async fn renewed(&self, refused: &Arc<T>) -> Arc<T> {
        // Whoever comes second finds what the first has brought. Nothing but the fetch, which has its own end, is awaited
        // with the permit.
        let _permit = self.renewing.acquire().await;
        let current = self.current.load_full();
        if !Arc::ptr_eq(&current, refused) || self.was_fruitless() {
            return current;
        }
        // Why it failed is for `failure` to say; here the error of the call counts.
        let renewed = self.look(Freshness::Refreshed).await;
        let current = self.current.load_full();
        if renewed.is_err() || Arc::ptr_eq(&current, refused) {
            *self.fruitless() = Some(Instant::now());
        }
        current
    }

    fn was_fruitless(&self) -> bool {
        self.fruitless().is_some_and(|since| since.elapsed() < FRUITLESS_FOR)
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
