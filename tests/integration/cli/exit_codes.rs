//! Every row of the table of exit codes in the documentation of `cli`, and what a set-up that is wrong leaves working.

use harness::stub::{Fault, Operation, Stub};

use super::{account, production, run, run_in};
use crate::support::child::{folder, run_program};
use crate::support::example::program;

const ALL_IS_WELL: &str = "DATABASE_URL=a\nJWT=b\nSMTP_HOST=mail\nSMTP_PASSWORD=c\n";

#[test]
fn with_0_ends_what_is_done_and_well() {
    let stub = production();
    let url = stub.url();
    assert_eq!(run(&["check", "--environment", "production"], &account(&url)).code, Some(0));
    for arguments in [
        vec!["--help"],
        vec!["migrate", "--help"],
        vec!["policy"],
        vec!["env-example"],
        vec!["template"],
        vec!["docs"],
        vec!["manifest"],
    ] {
        assert_eq!(run(&arguments, &[]).code, Some(0), "{arguments:?}");
    }
    let empty = Stub::start_on_thread();
    let planned =
        run_in(&folder(ALL_IS_WELL), &["migrate", "--environment", "staging"], &account(&empty.url()));
    assert_eq!(planned.code, Some(0), "{}", planned.stderr);
}

#[test]
fn with_1_ends_what_a_person_has_to_see_to() {
    let stub = production();
    let url = stub.url();
    stub.remove("shop/production/jwt");
    assert_eq!(run(&["check", "--environment", "production"], &account(&url)).code, Some(1));
    // What is refused, what differs, what is nowhere, and what cannot be read.
    for file in [
        "DATABASE_URL=[REDACTED]\nJWT=b\nSMTP_HOST=mail\nSMTP_PASSWORD=pw\n",
        "DATABASE_URL=other\nJWT=b\nSMTP_HOST=mail\nSMTP_PASSWORD=pw\n",
        "SMTP_HOST=mail\nSMTP_PASSWORD=pw\n",
        "DATABASE_URL=postgres://db\nJWT=b\nno line\n",
    ] {
        let arguments = ["migrate", "--environment", "production"];
        let ended = run_in(&folder(file), &arguments, &account(&url));
        assert_eq!(ended.code, Some(1), "{file}: {}{}", ended.stdout, ended.stderr);
    }
}

/// Nothing is written then, and all the same it is not done.
#[test]
fn what_is_refused_ends_with_1_also_where_there_is_nothing_else_to_do() {
    let stub = production();
    stub.put("shop/production/jwt", "key");
    let url = stub.url();
    let folder = folder("DATABASE_URL=[REDACTED]\n");
    for more in [&[][..], &["--apply"], &["--format", "json"], &["--apply", "--format", "json"]] {
        let arguments = [&["migrate", "--environment", "production"], more].concat();
        let ended = run_in(&folder, &arguments, &account(&url));
        assert_eq!(ended.code, Some(1), "{more:?}: {}{}", ended.stdout, ended.stderr);
        assert!(ended.stdout.contains("refused"), "{}", ended.stdout);
        assert!(!ended.stderr.contains("--apply does it"), "{}", ended.stderr);
    }
}

#[test]
fn with_2_ends_what_is_asked_for_wrongly() {
    for arguments in [
        vec![],
        vec!["unheard-of"],
        vec!["check", "--unheard-of"],
        vec!["check", "--format", "xml"],
        vec!["policy", "--account", "123"],
        vec!["template", "--kind", "alarms", "--format", "terraform"],
        vec!["migrate", "--tag", "=a"],
        vec!["check", "--environment", "Production"],
    ] {
        assert_eq!(run(&arguments, &[]).code, Some(2), "{arguments:?}");
    }
}

#[test]
fn with_3_ends_what_could_not_be_done() {
    let stub = Stub::start_on_thread();
    let url = stub.url();
    let in_staging = ["migrate", "--environment", "staging"];
    // No store, no file, a store that refuses.
    assert_eq!(run(&["migrate"], &[]).code, Some(3));
    let arguments = [&in_staging[..], &["--from", "no-such.env"]].concat();
    assert_eq!(run(&arguments, &account(&url)).code, Some(3));
    stub.fault(Fault::Denied);
    assert_eq!(run_in(&folder(ALL_IS_WELL), &in_staging, &account(&url)).code, Some(3));
    // A set-up that is wrong.
    for (name, value) in [("ENVIRONMENT", "Prod!"), ("SECRET_CACHE_TTL", "soon")] {
        for subcommand in ["check", "migrate"] {
            let ended = run(&[subcommand], &[(name, value)]);
            assert_eq!((ended.code, ended.stdout.as_str()), (Some(3), ""), "{subcommand} with {name}");
            assert!(ended.stderr.contains(name) && !ended.stderr.contains(value), "{}", ended.stderr);
        }
    }
}

