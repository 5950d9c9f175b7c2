//! Text: empty, padded, masked, and never guessed at.

use secrets_runtime::{ErrorKind, Memory, Secret, SecretConfig};

use crate::support::events::Events;
use crate::support::{failures, kinds, load_env, load_everywhere, load_memory, places, production};

#[derive(Debug, SecretConfig)]
struct Token {
    token: Secret<String>,
}

#[derive(Debug, SecretConfig)]
struct OptionalToken {
    token: Option<Secret<String>>,
}

#[tokio::test]
async fn text_that_looks_like_something_else_stays_text() {
    let texts = [
        "123456",
        "0123",
        "1e3",
        "true",
        "null",
        "a,b",
        "[1, 2]",
        "{\"a\": 1}",
        "\"quoted\"",
        "${HOME}",
        "#no comment",
    ];
    for text in texts {
        for (source, config) in load_everywhere::<Token>(&[("TOKEN", text)]).await {
            assert_eq!(config.unwrap().token.expose_secret(), text, "from {source}");
        }
    }
}

#[tokio::test]
async fn set_but_empty_is_missing() {
    for (source, config) in load_everywhere::<Token>(&[("TOKEN", "")]).await {
        let error = config.unwrap_err();
        assert_eq!(kinds(&error), [("token", ErrorKind::Missing)], "from {source}");
        assert!(places(&error, "token").iter().any(|place| place.ends_with(": set, but empty")), "{error}");
    }
}

#[tokio::test]
async fn set_but_empty_is_none_for_an_option() {
    for (source, config) in load_everywhere::<OptionalToken>(&[("TOKEN", "")]).await {
        assert!(config.unwrap().token.is_none(), "from {source}");
    }
}

#[tokio::test]
async fn allow_empty_takes_an_empty_text_for_a_value() {
    #[derive(Debug, SecretConfig)]
    struct Config {
        #[secret(allow_empty)]
        token: Secret<String>,
        #[secret(allow_empty)]
        optional: Option<Secret<String>>,
        #[secret(allow_empty)]
        unset: Option<Secret<String>>,
    }
    for (source, config) in load_everywhere::<Config>(&[("TOKEN", ""), ("OPTIONAL", "")]).await {
        let config = config.unwrap();
        assert_eq!(config.token.expose_secret(), "", "from {source}");
        assert_eq!(config.optional.unwrap().expose_secret(), "", "from {source}");
        assert!(config.unset.is_none(), "from {source}");
    }
}

#[tokio::test]
async fn allow_empty_does_not_make_an_unset_setting_empty() {
    #[derive(Debug, SecretConfig)]
    struct Config {
        #[secret(allow_empty)]
        token: Secret<String>,
    }
    let error = load_env::<Config>(&[]).await.unwrap_err();
    assert_eq!(kinds(&error), [("token", ErrorKind::Missing)]);
}

#[tokio::test]
async fn an_empty_text_is_no_number_even_if_it_may_be_empty() {
    #[derive(Debug, SecretConfig)]
    struct Config {
        #[secret(allow_empty)]
        port: u16,
    }
    let error = load_env::<Config>(&[("PORT", "")]).await.unwrap_err();
    assert_eq!(failures(&error), ["port: invalid: expected u16"]);
}

#[tokio::test]
async fn surrounding_white_space_is_kept_but_for_the_line_break_that_ends_a_file() {
    for (source, config) in load_everywhere::<Token>(&[("TOKEN", " \tpadded \n")]).await {
        let expected = if source == "files" { " \tpadded " } else { " \tpadded \n" };
        assert_eq!(config.unwrap().token.expose_secret(), expected, "from {source}");
    }
}

#[tokio::test]
async fn white_space_alone_is_a_value_unless_it_is_trimmed_away() {
    #[derive(Debug, SecretConfig)]
    struct Trimmed {
        #[secret(trim)]
        token: Secret<String>,
    }
    for (source, config) in load_everywhere::<Token>(&[("TOKEN", "  ")]).await {
        assert_eq!(config.unwrap().token.expose_secret(), "  ", "from {source}");
    }
    for (source, config) in load_everywhere::<Trimmed>(&[("TOKEN", "  ")]).await {
        assert_eq!(kinds(&config.unwrap_err()), [("token", ErrorKind::Missing)], "from {source}");
    }
}

