//! A whole process in production: `load()` with real variables and the SDK's own default chain.

use harness::stub::{Fault, Stub};

use crate::support::child::{Ended, folder, run};

fn production(stub: &Stub) -> Vec<(&'static str, String)> {
    [
        ("ENVIRONMENT", "production".to_owned()),
        ("AWS_REGION", "eu-west-1".to_owned()),
        ("AWS_ENDPOINT_URL", stub.url()),
        ("AWS_ACCESS_KEY_ID", "test".to_owned()),
        ("AWS_SECRET_ACCESS_KEY", "test".to_owned()),
        ("PORT", "8080".to_owned()),
    ]
    .into()
}

/// However it loads: with its own runtime, and blocking before, within and beside one.
const WAYS: [&str; 4] = ["waiting", "blocking", "within", "within-one-thread"];

#[test]
fn every_way_of_loading_works_in_production() {
    let stub = Stub::start_on_thread();
    stub.put("child/production/token", "not-to-be-seen");
    // Never read in production.
    let folder = folder("TOKEN=from-dotenv\nLEVEL=debug\n");
    for how in WAYS {
        stub.reset_requests();
        let expected = "AppConfig { token: [REDACTED], port: 8080, level: \"info\" }\n\
                        14 characters, port 8080, level info\nTOKEN is not in this process's environment\n";
        let expected = Ended { code: Some(0), stdout: expected.to_owned(), stderr: String::new() };
        assert_eq!(run(how, &folder, &production(&stub)), expected, "{how}");
        let log = stub.log();
        assert_eq!((log.len(), log[0].region.as_deref()), (1, Some("eu-west-1")), "{how}");
    }
}

#[test]
fn every_way_of_loading_reports_what_is_denied() {
    let stub = Stub::start_on_thread();
    stub.put("child/production/token", "not-to-be-seen");
    stub.fault(Fault::Denied);
    let folder = folder("");
    for how in WAYS {
        let ended = run(how, &folder, &production(&stub));
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(1), ""), "{how}");
        let host = stub.url().replace("://", " ");
        let start = format!(
            "Error: 1 of 3 settings of AppConfig could not be loaded (environment: production)\n\
             \x20 aws: region eu-west-1, endpoint {host} (AWS_ENDPOINT_URL)\n\n\
             \x20 token   access denied   Signs the session tokens.\n\
             \x20   aws  child/production/token   AccessDeniedException"
        );
        assert!(ended.stderr.starts_with(&start), "{how}: {}", ended.stderr);
        assert!(!ended.stderr.contains("not-to-be-seen"), "{how}: {}", ended.stderr);
    }
}

#[test]
fn development_asks_an_emulator_last_and_signs_as_test() {
    let stub = Stub::start_on_thread();
    stub.put("child/development/token", "from the emulator");
    let folder = folder("PORT=1\n");
    let variables = [("AWS_ENDPOINT_URL_SECRETS_MANAGER", stub.url())];
    let ended = run("waiting", &folder, &variables);
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
    assert!(ended.stdout.contains("17 characters, port 1, level info"), "{}", ended.stdout);
    assert_eq!(stub.log()[0].region.as_deref(), Some("us-east-1"));

    stub.reset_requests();
    let folder = crate::support::child::folder("PORT=1\nTOKEN=local\n");
    let ended = run("waiting", &folder, &variables);
    assert!(ended.stdout.contains("5 characters, port 1, level info"), "{}", ended.stdout);
    assert_eq!(stub.requests().total(), 0, "what .env has is not asked for");
}

#[test]
fn a_session_token_and_a_profile_are_taken_from_the_process() {
    let stub = Stub::start_on_thread();
    stub.put("child/production/token", "t");
    let folder = folder("");
    let profile =
        "[profile work]\nregion = ap-south-1\naws_access_key_id = test\naws_secret_access_key = test\n";
    let config = folder.write("config", profile);
    let variables = [
        ("ENVIRONMENT", "production"),
        ("AWS_CONFIG_FILE", config.to_str().unwrap()),
        ("AWS_PROFILE", "work"),
        ("AWS_ENDPOINT_URL", &stub.url()),
        ("PORT", "1"),
    ];
    let ended = run("waiting", &folder, &variables);
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
    assert_eq!(stub.log()[0].region.as_deref(), Some("ap-south-1"));
}
