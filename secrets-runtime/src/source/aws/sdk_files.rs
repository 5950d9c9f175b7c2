//! The files that the SDK would read on a thread of the runtime, without limits. The shared configuration
//! files are read here instead, and others are checked before the SDK opens them.

#[cfg(feature = "credentials-process")]
use std::borrow::Cow;
use std::env;
use std::io::{self, ErrorKind as IoErrorKind};
use std::path::{Path, PathBuf};
use std::time::Duration;

use aws_config::profile::{ProfileSet, load};
use aws_runtime::env_config::file::{EnvConfigFileKind, EnvConfigFiles};
use aws_types::os_shim_internal::{Env, Fs};
use zeroize::Zeroizing;

use super::process_variable::set;
use crate::error::{ErrorKind, SourceError};
use crate::source::read::{IsAwaited, io_reason, is_pipe, off_the_runtime, read_file};

/// More than any of these files: a thousand profiles take 200 KiB, and the certificates of a machine 250 KiB.
const MAX_SIZE: usize = 4 * 1024 * 1024;

/// How long a file may take. A disk answers within milliseconds. It is shorter than the time-out of a load,
/// so that the report names the file.
const READ_LIMIT: Duration = Duration::from_secs(5);

const CONFIG: &str = "AWS_CONFIG_FILE";
const CREDENTIALS: &str = "AWS_SHARED_CREDENTIALS_FILE";
/// The tokens of roles, in Kubernetes.
const TOKENS: [&str; 2] = ["AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"];
const CERTIFICATES: &str = "SSL_CERT_FILE";
/// Several folders.
const CERTIFICATE_FOLDERS: &str = "SSL_CERT_DIR";

/// The contents of the shared configuration files.
pub(super) struct SharedFiles {
    config: Content,
    credentials: Content,
}

/// The text of a file, empty if it is absent or has a fault.
#[derive(Default)]
struct Content {
    text: Zeroizing<String>,
    fault: Option<&'static str>,
}

/// Why a shared configuration file is there and counts as empty, in words: `may not be read by this user`.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct FileFaults {
    pub(super) config: Option<&'static str>,
    pub(super) credentials: Option<&'static str>,
}

impl FileFaults {
    pub(super) const fn any(self) -> bool {
        self.config.is_some() || self.credentials.is_some()
    }
}

impl SharedFiles {
    /// Reads both files. One that is absent, may not be read or is not text is empty, as it is for the SDK,
    /// and the last two have a fault.
    ///
    /// # Errors
    /// If one is a folder or a pipe, is too large or does not answer. The error names variable and path.
    pub(super) async fn read() -> Result<Self, SourceError> {
        let config = read(CONFIG, path_of(CONFIG, "~/.aws/config")).await?;
        let credentials = read(CREDENTIALS, path_of(CREDENTIALS, "~/.aws/credentials")).await?;
        Ok(Self { config, credentials })
    }

    pub(super) const fn faults(&self) -> FileFaults {
        FileFaults { config: self.config.fault, credentials: self.credentials.fault }
    }

    /// Both files, for the SDK.
    pub(super) fn both(&self) -> EnvConfigFiles {
        EnvConfigFiles::builder()
            .with_contents(EnvConfigFileKind::Config, self.config.text.as_str())
            .with_contents(EnvConfigFileKind::Credentials, self.credentials.text.as_str())
            .build()
    }

    /// Both files with each line changed by a function that returns `Some`.
    #[cfg(feature = "credentials-process")]
    pub(super) fn with_lines(&self, changed: fn(&str) -> Option<String>) -> EnvConfigFiles {
        let change = |content: &Content| {
            let lines =
                content.text.lines().map(|line| changed(line).map_or(Cow::Borrowed(line), Cow::Owned));
            Content { text: Zeroizing::new(lines.collect::<Vec<_>>().join("\n")), fault: content.fault }
        };
        Self { config: change(&self.config), credentials: change(&self.credentials) }.both()
    }

    /// The credentials file alone.
    pub(super) fn credentials(&self) -> EnvConfigFiles {
        let credentials = self.credentials.text.as_str();
        EnvConfigFiles::builder().with_contents(EnvConfigFileKind::Credentials, credentials).build()
    }
}

/// Checks the files with tokens, which credentials of roles are obtained with.
///
/// # Errors
/// As for [`SharedFiles::read`].
pub(super) async fn check_tokens() -> Result<(), SourceError> {
    for variable in TOKENS {
        if let Some(path) = env::var_os(variable) {
            read(variable, path.into()).await?;
        }
    }
    Ok(())
}

