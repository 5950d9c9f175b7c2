//! Lists and sets: a JSON array, or text cut at the field's separator.

use std::collections::{BTreeSet, HashSet};

use secrets_runtime::{ErrorKind, Redacted, Secret, SecretConfig};

use crate::support::{failures, kinds, load_env, load_everywhere, load_memory};

#[derive(Debug, SecretConfig)]
struct Lists {
    ports: Vec<u16>,
    #[secret(plain)]
    hosts: BTreeSet<String>,
    unique: HashSet<u16>,
    boxed: Box<[bool]>,
    keys: Vec<Secret<String>>,
    whole: Secret<Vec<String>>,
    redacted: Redacted<Vec<u32>>,
    optional: Option<Vec<u16>>,
}

#[tokio::test]
async fn a_json_array_is_a_list() {
    let values = [
        ("PORTS", "[1, 2, \"3\"]"),
        ("HOSTS", "[\"b\", \"a,c\", \"b\"]"),
        ("UNIQUE", "[7, 7]"),
        ("BOXED", "[true, \"false\"]"),
        ("KEYS", "[\"one\", \"two\"]"),
        ("WHOLE", "[\"three\", 4]"),
        ("REDACTED", "[5]"),
        ("OPTIONAL", "[]"),
    ];
    for (source, config) in load_everywhere::<Lists>(&values).await {
        let config = config.unwrap();
        assert_eq!(config.ports, [1, 2, 3], "from {source}");
        assert_eq!(config.hosts, BTreeSet::from(["a,c".to_owned(), "b".to_owned()]), "from {source}");
        assert_eq!(config.unique, HashSet::from([7]), "from {source}");
        assert_eq!(*config.boxed, [true, false], "from {source}");
        let keys: Vec<_> = config.keys.iter().map(Secret::expose_secret).collect();
        assert_eq!(keys, ["one", "two"], "from {source}");
        assert_eq!(config.whole.expose_secret(), &["three", "4"], "from {source}");
        assert_eq!(config.redacted.expose_secret(), &[5], "from {source}");
        assert_eq!(config.optional, Some(vec![]), "from {source}");
    }
}

#[derive(Debug, SecretConfig)]
struct Separated {
    #[secret(separator = ",")]
    ports: Vec<u16>,
    #[secret(separator = "; ", plain)]
    hosts: BTreeSet<String>,
    #[secret(separator = "|")]
    keys: Option<Secret<Vec<String>>>,
}

#[tokio::test]
async fn a_separator_cuts_text() {
    let values = [("PORTS", "1,2,3"), ("HOSTS", "b; a,c; b"), ("KEYS", "one|two")];
    for (source, config) in load_everywhere::<Separated>(&values).await {
        let config = config.unwrap();
        assert_eq!(config.ports, [1, 2, 3], "from {source}");
        assert_eq!(config.hosts, BTreeSet::from(["a,c".to_owned(), "b".to_owned()]), "from {source}");
        assert_eq!(config.keys.unwrap().expose_secret(), &["one", "two"], "from {source}");
    }
}

#[tokio::test]
async fn one_element_needs_no_separator() {
    let config: Separated = load_env(&[("PORTS", "1"), ("HOSTS", "a")]).await.unwrap();
    assert_eq!((config.ports, config.hosts), (vec![1], BTreeSet::from(["a".to_owned()])));
}

