use secrets_runtime::source::SourceError;
use secrets_runtime::{Error, ErrorKind, Secret, SecretConfig};

use crate::support::sources::Store;
use crate::support::{kinds, production};

#[derive(Debug, SecretConfig)]
struct Two {
    first: Secret<String>,
    second: Secret<String>,
}

async fn failing(first: ErrorKind, second: ErrorKind) -> Error {
    let store = Store::new("store")
        .answering("first", SourceError::new(first))
        .answering("second", SourceError::new(second));
    Two::load_from(&production().sources([store]).build().unwrap()).await.unwrap_err()
}

/// From the one that most needs a person to those that pass by themselves.
const KINDS: [(ErrorKind, &str); 8] = [
    (ErrorKind::Configuration, "configuration"),
    (ErrorKind::AccessDenied, "access denied"),
    (ErrorKind::Decryption, "decryption failed"),
    (ErrorKind::PendingDeletion, "pending deletion"),
    (ErrorKind::Invalid, "invalid"),
    (ErrorKind::Missing, "missing"),
    (ErrorKind::Unavailable, "unavailable"),
    (ErrorKind::Throttled, "throttled"),
];

#[tokio::test]
async fn of_several_kinds_the_one_that_most_needs_a_person_counts() {
    for (position, (kind, _)) in KINDS.iter().enumerate() {
        for (other, _) in &KINDS[position..] {
            assert_eq!(failing(*kind, *other).await.kind(), *kind, "{kind} and {other}");
            assert_eq!(failing(*other, *kind).await.kind(), *kind, "{other} and {kind}");
        }
    }
}

#[tokio::test]
async fn an_error_is_transient_only_if_all_of_it_is() {
    let transient = [ErrorKind::Unavailable, ErrorKind::Throttled];
    for (first, _) in KINDS {
        for (second, _) in KINDS {
            let expected = transient.contains(&first) && transient.contains(&second);
            assert_eq!(failing(first, second).await.is_transient(), expected, "{first} and {second}");
        }
    }
}

#[tokio::test]
async fn each_kind_has_its_words() {
    for (kind, words) in KINDS {
        assert_eq!((kind.to_string().as_str(), kind.as_str()), (words, words));
        let error = failing(kind, kind).await;
        assert_eq!(kinds(&error), [("first", kind), ("second", kind)]);
        assert_eq!(error.fields()[1].to_string(), format!("second: {words}"));
    }
}

#[test]
fn an_error_crosses_threads_and_is_one_pointer_wide() {
    fn assert_send_and_sync<T: Send + Sync + 'static>() {}
    assert_send_and_sync::<Error>();
    assert_eq!(size_of::<Result<(), Error>>(), size_of::<usize>());
}
