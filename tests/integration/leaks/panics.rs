//! What is said where an error is not handled: by a panic, and by a `main` that returns it.

use secrets_runtime::{Error, Memory, Secret, SecretConfig, Secrets};

use crate::support::canary::{Canary, assert_unseen};
use crate::support::child::{folder, run};
use crate::support::load_memory;
use crate::support::printed::{panicked, unwrapped};

#[derive(Debug, SecretConfig)]
struct Config {
    token: Secret<u16>,
    #[secret(json)]
    list: Secret<Vec<u16>>,
    other: Secret<String>,
}

async fn error_over(canary: &Canary) -> Error {
    let list = serde_json::to_string(&[canary.as_str()]).unwrap();
    let values = [("token", canary.as_str()), ("list", list.as_str()), ("other", canary.as_str())];
    load_memory::<Config>(&values).await.unwrap_err()
}

#[tokio::test]
async fn unwrap_and_expect_panic_with_the_report_alone() {
    let canary = Canary::new("panic");
    let error = error_over(&canary).await;
    let said = unwrapped(&error);
    assert_eq!(said.matches("2 of 3 settings of Config could not be loaded").count(), 2, "{said}");
    assert_unseen(&[&canary], "a panic", &said);

    // The control: the panic of a parser's own error.
    let unwrap = || drop(serde_json::from_str::<Vec<u16>>(&format!("[{:?}]", "kzqvxwjhbn")).unwrap());
    assert!(panicked(unwrap).contains("kzqvxwjhbn"));
}

#[tokio::test]
async fn a_panic_in_code_that_holds_a_secret_does_not_show_it() {
    let canary = Canary::new("panic");
    let secrets = Secrets::builder().sources([Memory::from([("token", canary.as_str())])]).build().unwrap();
    let token = secrets.get("token").await.unwrap();
    let said = panicked(|| assert!(token.ct_eq("another"), "{token} {token:?} {secrets:?}"));
    assert!(said.contains("[REDACTED] [REDACTED]"), "{said}");
    assert_unseen(&[&canary], "a panic", &said);
}

/// In a process of its own: what stands on its standard error, whatever became of the error.
#[test]
fn a_process_that_ends_on_an_error_prints_the_report_alone() {
    let canary = Canary::new("process");
    // A variable, a line of `.env` that is none, and one that is.
    let folder = folder(format!("TOKEN='{}\n", canary.as_str().replace('\'', "")));
    let variables = [("ENVIRONMENT", "development"), ("PORT", canary.as_str()), ("LEVEL", canary.as_str())];
    for how in ["waiting", "blocking", "unwrapping", "expecting"] {
        let ended = run(how, &folder, &variables);
        assert_ne!(ended.code, Some(0), "{how}");
        assert!(
            ended.stderr.contains("settings of AppConfig could not be loaded"),
            "{how}: {}",
            ended.stderr
        );
        assert_unseen(&[&canary], how, &ended.stderr);
        assert_eq!(ended.stdout, "", "{how}");
    }

    // The control: a variable that is plain, which the config prints.
    let folder = crate::support::child::folder("TOKEN=a\nPORT=1\n");
    let ended = run("waiting", &folder, &[("LEVEL", canary.as_str())]);
    assert!(canary.seen_in(&ended.stdout).is_some());
}

/// `std::env::vars` panics with the value of such a variable.
#[cfg(unix)]
#[test]
fn a_variable_that_is_not_unicode_is_in_no_output() {
    use std::ffi::{OsStr, OsString};
    use std::os::unix::ffi::{OsStrExt, OsStringExt};

    let canary = Canary::new("bytes");
    let value = OsString::from_vec([canary.as_str().as_bytes(), b"\xff"].concat());
    let folder = folder("TOKEN=a\nPORT=1\n");
    // A stranger's, one of the settings, and one that a missing one is compared with.
    for name in ["STRANGER", "TOKEN", "PROT", "ENVIRONMENT", "SECRET_CACHE_TTL"] {
        let variables = [(OsStr::new(name), value.as_os_str()), (OsStr::new("LEVEL"), OsStr::new("info"))];
        let variables = variables.map(|(name, value)| (name.to_str().unwrap(), value));
        let ended = run("waiting", &folder, &variables);
        assert!(ended.code.is_some(), "{name} ended it by a signal");
        assert!(!ended.stderr.contains("panicked"), "{name}: {}", ended.stderr);
        assert_unseen(&[&canary], name, &(ended.stdout + &ended.stderr));
    }

    // The control: what the standard library says of it.
    let shown = value.into_string().unwrap_err();
    assert!(canary.seen_in(&format!("{:?}", OsString::from_vec(shown.as_bytes().to_vec()))).is_some());
}