#[tokio::test]
async fn a_separator_cuts_the_text_of_a_json_document_and_an_array_there_stays_a_list() {
    #[derive(Debug, SecretConfig)]
    #[secret(name = "app")]
    struct Config {
        #[secret(separator = ",")]
        text: Vec<u16>,
        #[secret(separator = ",")]
        array: Vec<u16>,
    }
    let config: Config = load_memory(&[("app", r#"{"text": "1,2", "array": [3, 4]}"#)]).await.unwrap();
    assert_eq!((config.text, config.array), (vec![1, 2], vec![3, 4]));
}

#[tokio::test]
async fn without_a_separator_a_comma_is_a_comma() {
    #[derive(Debug, SecretConfig)]
    struct Config {
        #[secret(plain)]
        hosts: Vec<String>,
        ports: Vec<u16>,
    }
    for (source, config) in load_everywhere::<Config>(&[("HOSTS", "a,b"), ("PORTS", "{}")]).await {
        assert_eq!(
            failures(&config.unwrap_err()),
            [
                "hosts: invalid: expected a JSON array, since the field has no `separator`",
                "ports: invalid: expected a JSON array, since the field has no `separator`, found a JSON object",
            ],
            "from {source}"
        );
    }
}

#[tokio::test]
async fn a_bad_element_is_named_by_its_number() {
    for (source, config) in load_everywhere::<Separated>(&[("PORTS", "1,x,3"), ("HOSTS", "a; ; c")]).await {
        assert_eq!(
            failures(&config.unwrap_err()),
            ["ports: invalid: element 2: expected u16", "hosts: invalid: element 2: empty"],
            "from {source}"
        );
    }
}

#[tokio::test]
async fn a_bad_element_of_an_array_is_named_by_its_number() {
    #[derive(Debug, SecretConfig)]
    struct Config {
        ports: Vec<u16>,
        keys: Vec<Secret<String>>,
        broken: Vec<u16>,
    }
    let values = [("PORTS", "[1, 2, 70000]"), ("KEYS", "[\"a\", [\"b\"]]"), ("BROKEN", "[1,\n 2")];
    assert_eq!(
        failures(&load_env::<Config>(&values).await.unwrap_err()),
        [
            "ports: invalid: element 3: expected u16, found a number outside of 0 to 65535",
            "keys: invalid: element 2: expected text, found a JSON array",
            "broken: invalid: not valid JSON (line 2, column 2)",
        ]
    );
}

#[tokio::test]
async fn a_json_array_is_a_list_also_where_a_separator_is_set() {
    for (source, config) in
        load_everywhere::<Separated>(&[("PORTS", "[1, 2]"), ("HOSTS", " [\"a;b\", \"c\"]\n")]).await
    {
        let config = config.unwrap();
        assert_eq!(config.ports, [1, 2], "from {source}");
        assert_eq!(config.hosts.into_iter().collect::<Vec<_>>(), ["a;b", "c"], "from {source}");
    }
}

#[tokio::test]
async fn empty_elements_are_kept_where_they_are_allowed() {
    #[derive(Debug, SecretConfig)]
    struct Config {
        #[secret(separator = ",", allow_empty, plain)]
        hosts: Vec<String>,
    }
    let config: Config = load_env(&[("HOSTS", "a,,")]).await.unwrap();
    assert_eq!(config.hosts, ["a", "", ""]);
}

#[tokio::test]
async fn an_empty_text_is_no_list_but_missing() {
    let error = load_env::<Separated>(&[("PORTS", ""), ("HOSTS", "a")]).await.unwrap_err();
    assert_eq!(kinds(&error), [("ports", ErrorKind::Missing)]);
}

#[tokio::test]
async fn a_null_in_an_array_is_refused_with_its_number() {
    #[derive(Debug, SecretConfig)]
    struct Config {
        keys: Vec<Secret<String>>,
        #[secret(allow_empty, plain)]
        hosts: Vec<String>,
        ports: Vec<Option<u16>>,
    }
    let values = [("KEYS", "[\"a\", null]"), ("HOSTS", "[null, \"\"]"), ("PORTS", "[1, 2, null]")];
    for (source, config) in load_everywhere::<Config>(&values).await {
        assert_eq!(
            failures(&config.unwrap_err()),
            [
                "keys: invalid: element 2: null",
                "hosts: invalid: element 1: null",
                "ports: invalid: element 3: null"
            ],
            "from {source}"
        );
    }
}

#[tokio::test]
async fn a_masked_element_is_refused_with_its_number() {
    #[derive(Debug, SecretConfig)]
    struct Config {
        array: Vec<Secret<String>>,
        #[secret(separator = ",")]
        cut: Secret<Vec<String>>,
        #[secret(separator = ",")]
        padded: Redacted<Vec<String>>,
    }
    let values =
        [("ARRAY", "[\"a\", \"[REDACTED]\"]"), ("CUT", "[REDACTED],b"), ("PADDED", "a,b, [REDACTED] ")];
    let masked = "a masked value was stored: the text is [REDACTED]";
    for (source, config) in load_everywhere::<Config>(&values).await {
        assert_eq!(
            failures(&config.unwrap_err()),
            [
                format!("array: invalid: element 2: {masked}"),
                format!("cut: invalid: element 1: {masked}"),
                format!("padded: invalid: element 3: {masked}"),
            ],
            "from {source}"
        );
    }
}

#[tokio::test]
async fn an_empty_text_that_is_allowed_is_an_empty_list() {
    #[derive(Debug, SecretConfig)]
    struct Config {
        #[secret(separator = ",", allow_empty)]
        ports: Vec<u16>,
        #[secret(separator = ",", allow_empty, plain)]
        hosts: Vec<String>,
    }
    for (source, config) in load_everywhere::<Config>(&[("PORTS", ""), ("HOSTS", "")]).await {
        let config = config.unwrap();
        assert_eq!((config.ports, config.hosts), (vec![], vec![]), "from {source}");
    }
}

#[tokio::test]
async fn an_empty_default_is_an_empty_list() {
    #[derive(Debug, SecretConfig)]
    struct Config {
        #[secret(separator = ",", default = "")]
        ports: Vec<u16>,
        #[secret(separator = ",", default = "", plain)]
        hosts: Vec<String>,
    }
    let config: Config = load_env(&[]).await.unwrap();
    assert_eq!((config.ports, config.hosts), (vec![], vec![]));
}
