//! Collects the answers that a source delivers one by one.

use std::sync::{Mutex, PoisonError};

use super::{Answer, Fetched, Key, Source};
use crate::error::{ErrorKind, SourceError};
use crate::lock::lock;

/// A call ended without an answer for this key.
pub(crate) const UNANSWERED: SourceError =
    SourceError::new(ErrorKind::Unavailable).because("the source did not answer");

/// Collects the answers of [`Source::fetch_each`].
pub(super) async fn collect(source: &dyn Source, keys: &[Key]) -> Fetched {
    let answers = Answers::new(keys.len());
    let deliver = |index, answer| answers.take(index, answer);
    let problems = source.fetch_each(keys, &deliver).await;
    answers.fetched(problems)
}

/// Collects the answers of [`Source::fetch_each_uncached`].
pub(crate) async fn collect_uncached(source: &dyn Source, keys: &[Key]) -> Fetched {
    let answers = Answers::new(keys.len());
    let deliver = |index, answer| answers.take(index, answer);
    let problems = source.fetch_each_uncached(keys, &deliver).await;
    answers.fetched(problems)
}

/// The first answer to each key.
pub(crate) struct Answers(Mutex<Vec<Option<Answer>>>);

impl Answers {
    pub(crate) fn new(keys: usize) -> Self {
        Self(Mutex::new(vec![None; keys]))
    }

    pub(crate) fn take(&self, index: usize, answer: Answer) {
        if let Some(first) = lock(&self.0).get_mut(index) {
            first.get_or_insert(answer);
        }
    }

    /// Puts the answers that were delivered into the place of others.
    pub(crate) fn replace_in(self, fetched: &mut Fetched) {
        let delivered = self.0.into_inner().unwrap_or_else(PoisonError::into_inner);
        for (answer, delivered) in fetched.answers.iter_mut().zip(delivered) {
            if let Some(delivered) = delivered {
                *answer = delivered;
            }
        }
    }

    fn fetched(&self, problems: Vec<SourceError>) -> Fetched {
        let answers = std::mem::take(&mut *lock(&self.0)).into_iter();
        let fetched: Fetched = answers.map(|answer| answer.unwrap_or(Answer::Failed(UNANSWERED))).collect();
        problems.into_iter().fold(fetched, Fetched::with_problem)
    }
}
