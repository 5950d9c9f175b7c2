use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind, panic_any};
use std::sync::Mutex;
use std::time::Duration;

use ::metrics::{Metadata, Recorder, Unit, set_default_local_recorder, with_local_recorder};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusRecorder};

use super::names::{COUNTERS, GAUGES, METADATA};
use super::publisher::Totals;
use super::*;
use crate::client::stats::tests::{Store, full_of_canaries, read_canaries};
use crate::error::SourceError;
use crate::lock::lock;
use crate::setting::Setting;
use crate::source::{Answer, BoxFuture, Fetched, Identity, Location, Source};

fn recorder() -> PrometheusRecorder {
    PrometheusBuilder::new().build_recorder()
}

/// Uses sums that no other test adds to.
fn alone(secrets: Secrets, totals: &'static Mutex<Totals>) -> Secrets {
    let mut inner = secrets.inner;
    // What was published when it was built is all zero.
    Arc::get_mut(&mut inner).unwrap().publisher.totals = totals;
    Secrets { inner }
}

fn totals() -> &'static Mutex<Totals> {
    Box::leak(Box::default())
}

/// What a collector gets, without descriptions.
fn collected(recorder: &PrometheusRecorder) -> Vec<String> {
    let rendered = recorder.handle().render();
    rendered.lines().filter(|line| !line.starts_with('#') && !line.is_empty()).map(str::to_owned).collect()
}

#[track_caller]
fn assert_has(collected: &[String], expected: &[&str]) {
    for line in expected {
        assert!(collected.iter().any(|collected| collected == line), "{line} is not in {collected:#?}");
    }
}

fn store() -> Store {
    let identity = Identity::default().with_created(std::time::SystemTime::now() + Duration::from_hours(1));
    Store::default()
        .with("jwt", Answer::found("1").identified_by(identity))
        .with("denied", SourceError::new(ErrorKind::AccessDenied))
}

#[tokio::test(start_paused = true)]
async fn a_recorder_that_is_installed_late_gets_everything() {
    let secrets = alone(store().secrets(), totals());
    for _ in 0..4 {
        secrets.get("jwt").await.unwrap();
    }
    secrets.get("denied").await.unwrap_err();
    let recorder = recorder();
    with_local_recorder(&recorder, || secrets.publish_metrics());
    let collected = collected(&recorder);
    assert_has(
        &collected,
        &[
            r#"secrets_reads_total{outcome="hit"} 3"#,
            r#"secrets_reads_total{outcome="miss"} 2"#,
            r#"secrets_reads_total{outcome="stale"} 0"#,
            r#"secrets_reads_total{outcome="remembered"} 0"#,
            "secrets_coalesced_reads_total 0",
            r#"secrets_failures_total{source="store",kind="access_denied"} 1"#,
            r#"secrets_failures_total{source="store",kind="throttled"} 0"#,
            r#"secrets_requests_total{source="store",operation="Fetch"} 2"#,
            r#"secrets_refreshes_total{source="store"} 0"#,
            r#"secrets_refresh_failures_total{source="store"} 0"#,
            r#"secrets_evictions_total{source="store"} 0"#,
            r#"secrets_entries{source="store"} 2"#,
            r#"secrets_age_seconds{source="store",secret="jwt"} 0"#,
            r#"secrets_fetch_age_seconds{source="store",secret="jwt"} 1"#,
        ],
    );
    let rendered = recorder.handle().render();
    for (name, description) in COUNTERS.into_iter().chain(GAUGES.map(|(name, _, text)| (name, text))) {
        assert!(rendered.contains(&format!("# HELP {name} {description}\n")), "{name}: {rendered}");
    }
}

