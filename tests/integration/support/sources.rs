//! Sources that a test can watch.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use secrets_runtime::ErrorKind;
use secrets_runtime::source::{
    Answer, BoxFuture, Fetched, Key, Location, Setting, Source, SourceError, Version,
};

/// A store under any name, which notes what it is asked. Holds whole secrets by their ids.
#[derive(Clone)]
pub(crate) struct Store {
    name: &'static str,
    answers: HashMap<String, Answer>,
    otherwise: Answer,
    help: Option<&'static str>,
    target: Option<&'static str>,
    asked: Arc<Mutex<Asked>>,
}

#[derive(Default)]
struct Asked {
    settings: Vec<Setting>,
    fetches: Vec<Vec<Key>>,
}

impl Store {
    /// An empty one.
    pub(crate) fn new(name: &'static str) -> Self {
        Self {
            name,
            answers: HashMap::new(),
            otherwise: Answer::missing_because("no such secret"),
            help: None,
            target: None,
            asked: Arc::default(),
        }
    }

    pub(crate) fn with(self, id: &str, value: &str) -> Self {
        self.answering(id, Answer::found(value))
    }

    pub(crate) fn answering(mut self, id: &str, answer: impl Into<Answer>) -> Self {
        self.answers.insert(id.to_owned(), answer.into());
        self
    }

    /// Answers this error to everything else.
    pub(crate) fn failing(mut self, error: SourceError) -> Self {
        self.otherwise = error.into();
        self
    }

    pub(crate) fn with_help(mut self, help: &'static str) -> Self {
        self.help = Some(help);
        self
    }

    pub(crate) fn with_target(mut self, target: &'static str) -> Self {
        self.target = Some(target);
        self
    }

    /// The settings that it was asked to locate.
    pub(crate) fn settings(&self) -> Vec<Setting> {
        self.asked.lock().unwrap().settings.clone()
    }

    /// The names of the keys of each fetch; `name@version` where it is not the current one.
    pub(crate) fn fetches(&self) -> Vec<Vec<String>> {
        let name = |key: &Key| match key.version() {
            Version::Current => key.name().to_owned(),
            Version::Stage(version) | Version::Id(version) => format!("{}@{version}", key.name()),
            other => panic!("an unknown version: {other:?}"),
        };
        self.asked.lock().unwrap().fetches.iter().map(|keys| keys.iter().map(name).collect()).collect()
    }
}

impl Source for Store {
    fn name(&self) -> &'static str {
        self.name
    }

    fn locate(&self, setting: &Setting) -> Vec<Location> {
        self.asked.lock().unwrap().settings.push(setting.clone());
        if setting.uses_secret_store() { vec![Location::of_secret(setting)] } else { Vec::new() }
    }

    fn fetch<'a>(&'a self, keys: &'a [Key]) -> BoxFuture<'a, Fetched> {
        self.asked.lock().unwrap().fetches.push(keys.to_vec());
        let answer = |key: &Key| self.answers.get(key.name()).unwrap_or(&self.otherwise).clone();
        Box::pin(async move { keys.iter().map(answer).collect() })
    }

    fn is_remote(&self) -> bool {
        true
    }

    fn help(&self, _: &Key, _: ErrorKind) -> Option<String> {
        self.help.map(str::to_owned)
    }

    fn target(&self) -> Option<String> {
        self.target.map(str::to_owned)
    }
}

/// One whose fetch comes to what a function says, which may be nothing at all.
pub(crate) struct Odd(pub(crate) fn(&[Key]) -> BoxFuture<'_, Fetched>);

impl Source for Odd {
    fn name(&self) -> &'static str {
        "odd"
    }

    fn locate(&self, setting: &Setting) -> Vec<Location> {
        vec![Location::of_secret(setting)]
    }

    fn fetch<'a>(&'a self, keys: &'a [Key]) -> BoxFuture<'a, Fetched> {
        (self.0)(keys)
    }
}

/// Sources of different types as one chain.
pub(crate) fn chain<const N: usize>(sources: [Box<dyn Source>; N]) -> [Box<dyn Source>; N] {
    sources
}
