//! Reduces error answers to their codes and known phrases before the SDK reads them.
//!
//! The SDK writes the code and the message of an error into its log at TRACE, unchanged. They may hold a
//! value: a validator may quote the input that it refuses, and a faulty proxy or a hostile server may send
//! anything.

use std::collections::{BTreeMap, VecDeque};
use std::error::Error as StdError;
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use aws_sdk_secretsmanager::config::http::HttpResponse;
use aws_sdk_secretsmanager::config::interceptors::BeforeDeserializationInterceptorContextMut;
use aws_sdk_secretsmanager::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use http_body::{Body, Frame};
use serde_json::value::RawValue;
use zeroize::Zeroizing;

use crate::secret_id::is_secret_id;
use crate::source::service::denial;
use crate::source::service::error_code::{KNOWN_PHRASES, is_error_code};

/// The header in which some servers send the code.
const CODE_HEADER: &str = "x-amzn-errortype";

/// An interceptor that reduces the errors in an answer.
#[derive(Debug)]
pub(super) struct Sanitizer {
    name: &'static str,
    sanitize: fn(&mut HttpResponse) -> Result<(), Box<dyn StdError + Send + Sync>>,
}

impl Sanitizer {
    /// For answers that are errors.
    pub(super) const ERRORS: Self = Self { name: "error answer", sanitize: sanitize_error };

    /// For the errors within a successful answer: those of a
    /// [batch](https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_APIErrorType.html).
    pub(super) const BATCH_ERRORS: Self = Self { name: "errors of a batch", sanitize: sanitize_batch };
}

impl Intercept for Sanitizer {
    fn name(&self) -> &'static str {
        self.name
    }

    fn modify_before_deserialization(
        &self,
        context: &mut BeforeDeserializationInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), Box<dyn StdError + Send + Sync>> {
        (self.sanitize)(context.response_mut())
    }
}

fn sanitize_error(response: &mut HttpResponse) -> Result<(), Box<dyn StdError + Send + Sync>> {
    if response.status().is_success() {
        return Ok(());
    }
    let code = response.headers_mut().remove(CODE_HEADER);
    if let Some(code) = code.as_deref().and_then(code_in) {
        response.headers_mut().try_insert(CODE_HEADER, code.to_owned())?;
    }
    replace(response.body_mut(), |answer| Some(reduced_error(answer)));
    Ok(())
}

#[allow(clippy::unnecessary_wraps, reason = "the type of `Sanitizer::sanitize`")]
fn sanitize_batch(response: &mut HttpResponse) -> Result<(), Box<dyn StdError + Send + Sync>> {
    if response.status().is_success() {
        replace(response.body_mut(), reduced_batch);
    }
    Ok(())
}

/// The code in a text that may have a namespace before it and a URL after it: [AWS JSON
/// protocol](https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html#operation-error-serialization).
fn code_in(text: &str) -> Option<&str> {
    let before_url = text.split(':').next().unwrap_or(text);
    let code = before_url.split_once('#').map_or(before_url, |(_, code)| code);
    is_error_code(code).then_some(code)
}

type Members<'a> = BTreeMap<&'a str, &'a RawValue>;

/// A member's text between its quotation marks, with its escapes.
fn text_of<'a>(members: &Members<'a>, names: &[&str]) -> Option<&'a str> {
    let raw = names.iter().find_map(|name| members.get(name))?;
    raw.get().strip_prefix('"')?.strip_suffix('"')
}

/// The known phrase in a message.
fn known_phrase(message: &str) -> Option<&'static str> {
    KNOWN_PHRASES.into_iter().chain(denial::phrases()).find(|phrase| message.contains(phrase))
}

/// A JSON object of texts that need no escapes.
fn object<const N: usize>(members: [(&str, Option<&str>); N]) -> String {
    let members = members.into_iter().filter_map(|(name, text)| Some(format!("\"{name}\":\"{}\"", text?)));
    format!("{{{}}}", members.collect::<Vec<_>>().join(","))
}

