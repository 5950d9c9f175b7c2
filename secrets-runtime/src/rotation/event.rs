//! What Secrets Manager sends to a rotation function.

use std::fmt;

use serde::de::{Error as _, IgnoredAny, MapAccess, Unexpected, Visitor};
use serde::{Deserialize, Deserializer};

use crate::environment::shown_id;

/// One of the four steps of a rotation, in their order.
///
/// ```
/// use secrets_runtime::RotationStep;
///
/// assert_eq!(RotationStep::ALL.map(RotationStep::as_str), ["createSecret", "setSecret", "testSecret", "finishSecret"]);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RotationStep {
    /// Make a new value and keep it as AWSPENDING.
    CreateSecret,
    /// Have the service take the pending value.
    SetSecret,
    /// Ask the service whether it takes the pending value.
    TestSecret,
    /// Make the pending version AWSCURRENT.
    FinishSecret,
}

impl RotationStep {
    /// All steps in their order.
    pub const ALL: [Self; 4] = [Self::CreateSecret, Self::SetSecret, Self::TestSecret, Self::FinishSecret];

    /// The step as Secrets Manager writes it: `createSecret`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CreateSecret => "createSecret",
            Self::SetSecret => "setSecret",
            Self::TestSecret => "testSecret",
            Self::FinishSecret => "finishSecret",
        }
    }
}

impl fmt::Display for RotationStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl<'de> Deserialize<'de> for RotationStep {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(StepVisitor)
    }
}

struct StepVisitor;

impl Visitor<'_> for StepVisitor {
    type Value = RotationStep;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("createSecret, setSecret, testSecret or finishSecret")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<RotationStep, E> {
        let step = RotationStep::ALL.into_iter().find(|step| step.as_str() == text);
        // Whoever sends no step of AWS's may have sent anything: it is not repeated.
        step.ok_or_else(|| E::invalid_value(Unexpected::Other("another text"), &self))
    }
}

/// What Secrets Manager sends to a rotation function, once for each step.
///
/// Deserialized from the JSON that Lambda is given; members other than these three are passed over.
///
/// ```
/// use secrets_runtime::{RotationEvent, RotationStep};
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
    /// An event, for tests and for whoever calls the steps from something other than Lambda.
    pub fn new(
        step: RotationStep,
        secret_id: impl Into<String>,
        client_request_token: impl Into<String>,
    ) -> Self {
        Self { step, secret_id: secret_id.into(), client_request_token: client_request_token.into() }
    }

    /// The step to take.
    pub const fn step(&self) -> RotationStep {
        self.step
    }

    /// The secret to rotate: AWS sends its ARN.
    pub fn secret_id(&self) -> &str {
        &self.secret_id
    }

    /// The id of the version that becomes the current one.
    pub fn client_request_token(&self) -> &str {
        &self.client_request_token
    }
}

/// Shows the step, and the secret if its id can be one.
impl fmt::Debug for RotationEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RotationEvent")
            .field("step", &self.step)
            .field("secret_id", &shown_id(&self.secret_id))
            .finish_non_exhaustive()
    }
}

impl<'de> Deserialize<'de> for RotationEvent {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(EventVisitor)
    }
}

/// By hand: serde's derive is no dependency of this crate.
struct EventVisitor;

impl<'de> Visitor<'de> for EventVisitor {
    type Value = RotationEvent;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with SecretId, ClientRequestToken and Step")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<RotationEvent, A::Error> {
        let (mut step, mut secret_id, mut token) = (None, None, None);
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "Step" => step = Some(map.next_value()?),
                "SecretId" => secret_id = Some(map.next_value()?),
                "ClientRequestToken" => token = Some(map.next_value()?),
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
    fn what_can_be_no_id_is_not_shown() {
        let shown = format!("{:?}", RotationEvent::new(RotationStep::SetSecret, "a pass word", "hunter2"));
        assert_eq!(shown, "RotationEvent { step: SetSecret, secret_id: \"(not a secret id)\", .. }");
    }
}
