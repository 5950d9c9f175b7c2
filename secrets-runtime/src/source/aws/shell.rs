//! Writes a text as a word of a shell.

/// A text as one word of a POSIX shell; `None` for one that cannot be shown.
pub(super) fn shell_word(text: &str) -> Option<String> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._/:@%+=,".contains(&byte);
    if !text.is_empty() && text.bytes().all(is_plain) {
        return Some(text.to_owned());
    }
    (!text.contains(|character: char| character.is_control() || character == '\''))
        .then(|| format!("'{text}'"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_of_a_shell_is_quoted_if_it_needs_it() {
        assert_eq!(shell_word("dev-1").as_deref(), Some("dev-1"));
        assert_eq!(shell_word("$(rm -rf)").as_deref(), Some("'$(rm -rf)'"));
        assert_eq!(shell_word("").as_deref(), Some("''"));
        assert_eq!(shell_word("it's"), None);
        assert_eq!(shell_word("a\nb"), None);
    }
}
