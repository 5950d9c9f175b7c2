use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use super::*;
use crate::client::{Clock, Secrets};
use crate::error::SourceError;
use crate::source::{Answer, BoxFuture, Fetched, Identity, Key, Location, Source};

/// A remote store that a test fills, and that answers after a second.
#[derive(Clone, Default)]
pub(in crate::client) struct Store {
    answers: Arc<Mutex<HashMap<String, Answer>>>,
    requests: Arc<Mutex<u64>>,
}

impl Store {
    pub(in crate::client) fn with(self, name: &str, answer: impl Into<Answer>) -> Self {
        self.answers.lock().unwrap().insert(name.to_owned(), answer.into());
        self
    }

    pub(in crate::client) fn secrets(&self) -> Secrets {
        let builder = Secrets::builder().environment(Environment::PRODUCTION).clock(Clock::Tokio);
        builder.sources([self.clone()]).capacity(10).build().unwrap()
    }
}

impl Source for Store {
    fn name(&self) -> &'static str {
        "store"
    }

    fn locate(&self, setting: &crate::source::Setting) -> Vec<Location> {
        vec![Location::of_secret(setting)]
    }

    fn fetch<'a>(&'a self, keys: &'a [Key]) -> BoxFuture<'a, Fetched> {
        *self.requests.lock().unwrap() += 1;
        Box::pin(async move {
            tokio::time::sleep(Duration::from_secs(1)).await;
            let answers = self.answers.lock().unwrap();
            keys.iter().map(|key| answers.get(key.name()).cloned().unwrap_or(Answer::missing())).collect()
        })
    }

    fn is_remote(&self) -> bool {
        true
    }

    fn requests(&self) -> Vec<(&'static str, u64)> {
        vec![("Fetch", *self.requests.lock().unwrap())]
    }
}

async fn seconds(seconds: u64) {
    tokio::time::sleep(Duration::from_secs(seconds)).await;
}

fn outcomes(stats: &Stats) -> [u64; 4] {
    [stats.hits, stats.stale, stats.remembered, stats.misses]
}

#[tokio::test(start_paused = true)]
async fn each_read_is_one_of_four() {
    let secrets = Store::default().with("jwt", Answer::found("1")).secrets();
    assert_eq!((secrets.stats().reads(), secrets.stats().hit_rate()), (0, None));
    for reads in 1..=5 {
        secrets.get("jwt").await.unwrap();
        assert_eq!(outcomes(&secrets.stats()), [reads - 1, 0, 0, 1], "on the fast path or through the cache");
    }
    assert_eq!(secrets.stats().hit_rate(), Some(0.8));
    secrets.get("other").await.unwrap_err();
    secrets.get("other").await.unwrap_err();
    assert_eq!(outcomes(&secrets.stats()), [4, 0, 1, 2]);
    seconds(400).await;
    secrets.get("jwt").await.unwrap();
    assert_eq!(outcomes(&secrets.stats()), [4, 1, 1, 2]);
    // It joins the request of the stale read.
    secrets.request("jwt").refresh().await.unwrap();
    secrets.request("jwt").bypass_cache().await.unwrap();
    secrets.request("other").bypass_cache().await.unwrap_err();
    let stats = secrets.stats();
    assert_eq!(outcomes(&stats), [4, 1, 1, 5]);
    assert_eq!((stats.reads(), stats.coalesced, stats.refreshes, stats.refresh_failures), (11, 1, 1, 0));
    assert_eq!(stats.requests, BTreeMap::from([("Fetch", 5)]));
    assert_eq!(stats.failures, BTreeMap::from([(ErrorKind::Missing, 2)]));
}

#[tokio::test(start_paused = true)]
async fn reads_that_wait_together_are_misses_of_one_request() {
    let secrets = Store::default().with("jwt", Answer::found("1")).secrets();
    let read = || async { drop(secrets.get("jwt").await.unwrap()) };
    tokio::join!(read(), read(), read());
    let stats = secrets.stats();
    assert_eq!((stats.misses, stats.coalesced, stats.requests["Fetch"]), (3, 2, 1));
}

