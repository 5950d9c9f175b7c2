//! Property tests of the derive macro: for any tokens it returns one impl or reports mistakes, and never
//! panics.

use std::collections::BTreeSet;
use std::path::Path;

use proc_macro2::TokenStream;

use crate::derive::derive;
use crate::parse::keys::{FIELD_KEYS, STRUCT_KEYS};

/// What attributes are made of, besides the keys.
const TOKENS: [&str; 32] = [
    "=",
    ",",
    ",",
    "(",
    ")",
    "::",
    "<",
    ">",
    "\"\"",
    "\"a/{environment}\"",
    "\"{\"",
    "\"a.b\"",
    "\"größe\"",
    "\"arn:aws:secretsmanager:\"",
    "\"kebab-case\"",
    "1",
    "'a'",
    "b\"x\"",
    "|",
    "&",
    "aws",
    "r#type",
    "#",
    "!",
    "-",
    "..",
    "{ }",
    "[",
    "]",
    "if",
    "Option<u8>",
    "'a",
];

#[test]
fn random_attributes_give_one_impl_or_mistakes() {
    let keys: BTreeSet<&str> = STRUCT_KEYS.into_iter().chain(FIELD_KEYS).collect();
    let words: Vec<&str> = keys.into_iter().chain(TOKENS).collect();
    let mut random = Random::new();
    let mut expanded = 0;
    for _ in 0..4000 {
        let mut attribute = || {
            let count = random.below(9);
            (0..count).map(|_| *random.choose(&words)).collect::<Vec<_>>().join(" ")
        };
        let [whole, first, second] = [(); 3].map(|()| attribute());
        expanded += usize::from(check_attributes(&whole, &first, &second));
    }
    assert!(expanded > 1000, "too few of the random attributes are tokens: {expanded}");
}

#[test]
fn seeds_and_random_changes_of_them_give_one_impl_or_mistakes() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds");
    let seeds = std::fs::read_dir(folder).unwrap();
    let seeds: Vec<String> =
        seeds.map(|seed| std::fs::read_to_string(seed.unwrap().path()).unwrap()).collect();
    assert!(!seeds.is_empty());
    let mut random = Random::new();
    for seed in &seeds {
        assert!(check_text(seed), "a seed must be tokens: {seed}");
        for _ in 0..400 {
            check_text(&random.changed(seed, &seeds));
        }
    }
}

/// Reads a text as a struct, and its first lines as attributes. Returns whether either is made of tokens.
fn check_text(text: &str) -> bool {
    let mut lines = text.split('\n').map(str::trim);
    let [whole, first, second] = [(); 3].map(|()| lines.next().unwrap_or_default());
    let is_source = check(text);
    check_attributes(whole, first, second) || is_source
}

fn check_attributes(whole: &str, first: &str, second: &str) -> bool {
    let doc = second.replace("*/", "").replace("/*", "");
    check(&format!(
        "#[secret({whole})] struct Config {{ #[secret({first})] first: Secret<String>, \
         /** {doc} */ #[secret({second})] second: Option<u16> }}"
    ))
}

/// Expands a source twice. Returns whether it is made of tokens: nothing else reaches a macro.
fn check(source: &str) -> bool {
    let Ok(tokens) = source.parse::<TokenStream>() else { return false };
    let is_struct = syn::parse2::<syn::DeriveInput>(tokens.clone()).is_ok();
    let expanded = derive(tokens.clone());
    let written = expanded.to_string();
    assert_eq!(written, derive(tokens).to_string(), "the same input gives different output");
    assert!(written.parse::<TokenStream>().is_ok(), "the output is not made of tokens:\n{written}");
    let outer: Vec<String> = expanded.into_iter().map(|token| token.to_string()).collect();
    let impls = outer.iter().filter(|token| *token == "const").count();
    assert_eq!(impls, usize::from(is_struct), "a struct gets one impl, in a constant:\n{written}");
    let mistakes = outer.iter().filter(|token| *token == "compile_error").count();
    assert!(is_struct || mistakes > 0, "neither an impl nor a mistake:\n{written}");
    true
}

/// Pseudo-random numbers, the same in every run, so that a failure can be reproduced.
struct Random(u64);

impl Random {
    fn new() -> Self {
        Self(0x2545_f491_4f6c_dd1d)
    }

    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap() % limit
    }

    fn choose<'a, T>(&mut self, among: &'a [T]) -> &'a T {
        &among[self.below(among.len())]
    }

    /// The text with one to four of its characters or stretches removed, repeated or replaced.
    fn changed(&mut self, text: &str, others: &[String]) -> String {
        let mut text: Vec<char> = text.chars().collect();
        for _ in 0..=self.below(4) {
            let start = self.below(text.len() + 1);
            let end = (start + self.below(12)).min(text.len());
            let other: Vec<char> = self.choose(others).chars().collect();
            let from = self.below(other.len());
            let insert = match self.below(3) {
                0 => Vec::new(),
                1 => text[start..end].repeat(2),
                _ => other[from..(from + 12).min(other.len())].to_vec(),
            };
            text.splice(start..end, insert);
        }
        text.into_iter().collect()
    }
}
