//! Token streams: searches them, removes the groups that macros leave around them, sets the spans of names,
//! and writes them out as source code.

use std::iter::Peekable;

use proc_macro2::{Delimiter, Group, Ident, Spacing, Span, TokenStream, TokenTree};
use quote::ToTokens as _;
use syn::Type;

/// The tokens without the invisible groups around them, in which `macro_rules!` passes on `$t:ty`, `$e:expr`
/// or `$l:literal`.
pub(crate) fn ungrouped(tokens: TokenStream) -> TokenStream {
    match single(tokens.clone()) {
        Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::None => ungrouped(group.stream()),
        _ => tokens,
    }
}

/// The only token of the stream, if there is exactly one.
pub(crate) fn single(tokens: TokenStream) -> Option<TokenTree> {
    let mut tokens = tokens.into_iter();
    let first = tokens.next();
    tokens.next().is_none().then_some(first).flatten()
}

/// A name from the user's code in generated code. Errors point at the name, while lints such as `deprecated`
/// ignore it.
pub(crate) fn generated(ident: &Ident) -> Ident {
    let mut ident = ident.clone();
    ident.set_span(Span::mixed_site().located_at(ident.span()));
    ident
}

/// Whether a type contains, at any depth, a name that `wanted` accepts.
pub(crate) fn mentions(ty: &Type, wanted: &impl Fn(&Ident) -> bool) -> bool {
    holds_name(ty.to_token_stream(), wanted)
}

fn holds_name(tokens: TokenStream, wanted: &impl Fn(&Ident) -> bool) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(ident) => wanted(&ident),
        TokenTree::Group(group) => holds_name(group.stream(), wanted),
        TokenTree::Punct(_) | TokenTree::Literal(_) => false,
    })
}

/// Macros that return a text, which the compiler puts into the binary.
const LITERAL_MACROS: [&str; 6] =
    ["env", "option_env", "include_str", "include_bytes", "concat", "stringify"];

/// Whether an expression contains a literal text or number, or calls a macro that returns one. `true` and
/// `false` are not counted: a boolean is not a secret.
pub(crate) fn holds_literal(tokens: TokenStream) -> bool {
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        let found = match token {
            TokenTree::Literal(_) => true,
            TokenTree::Group(group) => holds_literal(group.stream()),
            TokenTree::Ident(ident) => {
                // In `env != other` the two characters are one operator.
                let called = matches!(tokens.peek(), Some(TokenTree::Punct(punct))
                    if punct.as_char() == '!' && punct.spacing() == Spacing::Alone);
                called && LITERAL_MACROS.iter().any(|name| ident == name)
            }
            TokenTree::Punct(_) => false,
        };
        if found {
            return true;
        }
    }
    false
}

/// Types and expressions as in source code: `Secret<Vec<u8>>`. The text of a [`TokenStream`] has a space
/// around every token.
pub(crate) fn written(tokens: TokenStream) -> String {
    let mut writer = Writer::default();
    writer.stream(tokens);
    writer.text
}

#[derive(Default)]
struct Writer {
    text: String,
    /// Whether the next token follows without a space.
    glued: bool,
    /// How many angle brackets are open.
    angles: usize,
}

impl Writer {
    fn stream(&mut self, tokens: TokenStream) {
        let mut tokens = tokens.into_iter().peekable();
        while let Some(token) = tokens.next() {
            match token {
                TokenTree::Group(group) => self.group(&group),
                TokenTree::Punct(punct) => {
                    let mut operator = String::from(punct.as_char());
                    // `'a` begins with a punct, which belongs to the name after it.
                    if punct.as_char() != '\'' && punct.spacing() == Spacing::Joint {
                        join(&mut operator, &mut tokens);
                    }
                    self.operator(&operator);
                }
                word => self.word(&word.to_string()),
            }
        }
    }

    fn group(&mut self, group: &Group) {
        let (open, close) = match group.delimiter() {
            Delimiter::Parenthesis => ("(", ")"),
            Delimiter::Bracket => ("[", "]"),
            Delimiter::Brace => ("{ ", " }"),
            Delimiter::None => return self.stream(group.stream()),
        };
        // A call or an index follows a name without a space.
        let called = self.text.ends_with(|last: char| last.is_alphanumeric() || "_!>?)]".contains(last));
        let wants_space = group.delimiter() == Delimiter::Brace || self.text.ends_with("->");
        if !self.glued && !self.text.is_empty() && (!called || wants_space) && !self.text.ends_with(' ') {
            self.text.push(' ');
        }
        self.text.push_str(open);
        self.glued = true;
        let angles = std::mem::take(&mut self.angles);
        self.stream(group.stream());
        self.angles = angles;
        self.text.push_str(close);
        self.glued = false;
    }

    fn word(&mut self, word: &str) {
        let after_word =
            self.text.ends_with(|last: char| last.is_alphanumeric() || "_\"')]}>".contains(last));
        if !self.glued && after_word {
            self.text.push(' ');
        }
        self.text.push_str(word);
        self.glued = false;
    }

