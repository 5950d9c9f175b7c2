//! The names and descriptions of the metrics.

use ::metrics::{Level, Metadata, Recorder, Unit};

pub(super) const READS: &str = "secrets_reads_total";
pub(super) const COALESCED: &str = "secrets_coalesced_reads_total";
pub(super) const REFRESHES: &str = "secrets_refreshes_total";
pub(super) const REFRESH_FAILURES: &str = "secrets_refresh_failures_total";
pub(super) const FAILURES: &str = "secrets_failures_total";
pub(super) const REQUESTS: &str = "secrets_requests_total";
pub(super) const EVICTIONS: &str = "secrets_evictions_total";
pub(super) const ENTRIES: &str = "secrets_entries";
pub(super) const AGE: &str = "secrets_age_seconds";
pub(super) const FETCH_AGE: &str = "secrets_fetch_age_seconds";
pub(super) const WATCHED_FAILING: &str = "secrets_watched_failing";

pub(super) const COUNTERS: [(&str, &str); 7] = [
    (READS, "Reads of remote secrets by outcome: hit, stale, remembered, or miss, which had to wait."),
    (COALESCED, "Misses that waited for a request which another read had begun."),
    (REFRESHES, "Secrets fetched again while an older value was held."),
    (
        REFRESH_FAILURES,
        "Refreshes that failed for a transient reason, so that the older value stayed in use.",
    ),
    (FAILURES, "Answers of a remote source without a value, by kind."),
    (REQUESTS, "Requests sent to a remote source, retries included, by operation."),
    (EVICTIONS, "Secrets dropped because the cache was full."),
];

pub(super) const GAUGES: [(&str, Option<Unit>, &str); 4] = [
    (ENTRIES, None, "Secrets in the cache, including names that are remembered to have no value."),
    (AGE, Some(Unit::Seconds), "Time since the cached version of a secret was created."),
    (FETCH_AGE, Some(Unit::Seconds), "Time since a cached secret was fetched."),
    (
        WATCHED_FAILING,
        None,
        "Watched configs and secrets with settings that do not load, so that their last good values are in use.",
    ),
];

/// The target of the metrics, too. A module's path would change with the files.
const CRATE: &str = "secrets_runtime";

pub(super) const METADATA: Metadata<'static> = Metadata::new(CRATE, Level::INFO, Some(CRATE));

/// Describes all metrics. Called for each publication, since it costs little and the recorder may be a new
/// one.
pub(super) fn describe(recorder: &dyn Recorder) {
    for (name, description) in COUNTERS {
        recorder.describe_counter(name.into(), Some(Unit::Count), description.into());
    }
    for (name, unit, description) in GAUGES {
        recorder.describe_gauge(name.into(), unit, description.into());
    }
}
