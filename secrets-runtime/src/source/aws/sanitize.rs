//! How much of an error answer the SDK gets to see.
//!
//! The SDK writes an error's code and message into its log at TRACE, as they came. Whoever answers has written them: a
//! validator that quotes what it refuses, a faulty proxy, a hostile server. So they are cut down to what this crate reads
//! before the SDK does: a code that is built as AWS's are, and of the message the words that tell something.

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

use super::fault::{Fault, TELLING};
use crate::secret_id::is_secret_id;

/// No error answer of AWS is as long. Of a longer one the status alone counts.
const LONGEST: usize = 16 * 1024;

/// The header in which some servers send the code.
const CODE_HEADER: &str = "x-amzn-errortype";

/// Cuts down what an answer says of errors.
#[derive(Debug)]
pub(super) struct CutDown {
    name: &'static str,
    cut: fn(&mut HttpResponse) -> Result<(), Box<dyn StdError + Send + Sync>>,
}

impl CutDown {
    /// For answers that are errors.
    pub(super) const ERRORS: Self = Self { name: "error answer", cut: cut_error };

    /// For the errors that stand within an answer of success: those of a
    /// [batch](https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_APIErrorType.html).
    pub(super) const ENTRIES: Self = Self { name: "errors of a batch", cut: cut_entries };
}

impl Intercept for CutDown {
    fn name(&self) -> &'static str {
        self.name
    }

    fn modify_before_deserialization(
        &self,
        context: &mut BeforeDeserializationInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), Box<dyn StdError + Send + Sync>> {
        (self.cut)(context.response_mut())
    }
}

fn cut_error(response: &mut HttpResponse) -> Result<(), Box<dyn StdError + Send + Sync>> {
    if response.status().is_success() {
        return Ok(());
    }
    let code = response.headers_mut().remove(CODE_HEADER);
    if let Some(code) = code.as_deref().and_then(code_in) {
        response.headers_mut().try_insert(CODE_HEADER, code.to_owned())?;
    }
    replace(response.body_mut(), |answer| Some(error(if answer.len() > LONGEST { b"" } else { answer })));
    Ok(())
}

#[allow(clippy::unnecessary_wraps, reason = "what `CutDown` holds")]
fn cut_entries(response: &mut HttpResponse) -> Result<(), Box<dyn StdError + Send + Sync>> {
    if response.status().is_success() {
        replace(response.body_mut(), batch);
    }
    Ok(())
}

/// The code in a text that may have a namespace before it and a URL after it:
/// [AWS JSON protocol](https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html#operation-error-serialization).
fn code_in(text: &str) -> Option<&str> {
    let before_url = text.split(':').next().unwrap_or(text);
    let code = before_url.split_once('#').map_or(before_url, |(_, code)| code);
    Fault::is_code(code).then_some(code)
}

type Members<'a> = BTreeMap<&'a str, &'a RawValue>;

/// What stands between the quotation marks of a member's text, as it is written.
fn text<'a>(members: &Members<'a>, names: &[&str]) -> Option<&'a str> {
    let raw = names.iter().find_map(|name| members.get(name))?;
    raw.get().strip_prefix('"')?.strip_suffix('"')
}

/// The words of a message that tell something.
fn telling(message: &str) -> Option<&'static str> {
    TELLING.into_iter().find(|words| message.contains(words))
}

/// An object of texts without anything to escape.
fn object<const N: usize>(members: [(&str, Option<&str>); N]) -> String {
    let members = members.into_iter().filter_map(|(name, text)| Some(format!("\"{name}\":\"{}\"", text?)));
    format!("{{{}}}", members.collect::<Vec<_>>().join(","))
}

/// The same error in fewer words. What cannot be read has none.
fn error(answer: &[u8]) -> Bytes {
    let members: Members<'_> = serde_json::from_slice(answer).unwrap_or_default();
    let code = text(&members, &["code", "__type"]).and_then(code_in);
    let message = text(&members, &["message", "Message", "errorMessage"]).and_then(telling);
    object([("__type", code), ("message", message)]).into()
}