    fn operator(&mut self, operator: &str) {
        let at_start = self.glued || self.text.is_empty() || self.text.ends_with(' ');
        match operator {
            "," | ";" => {
                self.text.push_str(operator);
                self.text.push(' ');
                self.glued = true;
            }
            "::" | "." | "?" | "!" | ":" => {
                self.text.push_str(operator);
                if operator == ":" {
                    self.text.push(' ');
                }
                self.glued = true;
            }
            "&" | "*" | "'" | "#" | "-" | "&&" if at_start || operator == "'" || operator == "#" => {
                self.text.push_str(operator);
                self.glued = true;
            }
            "<" if at_start || self.opens_generics() => {
                self.text.push('<');
                self.angles += 1;
                self.glued = true;
            }
            ">" if self.angles > 0 => {
                self.close(1);
            }
            ">>" if self.angles > 1 => {
                self.close(2);
            }
            _ => {
                if !at_start {
                    self.text.push(' ');
                }
                self.text.push_str(operator);
                self.text.push(' ');
                self.glued = true;
            }
        }
    }

    /// `Vec<` and `::<` open a list of types, `a <` is a comparison. Names of types begin with a capital
    /// letter.
    fn opens_generics(&self) -> bool {
        let name = self.text.rsplit(|letter: char| !letter.is_alphanumeric() && letter != '_').next();
        self.text.ends_with("::") || name.is_some_and(|name| name.starts_with(char::is_uppercase))
    }

    fn close(&mut self, count: usize) {
        self.angles = self.angles.saturating_sub(count);
        self.text.push_str(if count == 1 { ">" } else { ">>" });
        self.glued = false;
    }
}

/// Adds the rest of an operator such as `::`, `->` or `>>` to its first character.
fn join(operator: &mut String, tokens: &mut Peekable<impl Iterator<Item = TokenTree>>) {
    while let Some(TokenTree::Punct(next)) = tokens.peek() {
        let longer = format!("{operator}{}", next.as_char());
        if !OPERATORS.contains(&longer.as_str()) {
            return;
        }
        let joint = next.spacing() == Spacing::Joint;
        *operator = longer;
        tokens.next();
        if !joint {
            return;
        }
    }
}

/// The operators of more than one character. `>>` is one too, but in types it closes two lists.
const OPERATORS: [&str; 14] =
    ["::", "->", "=>", "==", "!=", "<=", ">=", "&&", "||", "..", "..=", "<<", ">>", "..."];

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> TokenStream {
        text.parse().unwrap()
    }

    #[test]
    fn types_are_written_as_in_source_code() {
        for text in [
            "u16",
            "Secret<String>",
            "Option<Secret<Vec<u8>>>",
            "Vec<Vec<Vec<u8>>>",
            "core::option::Option<::std::string::String>",
            "HashMap<String, u16>",
            "[u8; 32]",
            "Secret<[u8; N]>",
            "&'static str",
            "(u8, String)",
            "()",
            "Box<dyn Fn(u8) -> u16 + Send>",
            "<T as Trait>::Item",
            "fn(u8, &str) -> u16",
            "Iterator<Item = u8>",
        ] {
            assert_eq!(written(parsed(text)), text);
        }
    }

    #[test]
    fn expressions_are_written_as_in_source_code() {
        for text in [
            "8080",
            "-1",
            "Duration::from_secs(30)",
            "vec![1, 2, 3]",
            "a.b(c).d",
            "1 + 2 * -3",
            "Vec::<u8>::new()",
            "Level { value: 1 }",
            "a < b",
            "&CONSTANT",
            "[\"a\", \"b\"]",
            "!flag",
            "f(&a, *b)",
            "0..=9",
        ] {
            let expected = text.replace("0..=9", "0 ..= 9");
            assert_eq!(written(parsed(text)), expected);
        }
    }

    #[test]
    fn invisible_groups_are_not_written() {
        let inner = TokenTree::Group(Group::new(Delimiter::None, parsed("Secret<String>")));
        assert_eq!(written(quote::quote!(Option<#inner>)), "Option<Secret<String>>");
    }

    #[test]
    fn invisible_groups_are_removed() {
        let inner = TokenTree::Group(Group::new(Delimiter::None, parsed("\"a\"")));
        let outer = TokenTree::Group(Group::new(Delimiter::None, inner.into()));
        assert_eq!(ungrouped(outer.into()).to_string(), "\"a\"");
        assert_eq!(ungrouped(parsed("(a)")).to_string(), "(a)");
        assert!(ungrouped(TokenStream::new()).is_empty());
    }

    #[test]
    fn literals_are_found_at_any_depth() {
        for text in
            ["\"a\"", "8080", "'c'", "b\"a\"", "f(g([1]))", "env!(NAME)", "a + concat!(b)", "S::new(0x1f)"]
        {
            assert!(holds_literal(parsed(text)), "{text}");
        }
        for text in ["", "true", "f()", "CONSTANT", "env(name)", "a.env", "Vec::new()", "env != other"] {
            assert!(!holds_literal(parsed(text)), "{text}");
        }
    }
}
