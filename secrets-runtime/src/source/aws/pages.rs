//! Follows the pages of a list, and ends a list that has no end.

use crate::error::{ErrorKind, SourceError};

/// The longest token that is sent back:
/// [`NextToken`](https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_ListSecrets.html).
const MAX_TOKEN_LENGTH: usize = 4096;

const REPEATED: &str = "the list does not end: a NextToken repeats";
const TOO_MANY: &str = "the list does not end: it has more pages than any list of AWS";
const LONG_TOKEN: &str = "the NextToken is longer than 4096 characters";

/// The state of a list whose pages are read one after the other.
pub(crate) struct Pages {
    state: State,
    read: usize,
    max: usize,
    /// An earlier token. It is replaced after 1, 2, 4, 8 .. pages, so that tokens that repeat meet it,
    /// whatever the number of pages between them.
    earlier: Option<String>,
}

enum State {
    Start,
    /// The token of the next page.
    At(String),
    End,
}

impl Pages {
    /// A list of at most `max` pages, before the first one.
    pub(crate) const fn new(max: usize) -> Self {
        Self { state: State::Start, read: 0, max, earlier: None }
    }

    pub(crate) const fn is_done(&self) -> bool {
        matches!(self.state, State::End)
    }

    /// The token to send for the next page; the first page has none.
    pub(crate) fn token(&self) -> Option<String> {
        match &self.state {
            State::At(token) => Some(token.clone()),
            State::Start | State::End => None,
        }
    }

    /// Goes on to the page after the one that was just read.
    ///
    /// # Errors
    /// If the list does not end.
    pub(crate) fn advance(&mut self, token: Option<String>) -> Result<(), SourceError> {
        let Some(token) = token.filter(|token| !token.is_empty()) else {
            self.state = State::End;
            return Ok(());
        };
        self.read = self.read.saturating_add(1);
        let reason = if token.len() > MAX_TOKEN_LENGTH {
            Some(LONG_TOKEN)
        } else if self.earlier.as_ref() == Some(&token) {
            Some(REPEATED)
        } else {
            (self.read >= self.max).then_some(TOO_MANY)
        };
        if let Some(reason) = reason {
            return Err(SourceError::new(ErrorKind::Unavailable)
                .because(reason)
                .with_help("see which server answers: AWS's lists end"));
        }
        if self.read.is_power_of_two() {
            self.earlier = Some(token.clone());
        }
        self.state = State::At(token);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The number of pages that are read, and the reason if the list does not end.
    fn follow(max: usize, token: impl Fn(usize) -> Option<String>) -> (usize, Option<String>) {
        let mut pages = Pages::new(max);
        let mut read = 0;
        while !pages.is_done() {
            assert_eq!(pages.token(), (read > 0).then(|| token(read - 1)).flatten());
            if let Err(error) = pages.advance(token(read)) {
                return (read + 1, Some(error.to_string()));
            }
            read += 1;
        }
        (read, None)
    }

    #[test]
    fn a_list_ends_without_a_token() {
        assert_eq!(follow(9, |_| None), (1, None));
        assert_eq!(follow(9, |_| Some(String::new())), (1, None));
        assert_eq!(follow(9, |page| (page < 5).then(|| page.to_string())), (6, None));
    }

    #[test]
    fn tokens_that_repeat_end_it() {
        for period in [1, 2, 3, 7, 100] {
            let (read, reason) = follow(10_000, |page| Some((page % period).to_string()));
            assert_eq!(reason.as_deref(), Some(REPEATED), "{period}");
            assert!(read <= 4 * period, "{period}: {read}");
        }
        // The first pages are in order.
        let (read, reason) = follow(10_000, |page| Some(page.min(50).to_string()));
        assert_eq!(reason.as_deref(), Some(REPEATED));
        assert!(read <= 200, "{read}");
    }

    #[test]
    fn ever_new_tokens_end_at_the_limit() {
        assert_eq!(follow(20, |page| Some(page.to_string())), (20, Some(TOO_MANY.to_owned())));
    }

    #[test]
    fn a_token_of_any_length_is_not_sent_back() {
        assert_eq!(follow(20, |_| Some("t".repeat(4097))), (1, Some(LONG_TOKEN.to_owned())));
    }
}
