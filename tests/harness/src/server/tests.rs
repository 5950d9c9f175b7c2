//! What is said when a server is not wanted, does not install or does not start.

use super::*;

pub(super) static SOME: Kind = Kind {
    name: "some",
    requirements: "",
    arguments: |_| Vec::new(),
    environment: |_, _| Vec::new(),
    is_ready: |_, _| false,
    user: User::Own,
    stop: Signal::Kill,
};

#[test]
fn only_the_variable_skips_and_it_says_so() {
    assert_eq!(skip_notice(None, &SOME, "some test"), None);
    assert_eq!(skip_notice(Some("false"), &SOME, "some test"), None);
    let notice = skip_notice(Some("true"), &SOME, "some test").unwrap();
    assert!(notice.contains("some test") && notice.contains("SKIP_AWS_TESTS=true"));
}

#[test]
fn a_server_that_ends_early_is_reported_with_its_log() {
    static BROKEN: Kind = Kind {
        name: "broken",
        requirements: "",
        arguments: |_| ["-m", "no_such_module"].map(str::to_owned).into(),
        environment: |_, _| Vec::new(),
        is_ready: |_, _| false,
        user: User::Own,
        stop: Signal::Kill,
    };
    if skip_notice(std::env::var("SKIP_AWS_TESTS").ok().as_deref(), &BROKEN, "").is_some() {
        return;
    }
    let home = target::directory().join("emulators");
    std::fs::create_dir_all(&home).unwrap();
    let failure = start::start(&BROKEN, &home, Path::new("python3")).map(|_| ()).unwrap_err();
    assert!(failure.contains("ended while it started") && failure.contains("no_such_module"), "{failure}");
}

#[test]
fn packages_that_cannot_be_installed_are_reported_with_what_pip_says() {
    static IMPOSSIBLE: Kind = Kind {
        name: "impossible",
        requirements: "./no-such-folder\n",
        arguments: |_| Vec::new(),
        environment: |_, _| Vec::new(),
        is_ready: |_, _| false,
        user: User::Own,
        stop: Signal::Kill,
    };
    if skip_notice(std::env::var("SKIP_AWS_TESTS").ok().as_deref(), &IMPOSSIBLE, "").is_some() {
        return;
    }
    let home = target::directory().join(format!("emulators-test-{}", std::process::id()));
    // Twice: what the first attempt left must not pass for an install.
    for _ in 0..2 {
        let failure = install::installed(&IMPOSSIBLE, &home).unwrap_err();
        assert!(failure.contains("pip cannot install impossible"), "{failure}");
        assert!(failure.contains("no-such-folder") && failure.contains("SKIP_AWS_TESTS"), "{failure}");
    }
    std::fs::remove_dir_all(home).unwrap();
}