/// The reduced error answer: an empty object if the answer cannot be read.
fn reduced_error(answer: &[u8]) -> Bytes {
    let members: Members<'_> = serde_json::from_slice(answer).unwrap_or_default();
    let code = text_of(&members, &["code", "__type"]).and_then(code_in);
    let message = text_of(&members, &["message", "Message", "errorMessage"]).and_then(known_phrase);
    object([("__type", code), ("message", message)]).into()
}

/// The batch answer with reduced errors; `None` if it has no errors.
fn reduced_batch(answer: &[u8]) -> Option<Bytes> {
    let Ok(members) = serde_json::from_slice::<Members<'_>>(answer) else { return Some(UNREADABLE) };
    let errors = members.get("Errors").filter(|errors| errors.get() != "null")?;
    let Ok(errors) = serde_json::from_str::<Vec<Members<'_>>>(errors.get()) else { return Some(UNREADABLE) };
    if errors.is_empty() {
        return None;
    }
    let errors: Vec<String> = errors.iter().map(reduced_entry).collect();
    let errors = format!("[{}]", errors.join(","));
    // The answer holds values. The buffer has its exact size, since growing would leave copies behind, and
    // is wiped.
    let parts = |name, errors| match name {
        "Errors" => errors,
        _ => members.get(name).map_or("null", |raw| raw.get()),
    };
    let length: usize = members.keys().map(|name| name.len() + parts(name, &errors).len() + 4).sum();
    let mut reduced = Zeroizing::new(Vec::with_capacity(length + 1));
    for name in members.keys() {
        let first = reduced.is_empty();
        reduced.push(if first { b'{' } else { b',' });
        reduced.push(b'"');
        reduced.extend_from_slice(name.as_bytes());
        reduced.extend_from_slice(b"\":");
        reduced.extend_from_slice(parts(name, &errors).as_bytes());
    }
    reduced.push(b'}');
    Some(Bytes::from_owner(reduced))
}

fn reduced_entry(members: &Members<'_>) -> String {
    object([
        ("SecretId", text_of(members, &["SecretId"]).filter(|id| is_secret_id(id))),
        ("ErrorCode", text_of(members, &["ErrorCode"]).and_then(code_in)),
        ("Message", text_of(members, &["Message"]).and_then(known_phrase)),
    ])
}

/// Replaces an answer that cannot be read.
const UNREADABLE: Bytes = Bytes::from_static(b"!");

/// Replaces a body once all of it has arrived, unless `by` returns `None`.
fn replace(body: &mut SdkBody, by: fn(&[u8]) -> Option<Bytes>) {
    let rest = mem::replace(body, SdkBody::taken());
    *body = SdkBody::from_body_1_x(ReplacedBody { rest: Some(rest), read: VecDeque::new(), by });
}

/// A body that is read as a whole before any of it is passed on. The HTTP client limits its length.
struct ReplacedBody {
    rest: Option<SdkBody>,
    read: VecDeque<Bytes>,
    by: fn(&[u8]) -> Option<Bytes>,
}

impl ReplacedBody {
    fn end(&mut self) {
        self.rest = None;
        let replacement = match self.read.make_contiguous() {
            [one] => (self.by)(one),
            several => {
                let mut whole = Zeroizing::new(Vec::with_capacity(several.iter().map(Bytes::len).sum()));
                for part in several {
                    whole.extend_from_slice(part);
                }
                (self.by)(&whole)
            }
        };
        if let Some(replacement) = replacement {
            self.read = VecDeque::from([replacement]);
        }
    }
}

