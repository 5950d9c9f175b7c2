//! The body of an answer, refused once it is longer than any answer of AWS.

use std::error::Error as StdError;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};

use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

/// The longest error answer that is read. An error of AWS is a code and a sentence.
const MAX_ERROR_SIZE: usize = 16 * 1024;
/// The longest successful answer that is read. A batch holds 20 values of 64 KiB at most, and JSON writes a
/// byte as up to six: 7.5 MiB.
const MAX_ANSWER_SIZE: usize = 16 * 1024 * 1024;
/// How many bytes of answers the calls of one source may hold at once. 100 calls for single values of 64 KiB
/// stay below it, each byte written as three, and so do 15 batches of plain text.
const MAX_BUFFERED: usize = 20 * 1024 * 1024;

/// Why a body is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RefusedBody {
    LongError,
    LongAnswer,
    ManyLongAnswers,
}

impl RefusedBody {
    pub(super) const fn reason(self) -> &'static str {
        match self {
            Self::LongError => "the error answer is longer than 16 KiB",
            Self::LongAnswer => "the answer is longer than 16 MiB",
            Self::ManyLongAnswers => "the answers that arrive at once are longer than 20 MiB",
        }
    }

    pub(super) const fn help(self) -> &'static str {
        match self {
            Self::LongError | Self::LongAnswer => "see which server answers: AWS's answers are shorter",
            Self::ManyLongAnswers => "load fewer secrets at once, or set a lower `concurrency`",
        }
    }
}

impl fmt::Display for RefusedBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.reason())
    }
}

impl StdError for RefusedBody {}

/// The bytes that the bodies of one source have read and still hold.
#[derive(Debug, Clone, Default)]
pub(super) struct Buffered(Arc<AtomicUsize>);

/// A body that fails instead of growing without end.
pub(super) struct BoundedBody {
    rest: SdkBody,
    is_error: bool,
    read: usize,
    buffered: Buffered,
}

impl BoundedBody {
    pub(super) fn new(body: SdkBody, is_error: bool, buffered: Buffered) -> Self {
        Self { rest: body, is_error, read: 0, buffered }
    }

    /// Counts a part of the body. The reader collects the parts, so that all of them take memory.
    fn count(&mut self, bytes: usize) -> Result<(), RefusedBody> {
        self.read = self.read.saturating_add(bytes);
        let before = self.buffered.0.fetch_add(bytes, Ordering::Relaxed);
        match self.is_error {
            true if self.read > MAX_ERROR_SIZE => Err(RefusedBody::LongError),
            false if self.read > MAX_ANSWER_SIZE => Err(RefusedBody::LongAnswer),
            _ if before.saturating_add(bytes) > MAX_BUFFERED => Err(RefusedBody::ManyLongAnswers),
            _ => Ok(()),
        }
    }
}

impl Drop for BoundedBody {
    fn drop(&mut self) {
        self.buffered.0.fetch_sub(self.read, Ordering::Relaxed);
    }
}

impl Body for BoundedBody {
    type Data = Bytes;
    type Error = aws_smithy_types::body::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let frame = ready!(Pin::new(&mut self.rest).poll_frame(context));
        let bytes = match &frame {
            Some(Ok(frame)) => frame.data_ref().map_or(0, Bytes::len),
            _ => 0,
        };
        Poll::Ready(match self.count(bytes) {
            Ok(()) => frame,
            Err(refused) => Some(Err(refused.into())),
        })
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.rest.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use aws_smithy_types::byte_stream::ByteStream;

    use super::*;

    async fn read(length: usize, is_error: bool, buffered: &Buffered) -> Result<usize, RefusedBody> {
        let body = BoundedBody::new(vec![b' '; length].into(), is_error, buffered.clone());
        match ByteStream::new(SdkBody::from_body_1_x(body)).collect().await {
            Ok(read) => Ok(read.into_bytes().len()),
            Err(error) => {
                let refused = error.source().and_then(|error| error.downcast_ref::<RefusedBody>());
                Err(*refused.unwrap())
            }
        }
    }

    #[tokio::test]
    async fn an_answer_is_read_up_to_its_limit() {
        let buffered = Buffered::default();
        for (limit, is_error, refused) in [
            (MAX_ERROR_SIZE, true, RefusedBody::LongError),
            (MAX_ANSWER_SIZE, false, RefusedBody::LongAnswer),
        ] {
            assert_eq!(read(0, is_error, &buffered).await, Ok(0));
            assert_eq!(read(limit, is_error, &buffered).await, Ok(limit));
            assert_eq!(read(limit + 1, is_error, &buffered).await, Err(refused));
        }
        assert_eq!(buffered.0.load(Ordering::Relaxed), 0, "a body that was read or dropped holds nothing");
    }

    #[tokio::test]
    async fn the_answers_of_one_source_share_a_limit() {
        let buffered = Buffered::default();
        let mut held = BoundedBody::new(SdkBody::empty(), false, buffered.clone());
        assert_eq!(held.count(MAX_BUFFERED / 2), Ok(()));
        assert_eq!(read(MAX_ANSWER_SIZE, false, &buffered).await, Err(RefusedBody::ManyLongAnswers));
        drop(held);
        assert_eq!(read(MAX_ANSWER_SIZE, false, &buffered).await, Ok(MAX_ANSWER_SIZE));
    }

    #[test]
    fn the_reasons_name_the_limits() {
        for (refused, limit) in [
            (RefusedBody::LongError, format!("{} KiB", MAX_ERROR_SIZE / 1024)),
            (RefusedBody::LongAnswer, format!("{} MiB", MAX_ANSWER_SIZE / 1024 / 1024)),
            (RefusedBody::ManyLongAnswers, format!("{} MiB", MAX_BUFFERED / 1024 / 1024)),
        ] {
            assert!(refused.reason().ends_with(&limit), "{refused}");
        }
    }
}
