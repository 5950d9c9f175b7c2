//! A program that holds a value, and another of the same user that tries to get it out.

use std::fs::{self, File};
use std::io::{self, BufRead as _, BufReader, IoSliceMut, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::process::{Child, Command, ExitCode, Stdio};

use nix::sys::ptrace;
use nix::sys::resource::{RLIM_INFINITY, Resource, getrlimit, setrlimit};
use nix::sys::uio::{RemoteIoVec, process_vm_readv};
use nix::sys::wait::waitpid;
use nix::unistd::{Pid, Uid};
use secrets_runtime::Secret;
use secrets_runtime::harden::harden_process;

/// The user that nobody is. Root may read everything: who is root becomes this one.
const NOBODY: u32 = 65534;

const VARIABLE: &str = "TO_BE_FOUND";
const VALUE: &str = "a value that only the process that holds it may read";

/// What came of it; nothing if this is no way to run.
pub(crate) fn run(how: &str) -> Option<io::Result<ExitCode>> {
    Some(match how {
        "observe-hardened" => observe("hold-hardened", how),
        "observe-plain" => observe("hold-plain", how),
        "hold-hardened" => {
            harden_process().map_err(io::Error::other).and_then(|done| hold(&format!("{done:?}")))
        }
        "hold-plain" => hold("nothing done"),
        _ => return None,
    })
}

/// Says where the value is, and ends as it is told.
fn hold(done: &str) -> io::Result<ExitCode> {
    let value = Secret::from(std::env::var(VARIABLE).map_err(io::Error::other)?);
    println!("{} {done}", value.expose_secret().as_ptr().addr());
    let mut order = String::new();
    io::stdin().read_line(&mut order)?;
    if order == "abort\n" {
        std::process::abort();
    }
    Ok(ExitCode::SUCCESS)
}

/// Starts the other one, tries each way to its value, and says what came of it, a line each.
fn observe(holder: &str, how: &str) -> io::Result<ExitCode> {
    if Uid::effective().is_root() {
        // Cores are off for many, and only root may turn them on; whether it may is seen by whether there is one.
        let _ = setrlimit(Resource::RLIMIT_CORE, RLIM_INFINITY, RLIM_INFINITY);
        let status = Command::new(std::env::current_exe()?).arg(how).uid(NOBODY).gid(NOBODY).status()?;
        return Ok(ExitCode::from(u8::try_from(status.code().unwrap_or(1)).unwrap_or(1)));
    }
    let (_, most) = getrlimit(Resource::RLIMIT_CORE)?;
    setrlimit(Resource::RLIMIT_CORE, most, most)?;
    // As its parent, which is who may look into it where only some may.
    let mut child = Command::new(std::env::current_exe()?)
        .arg(holder)
        .env(VARIABLE, VALUE)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let (address, done) = said(&mut child)?;
    println!("{done}");
    let id = Pid::from_raw(i32::try_from(child.id()).map_err(io::Error::other)?);
    println!("mem: {}", outcome(read_memory(child.id(), address)));
    println!("environ: {}", outcome(read_environment(child.id())));
    println!("process_vm_readv: {}", outcome(read_directly(id, address)));
    println!("ptrace: {}", outcome(attach(id)));
    child.stdin.take().ok_or(io::ErrorKind::BrokenPipe)?.write_all(b"abort\n")?;
    let status = child.wait()?;
    let core = if status.core_dumped() { "a core" } else { "no core" };
    println!("signal {}: {core}", status.signal().unwrap_or_default());
    Ok(ExitCode::SUCCESS)
}

fn said(child: &mut Child) -> io::Result<(usize, String)> {
    let mut line = String::new();
    BufReader::new(child.stdout.take().ok_or(io::ErrorKind::BrokenPipe)?).read_line(&mut line)?;
    let (address, done) = line.trim_end().split_once(' ').ok_or(io::ErrorKind::UnexpectedEof)?;
    Ok((address.parse().map_err(io::Error::other)?, done.to_owned()))
}

fn outcome(found: io::Result<bool>) -> String {
    match found {
        Ok(true) => "found".to_owned(),
        Ok(false) => "not found".to_owned(),
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => "refused".to_owned(),
        Err(error) => format!("failed: {error}"),
    }
}

fn read_memory(process: u32, address: usize) -> io::Result<bool> {
    let mut memory = File::open(format!("/proc/{process}/mem"))?;
    memory.seek(SeekFrom::Start(u64::try_from(address).map_err(io::Error::other)?))?;
    let mut bytes = [0; VALUE.len()];
    memory.read_exact(&mut bytes)?;
    Ok(bytes == VALUE.as_bytes())
}

fn read_environment(process: u32) -> io::Result<bool> {
    let variables = fs::read(format!("/proc/{process}/environ"))?;
    Ok(variables.windows(VALUE.len()).any(|bytes| bytes == VALUE.as_bytes()))
}

fn read_directly(process: Pid, address: usize) -> io::Result<bool> {
    let mut bytes = [0; VALUE.len()];
    let remote = [RemoteIoVec { base: address, len: bytes.len() }];
    process_vm_readv(process, &mut [IoSliceMut::new(&mut bytes)], &remote)?;
    Ok(bytes == VALUE.as_bytes())
}

fn attach(process: Pid) -> io::Result<bool> {
    ptrace::attach(process)?;
    waitpid(process, None)?;
    ptrace::detach(process, None)?;
    Ok(true)
}
