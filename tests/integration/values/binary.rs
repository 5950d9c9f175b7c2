//! Bytes, as `SecretBinary` and as files hold them.

use secrets_runtime::{ErrorKind, Files, Memory, Secret, SecretConfig};

use crate::support::folder::Folder;
use crate::support::{failures, kinds, load_everywhere, places, production};

/// Not UTF-8: no text starts with it.
const BYTES: &[u8] = &[0xff, 0x00, 0xfe, b'\n'];

#[derive(Debug, SecretConfig)]
struct Blob {
    blob: Secret<Vec<u8>>,
}

#[derive(Debug, SecretConfig)]
struct Text {
    blob: Secret<String>,
}

#[tokio::test]
async fn binary_is_bytes_letter_for_letter() {
    let folder = Folder::new();
    folder.write("blob", BYTES);
    let files = production().sources([Files::new(folder.path())]).build().unwrap();
    let memory = production().sources([Memory::new().with("blob", BYTES)]).build().unwrap();
    for secrets in [files, memory] {
        assert_eq!(Blob::load_from(&secrets).await.unwrap().blob.expose_secret(), BYTES, "{secrets:?}");
    }
}

#[tokio::test]
async fn text_is_bytes_as_its_utf8() {
    for (source, config) in load_everywhere::<Blob>(&[("BLOB", "é,[1]")]).await {
        assert_eq!(config.unwrap().blob.expose_secret(), "é,[1]".as_bytes(), "from {source}");
    }
}

#[tokio::test]
async fn binary_that_is_utf8_is_text() {
    let secrets = production().sources([Memory::new().with("blob", "é".as_bytes())]).build().unwrap();
    assert_eq!(Text::load_from(&secrets).await.unwrap().blob.expose_secret(), "é");
}

#[tokio::test]
async fn binary_that_is_not_utf8_is_no_text() {
    #[derive(Debug, SecretConfig)]
    struct Config {
        text: Secret<String>,
        optional: Option<Secret<String>>,
        port: Secret<u16>,
        #[secret(json)]
        json: Secret<Vec<u8>>,
    }
    let memory: Memory = ["text", "optional", "port", "json"].into_iter().map(|name| (name, BYTES)).collect();
    let secrets = production().sources([memory]).build().unwrap();
    let error = Config::load_from(&secrets).await.unwrap_err();
    assert_eq!(
        failures(&error),
        [
            "text: invalid: expected text, found binary data",
            "optional: invalid: expected text, found binary data",
            "port: invalid: expected u16, found binary data",
            "json: invalid: expected text, found binary data",
        ]
    );
}

#[tokio::test]
async fn a_key_of_binary_that_is_no_json_is_refused() {
    #[derive(Debug, SecretConfig)]
    struct Config {
        #[secret(name = "db", key = "a")]
        a: Option<Secret<String>>,
    }
    let secrets = production().sources([Memory::new().with("db", BYTES)]).build().unwrap();
    let error = Config::load_from(&secrets).await.unwrap_err();
    assert_eq!(failures(&error), ["a: invalid: expected a JSON object, found binary data"]);
}

#[tokio::test]
async fn a_key_of_json_stored_as_binary_is_found() {
    #[derive(Debug, SecretConfig)]
    struct Config {
        #[secret(name = "db", key = "a")]
        a: Secret<String>,
    }
    let secrets = production().sources([Memory::new().with("db", b"{\"a\": \"b\"}")]).build().unwrap();
    assert_eq!(Config::load_from(&secrets).await.unwrap().a.expose_secret(), "b");
}

#[tokio::test]
async fn empty_bytes_are_missing() {
    let secrets = production().sources([Memory::new().with("blob", b"")]).build().unwrap();
    let error = Blob::load_from(&secrets).await.unwrap_err();
    assert_eq!(kinds(&error), [("blob", ErrorKind::Missing)]);
    assert_eq!(places(&error, "blob"), ["memory BLOB: not there", "memory blob: set, but empty"]);
}

#[tokio::test]
async fn white_space_in_bytes_is_missing_where_it_is_trimmed_away() {
    #[derive(Debug, SecretConfig)]
    struct Trimmed {
        #[secret(trim)]
        blob: Secret<Vec<u8>>,
    }
    #[derive(Debug, SecretConfig)]
    struct TrimmedText {
        #[secret(trim)]
        blob: Secret<String>,
    }
    let secrets = production().sources([Memory::new().with("blob", b" \n\t")]).build().unwrap();
    let bytes = Trimmed::load_from(&secrets).await.unwrap_err();
    let text = TrimmedText::load_from(&secrets).await.unwrap_err();
    for error in [bytes, text] {
        assert_eq!(kinds(&error), [("blob", ErrorKind::Missing)]);
        assert_eq!(places(&error, "blob").last().unwrap(), "memory blob: set, but empty");
    }
    assert_eq!(Blob::load_from(&secrets).await.unwrap().blob.expose_secret(), b" \n\t");
}
