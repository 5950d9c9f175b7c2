//! What can be seen in the sources alone.

use std::path::{Path, PathBuf};

use crate::support::example::root;

/// The files of the runtime crate that are not tests of it, as `(path, text without its test module)`.
fn sources() -> Vec<(PathBuf, String)> {
    let mut files = Vec::new();
    walk(&root().join("secrets-runtime/src"), &mut files);
    assert!(files.len() > 20, "only {} files were found", files.len());
    let code = |path: PathBuf| {
        let text = std::fs::read_to_string(&path).unwrap();
        let code = text.split("\n#[cfg(test)]\nmod tests {").next().unwrap().to_owned();
        (path, code)
    };
    files.into_iter().map(code).collect()
}

fn walk(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            walk(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

/// The texts between each `start` and the next `end`.
fn between<'a>(text: &'a str, start: &'a str, end: &'a str) -> impl Iterator<Item = &'a str> {
    text.split(start).skip(1).filter_map(move |rest| rest.split(end).next())
}

#[test]
fn no_feature_turns_redaction_off() {
    let manifest = std::fs::read_to_string(root().join("secrets-runtime/Cargo.toml")).unwrap();
    let features = between(&manifest, "[features]\n", "\n[").next().unwrap();
    let names: Vec<&str> = features.lines().filter_map(|line| Some(line.split_once(" = ")?.0)).collect();
    assert_eq!(
        names,
        [
            "default",
            "derive",
            "dotenv",
            "aws",
            "sso",
            "credentials-process",
            "tracing",
            "metrics",
            "admin",
            "rotation",
            "postgres",
            "cli",
            "secrecy",
            "harden",
            "zeroizing-allocator"
        ]
    );
}

#[test]
fn no_cfg_turns_redaction_off() {
    let known = [
        "feature = \"aws\"",
        "not(feature = \"aws\")",
        "feature = \"dotenv\"",
        "not(feature = \"dotenv\")",
        "feature = \"derive\"",
        "feature = \"secrecy\"",
        "feature = \"harden\"",
        "feature = \"zeroizing-allocator\"",
        "target_os = \"linux\"",
        "not(target_os = \"linux\")",
        "unix",
        "not(unix)",
        "feature = \"tracing\"",
        "not(feature = \"tracing\")",
        "feature = \"metrics\"",
        "feature = \"admin\"",
        "feature = \"rotation\"",
        "feature = \"postgres\"",
        "feature = \"cli\"",
        "all(feature = \"admin\", feature = \"dotenv\")",
        "all(doctest, feature = \"aws\", feature = \"derive\")",
        "all(test, feature = \"tracing\")",
        "test",
    ];
    let mut seen = 0;
    for (path, code) in sources() {
        for condition in between(&code, "#[cfg(", ")]") {
            assert!(known.contains(&condition), "cfg({condition}) in {}", path.display());
            seen += 1;
        }
        assert!(!code.contains("cfg!("), "{}", path.display());
    }
    assert!(seen > 10, "{seen}");
}

#[test]
fn the_two_wrappers_print_a_constant_and_know_no_switch() {
    let (_, code) = sources().into_iter().find(|(path, _)| path.ends_with("secret.rs")).unwrap();
    let bodies: Vec<&str> = between(&code, "-> fmt::Result {", "}").map(str::trim).collect();
    // The function itself, then `Debug` and `Display` of both wrappers, and the fixed text of a parse error.
    assert_eq!(
        bodies,
        [
            "f.write_str(REDACTED)",
            "redact(f)",
            "redact(f)",
            "f.write_str(UNDECODABLE)",
            "redact(f)",
            "redact(f)",
        ]
    );
    assert!(code.contains("const REDACTED: &str = \"[REDACTED]\";"));
    for word in ["std::env", "Atomic", "\nstatic ", "thread_local", "OnceLock", "alternate()"] {
        assert!(!code.contains(word), "{word}");
    }
}

#[test]
fn the_process_environment_is_read_in_one_place_and_written_nowhere() {
    for (path, code) in sources() {
        for word in ["set_var", "remove_var", "env::vars()", "env::var("] {
            assert!(!code.contains(word) || only_in_comments(&code, word), "{word} in {}", path.display());
        }
    }
}

fn only_in_comments(code: &str, word: &str) -> bool {
    code.lines().filter(|line| line.contains(word)).all(|line| line.trim_start().starts_with("//"))
}

#[test]
fn nothing_in_the_runtime_is_unsafe_or_prints_by_itself() {
    for (path, code) in sources() {
        for word in ["unsafe ", "println!", "eprintln!", "print!(", "dbg!"] {
            assert!(!code.contains(word) || only_in_comments(&code, word), "{word} in {}", path.display());
        }
    }
}
