//! Protects the memory of this process from other programs of the same user, and from core dumps.
//!
//! Feature `harden`, off by default. Call [`harden_process`] first in `main`, before the first secret is
//! loaded:
//!
//! ```
//! use secrets_runtime::harden::{Hardening, harden_process};
//!
//! fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     if harden_process()? == Hardening::Unsupported {
//!         eprintln!("other programs of the same user can read the memory of this process");
//!     }
//!     // .. AppConfig::load() ..
//!     Ok(())
//! }
//! ```
//!
//! It works on Linux. On other systems it does nothing and returns [`Hardening::Unsupported`].

use std::fmt;
use std::io;

/// The result of [`harden_process`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
#[must_use = "an unsupported system is not an error: nothing was done"]
pub enum Hardening {
    /// The process leaves no core dump, and other programs of its user cannot read or trace it.
    Applied,
    /// Nothing was done: this system is not supported.
    Unsupported,
}

/// Protects the memory of this process from other programs of the same user, and from core dumps.
///
/// On Linux, it changes two settings of the whole process for good:
///
/// - The process is not dumpable ([`PR_SET_DUMPABLE`]). A crash writes no core file and starts no handler
///   such as systemd-coredump. Other processes of the same user are refused `ptrace`, `/proc/PID/mem`,
///   `/proc/PID/environ`, `/proc/PID/maps` and `process_vm_readv`.
/// - The limit for core files is 0 ([`RLIMIT_CORE`], soft and hard). Programs that the process starts
///   inherit this limit, but they are dumpable again.
///
/// Values that were read before the call are not protected from earlier readers. A process that drops its
/// privileges calls this afterwards, since a change of user resets the first setting to the system's
/// default.
///
/// # What it does not do
///
/// - It does not stop root, a process with `CAP_SYS_PTRACE`, or the kernel: swap and hibernation still write
///   memory to disk.
/// - It does not detach a debugger that started this program.
/// - It does not hide what others could read before, above all the variables that the process was started
///   with.
///
/// # What stops working
///
/// - Profilers and debuggers of the same user: `perf`, `gdb -p`, `strace -p`, `py-spy`.
/// - The files in `/proc/PID` belong to root afterwards, also for the process itself. In a container without
///   capabilities, opening `/proc/self/environ` or `/proc/self/mem` fails. `/proc/self/fd` works.
///
/// # Errors
/// [`HardenError`] if the kernel refuses one of the two calls, for example by a seccomp profile, or accepts
/// a call without effect, as some emulations of Linux do. A setting that was already changed stays changed.
///
/// [`PR_SET_DUMPABLE`]: https://man7.org/linux/man-pages/man2/PR_SET_DUMPABLE.2const.html
/// [`RLIMIT_CORE`]: https://man7.org/linux/man-pages/man2/getrlimit.2.html
pub fn harden_process() -> Result<Hardening, HardenError> {
    #[cfg(target_os = "linux")]
    let hardening = linux::harden();
    #[cfg(not(target_os = "linux"))]
    let hardening = Ok(Hardening::Unsupported);
    hardening
}

/// Why [`harden_process`] failed: the setting, and the system's error.
#[derive(Debug)]
pub struct HardenError {
    setting: &'static str,
    source: Option<io::Error>,
}

impl fmt::Display for HardenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.source {
            Some(source) => write!(
                f,
                "the process is not hardened: {} was refused ({source}): allow it in the seccomp profile of the container",
                self.setting
            ),
            None => write!(
                f,
                "the process is not hardened: {} succeeded without effect: this kernel does not support it",
                self.setting
            ),
        }
    }
}

impl std::error::Error for HardenError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_ref().map(|source| source as _)
    }
}

#[cfg(target_os = "linux")]
mod linux {
    use rustix::io::Errno;
    use rustix::process::{
        DumpableBehavior, Resource, Rlimit, dumpable_behavior, getrlimit, set_dumpable_behavior, setrlimit,
    };

    use super::{HardenError, Hardening};

    const DUMPABLE: &str = "prctl(PR_SET_DUMPABLE, 0)";
    const CORE: &str = "setrlimit(RLIMIT_CORE, 0)";

    pub(super) fn harden() -> Result<Hardening, HardenError> {
        // A limit of 0 by itself does not keep a core from the handler that `kernel.core_pattern` may name;
        // this does.
        set_dumpable_behavior(DumpableBehavior::NotDumpable).map_err(refused(DUMPABLE))?;
        // Child processes are dumpable again, but cannot raise this limit.
        let none = Rlimit { current: Some(0), maximum: Some(0) };
        setrlimit(Resource::Core, none).map_err(refused(CORE))?;
        if dumpable_behavior() != Ok(DumpableBehavior::NotDumpable) {
            return Err(HardenError { setting: DUMPABLE, source: None });
        }
        if getrlimit(Resource::Core) != none {
            return Err(HardenError { setting: CORE, source: None });
        }
        Ok(Hardening::Applied)
    }

    fn refused(setting: &'static str) -> impl Fn(Errno) -> HardenError {
        move |errno| HardenError { setting, source: Some(errno.into()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_names_the_setting_and_what_to_do() {
        let refused = HardenError {
            setting: "setrlimit(RLIMIT_CORE, 0)",
            source: Some(io::Error::from(io::ErrorKind::PermissionDenied)),
        };
        assert_eq!(
            refused.to_string(),
            "the process is not hardened: setrlimit(RLIMIT_CORE, 0) was refused (permission denied): allow it in the \
             seccomp profile of the container"
        );
        assert!(std::error::Error::source(&refused).is_some());
        let ignored = HardenError { setting: "prctl(PR_SET_DUMPABLE, 0)", source: None };
        assert_eq!(
            ignored.to_string(),
            "the process is not hardened: prctl(PR_SET_DUMPABLE, 0) succeeded without effect: this kernel does not support it"
        );
    }

    // The integration tests observe the effect from another process.
    #[test]
    #[cfg(not(target_os = "linux"))]
    fn other_systems_are_unsupported() {
        assert_eq!(harden_process().unwrap(), Hardening::Unsupported);
    }
}
