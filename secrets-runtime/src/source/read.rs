//! Reads files that hold secrets, without leaving copies in freed memory and without blocking the runtime.

use std::collections::HashMap;
use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, Mutex, Weak, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use tokio::runtime::Handle;
use tokio::sync::{Semaphore, oneshot};
use zeroize::Zeroizing;

use super::runtime::{NO_TIMERS, lacks_timers};
use crate::contain::{Panicked, contain};
use crate::error::{self, SourceError};
use crate::lock::lock;

/// How many paths are read at once, each on a thread of its own. A path on a hung mount keeps its thread, and
/// the process must not collect them without end. More reads wait until their time-out.
const MAX_THREADS: usize = 32;

/// How long a pipe may take in all. Shorter than the default time-out of a load, so that the report says
/// that it is a pipe.
const PIPE_LIMIT: Duration = Duration::from_secs(25);

/// How often a pipe is asked for more.
const PIPE_PAUSE: Duration = Duration::from_millis(5);

/// Whether the result of a read is still waited for.
pub(super) type IsAwaited<'a> = &'a dyn Fn() -> bool;

/// The content of a file, and what the system says about the file.
pub(super) struct Content {
    pub(super) bytes: Zeroizing<Vec<u8>>,
    #[cfg(feature = "dotenv")]
    pub(super) metadata: Metadata,
}

/// Reads the file at a path. A pipe is read to its end, as long as the result is waited for.
///
/// # Errors
/// As [`read_to_end`], [`ErrorKind::IsADirectory`] for a folder, and [`ErrorKind::TimedOut`] for a pipe that
/// takes longer than [`PIPE_LIMIT`].
pub(super) fn read_file(path: &Path, max: usize, is_awaited: IsAwaited<'_>) -> io::Result<Content> {
    let file = open(path)?;
    let metadata = file.metadata()?;
    if metadata.is_dir() {
        return Err(ErrorKind::IsADirectory.into());
    }
    let expected = usize::try_from(metadata.len()).unwrap_or(max);
    let bytes = if metadata.is_file() {
        read_to_end(file, expected, max)?
    } else {
        let (end, has_begun) = (Instant::now() + PIPE_LIMIT, !is_pipe(&metadata));
        read_to_end(Patient { file, end, is_awaited, has_begun }, expected, max)?
    };
    Ok(Content {
        bytes,
        #[cfg(feature = "dotenv")]
        metadata,
    })
}

/// Opens a file without waiting for the writer of a pipe.
fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.custom_flags(rustix::fs::OFlags::NONBLOCK.bits().cast_signed());
    }
    options.open(path)
}

/// Whether a file is a pipe, with a name or without.
pub(super) fn is_pipe(metadata: &Metadata) -> bool {
    #[cfg(unix)]
    let is_pipe = std::os::unix::fs::FileTypeExt::is_fifo(&metadata.file_type());
    #[cfg(not(unix))]
    let (is_pipe, _) = (false, metadata);
    is_pipe
}

/// A pipe or a device that may have nothing to read yet.
struct Patient<'a> {
    file: File,
    end: Instant,
    is_awaited: IsAwaited<'a>,
    /// Whether there was something to read. Until then, a pipe without a writer reads like one that has
    /// ended.
    has_begun: bool,
}

impl Read for Patient<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.file.read(buffer) {
                Ok(0) if !self.has_begun && !has_hung_up(&self.file) => {}
                Ok(read) => {
                    self.has_begun = true;
                    return Ok(read);
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(error) => return Err(error),
            }
            if Instant::now() >= self.end || !(self.is_awaited)() {
                return Err(ErrorKind::TimedOut.into());
            }
            thread::sleep(PIPE_PAUSE);
        }
    }
}

/// Whether a pipe has no writer any more. A pipe that was opened before its first writer has not hung up.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn has_hung_up(pipe: &File) -> bool {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};

    let mut polled = [PollFd::new(pipe, PollFlags::IN)];
    let at_once = Timespec { tv_sec: 0, tv_nsec: 0 };
    // A writer may have come and gone since the read.
    poll(&mut polled, Some(&at_once)).is_ok()
        && polled.iter().all(|polled| polled.revents() == PollFlags::HUP)
}

/// Other systems also say so before the first writer.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
const fn has_hung_up(_: &File) -> bool {
    false
}

