//! Moves successful answers of the SDK into a [`Value`], so that no copy stays in a type of the SDK.

use std::time::SystemTime;

use aws_sdk_secretsmanager::operation::get_secret_value::GetSecretValueOutput;
use aws_sdk_secretsmanager::primitives::DateTime;
use aws_sdk_secretsmanager::types::SecretValueEntry;

use crate::secret::Secret;
#[cfg(feature = "admin")]
use crate::source::Identity;
use crate::source::service::value::Value;
#[cfg(feature = "admin")]
use crate::source::service::value::identity as identity_of;

macro_rules! value_from {
    ($($answer:ty),*) => {$(
        impl From<$answer> for Value {
            fn from(answer: $answer) -> Self {
                Self {
                    text: answer.secret_string.map(Secret::from),
                    binary: answer.secret_binary.map(|binary| Secret::from(binary.into_inner())),
                    arn: answer.arn,
                    name: answer.name,
                    version_id: answer.version_id,
                    stages: answer.version_stages,
                    created: answer.created_date.and_then(time),
                }
            }
        }
    )*};
}

value_from!(GetSecretValueOutput, SecretValueEntry);

/// The identity that an answer states, without the parts that are invalid.
#[cfg(feature = "admin")]
pub(crate) fn identity(
    arn: Option<String>,
    name: Option<String>,
    version_id: Option<String>,
    stages: Option<Vec<String>>,
    created: Option<DateTime>,
) -> Identity {
    identity_of(arn, name, version_id, stages, created.and_then(time))
}

