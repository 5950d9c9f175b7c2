//! Whether another user may have written a `.env` file. The search goes up to the root folder, and on a
//! machine with several users a folder above may belong to anybody.

use std::fs::Metadata;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use crate::lock::lock;

/// A file that was found and that another user may have written.
#[derive(Debug)]
pub(super) struct Doubt {
    path: PathBuf,
    reason: &'static str,
}

const OF_ANOTHER_USER: &str = "another user owns it";
const WRITABLE: &str = "every user may write it";

impl Doubt {
    /// `None` if this user or root owns the file, and not everybody may write it.
    pub(super) fn of(path: &Path, metadata: &Metadata) -> Option<Self> {
        #[cfg(unix)]
        let reason = {
            use std::os::unix::fs::MetadataExt as _;
            reason(metadata.uid(), metadata.mode(), rustix::process::geteuid().as_raw())
        };
        // Other systems keep such rights in lists, which the standard library does not read.
        #[cfg(not(unix))]
        let (reason, _) = (None, metadata);
        reason.map(|reason| Self { path: path.to_owned(), reason })
    }

    /// Warns once, although a watched file is read every few minutes.
    pub(super) fn warn(self) {
        static WARNED_OF: Mutex<Option<PathBuf>> = Mutex::new(None);
        let Self { path, reason } = self;
        if lock(&WARNED_OF).replace(path.clone()).as_ref() == Some(&path) {
            return;
        }
        #[cfg(feature = "tracing")]
        tracing::warn!(
            target: "secrets_runtime",
            path = %path.display(),
            reason,
            "a .env file is read that another user may have written: if it is yours, make it writable for you alone, or name \
             the right one with `DotEnv::at(..)`"
        );
        #[cfg(not(feature = "tracing"))]
        let _ = reason;
    }
}

#[cfg(unix)]
fn reason(owner: u32, mode: u32, user: u32) -> Option<&'static str> {
    const ROOT: u32 = 0;
    const OTHERS_MAY_WRITE: u32 = 0o002;
    if owner != user && owner != ROOT {
        return Some(OF_ANOTHER_USER);
    }
    (mode & OTHERS_MAY_WRITE != 0).then_some(WRITABLE)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_doubtful_if_another_user_but_root_owns_it_or_everybody_may_write_it() {
        for (owner, mode, expected) in [
            (1000, 0o100_600, None),
            (1000, 0o100_664, None),
            (0, 0o100_644, None),
            (1000, 0o100_666, Some(WRITABLE)),
            (0, 0o100_602, Some(WRITABLE)),
            (1001, 0o100_600, Some(OF_ANOTHER_USER)),
            (1001, 0o100_666, Some(OF_ANOTHER_USER)),
        ] {
            assert_eq!(reason(owner, mode, 1000), expected, "{owner} {mode:o}");
        }
        assert_eq!(reason(1000, 0o100_600, 0), Some(OF_ANOTHER_USER), "root reads the file of a user");
    }
    #[cfg(feature = "tracing")]
    #[test]
    fn a_doubtful_file_is_named_in_one_warning() {
        use std::os::unix::fs::PermissionsExt as _;

        let path = std::env::temp_dir().join(format!("secrets-{}-doubtful.env", std::process::id()));
        std::fs::write(&path, "TOKEN=hunter2\n").unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o666)).unwrap();
        let metadata = std::fs::metadata(&path).unwrap();
        let logged = Logged::default();
        tracing::subscriber::with_default(logged.clone(), || {
            for _ in 0..3 {
                Doubt::of(&path, &metadata).unwrap().warn();
            }
        });
        std::fs::remove_file(&path).unwrap();
        let logged = lock(&logged.0).clone();
        assert_eq!(logged.len(), 1, "{logged:?}");
        assert!(logged[0].contains(path.to_str().unwrap()) && logged[0].contains(WRITABLE), "{logged:?}");
        assert!(logged[0].starts_with("WARN") && !logged[0].contains("hunter2"), "{logged:?}");
    }

    /// The events of a thread.
    #[cfg(feature = "tracing")]
    #[derive(Clone, Default)]
    struct Logged(std::sync::Arc<Mutex<Vec<String>>>);

    #[cfg(feature = "tracing")]
    impl tracing::Subscriber for Logged {
        fn enabled(&self, _: &tracing::Metadata<'_>) -> bool {
            true
        }

        fn new_span(&self, _: &tracing::span::Attributes<'_>) -> tracing::Id {
            tracing::Id::from_u64(1)
        }

        fn event(&self, event: &tracing::Event<'_>) {
            use std::fmt::Write as _;

            let mut text = event.metadata().level().to_string();
            event.record(&mut |field: &tracing::field::Field, value: &dyn std::fmt::Debug| {
                let _ = write!(text, " {field}={value:?}");
            });
            lock(&self.0).push(text);
        }

        fn record(&self, _: &tracing::Id, _: &tracing::span::Record<'_>) {}

        fn record_follows_from(&self, _: &tracing::Id, _: &tracing::Id) {}

        fn enter(&self, _: &tracing::Id) {}

        fn exit(&self, _: &tracing::Id) {}
    }
}
