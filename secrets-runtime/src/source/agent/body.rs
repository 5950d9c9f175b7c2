//! Finds the end of a body, and takes chunks out of their frames.

use httparse::{EMPTY_HEADER, Status, parse_chunk_size, parse_headers};

use super::head::{Framing, Head, MAX_HEAD_SIZE, MAX_HEADERS, Malformed};

/// The longest body that is read, with its frames. A value has 64 KiB at most, and JSON writes a byte as up
/// to six: an answer of the agent is shorter by far.
pub(super) const MAX_BODY_SIZE: usize = 16 * 1024 * 1024;

/// The longest line before a chunk: a size, and extensions that no server sends.
const MAX_CHUNK_LINE: usize = 1024;

/// A body of which more and more arrives.
pub(super) struct Body {
    framing: Framing,
    start: usize,
    /// The end of the content that was taken out of its frames.
    end: usize,
    /// The end of the bytes that were looked at.
    seen: usize,
}

impl Body {
    pub(super) const fn after(head: Head) -> Self {
        Self { framing: head.framing, start: head.size, end: head.size, seen: head.size }
    }

    /// The content, once it is complete.
    pub(super) fn content<'a>(&self, bytes: &'a [u8]) -> &'a [u8] {
        bytes.get(self.start..self.end).unwrap_or_default()
    }

    /// Looks at everything that has arrived, and returns whether the body is complete.
    ///
    /// # Errors
    /// If the body is too long or its chunks are malformed.
    pub(super) fn look(&mut self, bytes: &mut [u8]) -> Result<bool, Malformed> {
        let arrived = bytes.len().saturating_sub(self.start);
        if arrived > MAX_BODY_SIZE {
            return Err(Malformed);
        }
        match self.framing {
            Framing::Length(length) if length > MAX_BODY_SIZE => Err(Malformed),
            Framing::Length(length) => {
                self.end = self.start + arrived.min(length);
                Ok(arrived >= length)
            }
            Framing::ToEnd => {
                self.end = bytes.len();
                Ok(false)
            }
            Framing::Chunked => self.look_at_chunks(bytes),
        }
    }

    /// Whether the body is complete if the server has closed the connection.
    pub(super) const fn is_complete_at_end(&self) -> bool {
        matches!(self.framing, Framing::ToEnd)
    }

    /// Moves the content of each complete chunk to the end of the content before it.
    fn look_at_chunks(&mut self, bytes: &mut [u8]) -> Result<bool, Malformed> {
        loop {
            let rest = bytes.get(self.seen..).unwrap_or_default();
            let (line, size) = match parse_chunk_size(rest) {
                Ok(Status::Complete((line, size))) => (line, usize::try_from(size).map_err(|_| Malformed)?),
                Ok(Status::Partial) if rest.len() <= MAX_CHUNK_LINE => return Ok(false),
                Ok(Status::Partial) | Err(_) => return Err(Malformed),
            };
            if size == 0 {
                return are_trailers_complete(rest.get(line..).unwrap_or_default());
            }
            if size > MAX_BODY_SIZE {
                return Err(Malformed);
            }
            let Some(line_break) = rest.get(line + size..line + size + 2) else { return Ok(false) };
            if line_break != b"\r\n" {
                return Err(Malformed);
            }
            let content = self.seen + line..self.seen + line + size;
            // Never beyond the bytes, since the content moves towards their beginning.
            bytes.copy_within(content, self.end);
            self.end += size;
            self.seen += line + size + 2;
        }
    }
}

fn are_trailers_complete(bytes: &[u8]) -> Result<bool, Malformed> {
    let mut trailers = [EMPTY_HEADER; MAX_HEADERS];
    match parse_headers(bytes, &mut trailers) {
        Ok(Status::Complete(_)) => Ok(true),
        Ok(Status::Partial) if bytes.len() <= MAX_HEAD_SIZE => Ok(false),
        Ok(Status::Partial) | Err(_) => Err(Malformed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: usize = 3;

    /// The content of a body that arrives byte by byte, and how many bytes of it were looked at. `None` if it
    /// is not complete.
    fn read(framing: Framing, body: &[u8]) -> Result<Option<(Vec<u8>, usize)>, Malformed> {
        let mut bytes = [b"...".as_slice(), body].concat();
        let mut reader = Body::after(Head { status: 200, size: START, framing });
        for end in START..=bytes.len() {
            if reader.look(&mut bytes[..end])? {
                return Ok(Some((reader.content(&bytes).to_vec(), end - START)));
            }
        }
        Ok(reader.is_complete_at_end().then(|| (reader.content(&bytes).to_vec(), bytes.len() - START)))
    }

    fn content(framing: Framing, body: &str) -> Option<String> {
        let (content, _) = read(framing, body.as_bytes()).unwrap()?;
        Some(String::from_utf8(content).unwrap())
    }

    #[test]
    fn a_body_ends_after_its_length() {
        assert_eq!(content(Framing::Length(0), "abc").as_deref(), Some(""));
        assert_eq!(content(Framing::Length(2), "abc").as_deref(), Some("ab"));
        assert_eq!(content(Framing::Length(4), "abc"), None);
        assert_eq!(content(Framing::ToEnd, "abc").as_deref(), Some("abc"));
    }

    #[test]
    fn chunks_become_one_content_however_they_arrive() {
        let body = "1\r\na\r\n0A;name=value\r\nbcdefghijk\r\n3 \r\nl\r\n\r\n0\r\nTrailer: x\r\n\r\nmore";
        let (read, seen) = read(Framing::Chunked, body.as_bytes()).unwrap().unwrap();
        assert_eq!((read.as_slice(), seen), (b"abcdefghijkl\r\n".as_slice(), body.len() - 4));
        let mut whole = [b"...", body.as_bytes()].concat();
        let mut reader = Body::after(Head { status: 200, size: START, framing: Framing::Chunked });
        assert_eq!(reader.look(&mut whole), Ok(true));
        assert_eq!(reader.content(&whole), b"abcdefghijkl\r\n");
    }

    #[test]
    fn chunks_that_are_cut_off_are_not_complete() {
        let body = "1\r\na\r\n2\r\nbc\r\n0\r\n\r\n";
        for end in 0..body.len() {
            assert_eq!(content(Framing::Chunked, &body[..end]), None, "{end}");
        }
        assert_eq!(content(Framing::Chunked, body).as_deref(), Some("abc"));
    }

    #[test]
    fn malformed_chunks_are_refused() {
        for body in
            ["x\r\n", "-1\r\na", "1\r\nab\r\n", "fffffffffffffffff\r\n", "fffffffffffffff\r\n", "0\r\n\u{1}"]
        {
            assert_eq!(read(Framing::Chunked, body.as_bytes()), Err(Malformed), "{body}");
        }
        let long = format!("1;{}", "a".repeat(MAX_CHUNK_LINE));
        assert_eq!(read(Framing::Chunked, long.as_bytes()), Err(Malformed));
    }

    #[test]
    fn a_body_that_is_too_long_is_refused() {
        assert_eq!(read(Framing::Length(MAX_BODY_SIZE + 1), b""), Err(Malformed));
        assert_eq!(read(Framing::Length(usize::MAX), b""), Err(Malformed));
        let mut bytes = vec![b'a'; START + MAX_BODY_SIZE + 1];
        let mut reader = Body::after(Head { status: 200, size: START, framing: Framing::ToEnd });
        assert_eq!(reader.look(&mut bytes[..START + MAX_BODY_SIZE]), Ok(false));
        assert_eq!(reader.look(&mut bytes), Err(Malformed));
    }
}
