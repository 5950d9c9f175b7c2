//! The inside of `#[secret(..)]`, cut at its commas into keys and what follows them.

use proc_macro2::{Delimiter, Group, Ident, TokenStream, TokenTree};
use syn::{Attribute, Meta};

use crate::errors::Errors;

/// One item between two commas.
pub(crate) struct Entry {
    pub(crate) key: Ident,
    pub(crate) form: Form,
}

pub(crate) enum Form {
    /// `json`
    Alone,
    /// `name = "jwt"`; no tokens if nothing follows the `=`.
    Value(TokenStream),
    /// `sources(aws, env)`
    List(Group),
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Struct,
    Field,
}

/// The entries of all `#[secret(..)]` above one thing, no key twice.
pub(crate) fn entries_of(attributes: &[Attribute], place: Place, errors: &mut Errors) -> Vec<Entry> {
    let mut entries = Vec::new();
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("secret")) {
        match &attribute.meta {
            Meta::List(list) => entries.extend(split(list.tokens.clone(), errors)),
            Meta::Path(path) => errors.on(
                path,
                match place {
                    Place::Struct => {
                        "`#[secret]` says nothing by itself: write `#[secret(prefix = \"..\")]`, say, or \
                                      leave it out"
                    }
                    Place::Field => {
                        "`#[secret]` says nothing by itself: a field is secret when its type is \
                                     `Secret<..>`"
                    }
                },
            ),
            Meta::NameValue(pair) => errors.on(
                pair,
                match place {
                    Place::Struct => "expected keys in parentheses: `#[secret(prefix = \"..\")]`",
                    Place::Field => "expected keys in parentheses: `#[secret(name = \"..\")]`",
                },
            ),
        }
    }
    unique(entries, errors)
}

/// The entries of a list such as that of `nested(..)`, no key twice.
pub(crate) fn entries_in(list: &Group, errors: &mut Errors) -> Vec<Entry> {
    let entries = split(list.stream(), errors);
    unique(entries, errors)
}

/// Splits the inside of `#[secret(..)]`. It goes on after a mistake, at the next comma.
fn split(tokens: TokenStream, errors: &mut Errors) -> Vec<Entry> {
    let mut reader = Reader::new(tokens);
    let mut entries = Vec::new();
    while let Some(token) = reader.next() {
        let key = match token {
            TokenTree::Ident(key) => key,
            // `#[secret($meta)]` in a `macro_rules!` leaves a group around what `$meta` stood for.
            TokenTree::Group(group) if group.delimiter() == Delimiter::None => {
                reader.put_back(group.stream());
                continue;
            }
            other => {
                errors.on(&other, not_a_key(&other));
                reader.skip_to_comma();
                continue;
            }
        };
        let form = match reader.next() {
            None => Form::Alone,
            Some(TokenTree::Punct(punct)) if punct.as_char() == ',' => Form::Alone,
            Some(TokenTree::Punct(punct)) if punct.as_char() == '=' => Form::Value(reader.value()),
            Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Parenthesis => {
                if let Some(after) = reader.next().filter(|after| !is_comma(after)) {
                    errors.on(&after, format!("expected `,` after `{key}(..)`"));
                    reader.skip_to_comma();
                }
                Form::List(group)
            }
            Some(TokenTree::Ident(next)) => {
                errors.on(&next, format!("expected `,` between `{key}` and `{next}`"));
                reader.put_back(TokenTree::Ident(next).into());
                Form::Alone
            }
            Some(other) => {
                let expected = if other.to_string() == ":" { "`=`" } else { "`=`, `(` or `,`" };
                errors.on(&other, format!("expected {expected} after `{key}`"));
                reader.skip_to_comma();
                continue;
            }
        };
        entries.push(Entry { key, form });
    }
    entries
}

fn not_a_key(found: &TokenTree) -> &'static str {
    match found {
        TokenTree::Literal(_) => "expected a key before the value, as in `name = \"..\"`",
        TokenTree::Punct(punct) if punct.as_char() == ',' => "expected a key before `,`",
        _ => "expected a key, as in `name = \"..\"`",
    }
}

pub(crate) fn is_comma(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == ',')
}

/// The tokens that are still to be read.
pub(crate) struct Reader {
    /// In reverse, so that the next one is the last.
    pending: Vec<TokenTree>,
}

impl Reader {
    pub(crate) fn new(tokens: TokenStream) -> Self {
        let mut reader = Self { pending: Vec::new() };
        reader.put_back(tokens);
        reader
    }

    pub(crate) fn next(&mut self) -> Option<TokenTree> {
        self.pending.pop()
    }

    fn put_back(&mut self, tokens: TokenStream) {
        let from = self.pending.len();
        self.pending.extend(tokens);
        if let Some(added) = self.pending.get_mut(from..) {
            added.reverse();
        }
    }

    pub(crate) fn skip_to_comma(&mut self) {
        while self.next().is_some_and(|token| !is_comma(&token)) {}
    }

    /// What follows `=`, up to a comma that is not one of `::<A, B>` or `<A as B<C, D>>::E`.
    fn value(&mut self) -> TokenStream {
        let mut value = Vec::new();
        let mut angles = 0_usize;
        // The characters right before, to know `::<` and `->`.
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

/// Refuses the second of two equal keys. Only `alias` may be said more than once.
fn unique(entries: Vec<Entry>, errors: &mut Errors) -> Vec<Entry> {
    let mut kept: Vec<Entry> = Vec::with_capacity(entries.len());
    for entry in entries {
        if entry.key != "alias" && kept.iter().any(|other| other.key == entry.key) {
            errors.on(&entry.key, format!("`{}` is given twice; keep one", entry.key));
        } else {
            kept.push(entry);
        }
    }
    kept
}
