//! Any text in the place of a name: of an environment, of a secret, of a version.

use secrets_runtime::rotation::{RotationEvent, RotationStep};
use secrets_runtime::source::{Identity, Key, Location, Version};
use secrets_runtime::{Env, Environment, Error, Memory};

use crate::loading::{builder, said, said_of, waiting};
use crate::values::{LETTERS, ODD, assert_alike, filled_text};

const HIDDEN: &str = "(not a secret id)";

/// Asks by it. What can be no name is never repeated, since it may be a value that somebody pasted there; what can be one
/// is shown as it is.
pub fn names(input: &[u8]) {
    // A value of letters alone could be a name: it is no mark here.
    let Some(inputs) = filled_text(input, &[ODD]) else { return };
    assert_alike(&inputs, |name| said_of_requests(name) + &said_of_variables(name));
    // As an environment's name it could be none, whatever is around it: none is as long.
    let Some(inputs) = filled_text(input, &[LETTERS, ODD]) else { return };
    assert_alike(&inputs, |text| {
        text.parse::<Environment>().map_err(|error| format!("{error}{error:?}")).err().unwrap_or_default()
    });
    if let Ok(text) = std::str::from_utf8(input) {
        environments_are_what_they_are_called(text);
        ids_are_shown_whole_or_not_at_all(text);
    }
}

fn said_of_requests(name: &str) -> String {
    let memory = Memory::from([("a", "b")]);
    let secrets = builder().prefix("app/{environment}").sources([memory]).build().unwrap();
    let by_name = waiting(async { secrets.get(name).await });
    let by_json = waiting(async { secrets.get_json::<secrets_runtime::Secret<u8>>(name).await });
    let by_stage = waiting(async { secrets.request("a").stage(name).await });
    let by_version = waiting(async { secrets.request(name).version_id(name).await });
    let prefixed = builder().prefix(name).env_prefix(name).sources([Memory::new()]).build();
    let prefixed = prefixed.and_then(|secrets| waiting(async { secrets.get("a").await }));
    let request = format!("{:?}", secrets.request(name).stage(name).default_value(name));
    let mut said = request + &format!("{secrets:?}{}", secrets.stats());
    for result in [by_name, by_stage, by_version, prefixed] {
        said += &said_of(result);
    }
    said + &said_of(by_json)
}

fn said_of_variables(value: &str) -> String {
    let build = |name: &str| -> Result<(), Error> {
        let builder = secrets_runtime::Secrets::builder().variables(Env::from_iter([(name, value)]));
        let secrets = builder.sources([Memory::new()]).build()?;
        waiting(async { secrets.get("a").await }).map(drop)
    };
    let results = ["ENVIRONMENT", "SECRET_CACHE_TTL", "SECRET_PREFIX"].map(build);
    results.iter().filter_map(|result| result.as_ref().err()).map(said).collect()
}

fn environments_are_what_they_are_called(text: &str) {
    match Environment::new(text) {
        Ok(environment) => {
            assert_eq!(environment.as_str(), text);
            assert_eq!(environment.to_string().parse(), Ok(environment));
            assert!(
                text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
            );
        }
        Err(_) => assert!(!["development", "staging", "production"].contains(&text)),
    }
}

fn ids_are_shown_whole_or_not_at_all(text: &str) {
    let can_be_an_id = can_be_an_id(text);
    let shown = if can_be_an_id { text } else { HIDDEN };
    assert_eq!(format!("{:?}", Version::Stage(text.to_owned())), format!("Stage({shown:?})"));
    assert_eq!(format!("{:?}", Version::Id(text.to_owned())), format!("Id({shown:?})"));
    for printed in [
        format!("{:?}", Key::new(text)),
        format!("{:?}", Location::secret(text)),
        format!("{:?}", Identity::new(text).with_name(text).with_version_id(text)),
        format!("{:?}", RotationEvent::new(RotationStep::TestSecret, text, text)),
    ] {
        assert!(printed.contains(shown), "{printed}");
        assert_eq!(printed.contains(HIDDEN), !can_be_an_id, "{printed}");
    }
}

/// The rule of the documentation, written a second time: up to 512 letters, digits and `/_+=.@-!`, or the ARN of one.
fn can_be_an_id(text: &str) -> bool {
    let name = match text.strip_prefix("arn:") {
        Some(rest) => {
            let parts: Vec<&str> = rest.splitn(6, ':').collect();
            let [partition, "secretsmanager", region, account, "secret", name] = parts[..] else {
                return false;
            };
            let is_plain =
                |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
            if ![partition, region, account].into_iter().all(is_plain) {
                return false;
            }
            name
        }
        None => text,
    };
    !name.is_empty()
        && name.len() <= 512
        && name.chars().all(|c| c.is_ascii_alphanumeric() || "/_+=.@-!".contains(c))
}
