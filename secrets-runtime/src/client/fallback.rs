//! [`Fallback`]: when a lookup goes on to the next source of the chain.

/// When the loader goes on to the next source of the chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Fallback {
    /// When a source answers that it has no such setting. A source that denies access, throttles or cannot
    /// be reached is an error.
    #[default]
    OnMissing,
    /// Also when a source fails. If no other source has the setting, the first failure is the error.
    OnError,
    /// Never. Each setting is looked for in the first source that can hold it, and nowhere else.
    Never,
}