/// Why a file cannot be read. `too_large` names the limit.
pub(super) fn io_reason(error: &io::Error, too_large: &'static str) -> &'static str {
    match error.kind() {
        ErrorKind::NotFound => "no such file",
        ErrorKind::PermissionDenied => "the file may not be read",
        ErrorKind::IsADirectory => "a folder, not a file",
        ErrorKind::FileTooLarge => too_large,
        ErrorKind::TimedOut => "a pipe whose writer does not write, or does not close it",
        _ => "the file cannot be read",
    }
}

/// Reads to the end. `expected` is a guess, since a pipe does not tell its size: a buffer that was too small
/// is wiped.
///
/// # Errors
/// If reading fails, and [`ErrorKind::FileTooLarge`] if there are more than `max` bytes.
pub(super) fn read_to_end(
    mut reader: impl Read,
    expected: usize,
    max: usize,
) -> io::Result<Zeroizing<Vec<u8>>> {
    // One byte more, to see the end without another buffer.
    let mut bytes = Zeroizing::new(vec![0; expected.min(max) + 1]);
    let mut length = 0;
    loop {
        if length == bytes.len() {
            let mut larger = Zeroizing::new(vec![0; bytes.len().saturating_mul(2).max(8 * 1024)]);
            larger.iter_mut().zip(bytes.iter()).for_each(|(to, from)| *to = *from);
            bytes = larger;
        }
        match reader.read(bytes.get_mut(length..).unwrap_or_default()) {
            Ok(0) => break,
            Ok(read) => length += read,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
        if length > max {
            return Err(ErrorKind::FileTooLarge.into());
        }
    }
    bytes.truncate(length);
    Ok(bytes)
}

/// Runs a function that reads the files at a path on a thread of its own: a slow disk, a hung mount or a pipe
/// without a writer must stop neither the runtime nor, as a thread of the runtime would, the end of the
/// runtime.
///
/// A path is read by one thread at a time. If it hangs, other reads of it wait, and other paths are read.
///
/// # Errors
/// If the runtime cannot limit the time that the function takes, or the system refuses a thread.
pub(super) async fn off_the_runtime<T: Send + 'static>(
    path: &Path,
    read: impl FnOnce(IsAwaited<'_>) -> T + Send + 'static,
) -> Result<T, SourceError> {
    static THREADS: Semaphore = Semaphore::const_new(MAX_THREADS);
    // Another executor has no time limits, so a thread would not help. Pipes have a limit of their own.
    let Ok(runtime) = Handle::try_current() else { return Ok(read(&|| true)) };
    if lacks_timers() {
        return Err(NO_TIMERS);
    }
    let turn = turn_at(path).acquire_owned().await.map_err(|_| NO_THREAD)?;
    let permit = THREADS.acquire().await.map_err(|_| NO_THREAD)?;
    let (sender, receiver) = oneshot::channel();
    let (reader, waiter, end) = Ending::of_reader_and_waiter();
    let run = move || {
        let _reader = reader;
        let result = contain(|| read(&|| !sender.is_closed()));
        drop((permit, turn));
        // If nobody waits any more, the result is dropped.
        let _ = sender.send(result);
    };
    thread::Builder::new().name("secrets-files".to_owned()).spawn(run).map_err(|_| NO_THREAD)?;
    // Tokio's paused clock, as tests use it, must not run on to the time-out meanwhile. It stands still
    // while a blocking task runs. This one ends with the read, and with this future.
    let _waiter = waiter;
    runtime.spawn_blocking(move || end.recv());
    match receiver.await {
        Ok(Ok(result)) => Ok(result),
        Ok(Err(Panicked)) | Err(_) => Err(PANICKED),
    }
}

/// The turn to read at a path, which one thread has.
fn turn_at(path: &Path) -> Arc<Semaphore> {
    static TURNS: LazyLock<Mutex<HashMap<PathBuf, Weak<Semaphore>>>> = LazyLock::new(Mutex::default);
    let mut turns = lock(&TURNS);
    if let Some(turn) = turns.get(path).and_then(Weak::upgrade) {
        return turn;
    }
    turns.retain(|_, turn| turn.strong_count() > 0);
    let turn = Arc::new(Semaphore::new(1));
    turns.insert(path.to_owned(), Arc::downgrade(&turn));
    turn
}

/// Sends a message when it is dropped.
struct Ending(mpsc::Sender<()>);

impl Ending {
    fn of_reader_and_waiter() -> (Self, Self, mpsc::Receiver<()>) {
        let (sender, receiver) = mpsc::channel();
        (Self(sender.clone()), Self(sender), receiver)
    }
}

impl Drop for Ending {
    fn drop(&mut self) {
        let _ = self.0.send(());
    }
}

const PANICKED: SourceError =
    SourceError::new(error::ErrorKind::Configuration).because("the code that reads files panicked");

const NO_THREAD: SourceError = SourceError::new(error::ErrorKind::Unavailable)
    .because("no thread to read files")
    .with_help("raise the limit of threads of this process");

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives little at a time, with interruptions.
    struct Slow<'a>(&'a [u8], bool);

    impl Read for Slow<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            self.1 = !self.1;
            if self.1 {
                return Err(ErrorKind::Interrupted.into());
            }
            let few = buffer.len().min(1000);
            self.0.read(&mut buffer[..few])
        }
    }

    #[test]
    fn everything_is_read_whatever_size_was_expected() {
        let content: Vec<u8> = (0..50_000_u32).map(|number| number.to_le_bytes()[0]).collect();
        for expected in [0, 1, 49_999, 50_000, 50_001, 1_000_000] {
            let read = read_to_end(Slow(&content, false), expected, 60_000).unwrap();
            assert_eq!(*read, content, "{expected}");
        }
        assert!(read_to_end(io::empty(), 0, 10).unwrap().is_empty());
    }

    #[test]
    fn a_runtime_ends_although_a_file_never_answers() {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_time().build().unwrap();
        let (answer, no_answer) = mpsc::channel::<()>();
        let read = off_the_runtime(Path::new("never"), move |_| no_answer.recv());
        let limit = Duration::from_millis(20);
        assert!(runtime.block_on(async { tokio::time::timeout(limit, read).await }).is_err());
        drop(runtime);
        drop(answer);
    }

    #[tokio::test(start_paused = true)]
    async fn the_paused_clock_of_a_test_stands_still_while_a_file_is_read() {
        let slow = off_the_runtime(Path::new("slow"), |_| thread::sleep(Duration::from_millis(50)));
        tokio::time::timeout(Duration::from_secs(30), slow).await.unwrap().unwrap();
    }

    #[test]
    fn files_are_read_at_once_without_a_runtime() {
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        let mut read = std::pin::pin!(off_the_runtime(Path::new("file"), |_| 1));
        assert!(matches!(read.as_mut().poll(&mut context), std::task::Poll::Ready(Ok(1))));
    }

    #[tokio::test]
    async fn a_path_that_hangs_keeps_one_thread_and_other_paths_are_read() {
        let (answer, no_answer) = mpsc::channel::<()>();
        let (no_answer, started) = (Arc::new(Mutex::new(no_answer)), Arc::new(Mutex::new(0)));
        let limit = Duration::from_millis(1);
        for _ in 0..3 * MAX_THREADS {
            let (no_answer, started) = (Arc::clone(&no_answer), Arc::clone(&started));
            let hung = off_the_runtime(Path::new("hung/file"), move |_| {
                *lock(&started) += 1;
                let _ = lock(&no_answer).recv();
            });
            assert!(tokio::time::timeout(limit, hung).await.is_err());
        }
        for path in ["hung", "hung/other", "file"] {
            assert_eq!(off_the_runtime(Path::new(path), |_| 1).await, Ok(1));
        }
        assert_eq!(*lock(&started), 1);
        drop(answer);
        assert_eq!(off_the_runtime(Path::new("hung/file"), |_| 1).await, Ok(1), "the path answers again");
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_pipe_whose_writer_has_closed_it_is_empty() {
        use std::os::fd::AsRawFd as _;

        let (pipe, writer) = io::pipe().unwrap();
        let path = PathBuf::from(format!("/proc/self/fd/{}", pipe.as_raw_fd()));
        let error = read_file(&path, 100, &|| false).map(|_| ()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TimedOut, "its writer may still write");
        drop(writer);
        assert_eq!(*read_file(&path, 100, &|| false).unwrap().bytes, b"");
    }

    #[cfg(unix)]
    fn fifo(name: &str) -> std::path::PathBuf {
        let path = std::env::temp_dir().join(format!("secrets-{}-{name}", std::process::id()));
        let _ = std::fs::remove_file(&path);
        assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
        path
    }

    #[test]
    #[cfg(unix)]
    fn a_pipe_is_read_to_its_end_however_slowly_it_is_written() {
        let path = fifo("slow");
        let writer = thread::spawn({
            let path = path.clone();
            move || {
                thread::sleep(Duration::from_millis(30));
                let mut pipe = OpenOptions::new().write(true).open(path).unwrap();
                for line in ["A=1\n", "B=2\n"] {
                    io::Write::write_all(&mut pipe, line.as_bytes()).unwrap();
                    thread::sleep(Duration::from_millis(30));
                }
            }
        });
        let read = read_file(&path, 100, &|| true).unwrap();
        writer.join().unwrap();
        std::fs::remove_file(path).unwrap();
        assert_eq!(*read.bytes, b"A=1\nB=2\n");
    }

    #[test]
    #[cfg(unix)]
    fn a_pipe_is_left_when_nobody_waits_for_it() {
        let path = fifo("left");
        let error = read_file(&path, 100, &|| false).map(|_| ()).unwrap_err();
        std::fs::remove_file(path).unwrap();
        assert_eq!(error.kind(), ErrorKind::TimedOut);
    }

    #[test]
    #[cfg(unix)]
    fn a_device_without_end_is_too_large_and_an_empty_one_is_empty() {
        let error = read_file(Path::new("/dev/zero"), 100_000, &|| true).map(|_| ()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::FileTooLarge);
        assert_eq!(*read_file(Path::new("/dev/null"), 10, &|| true).unwrap().bytes, b"");
    }

    #[test]
    fn more_than_the_limit_is_refused() {
        for expected in [0, 10, 100] {
            assert_eq!(read_to_end(Slow(&[0; 10], false), expected, 10).unwrap().len(), 10);
            let error = read_to_end(Slow(&[0; 11], false), expected, 10).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::FileTooLarge);
        }
    }
}
