//! Captures everything that is logged through `tracing`, for tests of what is logged and what must not be.

use std::fmt::{self, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::DefaultGuard;
use tracing::{Dispatch, Event, Level, Metadata, Subscriber};

/// Everything that this thread logs at any level, with spans and their fields, until this is dropped.
///
/// A test on a current-thread runtime has all of its tasks on this thread.
pub struct Events {
    lines: Arc<Mutex<Vec<Line>>>,
    _guard: DefaultGuard,
}

struct Line {
    target: String,
    level: Level,
    is_event: bool,
    text: String,
}

impl Events {
    pub fn capture() -> Self {
        // With one collector in the process, tracing caches whether the first thread that reaches a log line wants it.
        // With a second one it asks every collector.
        static SECOND: OnceLock<Dispatch> = OnceLock::new();
        SECOND.get_or_init(|| Dispatch::new(Collector::default()));
        let collector = Collector::default();
        Self { lines: Arc::clone(&collector.lines), _guard: tracing::subscriber::set_default(collector) }
    }

    /// The events of `secrets_runtime`, without its spans: `LEVEL message field=value ..`.
    pub fn own(&self) -> Vec<String> {
        self.of_this_crate(|line| line.is_event)
    }

    /// The spans of `secrets_runtime`: `LEVEL name field=value ..`.
    pub fn spans(&self) -> Vec<String> {
        self.of_this_crate(|line| !line.is_event)
    }

    /// The events of this crate at WARN and above.
    pub fn warnings(&self) -> Vec<String> {
        self.of_this_crate(|line| line.is_event && line.level <= Level::WARN)
    }

    fn of_this_crate(&self, wanted: impl Fn(&Line) -> bool) -> Vec<String> {
        let lines = self.lines.lock().unwrap();
        let own = lines.iter().filter(|line| line.target.starts_with("secrets_runtime"));
        own.filter(|line| wanted(line)).map(|line| line.text.clone()).collect()
    }

    /// Everything that was logged.
    pub fn all(&self) -> String {
        self.except("")
    }

    /// Everything that was logged, except under one target.
    pub fn except(&self, target: &str) -> String {
        let lines = self.lines.lock().unwrap();
        let lines = lines.iter().filter(|line| line.target != target);
        lines.fold(String::new(), |all, line| all + &line.target + " " + &line.text + "\n")
    }
}

#[derive(Default)]
struct Collector {
    lines: Arc<Mutex<Vec<Line>>>,
    spans: AtomicU64,
}

impl Collector {
    fn push(&self, metadata: &Metadata<'_>, record: impl FnOnce(&mut Text)) {
        let mut text = Text::default();
        record(&mut text);
        let level = *metadata.level();
        let text = format!("{level}{}{}", text.message, text.fields);
        let (target, is_event) = (metadata.target().to_owned(), metadata.is_event());
        self.lines.lock().unwrap().push(Line { target, level, is_event, text });
    }
}

impl Subscriber for Collector {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        self.push(span.metadata(), |text| {
            text.message = format!(" {}", span.metadata().name());
            span.record(text);
        });
        // Zero is no id.
        Id::from_u64(self.spans.fetch_add(1, Ordering::Relaxed) + 1)
    }

    fn record(&self, _: &Id, values: &Record<'_>) {
        let mut text = Text::default();
        values.record(&mut text);
        self.lines.lock().unwrap().push(Line {
            target: "span".to_owned(),
            level: Level::TRACE,
            is_event: false,
            text: text.fields,
        });
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        self.push(event.metadata(), |text| event.record(text));
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

    fn record_str(&mut self, field: &Field, value: &str) {
        // As written: a `Debug` of a text would hide it behind escapes.
        self.record_debug(field, &format_args!("{value}"));
    }
}
