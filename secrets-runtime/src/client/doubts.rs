//! Remembers which values look wrong, so that each is warned of once.

use std::collections::HashMap;
use std::sync::Mutex;

use crate::lock::lock;

/// The values that look wrong, each with the setting that found it: a value is warned of once, not at each
/// read, and not for each of the settings that read it.
#[derive(Default)]
pub(super) struct Doubts(Mutex<HashMap<String, String>>);

impl Doubts {
    /// More settings than a program has. Names of single secrets may be without end.
    const MAX: usize = 1024;

    /// Notes what the value in a place looks like now. Returns whether that is new.
    pub(super) fn note(&self, place: String, setting: &str, is_doubtful: bool) -> bool {
        let mut known = lock(&self.0);
        match known.get(&place) {
            None if is_doubtful && known.len() < Self::MAX => {
                known.insert(place, setting.to_owned());
                true
            }
            // Another setting may read it in another way.
            Some(finder) if !is_doubtful && finder == setting => {
                known.remove(&place);
                false
            }
            _ => false,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        lock(&self.0).is_empty()
    }
}
