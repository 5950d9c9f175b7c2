//! Quotes names and texts for statements that take no parameters. They come from a secret and are not
//! trusted.

use std::fmt::{self, Write};

/// A [quoted
/// identifier](https://www.postgresql.org/docs/current/sql-syntax-lexical.html#SQL-SYNTAX-IDENTIFIERS).
pub(super) struct Identifier<'a>(pub(super) &'a str);

impl fmt::Display for Identifier<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        quoted(f, self.0, '"')
    }
}

/// A string constant with the same meaning for every `standard_conforming_strings`.
pub(super) struct Literal<'a>(pub(super) &'a str);

impl fmt::Display for Literal<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_char('E')?;
        quoted(f, &self.0.replace('\\', "\\\\"), '\'')
    }
}

fn quoted(f: &mut fmt::Formatter<'_>, text: &str, quote: char) -> fmt::Result {
    f.write_char(quote)?;
    for character in text.chars() {
        if character == quote {
            f.write_char(quote)?;
        }
        f.write_char(character)?;
    }
    f.write_char(quote)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quote_does_not_end_a_name_or_a_text() {
        let name = "a\"; DROP ROLE b; --";
        assert_eq!(Identifier(name).to_string(), "\"a\"\"; DROP ROLE b; --\"");
        assert_eq!(Literal("it's \\'").to_string(), "E'it''s \\\\'''");
    }
}