/// Where a migration stands is told to people and to machines.
#[test]
fn with_3_ends_a_migration_that_fails_on_its_way_and_says_where_it_stands() {
    let stub = Stub::start_on_thread();
    let url = stub.url();
    stub.put("shop/staging/database-url", "a");
    let folder = folder(ALL_IS_WELL);
    let apply = ["migrate", "--environment", "staging", "--apply"];
    stub.fault(Fault::Denied.on(Operation::Other("CreateSecret".to_owned())));
    let ended = run_in(&folder, &apply, &account(&url));
    assert_eq!(ended.code, Some(3));
    assert!(ended.stdout.contains("shop/staging/jwt            create"), "{}", ended.stdout);
    let expected = format!(
        "error: 2 of 4 secrets of AppConfig could not be migrated (environment: staging)\n  \
         aws: region us-east-1, endpoint {} (AWS_ENDPOINT_URL)\n\n  \
         shop/staging/jwt    access denied\n",
        url.replace("://", " ")
    );
    assert!(ended.stderr.starts_with(&expected), "{}", ended.stderr);
    let expected = "
Result so far: 0 created, 0 written, 1 unchanged, 2 failed, 0 not tried

  shop/staging/database-url   unchanged
  shop/staging/jwt            failed
  shop/staging/smtp           failed
  shop/staging/sentry-dsn     left alone

help: fix the cause and run the migration again: secrets that are done do not change
";
    assert!(ended.stderr.ends_with(expected), "{}", ended.stderr);
    stub.clear_faults();
    stub.fault(Fault::InvalidCredentials.on(Operation::Other("CreateSecret".to_owned())));
    let ended = run_in(&folder, &[&apply[..], &["--format", "json"]].concat(), &account(&url));
    assert_eq!(ended.code, Some(3));
    let json: serde_json::Value = serde_json::from_str(&ended.stdout).unwrap();
    let applied = &json["applied"];
    assert_eq!(applied["is_complete"], false);
    let secrets = applied["secrets"].as_array().unwrap();
    let outcomes: Vec<_> = secrets.iter().map(|secret| secret["outcome"].as_str().unwrap()).collect();
    assert_eq!(outcomes, ["unchanged", "failed", "failed", "left alone"]);
    assert_eq!(secrets[0]["error"], serde_json::Value::Null);
    assert_eq!(secrets[1]["id"], "shop/staging/jwt");
    assert_eq!(secrets[1]["error"]["kind"], "access denied");
    assert!(secrets[1]["error"]["help"][0].is_string(), "{}", ended.stdout);
    assert!(ended.stderr.contains("\nResult so far: "), "{}", ended.stderr);
    let planned =
        run_in(&folder, &["migrate", "--environment", "staging", "--format", "json"], &account(&url));
    let json: serde_json::Value = serde_json::from_str(&planned.stdout).unwrap();
    assert_eq!((planned.code, &json["applied"]), (Some(0), &serde_json::Value::Null));
}

#[test]
fn what_needs_the_type_alone_minds_no_bad_variable_that_it_does_not_use() {
    let bad = [("SECRET_CACHE_TTL", "soon"), ("AWS_ENDPOINT_URL", "no address")];
    let bad_environment = [&bad[..], &[("ENVIRONMENT", "Prod!")]].concat();
    for arguments in [
        vec!["policy"],
        vec!["env-example"],
        vec!["env-example", "--with-ids"],
        vec!["template"],
        vec!["template", "--format", "terraform"],
        vec!["template", "--kind", "alarms"],
        vec!["docs"],
        vec!["docs", "--kind", "checklist"],
        vec!["manifest"],
        vec!["manifest", "--schema"],
        vec!["check", "--help"],
    ] {
        let good = run(&arguments, &[]);
        assert_eq!(run(&arguments, &bad), good, "{arguments:?}");
        assert_eq!(good.code, Some(0), "{arguments:?}");
        let has_names =
            !["env-example", "manifest --schema", "check --help"].contains(&&*arguments.join(" "));
        let ended = run(&arguments, &bad_environment);
        if has_names {
            let expected = "\
error: The names of AppConfig are not known (environment: not known, since ENVIRONMENT is not a valid name)

  ENVIRONMENT: not the name of an environment
    help: lower-case letters, digits and hyphens, such as `development`, `staging` or `production`
";
            assert_eq!((ended.code, ended.stderr.as_str()), (Some(3), expected), "{arguments:?}");
            // Who names the environment needs no variable.
            let named = [&arguments[..], &["--environment", "production"]].concat();
            assert_eq!(run(&named, &bad_environment), good, "{named:?}");
        } else {
            assert_eq!(ended, good, "{arguments:?}");
        }
    }
}

/// What a deploy would say an hour later.
#[test]
fn a_check_of_a_set_up_that_is_wrong_says_what_a_load_would() {
    for (variables, dotenv) in [
        (vec![("ENVIRONMENT", "Prod!")], ""),
        (vec![("SECRET_CACHE_TTL", "soon")], ""),
        (vec![("SECRET_CACHE_TTL", "soon")], ALL_IS_WELL),
        (vec![("SECRET_CACHE_TTL", "soon"), ("PORT", "http")], ALL_IS_WELL),
    ] {
        let folder = folder(dotenv);
        let load = run_program(&program("command_line"), &[], &folder, &variables);
        let checked = run_in(&folder, &["check"], &variables);
        assert_eq!((load.code, checked.code), (Some(1), Some(3)), "{variables:?}");
        let of_load = load.stderr.strip_prefix("Error: ").unwrap().trim_end();
        let of_check = checked.stderr.strip_prefix("error: ").unwrap().trim_end();
        assert_eq!(of_check, of_load, "{variables:?}");
    }
}
