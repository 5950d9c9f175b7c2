//! What the scheduler in `fetch` hands to a call, and the outcome that a call in `get` or `batch` hands
//! back.

use std::sync::Arc;

use super::connections::RegionalClient;
use crate::error::SourceError;
use crate::source::{Answer, Key};

/// A key to request, and its index among the keys of the fetch.
pub(super) struct KeyRequest {
    pub(super) index: usize,
    pub(super) key: Key,
}

/// The outcome of one call.
pub(super) struct CallOutcome {
    pub(super) client: Arc<RegionalClient>,
    /// The answers, each with the index of its key.
    pub(super) answers: Vec<(usize, Answer)>,
    /// Keys to request again, one by one.
    pub(super) retry_alone: Vec<KeyRequest>,
    /// Keys to request again after a pause.
    pub(super) retry_later: Vec<KeyRequest>,
    /// The error of a call that was throttled.
    pub(super) throttled: Option<SourceError>,
    /// Keys for which the region gave no answer, with the error. They are requested in its failover region.
    pub(super) outage: Option<(Vec<KeyRequest>, SourceError)>,
    /// An error with which every other call of the fetch would fail too.
    pub(super) fatal: Option<SourceError>,
}

impl CallOutcome {
    /// An outcome without answers and without keys to request again.
    pub(super) fn of(client: Arc<RegionalClient>) -> Self {
        Self {
            client,
            answers: Vec::new(),
            retry_alone: Vec::new(),
            retry_later: Vec::new(),
            throttled: None,
            outage: None,
            fatal: None,
        }
    }
}