impl Body for ReplacedBody {
    type Data = Bytes;
    type Error = aws_smithy_types::body::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        while let Some(rest) = &mut self.rest {
            match ready!(Pin::new(rest).poll_frame(context)) {
                Some(Ok(frame)) => self.read.extend(frame.into_data()),
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None => self.end(),
            }
        }
        Poll::Ready(self.read.pop_front().map(|part| Ok(Frame::data(part))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error_of(answer: &str) -> String {
        String::from_utf8(reduced_error(answer.as_bytes()).to_vec()).unwrap()
    }

    #[test]
    fn only_a_code_and_known_phrases_are_kept() {
        for (answer, expected) in [
            (
                r#"{"__type":"AccessDeniedException","Message":"User hunter2 may not"}"#,
                r#"{"__type":"AccessDeniedException"}"#,
            ),
            (
                r#"{"__type":"AccessDeniedException","message":"hunter2: Access to KMS is not allowed, hunter2"}"#,
                r#"{"__type":"AccessDeniedException","message":"Access to KMS is not allowed"}"#,
            ),
            (r#"{"code":"a.b#ThrottlingException:http://hunter2"}"#, r#"{"__type":"ThrottlingException"}"#),
            (r#"{"__type":"hunter2","message":"hunter2"}"#, "{}"),
            (r#"{"__type":"hunter\u0045xception"}"#, "{}"),
            (r#"{"__type":["hunter2Exception"]}"#, "{}"),
            (r#"{"Errors":[{"ErrorCode":"hunter2"}]}"#, "{}"),
            ("<html>hunter2", "{}"),
            ("", "{}"),
        ] {
            assert_eq!(error_of(answer), expected, "{answer}");
        }
    }

    #[test]
    fn the_errors_of_a_batch_are_reduced_and_the_rest_is_unchanged() {
        let of = |answer: &str| {
            reduced_batch(answer.as_bytes()).map(|body| String::from_utf8(body.to_vec()).unwrap())
        };
        for untouched in ["{}", r#"{"Errors":[]}"#, r#"{"Errors":null,"SecretValues":[{"Name":"a"}]}"#] {
            assert_eq!(of(untouched), None, "{untouched}");
        }
        let answer = r#"{ "SecretValues": [ {"SecretString": "a\"b"} ], "NextToken": "t", "Errors": [
            {"SecretId": "a", "ErrorCode": "AccessDeniedException", "Message": "hunter2"},
            {"SecretId": "hunter 2", "ErrorCode": "hunter2", "Message": "hunter2 was marked for deletion"}] }"#;
        let expected = r#"{"Errors":[{"SecretId":"a","ErrorCode":"AccessDeniedException"},{"Message":"marked for deletion"}],"NextToken":"t","SecretValues":[ {"SecretString": "a\"b"} ]}"#;
        assert_eq!(of(answer).as_deref(), Some(expected));
        for unreadable in ["<html>", r#"{"Err\u006frs":[]}"#, r#"{"Errors":[{"Err\u006frCode":"hunter2"}]}"#]
        {
            assert_eq!(of(unreadable).as_deref(), Some("!"), "{unreadable}");
        }
    }

    #[test]
    fn a_body_that_holds_values_has_its_exact_size() {
        // `Bytes` does not tell its capacity: what is counted must be what is written.
        let answer = r#"{"SecretValues":[1],"Errors":[{"SecretId":"a"}]}"#;
        let reduced = reduced_batch(answer.as_bytes()).unwrap();
        let length: usize =
            [("SecretValues", 3), ("Errors", 18)].map(|(name, text)| name.len() + text + 4).iter().sum();
        assert_eq!(reduced.len(), length + 1);
    }

    #[tokio::test]
    async fn a_body_in_pieces_is_replaced_as_a_whole_or_passed_on() {
        async fn read(pieces: &[&'static str], by: fn(&[u8]) -> Option<Bytes>) -> String {
            let read = pieces.iter().map(|piece| Bytes::from_static(piece.as_bytes())).collect();
            let body = ReplacedBody { rest: Some(SdkBody::empty()), read, by };
            let body = aws_smithy_types::byte_stream::ByteStream::new(SdkBody::from_body_1_x(body));
            String::from_utf8(body.collect().await.unwrap().to_vec()).unwrap()
        }
        let reduced: fn(&[u8]) -> Option<Bytes> = |answer| Some(reduced_error(answer));
        assert_eq!(read(&[r#"{"__type":"#, r#""SlowDown"}"#], reduced).await, r#"{"__type":"SlowDown"}"#);
        assert_eq!(read(&[r#"{"SecretVa"#, r#"lues":[]}"#], reduced_batch).await, r#"{"SecretValues":[]}"#);
        assert_eq!(read(&[], reduced).await, "{}");
    }
}
