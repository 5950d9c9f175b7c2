use std::fmt::{self, Write};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::DefaultGuard;
use tracing::{Dispatch, Event, Metadata, Subscriber};

use crate::client::stats::tests::{CANARY, Store, full_of_canaries, read_canaries};
use crate::error::{ErrorKind, SourceError};
use crate::source::Answer;

/// What this crate logs on this thread until it is dropped.
struct Log {
    lines: Arc<Mutex<Vec<String>>>,
    _guard: DefaultGuard,
}

impl Log {
    fn capture() -> Self {
        // With one collector in the process, whichever thread comes first to a log line would decide for all whether
        // anybody wants it.
        static SECOND: OnceLock<Dispatch> = OnceLock::new();
        SECOND.get_or_init(|| Dispatch::new(Collector::default()));
        let collector = Collector::default();
        Self { lines: Arc::clone(&collector.0), _guard: tracing::subscriber::set_default(collector) }
    }

    /// What was logged since this was last asked.
    fn taken(&self) -> Vec<String> {
        std::mem::take(&mut self.lines.lock().unwrap())
    }

    fn taken_above_debug(&self) -> Vec<String> {
        self.taken()
            .into_iter()
            .filter(|line| line.starts_with("WARN") || line.starts_with("INFO "))
            .collect()
    }
}

#[derive(Default)]
struct Collector(Arc<Mutex<Vec<String>>>);

impl Collector {
    fn push(&self, metadata: &Metadata<'_>, what: &str, record: impl FnOnce(&mut Text)) {
        if metadata.target().starts_with("secrets_runtime") {
            let mut text = Text::default();
            record(&mut text);
            let line = format!("{}{what}{}{}", metadata.level(), text.message, text.fields);
            self.0.lock().unwrap().push(line);
        }
    }
}

impl Subscriber for Collector {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let what = format!("-span {}", span.metadata().name());
        self.push(span.metadata(), &what, |text| span.record(text));
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        self.push(event.metadata(), "", |text| event.record(text));
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

#[derive(Default)]
struct Text {
    message: String,
    fields: String,
}

impl Visit for Text {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "message" {
            let _ = write!(self.message, " {value:?}");
        } else {
            let _ = write!(self.fields, " {}={value:?}", field.name());
        }
    }
}

async fn seconds(seconds: u64) {
    tokio::time::sleep(Duration::from_secs(seconds)).await;
}

