//! The derive, given any text as attributes and as a whole struct.

use proc_macro2::TokenStream;

use crate::derive::derive;

/// Reads the input as a struct, and its lines as the attributes of one. What comes out has to be tokens, with one impl
/// whatever was wrong, and the same each time.
pub fn attribute_parser(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    check(text);
    let mut lines = text.split('\n');
    let [whole, first, second] = [(); 3].map(|()| lines.next().unwrap_or_default());
    check(&format!(
        "#[secret({whole})] struct Config {{ #[secret({first})] first: Secret<String>, \
         /** {} */ #[secret({second})] second: Option<u16> }}",
        second.replace("*/", "").replace("/*", "")
    ));
}

fn check(source: &str) {
    // Text that is not even tokens never reaches a macro.
    let Ok(tokens) = source.parse::<TokenStream>() else { return };
    let is_struct = syn::parse2::<syn::DeriveInput>(tokens.clone()).is_ok();
    let expanded = derive(tokens.clone());
    let written = expanded.to_string();
    assert_eq!(written, derive(tokens).to_string(), "the same input, another output");
    assert!(written.parse::<TokenStream>().is_ok(), "no tokens:\n{written}");
    let outside: Vec<String> = expanded.into_iter().map(|token| token.to_string()).collect();
    let impls = outside.iter().filter(|token| *token == "const").count();
    assert_eq!(impls, usize::from(is_struct), "one impl, in a constant of its own:\n{written}");
    let mistakes = outside.iter().filter(|token| *token == "compile_error").count();
    assert!(is_struct || mistakes > 0, "neither an impl nor a mistake:\n{written}");
}