#[tokio::test(start_paused = true)]
async fn a_read_that_looks_up_twice_counts_once() {
    let secrets = Store::default().with("jwt", Answer::found("1")).secrets();
    let read = || async { drop(secrets.get("jwt").await.unwrap()) };
    // They come during a call that started too early for them.
    let refresh = || async {
        tokio::time::sleep(Duration::from_millis(500)).await;
        drop(secrets.request("jwt").refresh().await.unwrap());
    };
    tokio::join!(read(), refresh(), refresh(), refresh());
    let stats = secrets.stats();
    assert_eq!((stats.reads(), stats.misses, stats.coalesced, stats.requests["Fetch"]), (4, 4, 2, 2));
}

#[tokio::test(start_paused = true)]
async fn failed_refreshes_leave_the_value_and_are_counted() {
    let store = Store::default().with("jwt", Answer::found("1"));
    let secrets = store.secrets();
    secrets.get("jwt").await.unwrap();
    let _failing = store.with("jwt", SourceError::new(ErrorKind::Throttled));
    seconds(400).await;
    for _ in 0..3 {
        secrets.get("jwt").await.unwrap();
        seconds(60).await;
    }
    let stats = secrets.stats();
    assert_eq!((stats.stale, stats.refreshes, stats.refresh_failures), (3, 3, 3));
    assert_eq!(stats.failures, BTreeMap::from([(ErrorKind::Throttled, 3)]));
}

/// An identity as a store gives it, created this many days before the test.
fn made(days: u64) -> Identity {
    let created = SystemTime::now() - Duration::from_hours(24 * days);
    Identity::new("arn:aws:secretsmanager:eu-west-1:111111111111:secret:jwt-AbCdEf")
        .with_version_id("5b2f0d1c-0000-4000-8000-000000000000")
        .with_stages(["AWSCURRENT".to_owned(), "not a label".to_owned()])
        .with_created(created)
}

async fn varied() -> Secrets {
    let store = Store::default()
        .with("jwt", Answer::found("1").identified_by(made(100)))
        .with("db", Answer::found(b"\xff"))
        .with("denied", SourceError::new(ErrorKind::AccessDenied));
    let secrets = store.secrets();
    for name in ["jwt", "jwt", "jwt"] {
        secrets.get(name).await.unwrap();
    }
    secrets.request("db").version_id("5b2f0d1c").bytes().await.unwrap();
    secrets.request("db").stage("AWSPREVIOUS").bytes().await.unwrap();
    let denied = async { drop(secrets.get("denied").await.unwrap_err()) };
    let other = async { drop(secrets.get("other").await.unwrap_err()) };
    tokio::join!(denied, other);
    secrets
}

#[tokio::test(start_paused = true)]
async fn entries_have_names_states_and_ages() {
    let secrets = varied().await;
    let stats = secrets.stats();
    let told: Vec<_> = stats
        .entries
        .iter()
        .map(|entry| {
            (entry.names.join(","), entry.version.as_deref(), entry.state, entry.fetched_ago.is_some())
        })
        .collect();
    let told: Vec<_> =
        told.iter().map(|(names, version, state, held)| (names.as_str(), *version, *state, *held)).collect();
    assert_eq!(
        told,
        [
            ("db", Some("AWSPREVIOUS"), EntryState::Fresh, true),
            ("db", Some("by id"), EntryState::Fresh, true),
            ("denied", None, EntryState::Failed(ErrorKind::AccessDenied), false),
            ("jwt", None, EntryState::Fresh, true),
            ("other", None, EntryState::Missing, false),
        ]
    );
    let jwt = &stats.entries[3];
    assert_eq!(
        (jwt.fetched_ago, jwt.stages.as_slice()),
        (Some(Duration::from_secs(3)), &["AWSCURRENT".to_owned()][..])
    );
    assert_eq!(jwt.age.unwrap().as_secs() / 86400, 100);
    seconds(1000).await;
    assert_eq!(
        secrets.stats().entries.iter().map(|entry| entry.state).collect::<Vec<_>>(),
        [EntryState::Stale; 3]
    );
    seconds(4000).await;
    assert_eq!(
        secrets.stats().entries.iter().map(|entry| entry.state).collect::<Vec<_>>(),
        [EntryState::Expired; 3]
    );
    secrets.clear_cache();
    assert_eq!((secrets.stats().entries.len(), secrets.stats().reads()), (0, 7));
}

