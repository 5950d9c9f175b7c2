//! What the caller's Tokio runtime lacks.

use std::panic::catch_unwind;
use std::time::Duration;

use tokio::runtime::Handle;

use crate::error::{ErrorKind, SourceError};

/// The error of everything that would have to wait on a runtime without timers.
pub(crate) const NO_TIMERS: SourceError = SourceError::new(ErrorKind::Configuration)
    .because("the Tokio runtime has no timers")
    .with_help("call `enable_all()` on the runtime's builder");

/// Whether this code runs on a Tokio runtime without timers. There, every time limit would panic.
///
/// Tokio does not say it in another way. It writes its own message to the standard error then.
pub(crate) fn lacks_timers() -> bool {
    Handle::try_current().is_ok() && catch_unwind(|| drop(tokio::time::sleep(Duration::ZERO))).is_err()
}

#[cfg(test)]
mod tests {
    use tokio::runtime::Builder;

    use super::*;

    #[test]
    fn only_a_runtime_without_timers_lacks_them() {
        assert!(!lacks_timers(), "there is no runtime");
        let without = Builder::new_current_thread().build().unwrap();
        assert!(without.block_on(async { lacks_timers() }));
        let with = Builder::new_current_thread().enable_time().build().unwrap();
        assert!(!with.block_on(async { lacks_timers() }));
    }
}
