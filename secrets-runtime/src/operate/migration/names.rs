//! Decides which unknown names in a file may be shown: a name may be a part of a value.

/// Longer words are rarely chosen by people.
const LONGEST_WORD: usize = 15;

const MOST_DIGITS: usize = 6;

/// Whether a name looks like the name of a variable. Lines of a key that was pasted without quotes often end
/// in `=`, so they parse as names.
pub(super) fn is_usual_name(name: &str) -> bool {
    let begins_well = name.starts_with(|first: char| first.is_ascii_uppercase() || first == '_');
    begins_well
        && name.len() <= 64
        && name.bytes().all(|byte| matches!(byte, b'A'..=b'Z' | b'0'..=b'9' | b'_'))
        && name.bytes().filter(u8::is_ascii_digit).count() <= MOST_DIGITS
        && name.split('_').all(is_usual_word)
}

/// Whether a word is short and has digits in at most one place, such as `SHA256`, `OAUTH2` and `K8S`. Random
/// text has digits in several places.
fn is_usual_word(word: &str) -> bool {
    let is_digit = |byte: &u8| byte.is_ascii_digit();
    let runs = word.as_bytes().chunk_by(|one, next| is_digit(one) == is_digit(next));
    word.len() <= LONGEST_WORD && runs.filter(|run| run.first().is_some_and(is_digit)).count() <= 1
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_of_variables_are_usual() {
        for name in [
            "A",
            "_",
            "PORT",
            "OLD_FLAG",
            "AWS_ACCESS_KEY_ID",
            "_JAVA_OPTIONS",
            "K8S_NAMESPACE",
            "OAUTH2_URL",
            "SHA256",
            "S3_BUCKET_2024",
            "STRIPE_PUBLISHABLE_KEY",
            "LEGACY_FLAG",
            "X509_AES256GCM",
        ] {
            assert!(is_usual_name(name), "{name}");
        }
    }

    #[test]
    fn parts_of_values_are_not() {
        for name in [
            "",
            "1A",
            "aKey",
            "Path",
            "A.B",
            "AKIAIOSFODNN7EXAMPLE",
            "ASIAQWERTYUIOPASDFGH",
            "AKIAQWERTYUIOPASDFGH_OLD",
            "OLD_AKIAQWERTYUIOPASDFGH",
            "JBSWY3DPEHPK3PXP",
            "A550E8400_E29B_41D4_A716_446655440000",
            "_4111_1111_1111_1111",
            "DEADBEEF00CAFE11",
            "MC4CAQAWBQYDK2VWBCIE",
            &"A_".repeat(33),
        ] {
            assert!(!is_usual_name(name), "{name}");
        }
    }

    proptest! {
        #[test]
        fn what_is_shown_has_the_form_of_a_variable(name in "[A-Za-z_][A-Za-z0-9_.]{0,70}|[A-Z0-9_]{1,70}|\\PC{1,20}") {
            if is_usual_name(&name) {
                let (first, rest) = name.split_at(1);
                prop_assert!(first.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_'));
                prop_assert!(rest.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_'));
            }
        }

        // https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids
        #[test]
        fn no_access_key_id_is_shown_wherever_it_stands(
            before in "([A-Z]{1,8}_)?",
            id in "(AKIA|ASIA|AROA|AIDA)[A-Z2-7]{16}",
            after in "(_[A-Z0-9]{1,8})?",
        ) {
            prop_assert!(!is_usual_name(&[before, id, after].concat()));
        }

        #[test]
        fn no_long_random_word_is_shown(
            word in "[A-Z2-7]{16,64}|[A-F0-9]{16,64}|[A-Za-z0-9]{16,64}",
            before in "([A-Z]{1,8}_)?",
        ) {
            prop_assert!(!is_usual_name(&[before, word].concat()));
        }

        #[test]
        fn words_with_underscores_between_them_are_shown(name in "[A-Z]{1,12}(_[A-Z]{1,12}){0,3}(_[0-9]{1,4})?") {
            prop_assert!(is_usual_name(&name));
        }
    }
}
