//! The event that Secrets Manager sends to a rotation function, and how it is deserialized without repeating
//! invalid input.

use std::fmt;

use serde::de::{Error as _, IgnoredAny, MapAccess, Unexpected, Visitor};
use serde::{Deserialize, Deserializer};

use crate::secret_id::display_id;
use crate::text::names::texts;

/// One of the four steps of a rotation, in their order.
///
/// ```
/// use secrets_runtime::rotation::RotationStep;
///
/// assert_eq!(RotationStep::ALL.map(RotationStep::as_str), ["createSecret", "setSecret", "testSecret", "finishSecret"]);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RotationStep {
    /// Create a new value and store it as AWSPENDING.
    CreateSecret,
    /// Set the pending value in the service.
    SetSecret,
    /// Test that the service accepts the pending value.
    TestSecret,
    /// Make the pending version AWSCURRENT.
    FinishSecret,
}

texts! {
    RotationStep,
    /// Returns the step as Secrets Manager writes it: `createSecret`.
    {
        Self::CreateSecret => "createSecret",
        Self::SetSecret => "setSecret",
        Self::TestSecret => "testSecret",
        Self::FinishSecret => "finishSecret",
    }
}

impl RotationStep {
    /// All steps in their order.
    pub const ALL: [Self; 4] = [Self::CreateSecret, Self::SetSecret, Self::TestSecret, Self::FinishSecret];
}

impl<'de> Deserialize<'de> for RotationStep {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Text(text) = Text::deserialize(deserializer)?;
        let step = Self::ALL.into_iter().find(|step| step.as_str() == text);
        let expected = "createSecret, setSecret, testSecret or finishSecret";
        step.ok_or_else(|| D::Error::invalid_value(Unexpected::Other("another text"), &expected))
    }
}

/// Refuses these types by their names. Input that AWS does not send may hold anything, and serde's own
/// errors repeat it.
macro_rules! refuses {
    ($($visit:ident($ty:ty) => $kind:literal),* $(,)?) => {$(
        fn $visit<E: serde::de::Error>(self, _: $ty) -> Result<Self::Value, E> {
            Err(E::invalid_type(Unexpected::Other($kind), &self))
        }
    )*};
}

/// A text. Its errors repeat no input.
struct Text(String);

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // With `deserialize_str`, `serde_json` would write its own error, which repeats the input.
        deserializer.deserialize_any(TextVisitor)
    }
}

struct TextVisitor;

impl Visitor<'_> for TextVisitor {
    type Value = Text;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_str<E>(self, text: &str) -> Result<Text, E> {
        Ok(Text(text.to_owned()))
    }

    refuses! {
        visit_bool(bool) => "a boolean", visit_i64(i64) => "a number", visit_u64(u64) => "a number",
        visit_i128(i128) => "a number", visit_u128(u128) => "a number", visit_f64(f64) => "a number",
    }
}

/// The event that Secrets Manager sends to a rotation function, once for each step.
///
/// It deserializes from the JSON that Lambda receives. Members other than these three are ignored.
///
/// ```
/// use secrets_runtime::rotation::{RotationEvent, RotationStep};
///
/// # let json = r#"{
/// #     "Step": "createSecret",
/// #     "SecretId": "arn:aws:secretsmanager:eu-west-1:123456789012:secret:shop/token-AbCdEf",
/// #     "ClientRequestToken": "51f72378-6a5d-4dc7-8fd8-29e4319f482a"
/// # }"#;
/// let event: RotationEvent = serde_json::from_str(json)?;
/// assert_eq!(event.step(), RotationStep::CreateSecret);
/// assert_eq!(event.client_request_token(), "51f72378-6a5d-4dc7-8fd8-29e4319f482a");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct RotationEvent {
    step: RotationStep,
    secret_id: String,
    client_request_token: String,
}

impl RotationEvent {
    /// Creates an event, for tests and for callers other than Lambda.
    pub fn new(
        step: RotationStep,
        secret_id: impl Into<String>,
        client_request_token: impl Into<String>,
    ) -> Self {
        Self { step, secret_id: secret_id.into(), client_request_token: client_request_token.into() }
    }

    /// Returns the step to run.
    pub const fn step(&self) -> RotationStep {
        self.step
    }

    /// Returns the secret to rotate: AWS sends its ARN.
    pub fn secret_id(&self) -> &str {
        &self.secret_id
    }

