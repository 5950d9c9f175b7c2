//! When a lookup goes on to the next source of the chain.

/// When the loader goes on to the next source of the chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Fallback {
    /// When a source knows that it has no such setting. Denied, throttled and unreachable are reported as what they are.
    #[default]
    OnMissing,
    /// Also when a source fails. If nothing else has the setting, that failure is the error.
    OnError,
    /// Never: each setting is asked of the first source that can hold it, and of no other.
    Never,
}
