//! What `Admin` writes and reads, and what a rotation makes: beside bare calls of the SDK.

use aws_sdk_secretsmanager::primitives::Blob;
use secrets_runtime::admin::Admin;
use secrets_runtime::rotation::{RandomToken, Rotation};
use secrets_runtime::{Secret, Secrets};

use super::json_string;
use super::wire::beside;
use crate::canary::CANARY;
use crate::residue::Measured;

fn admin(secrets: &Secrets) -> Admin {
    Admin::new(secrets).unwrap()
}

/// What the SDK takes a text from: one more copy that is the caller's.
fn text() -> String {
    CANARY.to_owned()
}

pub(super) fn put_text() -> Measured {
    beside(
        async |secrets| admin(&secrets).put("written").string(CANARY).await.unwrap(),
        async |client| {
            drop(client.put_secret_value().secret_id("written").secret_string(text()).send().await.unwrap());
        },
    )
}

#[derive(serde::Serialize)]
struct Login<'a> {
    user: &'a str,
    password: &'a str,
}

const LOGIN: Login<'_> = Login { user: "app", password: CANARY };

pub(super) fn put_json() -> Measured {
    beside(
        async |secrets| admin(&secrets).put("written").json(&LOGIN).await.unwrap(),
        async |client| {
            let json = serde_json::to_string(&LOGIN).unwrap();
            drop(client.put_secret_value().secret_id("written").secret_string(json).send().await.unwrap());
        },
    )
}

pub(super) fn put_bytes() -> Measured {
    beside(
        async |secrets| admin(&secrets).put("written").binary(CANARY.as_bytes()).await.unwrap(),
        async |client| {
            let call = client.put_secret_value().secret_id("written").secret_binary(Blob::new(CANARY));
            drop(call.send().await.unwrap());
        },
    )
}

pub(super) fn create() -> Measured {
    beside(
        async |secrets| admin(&secrets).create("written").string(CANARY).await.unwrap(),
        async |client| {
            drop(client.create_secret().name("written").secret_string(text()).send().await.unwrap());
        },
    )
}

/// Refused by the server, and before it is asked.
pub(super) fn refused() -> Measured {
    beside(
        async |secrets| {
            let admin = admin(&secrets);
            let long: Secret<String> = CANARY.repeat(1000).into();
            assert!(admin.put("written").string(&long).await.is_err());
            assert!(admin.put("written").client_request_token("short").string(CANARY).await.is_err());
            admin.put("refused").string(CANARY).await.unwrap_err()
        },
        async |client| {
            drop(
                client
                    .put_secret_value()
                    .secret_id("refused")
                    .secret_string(text())
                    .send()
                    .await
                    .unwrap_err(),
            );
        },
    )
}

pub(super) fn random_password() -> Measured {
    beside(
        async |secrets| {
            let password = admin(&secrets).random_password().await.unwrap();
            assert!(password.ct_eq(CANARY));
            password
        },
        async |client| {
            let answer = client.get_random_password().send().await.unwrap();
            Secret::from(answer.random_password.unwrap())
        },
    )
}

pub(super) fn read() -> Measured {
    beside(
        async |secrets| admin(&secrets).read("text").stage("AWSCURRENT").await.unwrap(),
        async |client| {
            let answer = client.get_secret_value().secret_id("text").send().await.unwrap();
            Secret::from(answer.secret_string.unwrap())
        },
    )
}

/// All four steps of a secret that holds the canary beside the token. Without this crate: as many reads and writes of it.
pub(super) fn rotation() -> Measured {
    beside(
        async |secrets| {
            let rotation = Rotation::new(admin(&secrets), RandomToken::new().key("token"));
            rotation.rotate_now("rotated").await.unwrap()
        },
        async |client| {
            for _ in 0..4 {
                let answer = client.get_secret_value().secret_id("rotated").send().await.unwrap();
                drop(Secret::from(answer.secret_string.unwrap()));
            }
            let document =
                json_string(CANARY).map(|text| ["{\"token\": \"\", \"other\": ", text, "}"].concat());
            let document = document.expose_secret().clone();
            drop(
                client.put_secret_value().secret_id("by-hand").secret_string(document).send().await.unwrap(),
            );
        },
    )
}
