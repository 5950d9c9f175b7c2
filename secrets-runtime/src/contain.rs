//! Runs code that this crate does not control, and catches its panics.
//!
//! The message of a panic is dropped, since it may quote a value.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};

/// Code of others panicked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Panicked;

/// Runs code of others.
///
/// # Errors
/// If it panics.
pub(crate) fn contain<T>(code: impl FnOnce() -> T) -> Result<T, Panicked> {
    catch_unwind(AssertUnwindSafe(code)).map_err(|payload| {
        // A payload can be of any type, and dropping it can panic too.
        if let Err(payload) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
            std::mem::forget(payload);
        }
        Panicked
    })
}

/// A future of others. It resolves to an error if it panics when it is made, polled or dropped.
pub(crate) struct Contained<F: Future + ?Sized>(Option<Pin<Box<F>>>);

impl<F: Future + ?Sized> Contained<F> {
    pub(crate) fn new(make: impl FnOnce() -> Pin<Box<F>>) -> Self {
        Self(contain(make).ok())
    }

    /// Drops the future, also after a panic: what it holds ends now.
    fn end(&mut self) {
        let future = self.0.take();
        let _ = contain(|| drop(future));
    }
}

impl<F: Future + ?Sized> Future for Contained<F> {
    type Output = Result<F::Output, Panicked>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let Some(future) = &mut self.0 else { return Poll::Ready(Err(Panicked)) };
        let output = match contain(|| future.as_mut().poll(context)) {
            Ok(Poll::Pending) => return Poll::Pending,
            Ok(Poll::Ready(output)) => Ok(output),
            Err(panicked) => Err(panicked),
        };
        self.end();
        Poll::Ready(output)
    }
}

impl<F: Future + ?Sized> Drop for Contained<F> {
    fn drop(&mut self) {
        self.end();
    }
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};
    use std::panic::panic_any;

    use super::*;

    /// Panics when it is dropped.
    struct Trap;

    impl Drop for Trap {
        fn drop(&mut self) {
            panic!("intended by the test");
        }
    }

    #[test]
    fn the_result_is_that_of_the_code_or_that_it_panicked() {
        assert_eq!(contain(|| 1), Ok(1));
        assert_eq!(contain(|| panic!("intended by the test")), Err::<(), _>(Panicked));
    }

    #[test]
    fn a_payload_whose_drop_panics_is_contained() {
        assert_eq!(contain(|| panic_any(Trap)), Err::<(), _>(Panicked));
    }

    #[tokio::test]
    async fn a_future_is_contained_when_it_is_made_polled_and_dropped() {
        assert_eq!(Contained::new(|| Box::pin(ready(1))).await, Ok(1));
        let made = Contained::new(|| -> Pin<Box<std::future::Ready<()>>> { panic!("intended by the test") });
        assert_eq!(made.await, Err(Panicked));
        let polled = Contained::new(|| Box::pin(async { panic!("intended by the test") }));
        assert_eq!(polled.await, Err::<(), _>(Panicked));
        let mut dropped = Contained::new(|| {
            Box::pin(async {
                let _trap = Trap;
                pending::<()>().await;
            })
        });
        assert!(Pin::new(&mut dropped).poll(&mut Context::from_waker(std::task::Waker::noop())).is_pending());
        drop(dropped);
    }

    #[tokio::test]
    async fn what_a_future_held_ends_with_its_panic() {
        let held = std::sync::Arc::new(());
        let of_future = std::sync::Arc::clone(&held);
        let mut contained = Contained::new(|| {
            Box::pin(async move {
                let held = of_future;
                panic!("intended by the test {held:?}")
            })
        });
        assert_eq!((&mut contained).await, Err::<(), _>(Panicked));
        assert_eq!(std::sync::Arc::strong_count(&held), 1);
    }
}
