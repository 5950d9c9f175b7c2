//! Times one run of the compiler, and nothing of cargo's own work around it: this program is cargo's
//! `RUSTC_WORKSPACE_WRAPPER`, runs the compiler in its turn and writes down what that took.

use std::ffi::OsString;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeVal;

use crate::outcome::Result;

/// Where the times go; that it is set makes this program the wrapper.
const RECORD: &str = "PEERS_RUSTC_TIMES";

/// What one run of the compiler took.
#[derive(Clone, Copy, Default)]
pub(crate) struct Times {
    pub(crate) wall: Duration,
    /// User and system time of the compiler and its threads: what other programs on the machine disturb least.
    pub(crate) cpu: Duration,
}

pub(crate) struct RustcTimer {
    record: PathBuf,
    /// The compiler and its arguments.
    compiler: Vec<OsString>,
}

/// The timer, if cargo runs this program in the place of the compiler.
pub(crate) fn requested() -> Option<RustcTimer> {
    let record = std::env::var_os(RECORD)?.into();
    Some(RustcTimer { record, compiler: std::env::args_os().skip(1).collect() })
}

/// Has cargo time the compiler's runs for workspace members into `record`.
pub(crate) fn record_into(cargo: &mut Command, record: &Path) -> Result<()> {
    cargo.env("RUSTC_WORKSPACE_WRAPPER", std::env::current_exe()?).env(RECORD, record);
    Ok(())
}

/// The times of `krate` in a record. It must have been compiled exactly once: anything else is not what was asked for.
pub(crate) fn read(record: &Path, krate: &str) -> Result<Times> {
    let text = std::fs::read_to_string(record).unwrap_or_default();
    let mut runs = text.lines().filter_map(|line| line.strip_prefix(krate)?.strip_prefix(' '));
    let (Some(run), None) = (runs.next(), runs.next()) else {
        return Err(format!("cargo was expected to compile {krate} once; its record reads {text:?}").into());
    };
    let numbers: Vec<u64> = run.split(' ').filter_map(|number| number.parse().ok()).collect();
    match numbers[..] {
        [wall, cpu] => Ok(Times { wall: Duration::from_micros(wall), cpu: Duration::from_micros(cpu) }),
        _ => Err(format!("{} holds no times: {run:?}", record.display()).into()),
    }
}

impl RustcTimer {
    pub(crate) fn run(&self) -> ExitCode {
        match self.try_run() {
            Ok(code) => code,
            Err(error) => {
                eprintln!("cannot time the compiler: {error}");
                ExitCode::FAILURE
            }
        }
    }

    fn try_run(&self) -> Result<ExitCode> {
        let (program, arguments) = self.compiler.split_first().ok_or("cargo named no compiler")?;
        let start = Instant::now();
        let status = Command::new(program).args(arguments).status()?;
        let wall = start.elapsed();
        let usage = getrusage(UsageWho::RUSAGE_CHILDREN)?;
        let cpu = microseconds(usage.user_time()) + microseconds(usage.system_time());
        let krate = arguments.windows(2).find_map(|pair| match pair {
            [flag, name] if flag == "--crate-name" => name.to_str(),
            _ => None,
        });
        if let Some(krate) = krate {
            let mut record = std::fs::OpenOptions::new().create(true).append(true).open(&self.record)?;
            writeln!(record, "{krate} {} {cpu}", wall.as_micros())?;
        }
        Ok(match status.code().and_then(|code| u8::try_from(code).ok()) {
            Some(code) => ExitCode::from(code),
            None => ExitCode::FAILURE,
        })
    }
}

fn microseconds(time: TimeVal) -> i64 {
    time.tv_sec() * 1_000_000 + time.tv_usec()
}
