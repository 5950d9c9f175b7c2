//! Names of environments that are probably mistakes.

use super::{Machine, assert_says};

fn of(name: &str) -> String {
    Machine::new().without("ENVIRONMENT").with("ENVIRONMENT", name).check()
}

#[test]
fn a_short_name_is_told_from_the_usual_one() {
    for (name, usual) in [
        ("prod", "production"),
        ("prd", "production"),
        ("live", "production"),
        ("stage", "staging"),
        ("stg", "staging"),
        ("dev", "development"),
    ] {
        assert_says(&of(name), &[&format!("(environment: {name}, which is not `{usual}`)")]);
    }
    for name in ["production", "staging", "qa-2"] {
        assert_says(&of(name), &[&format!("(environment: {name})")]);
    }
}

#[test]
fn a_platform_for_services_without_the_variable_is_told() {
    for (variable, platform) in [
        ("ECS_CONTAINER_METADATA_URI_V4", "Amazon ECS"),
        ("AWS_LAMBDA_FUNCTION_NAME", "AWS Lambda"),
        ("KUBERNETES_SERVICE_HOST", "Kubernetes"),
    ] {
        let report = Machine::new().without("ENVIRONMENT").with(variable, "hunter2").check();
        assert_says(
            &report,
            &[&format!(
                "(environment: development, since ENVIRONMENT is not set although this runs on {platform})"
            )],
        );
    }
}

#[test]
fn a_name_that_is_not_valid_is_not_called_development() {
    for name in ["Production", "PROD", "prd\n"] {
        let report = of(name);
        assert_says(
            &report,
            &[
                "(environment: not known, since ENVIRONMENT is not a valid name)",
                "help: did you mean `production`, in lower-case letters?",
            ],
        );
        assert!(!report.contains("development assumed"), "{report}");
    }
    assert_says(&of("hunter2 hunter2"), &["help: lower-case letters, digits and hyphens"]);
}
