//! The memory of this process, closed to other programs of the same user.

use std::fmt;
use std::io;

/// What [`harden_process`] did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
#[must_use = "on a system that is not supported nothing is done, which is no error"]
pub enum Hardening {
    /// Linux: the process leaves no core dump, and other programs of its user cannot read or trace it.
    Applied,
    /// Nothing: there is no such protection for this system here.
    Unsupported,
}

/// Keeps what is in this process's memory from other programs of the same user, and from core dumps.
///
/// On Linux, two settings of the whole process, which nothing here turns back:
///
/// - It is not dumpable ([`PR_SET_DUMPABLE`]): a crash writes no core, neither to a file nor to a handler
///   such as systemd-coredump, and `ptrace`, `/proc/PID/mem`, `/proc/PID/environ`, `/proc/PID/maps` and
///   `process_vm_readv` are refused to every process of the same user.
/// - Its limit for core files is 0 for good ([`RLIMIT_CORE`], soft and hard): programs that it starts
///   inherit that, though they are dumpable again by themselves.
///
/// On every other system it does nothing, and says so: [`Hardening::Unsupported`].
///
/// Call it first in `main`, before the first secret is loaded: what was read before is not taken back. A
/// process that gives up its privileges calls it after that, since a change of user resets the first setting
/// to what the system is set up for.
///
/// ```
/// use secrets_runtime::harden::{Hardening, harden_process};
///
/// fn main() -> Result<(), Box<dyn std::error::Error>> {
///     if harden_process()? == Hardening::Unsupported {
///         eprintln!("the memory of this process is open to other programs of its user");
///     }
///     // .. AppConfig::load() ..
///     Ok(())
/// }
/// ```
///
/// # What it does not do
///
/// - It stops neither root nor a process with `CAP_SYS_PTRACE`, nor the kernel: swap and hibernation write
///   memory to disk as ever.
/// - A debugger that started this program is attached already, and stays.
/// - It does not undo what others could read before: the variables that the process was started with, above
///   all.
/// - Profilers and debuggers of the same user (`perf`, `gdb -p`, `strace -p`, `py-spy`) no longer work on
///   it.
/// - The files in `/proc/PID` belong to root from then on, also those of the process itself: where a
///   container has dropped all capabilities, what reads `/proc/self/environ` or `/proc/self/mem` by opening
///   them fails. `/proc/self/fd` works.
///
/// # Errors
/// [`HardenError`] if the kernel refuses, as it does where a seccomp profile forbids one of the two calls,
/// or accepts and does nothing, as some emulations of Linux do. What was done by then stays.
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

/// Why [`harden_process`] failed: the setting, and what the system said.
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
                "the process is not hardened: {} was accepted and is not in force: this kernel does not support it",
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
        // What is started from here on is dumpable again, but cannot raise this.
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
            "the process is not hardened: prctl(PR_SET_DUMPABLE, 0) was accepted and is not in force: this kernel does \
             not support it"
        );
    }

    // That it does what it says is shown from another process, in the integration tests.
    #[test]
    #[cfg(not(target_os = "linux"))]
    fn elsewhere_it_says_that_it_did_nothing() {
        assert_eq!(harden_process().unwrap(), Hardening::Unsupported);
    }
}
