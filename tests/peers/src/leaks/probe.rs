//! What a type can be made to say, by the traits that it has. One that it has not is no mistake here: it says nothing.
#![allow(clippy::unnecessary_wraps, reason = "what says nothing says so by the same signature")]

use std::fmt::{Debug, Display};

use serde::Serialize;

/// An inherent method wins over a trait's where its bound holds.
pub(super) struct Probe<'a, T>(pub(super) &'a T);

impl<T: Debug> Probe<'_, T> {
    pub(super) fn debug(&self) -> Option<String> {
        Some(format!("{0:?}{0:#?}{0:x?}{0:>200?}", self.0))
    }
}

impl<T: Display> Probe<'_, T> {
    pub(super) fn display(&self) -> Option<String> {
        Some(format!("{0}{0:>200}{0:.200}", self.0))
    }
}

impl<T: Serialize> Probe<'_, T> {
    pub(super) fn serialized(&self) -> Option<String> {
        serde_json::to_string(self.0).ok()
    }
}

impl<T: std::ops::Deref<Target: Debug + Sized>> Probe<'_, T> {
    pub(super) fn dereferenced(&self) -> Option<String> {
        Some(format!("{:?}", **self.0))
    }
}

impl<T: AsRef<str>> Probe<'_, T> {
    pub(super) fn referenced(&self) -> Option<String> {
        Some(self.0.as_ref().to_owned())
    }
}

impl<T: Clone + Into<String>> Probe<'_, T> {
    pub(super) fn converted(&self) -> Option<String> {
        Some(self.0.clone().into())
    }
}

/// What holds where a bound does not.
pub(super) trait Nothing {
    fn display(&self) -> Option<String> {
        None
    }
    fn serialized(&self) -> Option<String> {
        None
    }
    fn dereferenced(&self) -> Option<String> {
        None
    }
    fn referenced(&self) -> Option<String> {
        None
    }
    fn converted(&self) -> Option<String> {
        None
    }
}

impl<T> Nothing for Probe<'_, T> {}
