//! Any text as what Lambda hands to a rotation function.

use secrets_runtime::rotation::{RotationEvent, RotationStep};

use crate::values::{ESCAPED, LETTERS, ODD, assert_alike, filled_text};

/// Reads it. What is said of a value in it is nothing, and what was read is read again from its own members.
pub fn rotation_event(input: &[u8]) {
    let Some(inputs) = filled_text(input, &[LETTERS, ODD, ESCAPED]) else { return };
    assert_alike(&inputs, |text| {
        let mut said = said_of(serde_json::from_str(text));
        if let Ok(value) = serde_json::from_str::<serde_json::Value>(text) {
            said += &said_of(serde_json::from_value(value));
        }
        said
    });
    for text in &inputs {
        if let Ok(event) = serde_json::from_str::<RotationEvent>(text) {
            is_read_again(&event);
        }
    }
}

fn said_of(read: Result<RotationEvent, serde_json::Error>) -> String {
    read.map_or_else(|error| format!("{error}{error:?}"), |_| String::new())
}

fn is_read_again(event: &RotationEvent) {
    let step: RotationStep = event.step();
    let written = serde_json::json!({
        "Step": step.as_str(),
        "SecretId": event.secret_id(),
        "ClientRequestToken": event.client_request_token(),
        "Else": [event.secret_id()],
    });
    assert_eq!(serde_json::from_str(&written.to_string()).ok().as_ref(), Some(event));
}