#[tokio::test(start_paused = true)]
async fn a_fetch_is_a_span_with_its_outcomes() {
    let log = Log::capture();
    let secrets = Store::default()
        .with("jwt", Answer::found("1"))
        .with("denied", SourceError::new(ErrorKind::AccessDenied).with_code("AccessDenied"))
        .secrets();
    secrets.get("jwt").await.unwrap();
    assert_eq!(
        log.taken(),
        [r#"INFO-span fetch source="store" keys=1"#, r#"DEBUG fetched source="store" key=jwt"#]
    );
    secrets.get("other").await.unwrap_err();
    assert_eq!(log.taken()[1..], [r#"DEBUG not there source="store" key=other"#]);
    secrets.request("denied").bypass_cache().await.unwrap_err();
    let expected = [
        r#"INFO-span fetch source="store" keys=1"#,
        r#"DEBUG failed source="store" key=denied error=AccessDenied"#,
    ];
    assert_eq!(log.taken(), expected);
    secrets.get("jwt").await.unwrap();
    assert_eq!(log.taken(), [""; 0], "a read of a cached secret says nothing");
}

#[tokio::test(start_paused = true)]
async fn an_outage_of_an_hour_is_two_lines() {
    let store = Store::default().with("jwt", Answer::found("1")).with("db", Answer::found("1"));
    let secrets = store.secrets();
    let read = async || {
        let (jwt, db) = tokio::join!(secrets.get("jwt"), secrets.get("db"));
        (jwt.unwrap(), db.unwrap())
    };
    read().await;
    let log = Log::capture();
    let failing = SourceError::new(ErrorKind::Unavailable);
    let store = store.with("jwt", failing.clone()).with("db", failing);
    for _ in 0..360 {
        seconds(10).await;
        read().await;
    }
    let _store = store.with("jwt", Answer::found("2")).with("db", Answer::found("2"));
    for _ in 0..10 {
        seconds(10).await;
        read().await;
    }
    let lines = log.taken();
    let again = lines.iter().filter(|line| line.starts_with("DEBUG refreshes failed again")).count();
    assert!(again > 60, "{again}");
    let loud: Vec<_> =
        lines.iter().filter(|line| line.starts_with("WARN") || line.starts_with("INFO ")).collect();
    assert_eq!(loud.len(), 2, "{loud:#?}");
    assert!(loud[0].starts_with("WARN refreshes failed: the values held are served"), "{loud:#?}");
    assert!(loud[1].starts_with("INFO fetched again after failures source=\"store\" keys=["), "{loud:#?}");
    assert!(loud.iter().all(|line| line.contains("jwt") && line.contains("db")), "{loud:#?}");
}

#[tokio::test(start_paused = true)]
async fn a_value_that_ends_is_told_of() {
    let store = Store::default().with("jwt", Answer::found("1")).with("db", Answer::found("1"));
    let secrets = store.secrets();
    secrets.get("jwt").await.unwrap();
    secrets.get("db").await.unwrap();
    let log = Log::capture();
    let store = store
        .with("jwt", SourceError::new(ErrorKind::AccessDenied))
        .with("db", SourceError::new(ErrorKind::Unavailable));
    seconds(400).await;
    secrets.get("jwt").await.unwrap();
    seconds(2).await;
    assert_eq!(
        log.taken_above_debug(),
        [
            r#"WARN the value held is dropped: the source no longer gives it source="store" key=jwt kind=access denied"#,
        ]
    );
    secrets.get("db").await.unwrap();
    seconds(4000).await;
    secrets.get("db").await.unwrap_err();
    let lines = log.taken_above_debug();
    assert!(lines[0].starts_with("WARN refreshes failed"), "{lines:#?}");
    let expired =
        r#"WARN the value held is dropped: no refresh succeeded within its time source="store" key=db"#;
    assert_eq!(lines[1..], [expired]);
    let _store = store.with("jwt", Answer::found("1"));
    secrets.get("jwt").await.unwrap();
    log.taken();
    seconds(8000).await;
    secrets.get("other").await.unwrap_err();
    let lines = log.taken();
    let expired =
        r#"DEBUG the value held is dropped: nobody asked for it within its time source="store" key=jwt"#;
    assert!(lines.iter().any(|line| line == expired), "{lines:#?}");
}

#[tokio::test(start_paused = true)]
async fn what_makes_room_is_told_of() {
    let store =
        (0..11).fold(Store::default(), |store, number| store.with(&number.to_string(), Answer::found("1")));
    let secrets = store.secrets();
    let log = Log::capture();
    for number in 0..11 {
        secrets.get(&number.to_string()).await.unwrap();
    }
    let evicted: Vec<_> = log.taken().into_iter().filter(|line| line.starts_with("TRACE")).collect();
    assert_eq!(evicted, [r#"TRACE evicted: a larger capacity would keep it source="store" key=0"#]);
    assert_eq!(secrets.stats().evictions, 1);
}

#[tokio::test(start_paused = true)]
async fn who_listens_may_ask_for_secrets() {
    struct Asking(Mutex<Option<crate::Secrets>>);
    impl Subscriber for Asking {
        fn enabled(&self, _: &Metadata<'_>) -> bool {
            true
        }
        fn new_span(&self, _: &Attributes<'_>) -> Id {
            Id::from_u64(1)
        }
        fn record(&self, _: &Id, _: &Record<'_>) {}
        fn record_follows_from(&self, _: &Id, _: &Id) {}
        fn event(&self, _: &Event<'_>) {
            if let Some(secrets) = &*self.0.lock().unwrap() {
                let _stats = secrets.stats();
            }
        }
        fn enter(&self, _: &Id) {}
        fn exit(&self, _: &Id) {}
    }
    let secrets = Store::default().with("jwt", Answer::found("1")).secrets();
    let _guard = tracing::subscriber::set_default(Asking(Mutex::new(Some(secrets.clone()))));
    secrets.get("jwt").await.unwrap();
    secrets.request("jwt").bypass_cache().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn nothing_of_a_value_is_logged() {
    let log = Log::capture();
    read_canaries(&full_of_canaries().secrets()).await;
    let lines = log.taken().concat();
    assert!(lines.contains("fetched"), "{lines}");
    assert!(!lines.contains("kzqvxwjhbn"), "a value is seen");
    tracing::info!(target: "secrets_runtime", "{CANARY}");
    assert!(log.taken().concat().contains("kzqvxwjhbn"));
}
