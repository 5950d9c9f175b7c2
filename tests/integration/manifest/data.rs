//! A manifest as JSON.

use harness::python::python;
use secrets_runtime::SecretConfig;
use secrets_runtime::manifest::Manifest;
use serde_json::{Value, json};

use super::configs::{Hostile, Plain, Shop};

fn data(manifest: &Manifest) -> Value {
    serde_json::from_str(&manifest.to_json()).unwrap()
}

#[test]
fn each_setting_is_an_object() {
    let shop = data(&Shop::manifest());
    assert_eq!((&shop["version"], &shop["config"]), (&json!(1), &json!("Shop")));
    assert_eq!(shop["environment"], "production");
    assert_eq!(
        shop["settings"][2],
        json!({
            "path": "signing_key_before",
            "type": "Option<Secret<String>>",
            "doc": "Still accepted for sessions that are older than the key.",
            "group_doc": "",
            "is_secret": true,
            "is_optional": true,
            "has_default": false,
            "default": null,
            "secret": {
                "id": "shop/production/jwt",
                "id_variable": null,
                "json_key": null,
                "stage": "AWSPREVIOUS",
                "version_id": null
            },
            "variable": "JWT_BEFORE",
            "aliases": [],
            "whole_secret_variable": null,
            "sources": []
        })
    );
    assert_eq!(shop["settings"][3]["aliases"], json!(["SMTP_PASSWORD"]));
    assert_eq!(shop["settings"][8]["secret"], Value::Null);
    assert_eq!(shop["settings"][8]["default"], "8080");
}

#[test]
fn it_is_as_its_schema_says() {
    let Some(python) = python("a manifest's JSON is as its schema says") else { return };
    let check = |json: &str| python.run(include_str!("schema.py"), &[Manifest::JSON_SCHEMA], json).unwrap();
    for manifest in [Shop::manifest(), Hostile::manifest(), Plain::manifest()] {
        assert_eq!(check(&manifest.to_json()), "");
    }
    // What is not as it says is found: the schema is none that allows everything.
    let mut wrong = data(&Shop::manifest());
    wrong["settings"][0]["default"] = json!("a secret's");
    assert!(check(&wrong.to_string()).contains("$.settings[0].default"));
    let mut wrong = data(&Shop::manifest());
    wrong["settings"][0]["secret"]["value"] = json!("a secret's");
    assert!(check(&wrong.to_string()).contains("$.settings[0].secret"));
}
