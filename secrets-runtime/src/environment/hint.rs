//! Hints about a name of an environment that is probably a mistake.

use super::Environment;

/// Short and other forms of the usual names.
const FORMS: [(&str, &[&str]); 3] = [
    ("development", &["dev", "devel", "develop", "local", "localhost"]),
    ("staging", &["stage", "stag", "stg", "preprod", "pre-prod", "uat"]),
    ("production", &["prod", "prd", "live", "product"]),
];

/// The variables by which platforms for services can be told.
const PLATFORMS: [(&str, &str); 4] = [
    ("AWS_LAMBDA_FUNCTION_NAME", "AWS Lambda"),
    ("ECS_CONTAINER_METADATA_URI_V4", "Amazon ECS"),
    ("ECS_CONTAINER_METADATA_URI", "Amazon ECS"),
    ("KUBERNETES_SERVICE_HOST", "Kubernetes"),
];

/// The usual name that a valid name is a form or a typo of.
pub(crate) fn usual_name(environment: &Environment) -> Option<&'static str> {
    form_of(environment.as_str())
}

fn form_of(name: &str) -> Option<&'static str> {
    let is_usual = |(usual, _): &&(&str, _)| *usual == name;
    if FORMS.iter().any(|form| is_usual(&form)) {
        return None;
    }
    FORMS.iter().find(|(_, forms)| forms.contains(&name)).map(|(usual, _)| *usual).or_else(|| {
        let usual = FORMS.iter().map(|(usual, _)| *usual);
        crate::suggest::nearest(name, usual)
    })
}

/// The help for an invalid name that is a usual one but for its letters. It does not repeat the name, which
/// may be a value.
pub(crate) fn suggested(name: &str) -> Option<&'static str> {
    let lower = name.trim().to_ascii_lowercase();
    let is_usual = |usual| lower == usual;
    match form_of(&lower)
        .or_else(|| FORMS.map(|(usual, _)| usual).into_iter().find(|usual| is_usual(*usual)))?
    {
        "development" => Some("did you mean `development`, in lower-case letters?"),
        "staging" => Some("did you mean `staging`, in lower-case letters?"),
        _ => Some("did you mean `production`, in lower-case letters?"),
    }
}

/// The platform for services that this process runs on.
pub(crate) fn platform(mut is_set: impl FnMut(&str) -> bool) -> Option<&'static str> {
    PLATFORMS.iter().find(|(variable, _)| is_set(variable)).map(|(_, platform)| *platform)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_or_a_typo_of_a_usual_name_is_told() {
        for (name, usual) in [
            ("prod", Some("production")),
            ("prd", Some("production")),
            ("live", Some("production")),
            ("stage", Some("staging")),
            ("stg", Some("staging")),
            ("dev", Some("development")),
            ("local", Some("development")),
            ("prodution", Some("production")),
            ("production", None),
            ("staging", None),
            ("development", None),
            ("qa-2", None),
            ("eu-production", None),
        ] {
            assert_eq!(usual_name(&Environment::new(name).unwrap()), usual, "{name}");
        }
    }

    #[test]
    fn an_invalid_name_is_a_usual_one_with_other_letters_or_none() {
        for name in ["Production", "PROD", " production\n", "Prd"] {
            assert!(suggested(name).unwrap().contains("`production`"), "{name}");
        }
        assert!(suggested("STAGING").unwrap().contains("`staging`"));
        assert_eq!(suggested("hunter2 hunter2"), None);
    }

    #[test]
    fn a_platform_is_told_by_its_variables() {
        for (variable, name) in [
            ("ECS_CONTAINER_METADATA_URI_V4", "Amazon ECS"),
            ("AWS_LAMBDA_FUNCTION_NAME", "AWS Lambda"),
            ("KUBERNETES_SERVICE_HOST", "Kubernetes"),
        ] {
            assert_eq!(platform(|other| other == variable), Some(name));
        }
        assert_eq!(platform(|_| false), None);
    }
}
