//! What was left, as numbers.

use std::fmt;
use std::hint::black_box;
use std::str::FromStr;

use crate::hook::Hook;

/// Blocks of memory with some of the canary in them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Residue {
    /// Freed as they were.
    pub freed: usize,
    /// In use when the scenario had what it wanted.
    pub held: usize,
    /// In use after it had let go of everything.
    pub left: usize,
}

/// Counts from before `make` to after what it made is dropped. What was there before does not count.
pub fn measure<T>(make: impl FnOnce() -> T) -> Residue {
    let before = Hook::live();
    Hook::look();
    // Looked at from outside, as a program looks at its values: one that nobody reads is not even allocated in a release build.
    let value = black_box(make());
    let held = Hook::live() - before;
    drop(value);
    Residue { freed: Hook::freed(), held, left: Hook::live() - before }
}

impl fmt::Display for Residue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.freed, self.held, self.left)
    }
}

impl FromStr for Residue {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut numbers = text.split(' ').map(str::parse);
        match [numbers.next(), numbers.next(), numbers.next(), numbers.next()] {
            [Some(Ok(freed)), Some(Ok(held)), Some(Ok(left)), None] => Ok(Self { freed, held, left }),
            _ => Err(format!("three numbers were expected, not {text:?}")),
        }
    }
}

/// What a scenario comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Measured {
    /// With this crate.
    pub ours: Residue,
    /// The same without this crate, in the same process: for what goes through others' hands in any case.
    pub without: Option<Residue>,
}

impl From<Residue> for Measured {
    fn from(ours: Residue) -> Self {
        Self { ours, without: None }
    }
}

impl fmt::Display for Measured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.ours)?;
        self.without.iter().try_for_each(|without| write!(f, ", without {without}"))
    }
}

impl FromStr for Measured {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Ok(match text.trim_end().split_once(", without ") {
            Some((ours, without)) => Self { ours: ours.parse()?, without: Some(without.parse()?) },
            None => Self { ours: text.trim_end().parse()?, without: None },
        })
    }
}
