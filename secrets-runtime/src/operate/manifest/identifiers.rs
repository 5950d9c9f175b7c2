//! Makes unique, stable identifiers from secret names, for templates and policies.

use std::collections::HashSet;

/// The names that are already used.
#[derive(Default)]
pub(super) struct UniqueNames(HashSet<String>);

impl UniqueNames {
    /// The name itself, or with the first number behind it that makes it a new one.
    pub(super) fn take(&mut self, name: String, separator: &str) -> String {
        if self.0.insert(name.clone()) {
            return name;
        }
        let mut number: u64 = 2;
        loop {
            let numbered = format!("{name}{separator}{number}");
            if self.0.insert(numbered.clone()) {
                return numbered;
            }
            number += 1;
        }
    }
}

/// A name for each id. Those of ids that only punctuation tells apart are numbered in the order of the
/// alphabet: fields that change places must not swap the names of two resources.
pub(super) fn of_ids(ids: &[&str], name: impl Fn(&str) -> String, separator: &str) -> Vec<String> {
    let mut order: Vec<(&str, usize)> = ids.iter().copied().zip(0..).collect();
    order.sort_unstable();
    let mut taken = UniqueNames::default();
    let mut numbered: Vec<(usize, String)> =
        order.into_iter().map(|(id, index)| (index, taken.take(name(id), separator))).collect();
    numbered.sort_unstable();
    numbered.into_iter().map(|(_, name)| name).collect()
}

/// `shop/production/database-url` as `ShopProductionDatabaseUrl`: letters and digits alone.
pub(super) fn pascal_case(text: &str) -> String {
    let mut name = String::with_capacity(text.len());
    for word in text.split(|c: char| !c.is_ascii_alphanumeric()) {
        let mut letters = word.chars();
        name.extend(letters.next().map(|first| first.to_ascii_uppercase()));
        name.push_str(letters.as_str());
    }
    name
}

/// `shop/production/database-url` as `shop_production_database_url`, with an underscore before a digit that
/// would be first.
pub(super) fn snake_case(text: &str) -> String {
    let mut name = String::with_capacity(text.len());
    if !text.starts_with(|c: char| c.is_ascii_alphabetic()) {
        name.push('_');
    }
    for c in text.chars() {
        let c = if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' };
        if c != '_' || !name.ends_with('_') {
            name.push(c);
        }
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_is_taken_gets_the_first_number_that_makes_it_a_new_one() {
        let mut names = UniqueNames::default();
        let taken = ["a", "a_2", "a", "a"].map(|name| names.take(name.to_owned(), "_"));
        assert_eq!(taken, ["a", "a_2", "a_3", "a_4"]);
    }

    #[test]
    fn names_of_ids_stay_when_ids_change_places() {
        let name = |ids: [&str; 3]| of_ids(&ids, pascal_case, "");
        assert_eq!(name(["a/b", "c", "a-b"]), ["AB2", "C", "AB"]);
        assert_eq!(name(["a-b", "a/b", "c"]), ["AB", "AB2", "C"]);
    }

    #[test]
    fn names_are_made_of_letters_and_digits() {
        for (id, pascal, snake) in [
            ("shop/production/database-url", "ShopProductionDatabaseUrl", "shop_production_database_url"),
            ("2fa//Key", "2faKey", "_2fa_key"),
            ("/a.b+c=d@e-", "ABCDE", "_a_b_c_d_e_"),
        ] {
            assert_eq!((pascal_case(id).as_str(), snake_case(id).as_str()), (pascal, snake));
        }
    }
}
