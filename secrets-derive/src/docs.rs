//! The doc comment of a field as one line, for reports and tables.

use syn::{Attribute, Expr, ExprLit, Lit, Meta};

/// The first paragraph of the doc comment, its lines joined by a space. Empty if there is none:
/// `#[doc(hidden)]` and `#[doc = include_str!(..)]` have no text that a derive can read.
pub(crate) fn first_paragraph(attributes: &[Attribute]) -> String {
    let mut paragraph = String::new();
    let texts = attributes.iter().filter_map(text);
    for line in texts.flat_map(|text| text.split('\n').map(str::trim).map(str::to_owned).collect::<Vec<_>>())
    {
        // Each line of a `/** .. */` comment may begin with a star.
        let line = match line.strip_prefix('*') {
            Some(rest) if rest.is_empty() || rest.starts_with(' ') => rest.trim_start(),
            _ => line.as_str(),
        };
        match (line.is_empty(), paragraph.is_empty()) {
            (true, true) => {}
            (true, false) => break,
            (false, true) => paragraph.push_str(line),
            (false, false) => {
                paragraph.push(' ');
                paragraph.push_str(line);
            }
        }
    }
    paragraph
}

fn text(attribute: &Attribute) -> Option<String> {
    let Meta::NameValue(pair) = &attribute.meta else { return None };
    if !pair.path.is_ident("doc") {
        return None;
    }
    // A macro passes on `#[doc = $text]` in an invisible group.
    let mut value = &pair.value;
    while let Expr::Group(group) = value {
        value = &group.expr;
    }
    match value {
        Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Some(text.value()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn doc(field: &str) -> String {
        let input: syn::DeriveInput = syn::parse_str(&format!("struct S {{ {field}\n field: u8 }}")).unwrap();
        let syn::Data::Struct(data) = input.data else { panic!("not a struct") };
        first_paragraph(&data.fields.iter().next().unwrap().attrs)
    }

    #[test]
    fn lines_are_joined_up_to_the_first_empty_one() {
        assert_eq!(
            doc("/// Postgres connection\n/// string.\n///\n/// More.\n"),
            "Postgres connection string."
        );
        assert_eq!(doc("///\n///   Text.  \n"), "Text.");
        assert_eq!(doc("#[doc = \"a\\nb\\n\\nc\"]"), "a b");
    }

    #[test]
    fn block_comments_lose_their_stars() {
        assert_eq!(doc("/** Text. */"), "Text.");
        assert_eq!(doc("/**\n * First\n * second.\n *\n * More.\n */"), "First second.");
        assert_eq!(doc("/// **bold** text"), "**bold** text");
    }

    #[test]
    fn other_attributes_are_ignored() {
        assert_eq!(doc(""), "");
        assert_eq!(doc("#[doc(hidden)]"), "");
        assert_eq!(doc("#[doc = include_str!(\"a.md\")]\n/// Text."), "Text.");
        assert_eq!(doc("#[serde(default)] /// Text.\n"), "Text.");
    }
}