#[tokio::test(start_paused = true)]
async fn several_secrets_are_summed_and_a_dropped_value_has_no_age() {
    let (totals, recorder) = (totals(), recorder());
    let (one, other) = (alone(store().secrets(), totals), alone(store().secrets(), totals));
    let publish = |secrets: &Secrets| with_local_recorder(&recorder, || secrets.publish_metrics());
    for secrets in [&one, &other, &other] {
        secrets.get("jwt").await.unwrap();
        publish(secrets);
        publish(secrets);
    }
    assert_has(
        &collected(&recorder),
        &[
            r#"secrets_reads_total{outcome="hit"} 1"#,
            r#"secrets_reads_total{outcome="miss"} 2"#,
            r#"secrets_entries{source="store"} 2"#,
        ],
    );
    one.clear_cache();
    publish(&one);
    assert_has(
        &collected(&recorder),
        &[r#"secrets_entries{source="store"} 1"#, r#"secrets_age_seconds{source="store",secret="jwt"} 0"#],
    );
    with_local_recorder(&recorder, || drop(other));
    assert_has(
        &collected(&recorder),
        &[
            r#"secrets_reads_total{outcome="miss"} 2"#,
            r#"secrets_entries{source="store"} 0"#,
            r#"secrets_age_seconds{source="store",secret="jwt"} NaN"#,
            r#"secrets_fetch_age_seconds{source="store",secret="jwt"} NaN"#,
        ],
    );
}

#[tokio::test(start_paused = true)]
async fn the_oldest_copy_of_several_has_the_age() {
    let (totals, recorder) = (totals(), recorder());
    let (old, young) = (alone(store().secrets(), totals), alone(store().secrets(), totals));
    let publish = |secrets: &Secrets| with_local_recorder(&recorder, || secrets.publish_metrics());
    let fetch_age =
        |seconds: &str| format!(r#"secrets_fetch_age_seconds{{source="store",secret="jwt"}} {seconds}"#);
    old.get("jwt").await.unwrap();
    tokio::time::advance(Duration::from_secs(30)).await;
    young.get("jwt").await.unwrap();
    publish(&old);
    publish(&young);
    assert_has(&collected(&recorder), &[&fetch_age("31")]);
    with_local_recorder(&recorder, || drop(old));
    assert_has(&collected(&recorder), &[&fetch_age("0")]);
    with_local_recorder(&recorder, || drop(young));
    assert_has(&collected(&recorder), &[&fetch_age("NaN")]);
    let totals = lock(totals);
    assert!(totals.published.is_empty());
}

#[test]
fn older_numbers_do_not_replace_newer_ones() {
    let totals = totals();
    let key = |name| Key::from_parts(name, Vec::new());
    let series = |count, entries| Series {
        counters: HashMap::from([(key(COALESCED), count)]),
        gauges: HashMap::from([(key(ENTRIES), entries)]),
    };
    let newer = lock(totals).take(0, series(3, 2.0));
    assert_eq!(newer.counters, [(key(COALESCED), 3)]);
    let older = lock(totals).take(0, series(2, 1.0));
    assert_eq!(older.counters, [(key(COALESCED), 3)]);
    let next = lock(totals).take(0, series(4, 1.0));
    assert_eq!(next.counters, [(key(COALESCED), 4)]);
    // A thread that recorded two entries meanwhile corrects that.
    assert_eq!(lock(totals).corrections(newer).gauges, [(1.0, key(ENTRIES))]);
    assert!(lock(totals).corrections(next).is_empty());
}

/// A store that publishes while its counts are read, and a recorder that publishes while it records.
#[test]
fn sources_and_recorders_may_publish_while_they_are_called() {
    #[derive(Default)]
    struct Nosy(Store);

    impl Source for Nosy {
        fn name(&self) -> &str {
            self.0.name()
        }
        fn locate(&self, setting: &Setting) -> Vec<Location> {
            self.0.locate(setting)
        }
        fn fetch<'a>(&'a self, keys: &'a [crate::source::Key]) -> BoxFuture<'a, Fetched> {
            self.0.fetch(keys)
        }
        fn is_remote(&self) -> bool {
            true
        }
        fn requests(&self) -> Vec<(&'static str, u64)> {
            drop(Store::default().secrets());
            Vec::new()
        }
    }

    struct Busy(std::cell::Cell<bool>);

    impl Recorder for Busy {
        fn describe_counter(&self, _: ::metrics::KeyName, _: Option<Unit>, _: ::metrics::SharedString) {}
        fn describe_gauge(&self, _: ::metrics::KeyName, _: Option<Unit>, _: ::metrics::SharedString) {}
        fn describe_histogram(&self, _: ::metrics::KeyName, _: Option<Unit>, _: ::metrics::SharedString) {}
        fn register_counter(&self, _: &Key, _: &Metadata<'_>) -> ::metrics::Counter {
            if !self.0.replace(true) {
                drop(Store::default().secrets());
            }
            ::metrics::Counter::noop()
        }
        fn register_gauge(&self, _: &Key, _: &Metadata<'_>) -> ::metrics::Gauge {
            ::metrics::Gauge::noop()
        }
        fn register_histogram(&self, _: &Key, _: &Metadata<'_>) -> ::metrics::Histogram {
            ::metrics::Histogram::noop()
        }
    }

    let (done, is_done) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        with_local_recorder(&Busy(false.into()), || {
            drop(Secrets::builder().sources([Nosy::default()]).build().unwrap());
        });
        done.send(()).unwrap();
    });
    is_done.recv_timeout(Duration::from_secs(10)).expect("a deadlock");
}