/// Checks the files with certificates, which are read for the first connection.
///
/// # Errors
/// As for [`SharedFiles::read`].
pub(super) async fn check_certificates() -> Result<(), SourceError> {
    if let Some(path) = env::var_os(CERTIFICATES) {
        read(CERTIFICATES, path.into()).await?;
    }
    for folder in env::var_os(CERTIFICATE_FOLDERS).iter().flat_map(env::split_paths) {
        let list = |path: &Path, _: IsAwaited<'_>| path.read_dir().map(drop);
        examine(CERTIFICATE_FOLDERS, folder, list).await?;
    }
    Ok(())
}

/// The path that the SDK would take, except that it takes an empty variable for a path.
fn path_of(variable: &str, default: &str) -> PathBuf {
    let path = PathBuf::from(set(variable).unwrap_or_else(|| default.into()));
    match (path.strip_prefix("~"), env::home_dir()) {
        (Ok(below), Some(home)) => home.join(below),
        _ => path,
    }
}

async fn read(variable: &'static str, path: PathBuf) -> Result<Content, SourceError> {
    let read = |path: &Path, is_awaited: IsAwaited<'_>| content(path, is_awaited).or_else(unless_read);
    examine(variable, path, read).await
}

fn content(path: &Path, is_awaited: IsAwaited<'_>) -> io::Result<Content> {
    // A pipe can be read once, and each runtime reads the file.
    if is_pipe(&path.metadata()?) {
        return Err(IoErrorKind::TimedOut.into());
    }
    let content = read_file(path, MAX_SIZE, is_awaited)?;
    Ok(match str::from_utf8(&content.bytes) {
        Ok(text) => Content { text: Zeroizing::new(text.to_owned()), fault: None },
        Err(_) => Content { fault: Some("is not UTF-8"), ..Content::default() },
    })
}

/// An empty content with a fault, for a file that is there and cannot be read.
fn unless_read(error: io::Error) -> io::Result<Content> {
    let fault = match error.kind() {
        IoErrorKind::NotFound
        | IoErrorKind::NotADirectory
        | IoErrorKind::TimedOut
        | IoErrorKind::IsADirectory
        | IoErrorKind::FileTooLarge => return Err(error),
        IoErrorKind::PermissionDenied => "may not be read by this user",
        _ => "could not be read",
    };
    Ok(Content { fault: Some(fault), ..Content::default() })
}

/// Examines what is at a path. The default is the result if it is absent or may not be read.
async fn examine<T: Default + Send + 'static>(
    variable: &'static str,
    path: PathBuf,
    examine: impl FnOnce(&Path, IsAwaited<'_>) -> io::Result<T> + Send + 'static,
) -> Result<T, SourceError> {
    let error = |reason| {
        let error = SourceError::new(ErrorKind::Configuration).with_code(variable).because(reason);
        error.in_place(&path.display().to_string())
    };
    let owned = path.clone();
    let examined = off_the_runtime(&path, move |is_awaited| examine(&owned, is_awaited));
    match tokio::time::timeout(READ_LIMIT, examined).await {
        Err(_) => Err(error("its file system does not answer")),
        Ok(Err(stopped)) => Err(stopped),
        Ok(Ok(Ok(examined))) => Ok(examined),
        Ok(Ok(Err(failed))) => match failed.kind() {
            IoErrorKind::TimedOut => Err(error("a pipe, not a file")),
            IoErrorKind::IsADirectory | IoErrorKind::FileTooLarge => {
                Err(error(io_reason(&failed, "larger than 4 MiB")))
            }
            _ => Ok(T::default()),
        },
    }
}

/// The profiles of the files. `None` if a file cannot be parsed.
pub(super) async fn read_profiles(profile: Option<&str>, files: &EnvConfigFiles) -> Option<ProfileSet> {
    let profile = profile.map(|name| Cow::Owned(name.to_owned()));
    load(&Fs::real(), &Env::real(), files, profile).await.ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_file_that_is_there_and_cannot_be_read_is_told_from_an_absent_one() {
        let path = env::temp_dir().join(format!("secrets-sdk-files-{}", std::process::id()));
        std::fs::write(&path, b"[default]\nregion = \xff\n").unwrap();
        let content = read(CONFIG, path.clone()).await.unwrap();
        assert_eq!((content.text.as_str(), content.fault), ("", Some("is not UTF-8")));
        std::fs::write(&path, "[default]\n").unwrap();
        let content = read(CONFIG, path.clone()).await.unwrap();
        assert_eq!((content.text.as_str(), content.fault), ("[default]\n", None));
        std::fs::remove_file(&path).unwrap();
        assert_eq!(read(CONFIG, path).await.unwrap().fault, None);
        let denied = unless_read(IoErrorKind::PermissionDenied.into()).unwrap();
        assert_eq!(denied.fault, Some("may not be read by this user"));
    }
}
