//! The names of the built-in sources, and which sources may be asked for a setting: what the `sources(..)`
//! attribute of a struct allows.

/// The names of the built-in sources, as reports and `#[secret(sources(..))]` write them.
pub(crate) mod source_name {
    pub(crate) const AWS: &str = "aws";
    pub(crate) const AGENT: &str = "agent";
    pub(crate) const ENV: &str = "env";
    pub(crate) const DOTENV: &str = "dotenv";
    pub(crate) const FILES: &str = "files";
    pub(crate) const MEMORY: &str = "memory";
}

use source_name::{DOTENV, ENV, FILES, MEMORY};

/// The names of the only sources that may be asked, or no names if every source may be.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct AllowedSources(pub(super) &'static [&'static str]);

impl AllowedSources {
    /// The names, empty if every source is allowed.
    pub(super) const fn names(self) -> &'static [&'static str] {
        self.0
    }

    /// Whether a source is allowed. `env` also allows `.env`, which is a file of environment variables.
    pub(super) fn allows(self, source: &str) -> bool {
        self.0.is_empty() || self.0.contains(&source) || (source == DOTENV && self.0.contains(&ENV))
    }

    /// Whether a source is allowed that knows secrets by their ids.
    pub(super) fn allow_a_secret_store(self) -> bool {
        self.0.is_empty() || self.0.iter().any(|source| ![ENV, DOTENV].contains(source))
    }

    /// Whether a source is allowed that knows variables, or files named after them.
    pub(super) fn allow_variables(self) -> bool {
        [ENV, FILES, MEMORY, DOTENV].into_iter().any(|source| self.allows(source))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The derive has the same test.
    #[test]
    fn the_same_sources_know_variables_in_both_crates() {
        let mut names = Vec::new();
        for (name, knows_variables) in include!("../../../tests/shared/sources.rs") {
            names.push(name);
            let allowed: &'static [&'static str] = vec![name].leak();
            assert_eq!(AllowedSources(allowed).allow_variables(), knows_variables, "{name}");
        }
        assert_eq!(names, [source_name::AWS, source_name::AGENT, ENV, DOTENV, FILES, MEMORY]);
    }
}
