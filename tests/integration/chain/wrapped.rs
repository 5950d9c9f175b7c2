//! A source of a user's own that forwards to another one and adds to it, by what the crate shows of itself.

use secrets_runtime::source::{
    Answer, BoxFuture, Fetched, Key, Location, Setting, Source, SourceError, Version,
};
use secrets_runtime::{ErrorKind, Place, Secret, SecretConfig};

use crate::support::sources::{Odd, Store};
use crate::support::{kinds, production};

/// Looks for everything in another version, and refuses what was found without it.
struct Pinned<S> {
    inner: S,
    version: Version,
}

impl<S: Source> Source for Pinned<S> {
    fn name(&self) -> &'static str {
        "my vault"
    }

    fn locate(&self, setting: &Setting) -> Vec<Location> {
        let locations = self.inner.locate(setting).into_iter();
        let unpinned = |location: &Location| *location.key().version() == Version::Current;
        locations.filter(unpinned).map(|location| location.with_version(self.version.clone())).collect()
    }

    fn fetch<'a>(&'a self, keys: &'a [Key]) -> BoxFuture<'a, Fetched> {
        Box::pin(async move {
            let fetched = self.inner.fetch(keys).await;
            let problems = fetched.problems().to_vec();
            let answers = fetched.answers().iter().zip(keys).map(|(answer, key)| match answer {
                Answer::Failed(error) if error.request_id().is_some() => {
                    Answer::missing_because("not in this version")
                }
                Answer::Missing(_) if key.name() == "old" => Answer::found("kept"),
                answer => answer.clone(),
            });
            problems.into_iter().fold(answers.collect(), Fetched::with_problem)
        })
    }
}

fn pinned<S: Source>(inner: S) -> Pinned<S> {
    Pinned { inner, version: Version::Stage("AWSPENDING".to_owned()) }
}

#[derive(Debug, SecretConfig)]
struct Config {
    new: Secret<String>,
    old: Secret<String>,
    #[secret(name = "pinned", stage = "AWSPREVIOUS")]
    pinned: Option<Secret<String>>,
}

#[tokio::test]
async fn it_asks_the_other_one_as_it_likes_and_adds_answers() {
    let store = Store::new("aws").with("new", "n").with("pinned", "p");
    let secrets = production().sources([pinned(store.clone())]).build().unwrap();
    let config = Config::load_from(&secrets).await.unwrap();
    assert_eq!((config.new.expose_secret().as_str(), config.old.expose_secret().as_str()), ("n", "kept"));
    assert!(config.pinned.is_none());
    assert_eq!(store.fetches(), [["new@AWSPENDING", "old@AWSPENDING"]]);
}

#[tokio::test]
async fn it_tells_a_failure_by_its_parts() {
    let denied = SourceError::new(ErrorKind::AccessDenied).with_code("Denied");
    let store = Store::new("aws")
        .answering("new", denied.clone().with_request_id("7c0e"))
        .answering("old", denied.clone());
    let error = Config::load_from(&production().sources([pinned(store)]).build().unwrap()).await.unwrap_err();
    assert_eq!(kinds(&error), [("new", ErrorKind::Missing), ("old", ErrorKind::AccessDenied)]);
    let [new, old] = [0, 1].map(|field: usize| &error.fields()[field].places()[0]);
    assert_eq!(
        (new.source(), new.outcome().as_str(), new.error()),
        ("my vault", "not in this version", None)
    );
    assert_eq!(old.error(), Some(&denied));
    assert_eq!(old.error().and_then(SourceError::code), Some("Denied"));
    assert_eq!(Place::error(old).and_then(SourceError::request_id), None);
}

#[tokio::test]
async fn it_passes_on_what_belongs_to_no_key() {
    const BROKEN: SourceError =
        SourceError::new(ErrorKind::Configuration).because("a line is broken").at_line(7);
    let odd = Odd(|keys| {
        Box::pin(async { keys.iter().map(|_| Answer::found("x")).collect::<Fetched>().with_problem(BROKEN) })
    });
    let error = Config::load_from(&production().sources([pinned(odd)]).build().unwrap()).await.unwrap_err();
    assert_eq!((error.kind(), kinds(&error)), (ErrorKind::Configuration, vec![]));
    let [problem] = error.problems() else { panic!("{error}") };
    assert_eq!((problem.place(), problem.error()), ("my vault", &BROKEN));
    assert_eq!(problem.to_string(), "my vault: line 7: a line is broken");
}