#[test]
fn a_recorder_that_panics_while_a_panic_unwinds_does_not_end_the_process() {
    struct Faulty;

    /// The payload of its panic. It panics when it is dropped.
    struct Trap;

    impl Drop for Trap {
        fn drop(&mut self) {
            panic!("the recorder");
        }
    }

    impl Recorder for Faulty {
        fn describe_counter(&self, _: ::metrics::KeyName, _: Option<Unit>, _: ::metrics::SharedString) {
            panic_any(Trap);
        }
        fn describe_gauge(&self, _: ::metrics::KeyName, _: Option<Unit>, _: ::metrics::SharedString) {}
        fn describe_histogram(&self, _: ::metrics::KeyName, _: Option<Unit>, _: ::metrics::SharedString) {}
        fn register_counter(&self, _: &Key, _: &Metadata<'_>) -> ::metrics::Counter {
            ::metrics::Counter::noop()
        }
        fn register_gauge(&self, _: &Key, _: &Metadata<'_>) -> ::metrics::Gauge {
            ::metrics::Gauge::noop()
        }
        fn register_histogram(&self, _: &Key, _: &Metadata<'_>) -> ::metrics::Histogram {
            ::metrics::Histogram::noop()
        }
    }

    let totals = totals();
    let secrets = alone(store().secrets(), totals);
    let panicked = catch_unwind(AssertUnwindSafe(move || {
        with_local_recorder(&Faulty, || {
            let _secrets = secrets;
            panic!("the application");
        });
    }));
    assert_eq!(panicked.unwrap_err().downcast_ref(), Some(&"the application"));
    assert!(lock(totals).published.is_empty());
}

#[tokio::test(start_paused = true)]
async fn metrics_are_published_at_intervals_from_the_first_read_on() {
    let recorder: &'static PrometheusRecorder = Box::leak(Box::new(recorder()));
    let secrets = alone(store().secrets(), totals());
    let _installed = set_default_local_recorder(recorder);
    secrets.get("jwt").await.unwrap();
    secrets.get("jwt").await.unwrap();
    tokio::time::sleep(INTERVAL).await;
    assert_has(&collected(recorder), &[r#"secrets_reads_total{outcome="hit"} 1"#]);
    secrets.get("jwt").await.unwrap();
    drop(secrets);
    assert_has(&collected(recorder), &[r#"secrets_reads_total{outcome="hit"} 2"#]);
}

#[test]
fn another_runtime_takes_over() {
    let secrets = alone(store().secrets(), totals());
    let runtime =
        || tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    for _ in 0..2 {
        runtime().block_on(async {
            secrets.get("other").await.unwrap_err();
            assert!(secrets.inner.publisher.is_running.load(Ordering::Relaxed));
        });
        assert!(!secrets.inner.publisher.is_running.load(Ordering::Relaxed));
    }
}

#[test]
fn every_kind_starts_at_zero() {
    let recorder = recorder();
    with_local_recorder(&recorder, || drop(store().secrets()));
    let kinds = collected(&recorder).into_iter().filter(|line| line.starts_with(FAILURES)).count();
    assert_eq!(kinds, KINDS.len());
    // No kind is missing: they are all that there are up to the last one.
    assert!(KINDS.is_sorted() && KINDS.len() == ErrorKind::Throttled as usize + 1);
}

#[test]
fn without_remote_sources_there_is_nothing_to_publish() {
    let recorder = recorder();
    with_local_recorder(&recorder, || {
        let secrets = Secrets::builder().sources([crate::Memory::new()]).build().unwrap();
        secrets.publish_metrics();
    });
    assert_eq!(recorder.handle().render(), "");
}

#[tokio::test(start_paused = true)]
async fn watched_values_that_do_not_load_are_counted_also_those_of_local_sources() {
    let (totals, recorder) = (totals(), recorder());
    let memory = crate::Memory::from([("jwt", "1"), ("text", "text")]);
    let secrets = Secrets::builder().clock(crate::client::Clock::Tokio).sources([memory.clone()]);
    let secrets = alone(secrets.build().unwrap(), totals);
    let publish = || with_local_recorder(&recorder, || secrets.publish_metrics());
    let number = secrets.watch_json::<crate::Redacted<u64>>("jwt").await.unwrap();
    let _text = secrets.watch("text").await.unwrap();
    publish();
    assert_has(&collected(&recorder), &["secrets_watched_failing 0"]);
    memory.set("jwt", "not a number");
    assert!(number.refresh().await.is_err());
    publish();
    assert_has(&collected(&recorder), &["secrets_watched_failing 1"]);
    memory.set("jwt", "2");
    number.refresh().await.unwrap();
    publish();
    assert_has(&collected(&recorder), &["secrets_watched_failing 0"]);
}

#[tokio::test(start_paused = true)]
async fn labels_do_not_contain_values() {
    let secrets = alone(full_of_canaries().secrets(), totals());
    read_canaries(&secrets).await;
    let recorder = recorder();
    with_local_recorder(&recorder, || secrets.publish_metrics());
    let rendered = recorder.handle().render();
    assert!(rendered.contains(r#"secret="jwt""#), "{rendered}");
    assert!(!rendered.contains("kzqvxwjhbn") && !rendered.contains("not a secret id"), "a value is seen");
    // The control: a label shows what it is given.
    recorder
        .register_gauge(&Key::from_parts(AGE, vec![Label::new("secret", "kzqvxwjhbn")]), &METADATA)
        .set(1.0);
    assert!(recorder.handle().render().contains("kzqvxwjhbn"));
}