fn time(time: DateTime) -> Option<SystemTime> {
    SystemTime::try_from(time).ok()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use aws_sdk_secretsmanager::primitives::Blob;
    use aws_sdk_secretsmanager::types::builders::SecretValueEntryBuilder;

    use super::*;
    use crate::setting::Version;
    use crate::source::service::value::{ANOTHER_SECRET, ANOTHER_VERSION, TOO_LONG};
    use crate::source::{Answer, Identity, Key};
    use crate::value::Payload;

    const ARN: &str = "arn:aws:secretsmanager:eu-west-1:111111111111:secret:app/db-AbCdEf";

    fn entry() -> SecretValueEntryBuilder {
        SecretValueEntry::builder().secret_string("canary")
    }

    fn identity_of(answer: impl Into<Value>) -> Identity {
        match Answer::from(answer.into()) {
            Answer::Found(_, identity) => identity,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn both_operations_return_the_identity_of_secret_and_version() {
        let of_get = GetSecretValueOutput::builder()
            .secret_string("canary")
            .arn(ARN)
            .name("app/db")
            .version_id("00000000-0000-4000-8000-000000000001")
            .version_stages("AWSCURRENT")
            .version_stages("blue")
            .created_date(DateTime::from_millis(1_700_000_000_500))
            .build();
        let of_batch = entry()
            .arn(ARN)
            .name("app/db")
            .version_id("00000000-0000-4000-8000-000000000001")
            .version_stages("AWSCURRENT")
            .version_stages("blue")
            .created_date(DateTime::from_millis(1_700_000_000_500))
            .build();
        let identity = identity_of(of_get);
        assert_eq!(identity, identity_of(of_batch));
        assert_eq!((identity.id(), identity.name()), (Some(ARN), Some("app/db")));
        assert_eq!(identity.version_id(), Some("00000000-0000-4000-8000-000000000001"));
        assert_eq!(identity.stages(), ["AWSCURRENT", "blue"]);
        assert_eq!(
            identity.created(),
            Some(SystemTime::UNIX_EPOCH + Duration::from_millis(1_700_000_000_500))
        );
    }

    fn refusal(answer: SecretValueEntryBuilder, key: &Key) -> Option<String> {
        match Value::from(answer.build()).answer_to(key) {
            Answer::Found(..) => None,
            other => Some(format!("{other:?}")),
        }
    }

    #[test]
    fn an_answer_about_another_secret_is_refused() {
        let partial = ARN.strip_suffix("-AbCdEf").unwrap();
        let answer = || entry().arn(ARN).name("app/db");
        for id in ["app/db", ARN, partial] {
            assert_eq!(refusal(answer(), &Key::new(id)), None, "{id}");
            assert_eq!(refusal(entry(), &Key::new(id)), None, "{id}");
        }
        let refused = "Failed(unavailable: the answer is about another secret)";
        for id in ["app/jwt", "app/db2", &ARN.replace("db", "jwt"), &partial.replace("db", "jwt")] {
            assert_eq!(refusal(answer(), &Key::new(id)).as_deref(), Some(refused), "{id}");
        }
        assert_eq!(refusal(answer().name("app/jwt"), &Key::new("app/jwt")).as_deref(), Some(refused));
        assert_eq!(refusal(entry().name("app/jwt"), &Key::new("app/db")).as_deref(), Some(refused));
    }

    #[test]
    fn an_answer_about_another_version_is_refused() {
        let answer = || entry().name("db").version_id("1").version_stages("AWSPREVIOUS");
        let key = |version| Key::new("db").with_version(version);
        let refused = "Failed(unavailable: the answer is about another version)";
        for (version, expected) in [
            (Version::Current, None),
            (Version::Id("1".to_owned()), None),
            (Version::Stage("AWSPREVIOUS".to_owned()), None),
            (Version::Id("2".to_owned()), Some(refused)),
            (Version::Stage("AWSCURRENT".to_owned()), Some(refused)),
        ] {
            assert_eq!(refusal(answer(), &key(version.clone())).as_deref(), expected, "{version:?}");
        }
    }

    #[test]
    fn an_answer_with_longer_names_than_those_of_aws_is_refused() {
        let key = Key::new("db");
        let refused = "Failed(unavailable: a name in the answer is longer than any of AWS)";
        let labels = |count: usize| Some((0..count).map(|number| number.to_string()).collect());
        for answer in [
            entry().arn("a".repeat(2049)),
            entry().name("a".repeat(513)),
            entry().version_id("1".repeat(65)),
            entry().version_stages("a".repeat(257)),
            entry().set_version_stages(labels(21)),
        ] {
            assert_eq!(refusal(answer, &key).as_deref(), Some(refused));
        }
        let longest = entry().name("db").version_id("1".repeat(64)).set_version_stages(labels(20));
        assert_eq!(refusal(longest, &key), None);
    }

    #[test]
    fn a_refusal_keeps_the_cached_value() {
        for error in [ANOTHER_SECRET, ANOTHER_VERSION, TOO_LONG] {
            assert!(!error.is_definitive(), "{error}");
        }
    }

    #[test]
    fn a_value_without_an_identity_is_found() {
        assert_eq!(identity_of(entry().build()), Identity::default());
        assert_eq!(identity_of(entry().name("db").build()).name(), Some("db"));
    }

    #[test]
    fn a_value_is_moved_and_not_copied() {
        let (text, bytes) = ("canary".to_owned(), vec![0xff_u8]);
        let (text_at, bytes_at) = (text.as_ptr(), bytes.as_ptr());
        let of = |answer: SecretValueEntry| match Answer::from(Value::from(answer)) {
            Answer::Found(Payload::Text(text), _) => text.expose_secret().as_ptr(),
            Answer::Found(Payload::Binary(bytes), _) => bytes.expose_secret().as_ptr(),
            other => panic!("{other:?}"),
        };
        assert_eq!(of(SecretValueEntry::builder().secret_string(text).build()), text_at);
        assert_eq!(of(SecretValueEntry::builder().secret_binary(Blob::new(bytes)).build()), bytes_at);
    }

    #[test]
    fn an_answer_without_a_value_is_an_error() {
        let answer = Answer::from(Value::from(SecretValueEntry::builder().arn(ARN).name("db").build()));
        assert_eq!(format!("{answer:?}"), "Failed(unavailable: the answer holds no value)");
    }

    #[test]
    fn an_invalid_arn_or_name_is_dropped() {
        let long = ARN.replace("eu-west-1", &"a".repeat(2048));
        for arn in ["", "db", "hunter2 hunter2", "arn:aws:s3:::bucket", &format!("{ARN}\n"), &long] {
            assert_eq!(identity_of(entry().arn(arn).build()).id(), None, "{arn}");
        }
        for name in ["", "hunter2 hunter2", "a\nb", "é", ARN, &"a".repeat(513)] {
            assert_eq!(identity_of(entry().name(name).build()).name(), None, "{name}");
        }
    }

    #[test]
    fn an_invalid_version_id_or_label_is_dropped() {
        for id in ["", "hunter2!", "a b", &"a".repeat(65)] {
            assert_eq!(identity_of(entry().version_id(id).build()).version_id(), None, "{id}");
        }
        let stages = ["", "a b", "a\u{1b}[31m", "é", &"a".repeat(257), "AWSPREVIOUS", "+x/@"];
        let answer = entry().set_version_stages(Some(stages.map(str::to_owned).into())).build();
        assert_eq!(identity_of(answer).stages(), ["AWSPREVIOUS", "+x/@"]);
        let many = (0..1000).map(|number| number.to_string()).collect();
        assert_eq!(identity_of(entry().set_version_stages(Some(many)).build()).stages().len(), 20);
    }

    #[test]
    fn any_date_is_read_without_a_panic() {
        for seconds in [f64::MIN, f64::MAX, -1.5, 0.0, 1e18, f64::NAN] {
            let _ = identity_of(entry().created_date(DateTime::from_secs_f64(seconds)).build());
        }
        let _ = identity_of(entry().created_date(DateTime::from_secs_and_nanos(i64::MIN, 1)).build());
        let before = identity_of(entry().created_date(DateTime::from_secs_f64(-1.5)).build()).created();
        assert_eq!(before, Some(SystemTime::UNIX_EPOCH - Duration::from_millis(1500)));
    }
}
