//! Names outside of Rust: the plain name of a field, its other spellings, its variable, and the known name
//! that is nearest to a typo.

use proc_macro2::Ident;
use syn::ext::IdentExt as _;

/// The only placeholder in names.
pub(crate) const PLACEHOLDER: &str = "{environment}";

/// The name of a field outside of Rust: `r#type` is `type`.
pub(crate) fn plain_name(ident: &Ident) -> String {
    ident.unraw().to_string()
}

/// A conversion of field names, as in `rename_all` of serde.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RenameRule {
    Lower,
    Upper,
    Pascal,
    Camel,
    Snake,
    ScreamingSnake,
    Kebab,
    ScreamingKebab,
}

/// The values of `rename_all`.
pub(crate) const RENAME_RULES: [(&str, RenameRule); 8] = [
    ("lowercase", RenameRule::Lower),
    ("UPPERCASE", RenameRule::Upper),
    ("PascalCase", RenameRule::Pascal),
    ("camelCase", RenameRule::Camel),
    ("snake_case", RenameRule::Snake),
    ("SCREAMING_SNAKE_CASE", RenameRule::ScreamingSnake),
    ("kebab-case", RenameRule::Kebab),
    ("SCREAMING-KEBAB-CASE", RenameRule::ScreamingKebab),
];

impl RenameRule {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        RENAME_RULES.iter().find(|(name, _)| *name == text).map(|(_, rule)| *rule)
    }

    /// Converts the name of a field. Like serde, it assumes that the name is in `snake_case`.
    pub(crate) fn apply(self, field: &str) -> String {
        match self {
            Self::Lower | Self::Snake => field.to_owned(),
            Self::Upper | Self::ScreamingSnake => field.to_uppercase(),
            Self::Pascal => capitalized_words(field),
            Self::Camel => {
                let pascal = capitalized_words(field);
                let mut letters = pascal.chars();
                letters.next().map(char::to_lowercase).into_iter().flatten().chain(letters).collect()
            }
            Self::Kebab => field.replace('_', "-"),
            Self::ScreamingKebab => field.to_uppercase().replace('_', "-"),
        }
    }
}

fn capitalized_words(field: &str) -> String {
    field
        .split('_')
        .flat_map(|word| {
            let mut letters = word.chars();
            letters.next().map(char::to_uppercase).into_iter().flatten().chain(letters)
        })
        .collect()
}

/// The environment variable of a field that has only its own name.
pub(crate) fn variable_of_field(field: &str) -> String {
    field.to_uppercase()
}

/// The environment variable for the name of a secret: in upper case, with one `_` for each run of other
/// characters. The placeholder is left out, since the variable has the same name in every environment. The
/// runtime has the same rule.
pub(crate) fn variable_of_secret(name: &str) -> String {
    let mut variable = String::with_capacity(name.len());
    for letter in name.replace(PLACEHOLDER, "_").chars() {
        let letter = if letter.is_ascii_alphanumeric() { letter.to_ascii_uppercase() } else { '_' };
        if letter != '_' || !variable.ends_with('_') {
            variable.push(letter);
        }
    }
    variable.trim_matches('_').to_owned()
}

/// Returns the candidate that is nearest to `name`, if it differs by one letter at most, or by two if `name`
/// has at least five. A letter is added, left out, replaced or swapped with its neighbor. Case does not
/// count. The runtime has the same rule.
pub(crate) fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let tolerance = if name.chars().count() < 5 { 1 } else { 2 };
    let lower = name.to_ascii_lowercase();
    candidates
        .into_iter()
        .filter(|candidate| *candidate != name)
        .map(|candidate| (strsim::osa_distance(&lower, &candidate.to_ascii_lowercase()), candidate))
        .filter(|(distance, _)| *distance <= tolerance)
        .min()
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_raw_identifier_loses_its_prefix() {
        assert_eq!(plain_name(&syn::parse_str("r#type").unwrap()), "type");
        assert_eq!(plain_name(&syn::parse_str("port").unwrap()), "port");
    }

    #[test]
    fn rename_rules_convert_as_serde_does() {
        let converted = RENAME_RULES.map(|(_, rule)| rule.apply("very_tasty"));
        assert_eq!(
            converted,
            [
                "very_tasty",
                "VERY_TASTY",
                "VeryTasty",
                "veryTasty",
                "very_tasty",
                "VERY_TASTY",
                "very-tasty",
                "VERY-TASTY",
            ]
        );
        assert_eq!(RENAME_RULES.map(|(_, rule)| rule.apply("z")), ["z", "Z", "Z", "z", "z", "Z", "z", "Z"]);
        assert_eq!(RENAME_RULES.map(|(_, rule)| rule.apply("")), [""; 8]);
        assert_eq!(RenameRule::Camel.apply("a_1b_éa"), "a1bÉa");
    }

    #[test]
    fn rename_rules_are_found_by_their_exact_name() {
        for (name, rule) in RENAME_RULES {
            assert_eq!(RenameRule::parse(name), Some(rule));
        }
        assert_eq!(RenameRule::parse("kebab_case"), None);
    }

    #[test]
    fn the_variable_of_a_field_is_its_name_in_upper_case() {
        assert_eq!(variable_of_field("database_url"), "DATABASE_URL");
        assert_eq!(variable_of_field("_spare"), "_SPARE");
    }

    /// The runtime has the same test.
    #[test]
    fn the_variable_of_a_secret_is_the_same_in_both_crates() {
        for (secret, variable) in include!("../../tests/shared/variables.rs") {
            assert_eq!(variable_of_secret(secret), variable, "{secret}");
        }
    }

    /// The runtime has the same test.
    #[test]
    fn suggestions_are_the_same_in_both_crates() {
        for (name, candidate, is_near) in include!("../../tests/shared/suggestions.rs") {
            assert_eq!(nearest(name, [candidate]), is_near.then_some(candidate), "{name} {candidate}");
        }
    }

    #[test]
    fn the_nearest_name_is_suggested() {
        let known = ["name", "env", "default", "json", "env_prefix", "alias"];
        assert_eq!(nearest("envs", known), Some("env"));
        assert_eq!(nearest("colour", known), None);
    }
}
