//! The exit codes of checks and of the command line. Printing and ending the process belong to their
//! callers.

use std::process::{self, Termination};

/// The exit codes of [`CheckReport::exit_code`](crate::check::CheckReport::exit_code) and of the command
/// line of the feature `cli`.
///
/// It converts into [`std::process::ExitCode`], `u8` and `i32`.
///
/// ```
/// use secrets_runtime::check::ExitCode;
///
/// assert_eq!(u8::from(ExitCode::Findings), 1);
/// ```
///
/// `main` can return it:
///
/// ```
/// use secrets_runtime::check::ExitCode;
///
/// fn main() -> ExitCode {
///     ExitCode::Success
/// }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ExitCode {
    /// 0: success.
    Success = 0,
    /// 1: done, with findings. A load would fail, or a migration needs a decision.
    Findings = 1,
    /// 2: invalid arguments.
    InvalidArguments = 2,
    /// 3: failure. The set-up is wrong, a store refuses or cannot be reached, or a file cannot be read.
    Failure = 3,
}

impl ExitCode {
    pub(crate) const fn of_findings(has_findings: bool) -> Self {
        if has_findings { Self::Findings } else { Self::Success }
    }
}

macro_rules! number {
    ($($number:ty),*) => {$(
        impl From<ExitCode> for $number {
            fn from(code: ExitCode) -> Self {
                code as Self
            }
        }
    )*};
}

number!(u8, i32);

impl From<ExitCode> for process::ExitCode {
    fn from(code: ExitCode) -> Self {
        u8::from(code).into()
    }
}

impl Termination for ExitCode {
    fn report(self) -> process::ExitCode {
        self.into()
    }
}
