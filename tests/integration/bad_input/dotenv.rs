//! `.env` files that cannot be read, or not wholly.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use secrets_runtime::{DotEnv, Environment, Error, ErrorKind, Files, Secret, SecretConfig, Secrets};

use crate::support::folder::Folder;
use crate::support::{kinds, no_variables, places, production};

#[derive(Debug, SecretConfig)]
struct Config {
    token: Secret<String>,
    port: u16,
    missing: Secret<String>,
}

async fn load(dotenv: DotEnv) -> Error {
    let builder = Secrets::builder().environment(Environment::DEVELOPMENT).variables(no_variables());
    Config::load_from(&builder.dotenv(dotenv).build().unwrap()).await.unwrap_err()
}

#[tokio::test]
async fn every_setting_reports_the_number_of_a_bad_line() {
    let folder = Folder::new();
    let file = "# comment\nTOKEN=t\nhunter2 is no line\nPORT=http\n\nKEY WITH SPACES=hunter3\n";
    let path = folder.write(".env", file);
    let error = load(DotEnv::at(&path)).await;
    let path = path.display();
    let expected = format!(
        "\
2 of 3 settings of Config could not be loaded (environment: development)

  dotenv: line 3: not of the form KEY=value ({path})
    help: quote values that hold spaces, quotes or `#`: KEY='the value'

  dotenv: line 6: not of the form KEY=value ({path})
    help: quote values that hold spaces, quotes or `#`: KEY='the value'

  port      invalid: expected u16
    dotenv  PORT

  missing   missing
    env     MISSING   not set
    dotenv  MISSING   not in .env
    help: set MISSING, or add it to .env as MISSING=..
"
    );
    assert_eq!(error.to_string(), expected);
    assert_eq!(error.kind(), ErrorKind::Configuration);
}

#[tokio::test]
async fn a_bad_line_fails_the_load_even_if_every_setting_is_there() {
    let folder = Folder::new();
    let path = folder.write(".env", "TOKEN=t\nPORT=1\nMISSING=m\nhunter2\n");
    let error = load(DotEnv::at(&path)).await;
    assert_eq!((error.kind(), kinds(&error)), (ErrorKind::Configuration, vec![]));
    assert_eq!(
        error.to_string(),
        format!(
            "Config could not be loaded (environment: development)\n\n\
             \x20 dotenv: line 4: not of the form KEY=value ({})\n\
             \x20   help: quote values that hold spaces, quotes or `#`: KEY='the value'\n",
            path.display()
        )
    );
}

#[tokio::test]
async fn a_quote_that_is_never_closed_is_named_by_the_line_that_opens_it() {
    let folder = Folder::new();
    let error = load(DotEnv::at(folder.write(".env", "PORT=1\nTOKEN=\"hunter2\nMISSING=m\n"))).await;
    assert!(
        error.to_string().contains("\n  dotenv: line 2: a quote is opened and never closed ("),
        "{error}"
    );
    assert_eq!(kinds(&error), [("token", ErrorKind::Missing), ("missing", ErrorKind::Missing)]);
}

/// What each bad line says, without a part of it.
#[tokio::test]
async fn each_kind_of_bad_line_has_its_own_reason_with_file_and_line() {
    let folder = Folder::new();
    for (line, reason) in [
        ("TOKEN=\"hunter2\\tx\"", "`\\t` or `\\r` in double quotes"),
        ("TOKEN=\"C:\\path\\hunter2\"", "a backslash in double quotes that begins no escape"),
        ("HUNTER2-KEY=hunter2", "the name has a character other than letters"),
        ("[hunter2]", "a section in brackets"),
        ("HUNTER2: hunter2", "a colon after the name"),
        ("TOKEN=hunter2$PORT", "a `$` before the name of a variable that is defined"),
        ("TOKEN=hunter2${HUNTER2_NOBODY}", "`${..}` names a variable that is not defined"),
        ("TOKEN=hunter2 hunter2", "white space in a value that is not in quotes"),
    ] {
        let path = folder.write(".env", format!("PORT=1\nMISSING=m\n{line}\n"));
        let error = load(DotEnv::at(&path)).await;
        let [problem] = error.problems() else { panic!("{error}") };
        let text = problem.to_string();
        assert!(text.starts_with(&format!("dotenv: line 3: {reason}")), "{text}");
        assert!(text.ends_with(&format!(" ({})", path.display())), "{text}");
        assert!(!error.to_string().to_lowercase().contains("hunter2"), "{error}");
    }
    let wide: Vec<u8> = "TOKEN=hunter2\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let error = load(DotEnv::at(folder.write(".env", wide))).await;
    assert!(error.to_string().contains("\n  dotenv: line 1: the file is UTF-16, not UTF-8 ("), "{error}");
}

#[tokio::test]
async fn passwords_with_dollars_are_literal() {
    let folder = Folder::new();
    for token in ["pa$$word", "abc$def", "$2b$12$KIXQ2.abcdefghijklmno", "{\"a\":\"b\"}", "..S3cr$et@.."] {
        for line in [format!("TOKEN={token}"), format!("TOKEN='{token}'")] {
            let file = folder.write(".env", format!("{line}\nPORT=1\nMISSING=m\n"));
            let builder = Secrets::builder().environment(Environment::DEVELOPMENT).variables(no_variables());
            let secrets = builder.dotenv(DotEnv::at(file)).build().unwrap();
            let config = Config::load_from(&secrets).await.unwrap();
            assert_eq!(config.token.expose_secret(), token, "{line}");
        }
    }
}