/// The same answer with its errors in fewer words; none if there are no errors in it.
fn batch(answer: &[u8]) -> Option<Bytes> {
    let Ok(members) = serde_json::from_slice::<Members<'_>>(answer) else { return Some(UNREADABLE) };
    let errors = members.get("Errors").filter(|errors| errors.get() != "null")?;
    let Ok(errors) = serde_json::from_str::<Vec<Members<'_>>>(errors.get()) else { return Some(UNREADABLE) };
    if errors.is_empty() {
        return None;
    }
    let errors: Vec<String> = errors.iter().map(entry).collect();
    let errors = format!("[{}]", errors.join(","));
    // It holds values: of its exact size, since a buffer that grows leaves its old one behind, and wiped.
    let parts = |name, errors| match name {
        "Errors" => errors,
        _ => members.get(name).map_or("null", |raw| raw.get()),
    };
    let length: usize = members.keys().map(|name| name.len() + parts(name, &errors).len() + 4).sum();
    let mut short = Zeroizing::new(Vec::with_capacity(length + 1));
    for name in members.keys() {
        let first = short.is_empty();
        short.push(if first { b'{' } else { b',' });
        short.push(b'"');
        short.extend_from_slice(name.as_bytes());
        short.extend_from_slice(b"\":");
        short.extend_from_slice(parts(name, &errors).as_bytes());
    }
    short.push(b'}');
    Some(Bytes::from_owner(short))
}

fn entry(members: &Members<'_>) -> String {
    object([
        ("SecretId", text(members, &["SecretId"]).filter(|id| is_secret_id(id))),
        ("ErrorCode", text(members, &["ErrorCode"]).and_then(code_in)),
        ("Message", text(members, &["Message"]).and_then(telling)),
    ])
}

/// What stands for an answer of which not even the outside can be read.
const UNREADABLE: Bytes = Bytes::from_static(b"!");

/// Puts another body in the place of one, once it is there as a whole; the same if there is no other.
fn replace(body: &mut SdkBody, by: fn(&[u8]) -> Option<Bytes>) {
    let rest = mem::replace(body, SdkBody::taken());
    *body = SdkBody::from_body_1_x(Replaced { rest: Some(rest), read: VecDeque::new(), by });
}

/// A body that is read as a whole before any of it is passed on.
struct Replaced {
    rest: Option<SdkBody>,
    read: VecDeque<Bytes>,
    by: fn(&[u8]) -> Option<Bytes>,
}

impl Replaced {
    fn end(&mut self) {
        self.rest = None;
        let other = match self.read.make_contiguous() {
            [one] => (self.by)(one),
            several => {
                let mut whole = Zeroizing::new(Vec::with_capacity(several.iter().map(Bytes::len).sum()));
                for part in several {
                    whole.extend_from_slice(part);
                }
                (self.by)(&whole)
            }
        };
        if let Some(other) = other {
            self.read = VecDeque::from([other]);
        }
    }
}

impl Body for Replaced {
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
        String::from_utf8(error(answer.as_bytes()).to_vec()).unwrap()
    }

    #[test]
    fn a_code_and_the_words_that_tell_something_are_what_is_left() {
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
    fn the_errors_of_a_batch_are_cut_down_and_the_rest_is_as_it_was() {
        let of =
            |answer: &str| batch(answer.as_bytes()).map(|body| String::from_utf8(body.to_vec()).unwrap());
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
        let short = batch(answer.as_bytes()).unwrap();
        let length: usize =
            [("SecretValues", 3), ("Errors", 18)].map(|(name, text)| name.len() + text + 4).iter().sum();
        assert_eq!(short.len(), length + 1);
    }

    #[tokio::test]
    async fn a_body_in_pieces_is_replaced_as_a_whole_or_passed_on() {
        async fn read(pieces: &[&'static str], by: fn(&[u8]) -> Option<Bytes>) -> String {
            let read = pieces.iter().map(|piece| Bytes::from_static(piece.as_bytes())).collect();
            let body = Replaced { rest: Some(SdkBody::empty()), read, by };
            let body = aws_smithy_types::byte_stream::ByteStream::new(SdkBody::from_body_1_x(body));
            String::from_utf8(body.collect().await.unwrap().to_vec()).unwrap()
        }
        let cut_down: fn(&[u8]) -> Option<Bytes> = |answer| Some(error(answer));
        assert_eq!(read(&[r#"{"__type":"#, r#""SlowDown"}"#], cut_down).await, r#"{"__type":"SlowDown"}"#);
        assert_eq!(read(&[r#"{"SecretVa"#, r#"lues":[]}"#], batch).await, r#"{"SecretValues":[]}"#);
        assert_eq!(read(&[], cut_down).await, "{}");
    }
}
