//! What came of one crate over one channel.

use std::error::Error;
use std::fmt::Write as _;

use harness::canary::Canary;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cell {
    Leaks,
    Tight,
    /// The crate has no such thing: nothing can get out of it.
    Absent,
}

impl Cell {
    /// By what was said; nothing if there is nothing to say it.
    pub(super) fn of(canary: &Canary, said: Option<&str>) -> Self {
        match said {
            None => Self::Absent,
            Some(said) if canary.seen_in(said).is_some() => Self::Leaks,
            Some(_) => Self::Tight,
        }
    }

    pub(super) const fn leaks_if(leaks: bool) -> Self {
        if leaks { Self::Leaks } else { Self::Tight }
    }

    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Leaks => "leaks",
            Self::Tight => "no",
            Self::Absent => "-",
        }
    }
}

/// The crates of a table, ours first, and what came of each over each channel.
pub(super) struct Cells {
    pub(super) crates: Vec<&'static str>,
    /// How many of them are ours.
    pub(super) ours: usize,
    pub(super) rows: Vec<(&'static str, Vec<Cell>)>,
}

/// Everything that an error says of itself and of what is behind it.
pub(super) fn said_by(error: &(dyn Error + 'static)) -> String {
    let mut said = String::new();
    let mut next = Some(error);
    while let Some(error) = next {
        let _ = write!(said, "{error}{error:?}{error:#}{error:#?}");
        next = error.source();
    }
    said
}

/// The same of a result that has to be an error, or what is said is of something else.
pub(super) fn said_by_failure<T, E: Error + 'static>(
    what: &str,
    result: Result<T, E>,
) -> Result<String, String> {
    match result {
        Ok(_) => Err(format!("{what} accepts what it should not")),
        Err(error) => Ok(said_by(&error)),
    }
}