    /// Returns the id of the version that becomes the current one.
    pub fn client_request_token(&self) -> &str {
        &self.client_request_token
    }
}

/// Shows the step, and the secret if its id is valid.
impl fmt::Debug for RotationEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RotationEvent")
            .field("step", &self.step)
            .field("secret_id", &display_id(&self.secret_id))
            .finish_non_exhaustive()
    }
}

impl<'de> Deserialize<'de> for RotationEvent {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // As in `Text`.
        deserializer.deserialize_any(EventVisitor)
    }
}

/// Written by hand, since serde's derive is not a dependency of this crate.
struct EventVisitor;

impl<'de> Visitor<'de> for EventVisitor {
    type Value = RotationEvent;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with SecretId, ClientRequestToken and Step")
    }

    refuses! {
        visit_bool(bool) => "a boolean", visit_i64(i64) => "a number", visit_u64(u64) => "a number",
        visit_i128(i128) => "a number", visit_u128(u128) => "a number", visit_f64(f64) => "a number",
        visit_str(&str) => "a string",
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<RotationEvent, A::Error> {
        let (mut step, mut secret_id, mut token) = (None, None, None);
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "Step" => step = Some(map.next_value()?),
                "SecretId" => secret_id = Some(map.next_value::<Text>()?.0),
                "ClientRequestToken" => token = Some(map.next_value::<Text>()?.0),
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(RotationEvent {
            step: step.ok_or_else(|| A::Error::missing_field("Step"))?,
            secret_id: secret_id.ok_or_else(|| A::Error::missing_field("SecretId"))?,
            client_request_token: token.ok_or_else(|| A::Error::missing_field("ClientRequestToken"))?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(json: &str) -> Result<RotationEvent, String> {
        serde_json::from_str(json).map_err(|error| error.to_string())
    }

    #[test]
    fn an_event_is_what_lambda_is_given() {
        for step in RotationStep::ALL {
            let json = format!(
                r#"{{"SecretId": "a", "RotationToken": {{"b": [1]}}, "ClientRequestToken": "c", "Step": "{step}"}}"#
            );
            assert_eq!(event(&json), Ok(RotationEvent::new(step, "a", "c")));
            let value = serde_json::from_str::<serde_json::Value>(&json).unwrap();
            assert_eq!(serde_json::from_value::<RotationEvent>(value).unwrap().step(), step);
        }
    }

    #[test]
    fn what_is_missing_is_named() {
        let whole = [r#""Step": "setSecret""#, r#""SecretId": "a""#, r#""ClientRequestToken": "c""#];
        for (index, member) in ["Step", "SecretId", "ClientRequestToken"].into_iter().enumerate() {
            let rest: Vec<&str> = (0..3).filter(|other| *other != index).map(|other| whole[other]).collect();
            let error = event(&format!("{{{}}}", rest.join(","))).unwrap_err();
            assert!(error.starts_with(&format!("missing field `{member}`")), "{error}");
        }
    }

    #[test]
    fn another_step_is_refused_and_not_repeated() {
        let error = event(r#"{"SecretId": "a", "ClientRequestToken": "c", "Step": "hunter2"}"#).unwrap_err();
        assert!(error.contains("expected createSecret, setSecret, testSecret or finishSecret"), "{error}");
        assert!(!error.contains("hunter2"), "{error}");
    }

    #[test]
    fn what_is_something_else_is_refused_and_not_repeated() {
        for json in [
            r#""hunter2""#,
            "4111111",
            "-4111111.5",
            r#"{"SecretId": 4111111}"#,
            r#"{"ClientRequestToken": -4111111}"#,
            r#"{"Step": 4111111}"#,
            r#"{"Step": ["hunter2"]}"#,
            r#"{"SecretId": {"hunter2": 1}}"#,
        ] {
            let value = serde_json::from_str::<serde_json::Value>(json).unwrap();
            let of_value = serde_json::from_value::<RotationEvent>(value).unwrap_err().to_string();
            for error in [event(json).unwrap_err(), of_value] {
                assert!(error.starts_with("invalid type: "), "{error}");
                assert!(!error.contains("4111111") && !error.contains("hunter2"), "{error}");
            }
        }
    }

    #[test]
    fn what_can_be_no_id_is_not_shown() {
        let shown = format!("{:?}", RotationEvent::new(RotationStep::SetSecret, "a pass word", "hunter2"));
        assert_eq!(shown, "RotationEvent { step: SetSecret, secret_id: \"(not a secret id)\", .. }");
    }
}
