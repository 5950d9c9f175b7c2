//! Everything that a thing can be made to say.

use std::any::Any;
use std::error::Error as StdError;
use std::fmt::{Debug, Display, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};

use secrets_runtime::Error;
use secrets_runtime::source::SourceError;

/// In every way in which a type that has `Debug` can be printed.
pub(crate) fn printed(value: &dyn Debug) -> String {
    format!(
        "{value:?}{value:#?}{value:x?}{value:X?}{value:#x?}{value:#X?}{value:>200?}{value:*^200?}{value:.3?}{value:0200.0?}"
    )
}

/// In every way in which a type that has `Display` can be printed.
pub(crate) fn displayed(value: &dyn Display) -> String {
    format!("{value}{value:#}{value:>200}{value:*^200}{value:.3}{value:<200.1}{value:0200.0}")
}

/// An error with whatever it names as its cause, as those print it who wrap errors: `{:#}` of anyhow, an I/O error.
pub(crate) fn chained<E: StdError + Clone + Send + Sync + 'static>(error: &E) -> String {
    let mut said = String::new();
    let mut cause: Option<&(dyn StdError + 'static)> = Some(error);
    while let Some(error) = cause {
        let _ = write!(said, "{}{}: ", displayed(error), printed(error));
        cause = error.source();
    }
    let boxed: Box<dyn StdError + Send + Sync> = error.clone().into();
    let _ = write!(said, "{boxed}{boxed:?}{boxed:#?}");
    let io = std::io::Error::other(boxed);
    let _ = write!(said, "{io}{io:?}{io:#?}");
    said
}

/// What a panic says that shows an error.
pub(crate) fn unwrapped<E: Debug + Clone>(error: &E) -> String {
    let failed = || -> Result<(), E> { Err(error.clone()) };
    let unwrap = || failed().unwrap();
    let expect = || failed().expect("a config");
    [panicked(unwrap), panicked(expect)].concat()
}

/// What the panic of a function says.
pub(crate) fn panicked(function: impl FnOnce()) -> String {
    let payload = catch_unwind(AssertUnwindSafe(function)).expect_err("a panic");
    let text = |payload: &(dyn Any + Send)| {
        payload
            .downcast_ref::<String>()
            .cloned()
            .or(payload.downcast_ref::<&str>().map(|text| (*text).to_owned()))
    };
    text(&*payload).expect("a panic with a text")
}

/// Everything that an error of this crate can be made to say, by each of its parts.
pub(crate) fn said(error: &Error) -> String {
    let mut said = chained(error);
    for field in error.fields() {
        let _ = write!(said, "{}{}", displayed(field), printed(field));
        let _ = write!(said, "{}{}{:?}{:?}", field.path(), field.doc(), field.kind(), field.help());
        for place in field.places() {
            let _ = write!(said, "{}{}", displayed(place), printed(place));
            let _ = write!(said, "{}{}{}", place.source(), place.location(), place.outcome());
            said.push_str(&place.error().map(of_source).unwrap_or_default());
        }
    }
    for problem in error.problems() {
        let _ = write!(said, "{}{}{}", displayed(problem), printed(problem), problem.place());
        said.push_str(&of_source(problem.error()));
    }
    said
}

/// The same of a source's own error.
pub(crate) fn of_source(error: &SourceError) -> String {
    let parts = format!("{:?}{:?}{:?}{:?}", error.kind(), error.code(), error.request_id(), error.help());
    chained(error) + &parts
}
