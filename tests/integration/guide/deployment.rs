//! The deployment pages: their snippets, as validators read them that nobody here wrote.
//!
//! `cargo test --doc` compiles the structs of the pages.

use std::collections::BTreeMap;

use harness::python::Python;
use serde_json::Value;

use crate::support::example::root;

/// The text of each page, by its name.
fn pages() -> BTreeMap<String, String> {
    let folder = root().join("secrets-runtime/docs/deployment");
    let files = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    files
        .map(|file| {
            let name = file.file_stem().unwrap().to_string_lossy().into_owned();
            (name, std::fs::read_to_string(file).unwrap())
        })
        .collect()
}

/// How many snippets of each kind there are, and what is wrong with them.
fn validate(python: Python, pages: &BTreeMap<String, String>) -> (BTreeMap<String, u64>, Vec<String>) {
    let pages = serde_json::to_string(pages).unwrap();
    let printed: Value =
        serde_json::from_str(&python.run(include_str!("snippets.py"), &[], &pages).unwrap()).unwrap();
    let counts = printed["counts"].as_object().unwrap().iter();
    let findings = printed["findings"].as_array().unwrap().iter();
    (
        counts.map(|(kind, count)| (kind.clone(), count.as_u64().unwrap())).collect(),
        findings.map(|finding| finding.as_str().unwrap().to_owned()).collect(),
    )
}

#[test]
fn the_pages_are_about_every_deployment_and_have_a_struct_a_policy_and_a_check() {
    let pages = pages();
    let names: Vec<&str> = pages.keys().map(String::as_str).collect();
    assert_eq!(names, ["accounts", "agent", "containers", "ec2", "ecs", "eks", "lambda", "rds", "regions"]);
    for (name, text) in &pages {
        for needed in ["```rust", "SecretConfig)]", "\n## Policy\n", "\n## Check\n"] {
            assert!(text.contains(needed), "{name}: {needed}");
        }
    }
}

#[test]
fn validators_find_nothing_in_the_snippets() {
    let Some(python) = harness::python::python("validators find nothing in the deployment pages") else {
        return;
    };
    let (counts, findings) = validate(python, &pages());
    assert!(findings.is_empty(), "{findings:#?}");
    assert!(counts.values().all(|count| *count > 0), "{counts:?}");
}

#[test]
fn the_validators_find_what_is_wrong() {
    let Some(python) = harness::python::python("the validators of the deployment pages find faults") else {
        return;
    };
    let wrong = [
        ("yaml cloudformation", "Resources: { A: { Type: AWS::S3::Bucket, Properties: { BucketNam: a } } }"),
        (
            "json policy",
            r#"{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetSecret", "Resource": "*"}]}"#,
        ),
        ("yaml kubernetes", "{ apiVersion: v1, kind: Pod, metadata: { name: a }, spec: { container: [] } }"),
        ("yaml compose", "{ services: { a: { imag: b } } }"),
        ("hcl", "resource {"),
    ];
    let page = wrong.map(|(kind, text)| format!("```{kind}\n{text}\n```\n")).concat();
    let (_, findings) = validate(python, &BTreeMap::from([("page".to_owned(), page)]));
    for (kind, _) in wrong {
        assert!(
            findings.iter().any(|finding| finding.starts_with(&format!("page: {kind}: "))),
            "{findings:#?}"
        );
    }
}