#[tokio::test(start_paused = true)]
async fn stats_print_as_a_table() {
    let expected = "\
production from store
ttl 5m, at most 1h longer; room for 10

reads         7  28.6 % answered at once
  hits        2
  stale       0
  remembered  0
  misses      5
refreshes     0
evictions     0
requests      4  4 Fetch
failures      2  1 access denied, 1 missing
watched       0

source  secret            state          fetched  made      stages
store   db (AWSPREVIOUS)  fresh          1s ago
store   db (by id)        fresh          2s ago
store   denied            access denied
store   jwt               fresh          3s ago   100d ago  AWSCURRENT
store   other             missing
";
    assert_eq!(varied().await.stats().to_string(), expected);
}

#[tokio::test(start_paused = true)]
async fn stats_serialize_without_unknown_fields() {
    let secrets = Store::default().with("jwt", Answer::found("1").identified_by(made(100))).secrets();
    let json = serde_json::to_value(secrets.stats()).unwrap();
    assert!(json.get("hit_rate").is_none() && json["entries"] == serde_json::json!([]), "{json}");
    secrets.get("jwt").await.unwrap();
    secrets.get("other").await.unwrap_err();
    let mut json = serde_json::to_value(secrets.stats()).unwrap();
    let age = json["entries"][0]["age_seconds"].take().as_f64().unwrap();
    assert!((8_640_000.0..8_640_100.0).contains(&age), "{age}");
    let expected = serde_json::json!({
        "environment": "production",
        "sources": ["store"],
        "ttl_seconds": 300.0,
        "max_stale_seconds": 3600.0,
        "capacity": 10,
        "hits": 0,
        "misses": 2,
        "stale": 0,
        "remembered": 0,
        "coalesced": 0,
        "hit_rate": 0.0,
        "refreshes": 0,
        "refresh_failures": 0,
        "evictions": 0,
        "requests": { "Fetch": 2 },
        "failures": { "missing": 1 },
        "watched": 0,
        "watched_failing": 0,
        "entries": [
            {
                "source": "store",
                "names": ["jwt"],
                "state": "fresh",
                "fetched_seconds_ago": 1.0,
                "age_seconds": null,
                "stages": ["AWSCURRENT"],
            },
            { "source": "store", "names": ["other"], "state": "missing", "stages": [] },
        ],
    });
    assert_eq!(json, expected);
}

/// Too long to occur by accident, and with characters that encodings escape.
pub(in crate::client) const CANARY: &str = "kzqvxwjhbn\"kzqvxwjhbn\\kzqvxwjhbn\nkzqvxwjhbn";

/// A store that holds the canary in every field that may hold arbitrary text.
pub(in crate::client) fn full_of_canaries() -> Store {
    let value = |number: u8| {
        let identity = Identity::new(format!("{CANARY}{number}")).with_name(CANARY).with_version_id(CANARY);
        Answer::found(CANARY).identified_by(identity.with_stages([CANARY.to_owned()]))
    };
    Store::default().with("jwt", value(1)).with(CANARY, value(2))
}

pub(in crate::client) async fn read_canaries(secrets: &Secrets) {
    assert_eq!(secrets.get("jwt").await.unwrap().expose_secret(), CANARY);
    secrets.get(CANARY).await.unwrap();
    secrets.request("jwt").stage(CANARY).await.unwrap();
    secrets.request("jwt").version_id(CANARY).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn stats_do_not_contain_values() {
    let secrets = full_of_canaries().secrets();
    read_canaries(&secrets).await;
    let stats = secrets.stats();
    assert_eq!(stats.entries.len(), 4);
    let told = format!("{stats}{stats:?}{stats:#?}{}", serde_json::to_string(&stats).unwrap());
    assert!(told.contains("jwt") && told.contains("(not a secret id)"), "{told}");
    assert!(!told.contains("kzqvxwjhbn"), "a value is seen");
    // The control: a name is shown.
    let named = Store::default().with("kzqvxwjhbn", Answer::found("1")).secrets();
    named.get("kzqvxwjhbn").await.unwrap();
    assert!(named.stats().to_string().contains("kzqvxwjhbn"));
}

#[test]
fn durations_are_shown_in_two_units() {
    let told = |seconds| super::display::rounded(Duration::from_secs(seconds));
    assert_eq!([0, 59, 60, 61].map(told), ["0s", "59s", "1m", "1m 1s"]);
    assert_eq!([3600, 5400, 86400, 100 * 86400 + 7200].map(told), ["1h", "1h 30m", "1d", "100d 2h"]);
    assert_eq!(super::display::rounded(Duration::from_millis(250)), "250ms");
}
