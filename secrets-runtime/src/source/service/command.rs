//! [`CommandOptions`]: the options that make the AWS command line ask what the program asks.

/// The region, endpoint and profile of the program, for the commands that reports print.
#[derive(Debug, Clone, Default)]
pub(in crate::source) struct CommandOptions {
    pub(in crate::source) region: Option<String>,
    pub(in crate::source) endpoint_url: Option<String>,
    pub(in crate::source) profile: Option<String>,
}

impl CommandOptions {
    /// The options, each after a space. An ARN has its own region.
    pub(in crate::source) fn to_text(&self, region_of_arn: Option<&str>) -> String {
        let region = region_of_arn.or(self.region.as_deref());
        [
            ("--region", region),
            ("--endpoint-url", self.endpoint_url.as_deref()),
            ("--profile", self.profile.as_deref()),
        ]
        .into_iter()
        .filter_map(|(option, value)| Some(format!(" {option} {}", shell_word(value?)?)))
        .collect()
    }
}

/// A text as one word of a POSIX shell; `None` for one that cannot be shown.
pub(in crate::source) fn shell_word(text: &str) -> Option<String> {
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
    fn a_command_asks_the_same_target() {
        let options = CommandOptions {
            region: Some("eu-west-1".to_owned()),
            endpoint_url: Some("http://localhost:4566/path".to_owned()),
            profile: Some("my team".to_owned()),
        };
        assert_eq!(
            options.to_text(None),
            " --region eu-west-1 --endpoint-url http://localhost:4566/path --profile 'my team'"
        );
        assert!(options.to_text(Some("us-east-1")).starts_with(" --region us-east-1 "));
        assert_eq!(CommandOptions::default().to_text(None), "");
    }

    #[test]
    fn a_word_of_a_shell_is_quoted_if_it_needs_it() {
        assert_eq!(shell_word("dev-1").as_deref(), Some("dev-1"));
        assert_eq!(shell_word("$(rm -rf)").as_deref(), Some("'$(rm -rf)'"));
        assert_eq!(shell_word("").as_deref(), Some("''"));
        assert_eq!(shell_word("it's"), None);
        assert_eq!(shell_word("a\nb"), None);
    }
}