#[tokio::test]
async fn trim_cuts_white_space_off_both_ends() {
    #[derive(Debug, SecretConfig)]
    struct Config {
        #[secret(trim)]
        token: Secret<String>,
        #[secret(trim)]
        port: u16,
        #[secret(trim)]
        bytes: Secret<Vec<u8>>,
        #[secret(trim, separator = ",", plain)]
        hosts: Vec<String>,
    }
    let values = [("TOKEN", "\t a b\n"), ("PORT", " 80 "), ("BYTES", " ab\n"), ("HOSTS", " a , b ")];
    for (source, config) in load_everywhere::<Config>(&values).await {
        let config = config.unwrap();
        assert_eq!(config.token.expose_secret(), "a b", "from {source}");
        assert_eq!(config.port, 80, "from {source}");
        assert_eq!(config.bytes.expose_secret(), b"ab", "from {source}");
        assert_eq!(config.hosts, ["a", "b"], "from {source}");
    }
}

#[tokio::test]
async fn a_typed_field_does_not_trim_by_itself() {
    #[derive(Debug, SecretConfig)]
    struct Config {
        port: u16,
    }
    for (source, config) in load_everywhere::<Config>(&[("PORT", "80\n")]).await {
        if source == "files" {
            assert_eq!(config.unwrap().port, 80);
            continue;
        }
        assert_eq!(
            failures(&config.unwrap_err()),
            ["port: invalid: expected u16, found a value that ends in a line break"],
            "from {source}"
        );
    }
}

#[tokio::test]
async fn a_line_break_at_the_end_is_warned_of_without_the_value() {
    let events = Events::capture();
    for (source, config) in load_everywhere::<Token>(&[("TOKEN", "not-to-be-seen\n")]).await {
        let expected = if source == "files" { "not-to-be-seen" } else { "not-to-be-seen\n" };
        assert_eq!(config.unwrap().token.expose_secret(), expected, "from {source}");
    }
    assert_eq!(
        events.warnings(),
        ["env", "memory", "dotenv"].map(|source| format!(
            "WARN the stored value looks wrong setting=token source={source} found=a value that ends in a line break \
             help=store the value without the line break (`printf %s` writes none, `echo` does), or add `trim` to the \
             field's attribute"
        ))
    );
    assert!(!events.all().contains("not-to-be-seen"));
}

#[tokio::test]
async fn a_newline_that_is_trimmed_is_not_warned_of() {
    #[derive(Debug, SecretConfig)]
    struct Config {
        #[secret(trim)]
        token: Secret<String>,
    }
    let events = Events::capture();
    let config: Config = load_env(&[("TOKEN", "a\n")]).await.unwrap();
    assert_eq!(config.token.expose_secret(), "a");
    assert_eq!(events.warnings(), [""; 0]);
}

#[tokio::test]
async fn a_stored_mask_is_an_error() {
    for mask in ["[REDACTED]", " [REDACTED]\n"] {
        for (source, config) in load_everywhere::<OptionalToken>(&[("TOKEN", mask)]).await {
            let expected = "token: invalid: a masked value was stored: the text is [REDACTED]";
            assert_eq!(failures(&config.unwrap_err()), [expected], "from {source}");
        }
    }
}

#[tokio::test]
async fn a_mask_stored_as_bytes_is_an_error_too() {
    let memory = Memory::new().with("token", b"[REDACTED]");
    let secrets = production().sources([memory]).build().unwrap();
    let error = Token::load_from(&secrets).await.unwrap_err();
    assert_eq!(failures(&error), ["token: invalid: a masked value was stored: the text is [REDACTED]"]);
}

#[tokio::test]
async fn a_text_that_holds_the_mask_among_others_is_a_value() {
    let config: Token = load_memory(&[("token", "[REDACTED] 2024")]).await.unwrap();
    assert_eq!(config.token.expose_secret(), "[REDACTED] 2024");
}
