//! Reads tokens one by one, and the tokens of a value up to its comma.

use proc_macro2::{TokenStream, TokenTree};

pub(super) fn is_comma(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == ',')
}

/// The tokens that are not read yet.
pub(super) struct TokenReader {
    /// In reverse order: the next token is the last.
    pending: Vec<TokenTree>,
}

impl TokenReader {
    pub(super) fn new(tokens: TokenStream) -> Self {
        let mut reader = Self { pending: Vec::new() };
        reader.put_back(tokens);
        reader
    }

    pub(super) fn next(&mut self) -> Option<TokenTree> {
        self.pending.pop()
    }

    pub(super) fn put_back(&mut self, tokens: TokenStream) {
        let from = self.pending.len();
        self.pending.extend(tokens);
        if let Some(added) = self.pending.get_mut(from..) {
            added.reverse();
        }
    }

    pub(super) fn skip_to_comma(&mut self) {
        while self.next().is_some_and(|token| !is_comma(&token)) {}
    }

    /// The tokens after `=`, up to the next comma. A comma in `::<A, B>` or `<A as B<C, D>>::E` does not end
    /// a value.
    pub(super) fn value(&mut self) -> TokenStream {
        let mut value = Vec::new();
        let mut angles = 0_usize;
        // The two characters before, to recognize `::<` and `->`.
        let (mut before_last, mut last) = (' ', ' ');
        while let Some(token) = self.next() {
            let mut character = ' ';
            if let TokenTree::Punct(punct) = &token {
                character = punct.as_char();
                match character {
                    ',' if angles == 0 => break,
                    '<' if angles > 0 || value.is_empty() || (before_last, last) == (':', ':') => angles += 1,
                    '>' if last != '-' && last != '=' => angles = angles.saturating_sub(1),
                    _ => {}
                }
            }
            (before_last, last) = (last, character);
            value.push(token);
        }
        value.into_iter().collect()
    }
}
