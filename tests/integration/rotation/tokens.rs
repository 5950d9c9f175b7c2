//! Opaque tokens.

use secrets_runtime::ErrorKind;
use secrets_runtime::rotation::{RandomToken, Rotation};

use super::Corner;

#[tokio::test]
async fn a_token_is_letters_and_digits() {
    let test = "a_token_is_letters_and_digits";
    let Some(moto) = harness::emulator::moto(test) else { return };
    let corner = Corner::with_value(moto, test, "first").await;
    for (rotator, length) in [(RandomToken::new(), 64), (RandomToken::new().length(20), 20)] {
        Rotation::new(corner.admin.clone(), rotator).rotate_now(&corner.name).await.unwrap();
        let token = corner.value("AWSCURRENT").await.unwrap();
        assert_eq!(token.len(), length);
        assert!(token.bytes().all(|byte| byte.is_ascii_alphanumeric()));
    }
}

#[tokio::test]
async fn a_token_is_one_key_of_a_document() {
    let test = "a_token_is_one_key_of_a_document";
    let Some(localstack) = harness::emulator::localstack(test) else { return };
    let document = |token: &str| format!("{{ \"url\":\"https://a\",\n\"api\": {{\"token\" : \"{token}\"}}}}");
    let corner = Corner::with_value(localstack, test, &document("")).await;
    let rotation = Rotation::new(corner.admin.clone(), RandomToken::new().length(32).key("api.token"));
    let mut seen = Vec::new();
    for _ in 0..2 {
        rotation.rotate_now(&corner.name).await.unwrap();
        let current = corner.value("AWSCURRENT").await.unwrap();
        let value: serde_json::Value = serde_json::from_str(&current).unwrap();
        let token = value["api"]["token"].as_str().unwrap().to_owned();
        assert_eq!(current, document(&token));
        assert_eq!(token.len(), 32);
        seen.push(token);
    }
    assert_ne!(seen[0], seen[1]);
}

#[tokio::test]
async fn a_document_is_not_replaced_by_a_token() {
    let test = "a_document_is_not_replaced_by_a_token";
    let Some(moto) = harness::emulator::moto(test) else { return };
    let document = "{\"token\": \"hunter2\", \"list\": [\"hunter2\"]}";
    let corner = Corner::with_value(moto, test, document).await;
    let before = corner.stages().await;
    for (rotator, kind, reason) in [
        (RandomToken::new(), ErrorKind::Configuration, "name the key of the token with RandomToken::key"),
        (RandomToken::new().key("tokn"), ErrorKind::Invalid, "the JSON has no text under the key"),
        (RandomToken::new().key("list"), ErrorKind::Invalid, "expected text"),
    ] {
        let rotated = Rotation::new(corner.admin.clone(), rotator).rotate_now(&corner.name).await;
        let error = rotated.unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        assert!(error.to_string().contains(reason) && !error.to_string().contains("hunter2"), "{error}");
    }
    assert_eq!(corner.stages().await, before);
}
