//! Finds out whether the caller's Tokio runtime has timers and I/O.
//!
//! Tokio does not say it other than by a panic, with a message of its own on the standard error.

use std::panic::catch_unwind;
use std::time::Duration;

use tokio::runtime::Handle;

use crate::error::{ErrorKind, SourceError};

/// The error of everything that would have to wait on a runtime without timers.
pub(crate) const NO_TIMERS: SourceError = SourceError::new(ErrorKind::Configuration)
    .because("the Tokio runtime has no timers")
    .with_help("call `enable_all()` on the runtime's builder");

/// Whether this code runs on a Tokio runtime without timers. There, every time limit would panic.
pub(crate) fn lacks_timers() -> bool {
    Handle::try_current().is_ok() && catch_unwind(|| drop(tokio::time::sleep(Duration::ZERO))).is_err()
}

/// The error of a client of a server on a runtime without I/O.
#[cfg(feature = "aws")]
pub(super) const NO_IO: SourceError = SourceError::new(ErrorKind::Configuration)
    .because("the Tokio runtime has no I/O")
    .with_help("call `enable_all()` on the runtime's builder")
    .keeping_cached_value();

/// Whether this code runs on a Tokio runtime without I/O. There, every connection would panic.
#[cfg(feature = "aws")]
pub(super) fn lacks_io() -> bool {
    use std::net::{Ipv4Addr, UdpSocket};

    let register = || {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).ok()?;
        socket.set_nonblocking(true).ok()?;
        tokio::net::UdpSocket::from_std(socket).ok()
    };
    Handle::try_current().is_ok() && catch_unwind(|| drop(register())).is_err()
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

    #[test]
    #[cfg(feature = "aws")]
    fn only_a_runtime_without_io_lacks_it() {
        assert!(!lacks_io(), "there is no runtime");
        let without = Builder::new_current_thread().enable_time().build().unwrap();
        assert!(without.block_on(async { lacks_io() }));
        let with = Builder::new_current_thread().enable_io().build().unwrap();
        assert!(!with.block_on(async { lacks_io() }));
    }
}