#[tokio::test]
async fn bytes_that_are_no_text_are_a_bad_line() {
    let folder = Folder::new();
    let error = load(DotEnv::at(folder.write(".env", b"PORT=1\nTOKEN=\xff\xfe\nMISSING=m\n"))).await;
    assert!(error.to_string().contains("\n  dotenv: line 2: not UTF-8 ("), "{error}");
    assert_eq!(kinds(&error), [("token", ErrorKind::Missing)]);
}

#[tokio::test]
async fn every_setting_reports_why_the_file_cannot_be_read() {
    let folder = Folder::new();
    for (path, reason) in
        [(folder.path().join("absent"), "no such file"), (folder.path().to_owned(), "a folder, not a file")]
    {
        let error = load(DotEnv::at(&path)).await;
        assert_eq!(error.kind(), ErrorKind::Configuration);
        let expected = ["token", "port", "missing"].map(|path| (path, ErrorKind::Missing));
        assert_eq!(kinds(&error), expected);
        assert!(
            error.to_string().contains(&format!("\n  dotenv: {reason} ({})\n", path.display())),
            "{error}"
        );
    }
}

fn make_pipe(path: &Path) {
    assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
}

#[tokio::test]
async fn reading_a_pipe_without_a_writer_times_out() {
    let folder = Folder::new();
    let path = folder.path().join(".env");
    make_pipe(&path);
    let builder = Secrets::builder().environment(Environment::DEVELOPMENT).variables(no_variables());
    let secrets = builder.dotenv(DotEnv::at(path)).timeout(Duration::from_millis(20)).build().unwrap();
    let loaded = Config::load_from(&secrets).await;
    let error = loaded.unwrap_err();
    let expected = ["token", "port", "missing"].map(|path| (path, ErrorKind::Unavailable));
    assert_eq!(kinds(&error), expected);
    assert_eq!(places(&error, "token"), ["env TOKEN: not set", "dotenv TOKEN: no answer in time"]);
}

#[tokio::test]
async fn a_file_that_is_such_a_pipe_is_ended_by_the_time_out_too() {
    let folder = Folder::new();
    make_pipe(&folder.path().join("token"));
    let builder = production().sources([Files::new(folder.path())]);
    let secrets = builder.timeout(Duration::from_millis(20)).build().unwrap();
    let loaded = secrets.get("token").await;
    let error = loaded.unwrap_err();
    assert_eq!(places(&error, "token"), ["files token: no answer in time"]);
}

#[tokio::test]
async fn a_pipe_that_is_written_while_the_load_waits_is_read_to_its_end() {
    let folder = Folder::new();
    let path = folder.path().join(".env");
    make_pipe(&path);
    let writer = std::thread::spawn({
        let path = path.clone();
        move || std::fs::write(path, "TOKEN=t\nPORT=1\nMISSING=m\n").unwrap()
    });
    let builder = Secrets::builder().environment(Environment::DEVELOPMENT).variables(no_variables());
    let config = Config::load_from(&builder.dotenv(DotEnv::at(path)).build().unwrap()).await.unwrap();
    writer.join().unwrap();
    assert_eq!((config.token.expose_secret().as_str(), config.port), ("t", 1));
}

/// Otherwise the next load would get a part of what is written, and the last one the rest.
#[tokio::test]
async fn a_load_that_has_ended_takes_nothing_of_what_is_written_for_the_next() {
    let folder = Folder::new();
    let path = folder.path().join(".env");
    make_pipe(&path);
    let load = |timeout| {
        let builder = Secrets::builder().environment(Environment::DEVELOPMENT).variables(no_variables());
        builder.dotenv(DotEnv::at(&path)).timeout(timeout).build().unwrap()
    };
    for _ in 0..3 {
        Config::load_from(&load(Duration::from_millis(20))).await.unwrap_err();
    }
    tokio::time::sleep(Duration::from_millis(200)).await;
    let secrets = load(Duration::from_secs(20));
    let writer = std::thread::spawn({
        let path = path.clone();
        move || std::fs::write(path, "TOKEN=t\nPORT=1\nMISSING=m\n").unwrap()
    });
    assert_eq!(Config::load_from(&secrets).await.unwrap().port, 1);
    writer.join().unwrap();
}

#[tokio::test]
async fn files_that_never_end_are_too_large() {
    let folder = Folder::new();
    for name in [".env", "token"] {
        std::os::unix::fs::symlink("/dev/zero", folder.path().join(name)).unwrap();
    }
    let error = load(DotEnv::at(folder.path().join(".env"))).await;
    assert!(error.to_string().contains("\n  dotenv: larger than 16 MiB ("), "{error}");
    let secrets = production().sources([Files::new(folder.path())]).build().unwrap();
    let error = secrets.get("token").await.unwrap_err();
    assert_eq!(places(&error, "token"), ["files token: larger than 1 MiB"]);
}

#[tokio::test]
async fn lines_that_double_each_other_fail_the_load_and_not_the_process() {
    let folder = Folder::new();
    let doubled = (1..40).map(|line| format!("V{line}=${{V{0}}}${{V{0}}}\n", line - 1));
    let file: String = std::iter::once(format!("V0={}\n", "hunter2".repeat(200))).chain(doubled).collect();
    let error = load(DotEnv::at(folder.write(".env", file))).await;
    assert_eq!(error.kind(), ErrorKind::Configuration);
    let text = error.to_string();
    assert!(text.contains("too large with the variables inserted") && !text.contains("hunter2"), "{text}");
}
