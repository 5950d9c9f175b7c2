//! Templates, read by validators that nobody here wrote.

use harness::python::python;
use secrets_runtime::{Environment, SecretConfig};
use serde_json::{Value, json};

use super::configs::{Hostile, Plain, Shop};

fn parsed(template: &str) -> Value {
    serde_json::from_str(template).unwrap()
}

#[test]
fn cloudformation_makes_a_place_for_each_secret_and_no_value() {
    let template =
        parsed(&Shop::manifest().in_environment(&Environment::STAGING).to_cloudformation().unwrap());
    let names: Vec<&String> = template["Resources"].as_object().unwrap().keys().collect();
    assert_eq!(
        names,
        [
            "SharedStagingRdsSecret",
            "ShopStagingDatabaseUrlSecret",
            "ShopStagingJwtSecret",
            "ShopStagingMailSecret",
            "ShopStagingSentryDsnSecret"
        ]
    );
    let url = &template["Resources"]["ShopStagingDatabaseUrlSecret"];
    assert_eq!(
        url["Properties"],
        json!({
            "Name": "shop/staging/database-url",
            "Description": "Postgres connection string.",
            "KmsKeyId": { "Fn::If": ["HasKmsKey", { "Ref": "KmsKeyId" }, { "Ref": "AWS::NoValue" }] }
        })
    );
    assert_eq!((&url["DeletionPolicy"], &url["UpdateReplacePolicy"]), (&json!("Retain"), &json!("Retain")));
    let rds = &template["Resources"]["SharedStagingRdsSecret"];
    assert_eq!(
        rds["Properties"]["Description"],
        "JSON with the keys username (The database user), password."
    );
    assert_eq!(
        rds["Metadata"],
        json!({ "ReadBy": ["rds.username", "rds.password"], "JsonKeys": ["username", "password"] })
    );
}

#[test]
fn secrets_that_others_make_are_named_and_not_made() {
    let template = parsed(&Hostile::manifest().to_cloudformation().unwrap());
    assert_eq!(
        template["Metadata"]["SecretsMadeElsewhere"],
        json!(["arn:aws:secretsmanager:eu-west-1:123456789012:secret:other/db-AbCdEf", "rds!cluster-1"])
    );
    let terraform = Hostile::manifest().to_terraform().unwrap();
    assert!(terraform.contains("# by_arn: Secret<String>\n# Made elsewhere: arn:aws:"), "{terraform}");
}

#[test]
fn a_description_is_the_text_itself_where_cloudformation_would_see_a_reference() {
    let template = parsed(&Hostile::manifest().to_cloudformation().unwrap());
    let description = &template["Resources"]["2faABSecret"]["Properties"]["Description"]["Fn::Join"];
    let parts: Vec<&str> =
        description[1].as_array().unwrap().iter().map(|part| part.as_str().unwrap()).collect();
    assert_eq!(description[0], "");
    assert!(parts.concat().ends_with("é <b> ${KmsKeyId} $${x} %{if} %%{y} # !Sub ${AWS::Region}"));
}

#[test]
fn a_config_without_secrets_has_no_template() {
    assert_eq!(
        Plain::manifest().to_cloudformation().unwrap_err().to_string(),
        "Plain: there is no secret of AWS Secrets Manager to create"
    );
}

#[test]
fn cfn_lint_finds_nothing_in_the_templates() {
    let Some(python) = python("cfn-lint finds nothing in the templates") else { return };
    let lint = |template: &str| python.run(include_str!("cfn_lint.py"), &[], template).unwrap();
    for template in [
        Shop::manifest().to_cloudformation().unwrap(),
        Hostile::manifest().to_cloudformation().unwrap(),
        Shop::manifest().to_alarms(),
    ] {
        assert_eq!(lint(&template), "", "{template}");
    }
    // It would find something.
    let wrong = Shop::manifest().to_cloudformation().unwrap().replace("KmsKeyId\"", "KmsKeyIdd\"");
    assert!(lint(&wrong).contains("KmsKeyIdd"));
}

/// What a quoted text of the parser's means.
fn name(quoted: &str) -> &str {
    quoted.trim_matches('"')
}

#[test]
fn terraform_is_parsed_as_what_it_is_meant_to_be() {
    let Some(python) = python("Terraform is parsed as what it is meant to be") else { return };
    let parse = |text: &str| parsed(&python.run(include_str!("hcl.py"), &[], text).unwrap());
    let resources = |configuration: &Value| -> Vec<(String, Value)> {
        let secret = |resource: &Value| {
            let (kind, named) = resource.as_object().unwrap().iter().next().unwrap();
            assert_eq!(name(kind), "aws_secretsmanager_secret");
            let (label, body) = named.as_object().unwrap().iter().next().unwrap();
            (name(label).to_owned(), body.clone())
        };
        configuration["resource"].as_array().unwrap().iter().map(secret).collect()
    };
    let shop = resources(&parse(&Shop::manifest().to_terraform().unwrap()));
    let (label, url) = &shop[0];
    assert_eq!((label.as_str(), shop.len()), ("shop_production_database_url", 5));
    assert_eq!(name(url["name"].as_str().unwrap()), "shop/production/database-url");
    assert_eq!(url["kms_key_id"], "${var.kms_key_id}");
    assert_eq!(url["lifecycle"][0]["prevent_destroy"], true);

    let hostile = parse(&Hostile::manifest().to_terraform().unwrap());
    let secrets = resources(&hostile);
    let labels: Vec<&str> = secrets.iter().map(|(label, _)| label.as_str()).collect();
    assert_eq!(labels, ["_2fa_a_b", "_2fa_a_b_3", "_2fa_a_b_2"], "distinct, whatever the names come to");
    let description = secrets[0].1["description"].as_str().unwrap();
    assert!(
        description.ends_with(
            r#"é <b> \u0024{KmsKeyId} $\u0024{x} \u0025{if} %\u0025{y} # !Sub \u0024{AWS::Region}""#
        ),
        "an expression of none of it: {description}"
    );
    assert!(description.contains(r#"\"quotes\", it's \\ "#), "{description}");
}
