//! Reads the head of an answer: its status, and where its body ends.

use httparse::{EMPTY_HEADER, Header, Response, Status};

/// The longest head that is read. The agent's has a status, a date and a length.
pub(super) const MAX_HEAD_SIZE: usize = 16 * 1024;

/// The most headers in a head, for the same reason.
pub(super) const MAX_HEADERS: usize = 64;

/// The head of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) status: u16,
    /// The bytes of the head.
    pub(super) size: usize,
    pub(super) framing: Framing,
}

/// How the end of a body is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Framing {
    Length(usize),
    Chunked,
    /// The server closes the connection.
    ToEnd,
}

/// An answer that is not HTTP, or that is longer than any of the agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Malformed;

impl Head {
    /// Reads a head; `None` if it is not complete. Interim answers before it are skipped.
    ///
    /// # Errors
    /// If the bytes are not the beginning of an answer.
    pub(super) fn parse(bytes: &[u8]) -> Result<Option<Self>, Malformed> {
        let mut skipped = 0;
        loop {
            let rest = bytes.get(skipped..).unwrap_or_default();
            let mut headers = [EMPTY_HEADER; MAX_HEADERS];
            let mut response = Response::new(&mut headers);
            let size = match response.parse(rest) {
                Ok(Status::Complete(size)) => skipped + size,
                Ok(Status::Partial) if bytes.len() <= MAX_HEAD_SIZE => return Ok(None),
                Ok(Status::Partial) | Err(_) => return Err(Malformed),
            };
            match response.code {
                Some(100..200) => skipped = size,
                Some(status) => {
                    let framing = framing(status, response.headers)?;
                    return Ok(Some(Self { status, size, framing }));
                }
                None => return Err(Malformed),
            }
        }
    }
}

/// The framing that the headers state. Headers that contradict each other are refused, since the end of the
/// value would be a guess.
fn framing(status: u16, headers: &[Header<'_>]) -> Result<Framing, Malformed> {
    let values = |name: &'static str| {
        headers.iter().filter(move |header| header.name.eq_ignore_ascii_case(name)).map(|header| header.value)
    };
    let (mut codings, mut lengths) = (values("transfer-encoding"), values("content-length"));
    match (codings.next(), lengths.next()) {
        _ if matches!(status, 204 | 304) => Ok(Framing::Length(0)),
        (None, None) => Ok(Framing::ToEnd),
        (None, Some(length)) if lengths.all(|other| other == length) => {
            let digits = std::str::from_utf8(length).map_err(|_| Malformed)?;
            if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
                return Err(Malformed);
            }
            digits.parse().map(Framing::Length).map_err(|_| Malformed)
        }
        (Some(coding), None) if codings.next().is_none() && coding.eq_ignore_ascii_case(b"chunked") => {
            Ok(Framing::Chunked)
        }
        _ => Err(Malformed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(head: &str) -> Result<Option<Head>, Malformed> {
        Head::parse(head.as_bytes())
    }

    #[test]
    fn a_head_is_read_when_it_is_complete() {
        let text = "HTTP/1.1 200 OK\r\nContent-Length: 12\r\nDate: now\r\n\r\nbody";
        for end in 0..text.len() - 4 {
            assert_eq!(parse(&text[..end]), Ok(None), "{end}");
        }
        let head = Head { status: 200, size: text.len() - 4, framing: Framing::Length(12) };
        assert_eq!(parse(text), Ok(Some(head)));
    }

    #[test]
    fn each_framing_is_told_by_its_headers() {
        for (headers, framing) in [
            ("", Framing::ToEnd),
            ("content-length: 0\r\n", Framing::Length(0)),
            ("CONTENT-LENGTH: 7\r\nContent-Length: 7\r\n", Framing::Length(7)),
            ("Transfer-Encoding: Chunked\r\n", Framing::Chunked),
        ] {
            let head = parse(&format!("HTTP/1.1 500 Internal\r\n{headers}\r\n")).unwrap().unwrap();
            assert_eq!((head.status, head.framing), (500, framing), "{headers}");
        }
        assert_eq!(parse("HTTP/1.1 204 None\r\n\r\n").unwrap().unwrap().framing, Framing::Length(0));
    }

    #[test]
    fn headers_that_contradict_each_other_are_refused() {
        for headers in [
            "content-length: 1\r\ncontent-length: 2\r\n",
            "content-length: 1\r\ntransfer-encoding: chunked\r\n",
            "transfer-encoding: gzip, chunked\r\n",
            "transfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n",
            "content-length: -1\r\n",
            "content-length: +1\r\n",
            "content-length: 1, 1\r\n",
            "content-length: \r\n",
            "content-length: 99999999999999999999999\r\n",
        ] {
            assert_eq!(parse(&format!("HTTP/1.1 200 OK\r\n{headers}\r\n")), Err(Malformed), "{headers}");
        }
    }

    #[test]
    fn an_interim_answer_is_skipped() {
        let text =
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\nHTTP/1.1 404 No\r\n\r\n";
        let head = parse(text).unwrap().unwrap();
        assert_eq!((head.status, head.size), (404, text.len()));
        assert_eq!(parse("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 2"), Ok(None));
    }

    #[test]
    fn what_is_not_a_head_or_too_long_is_refused() {
        for text in ["hunter2", "SSH-2.0-OpenSSH\r\n", "HTTP/1.1 abc\r\n\r\n", "HTTP/3 200 OK\r\n\r\n"] {
            assert_eq!(parse(text), Err(Malformed), "{text}");
        }
        let long = format!("HTTP/1.1 200 OK\r\nA: {}", "a".repeat(MAX_HEAD_SIZE));
        assert_eq!(parse(&long), Err(Malformed));
        let many = format!("HTTP/1.1 200 OK\r\n{}\r\n", "a: b\r\n".repeat(MAX_HEADERS + 1));
        assert_eq!(parse(&many), Err(Malformed));
    }
}
