//! Reads the JSON of an answer.

use std::time::{Duration, SystemTime};

use super::base64::decode;
use crate::secret::Secret;
use crate::setting::KeyPath;
use crate::source::service::value::Value;
use crate::value::json::{JsonKind, KeyMatch, Token, find_key};

/// The answer is not what the agent writes.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Unreadable;

impl Value {
    /// Reads `GetSecretValue`'s answer as the agent writes it: the value is in base64 if it is binary, and
    /// the date is a text of seconds.
    ///
    /// # Errors
    /// If it is not a JSON object, or a field has another type.
    pub(super) fn from_json(json: &[u8]) -> Result<Self, Unreadable> {
        let json = std::str::from_utf8(json).map_err(|_| Unreadable)?;
        let text = |name: &str| match member(json, name)? {
            Some(token) => text(&token).map(Some),
            None => Ok(None),
        };
        let secret = |name: &str| text(name).map(|text| text.map(Secret::from));
        let binary = match secret("SecretBinary")? {
            Some(base64) => Some(decode(base64.expose_secret()).ok_or(Unreadable)?),
            None => None,
        };
        let stages = match member(json, "VersionStages")? {
            Some(stages) => {
                let stages = stages.array().map_err(|_| Unreadable)?;
                Some(stages.iter().map(self::text).collect::<Result<_, _>>()?)
            }
            None => None,
        };
        Ok(Self {
            text: secret("SecretString")?,
            binary,
            arn: text("ARN")?,
            name: text("Name")?,
            version_id: text("VersionId")?,
            stages,
            created: member(json, "CreatedDate")?.and_then(|date| time(&date)),
        })
    }
}

/// A member of the document; `None` if it is absent or null.
fn member<'a>(json: &'a str, name: &str) -> Result<Option<Token<'a>>, Unreadable> {
    match find_key(json, &KeyPath::parse(name)) {
        Ok(KeyMatch::Found(token)) => Ok(Some(token).filter(|token| !token.is_null())),
        // `null` in the place of the document has no members either.
        Ok(KeyMatch::Missing { .. }) if Token::whole(json).kind() == JsonKind::Object => Ok(None),
        Ok(KeyMatch::Missing { .. }) | Err(_) => Err(Unreadable),
    }
}

fn text(token: &Token<'_>) -> Result<String, Unreadable> {
    token.unescaped().ok().flatten().ok_or(Unreadable)
}

/// A time in seconds since 1970. One that cannot be read is left out: it is for information only.
fn time(token: &Token<'_>) -> Option<SystemTime> {
    let seconds: f64 = token.as_str().trim_matches('"').parse().ok()?;
    SystemTime::UNIX_EPOCH.checked_add(Duration::try_from_secs_f64(seconds).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{Answer, Key};
    use crate::value::Payload;

    const ARN: &str = "arn:aws:secretsmanager:eu-west-1:111111111111:secret:shop/db-AbCdEf";

    #[test]
    fn an_answer_of_the_agent_is_read() {
        let json = format!(
            r#"{{"ARN":"{ARN}","Name":"shop/db","VersionId":"00000000-0000-4000-8000-000000000001",
            "SecretString":"a\"\u00e9","VersionStages":["AWSCURRENT","blue"],"CreatedDate":"1700000000.5"}}"#
        );
        let value = Value::from_json(json.as_bytes()).unwrap();
        let Answer::Found(Payload::Text(text), identity) = value.answer_to(&Key::new("shop/db")) else {
            panic!("a text is there")
        };
        assert_eq!(text.expose_secret(), "a\"é");
        assert_eq!((identity.id(), identity.name()), (Some(ARN), Some("shop/db")));
        assert_eq!(identity.version_id(), Some("00000000-0000-4000-8000-000000000001"));
        assert_eq!(identity.stages(), ["AWSCURRENT", "blue"]);
        assert_eq!(
            identity.created(),
            Some(SystemTime::UNIX_EPOCH + Duration::from_millis(1_700_000_000_500))
        );
    }

    #[test]
    fn a_binary_value_is_read_and_every_field_may_be_absent_or_null() {
        let value = Value::from_json(br#"{"SecretBinary":"/wAK","Name":null,"CreatedDate":1.5}"#).unwrap();
        assert_eq!(value.binary.unwrap().expose_secret(), &[0xff, 0x00, 0x0a]);
        assert!(value.text.is_none() && value.name.is_none() && value.created.is_some());
        let value = Value::from_json(b" {} ").unwrap();
        assert!(value.text.is_none() && value.binary.is_none() && value.stages.is_none());
    }

    #[test]
    fn a_date_that_cannot_be_read_is_left_out() {
        for date in ["\"\"", "\"soon\"", "\"-1e400\"", "\"NaN\"", "1e300", "[]", "\"-5\""] {
            let json = format!(r#"{{"SecretString":"a","CreatedDate":{date}}}"#);
            assert!(Value::from_json(json.as_bytes()).unwrap().created.is_none(), "{date}");
        }
    }

    #[test]
    fn anything_else_is_unreadable() {
        for json in [
            "",
            "null",
            "[]",
            "hunter2",
            "{",
            r#"{"SecretString":"hunter2"#,
            r#"{"SecretString":1}"#,
            r#"{"SecretString":"\ud800"}"#,
            r#"{"SecretString":"a","SecretString":"b"}"#,
            r#"{"SecretBinary":"hunter2"}"#,
            r#"{"VersionStages":"AWSCURRENT"}"#,
            r#"{"VersionStages":[1]}"#,
            r#"{"Name":{}}"#,
        ] {
            assert!(Value::from_json(json.as_bytes()).is_err(), "{json}");
        }
        assert!(Value::from_json(b"{\"SecretString\":\"\xff\"}").is_err());
    }
}
