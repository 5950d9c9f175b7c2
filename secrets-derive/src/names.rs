//! Names: raw identifiers, the conversions between them, and the one that was probably meant.

use proc_macro2::Ident;
use syn::ext::IdentExt as _;

/// What a field is called outside Rust: `r#type` is `type`.
pub(crate) fn plain_name(ident: &Ident) -> String {
    ident.unraw().to_string()
}

/// A conversion of field names, as `rename_all` of serde knows them.
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

/// What can be written after `rename_all =`.
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

    /// Converts the name of a field, which is taken to be `snake_case` as Rust wants it and serde assumes it.
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

/// The environment variable that goes with a secret's name: upper case, `_` for whatever a variable cannot hold.
///
/// `{environment}` is no part of it, since every environment has the variable under the same name; neither are the
/// separators this leaves at either end.
pub(crate) fn variable_of_secret(name: &str) -> String {
    let upper = name.replace("{environment}", "_").to_uppercase();
    let mut variable = String::with_capacity(upper.len());
    for letter in upper.chars() {
        let letter = if letter.is_ascii_alphanumeric() { letter } else { '_' };
        // `a//b` and what a placeholder leaves behind are one separator.
        if letter != '_' || !variable.ends_with('_') {
            variable.push(letter);
        }
    }
    variable.trim_matches('_').to_owned()
}

/// The one of `known` that `written` was probably meant to be.
pub(crate) fn nearest<'a>(written: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let lower = written.to_lowercase();
    // A third of the letters may be wrong: enough for a slip, too little to turn one word into another.
    let tolerance = (written.chars().count() / 3).max(1);
    known
        .into_iter()
        .map(|name| (distance(&lower, &name.to_lowercase()), name))
        .filter(|(distance, _)| *distance <= tolerance)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

/// How many letters were added, left out, replaced or swapped with their neighbour.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    // Rows of the usual table: the one before last (for swaps), the last, and the one being filled.
    let mut before_last: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    let mut previous_a = None;
    for (row, letter_a) in a.chars().enumerate() {
        let mut current = Vec::with_capacity(b.len() + 1);
        let mut left = row + 1;
        current.push(left);
        let mut previous_b = None;
        for (column, letter_b) in b.iter().copied().enumerate() {
            let above = last.get(column + 1).copied().unwrap_or(usize::MAX - 1);
            let diagonal = last.get(column).copied().unwrap_or(usize::MAX - 1);
            let mut best = (above + 1).min(left + 1).min(diagonal + usize::from(letter_a != letter_b));
            if previous_a == Some(letter_b) && previous_b == Some(letter_a) {
                let before = column.checked_sub(1).and_then(|at| before_last.get(at));
                best = before.map_or(best, |swapped| best.min(swapped + 1));
            }
            current.push(best);
            left = best;
            previous_b = Some(letter_b);
        }
        previous_a = Some(letter_a);
        before_last = std::mem::replace(&mut last, current);
    }
    last.last().copied().unwrap_or(0)
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
    fn a_variable_is_the_name_in_upper_case() {
        assert_eq!(variable_of_field("database_url"), "DATABASE_URL");
        assert_eq!(variable_of_field("_spare"), "_SPARE");
        assert_eq!(variable_of_secret("jwt"), "JWT");
        assert_eq!(variable_of_secret("stripe/api-key.v2"), "STRIPE_API_KEY_V2");
    }

    #[test]
    fn a_variable_is_the_same_in_every_environment() {
        assert_eq!(variable_of_secret("{environment}/db"), "DB");
        assert_eq!(variable_of_secret("shop/{environment}/db"), "SHOP_DB");
        assert_eq!(variable_of_secret("/shop/db"), "SHOP_DB");
        assert_eq!(variable_of_secret("{environment}"), "");
    }

    #[test]
    fn distance_counts_slips() {
        for (a, b, expected) in [
            ("", "", 0),
            ("", "abc", 3),
            ("name", "name", 0),
            ("nmae", "name", 1),
            ("nam", "name", 1),
            ("names", "name", 1),
            ("game", "name", 1),
            ("defualt", "default", 1),
            ("kitten", "sitting", 3),
        ] {
            assert_eq!(distance(a, b), expected, "{a} {b}");
            assert_eq!(distance(b, a), expected, "{b} {a}");
        }
    }

    #[test]
    fn the_nearest_name_is_suggested_only_when_it_is_near() {
        let known = ["name", "env", "default", "json", "env_prefix", "alias"];
        assert_eq!(nearest("defualt", known), Some("default"));
        assert_eq!(nearest("Json", known), Some("json"));
        assert_eq!(nearest("envprefix", known), Some("env_prefix"));
        assert_eq!(nearest("colour", known), None);
        assert_eq!(nearest("", known), None);
        assert_eq!(nearest("x", known), None);
    }
}
