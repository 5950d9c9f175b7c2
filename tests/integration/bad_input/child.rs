//! Bad input that only the real variables of a process can hold.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::process::Command;

use crate::support::child::{Ended, folder, run, run_program};

fn failed(stderr: &str) -> Ended {
    Ended { code: Some(1), stdout: String::new(), stderr: format!("Error: {stderr}\n") }
}

fn unicode(text: &str) -> &OsStr {
    OsStr::new(text)
}

/// No Unicode, with a needle in it.
fn not_unicode() -> &'static OsStr {
    OsStr::from_bytes(b"hunter2-\xff-hunter2")
}

#[test]
fn a_wrong_environment_touches_nothing_and_reports_the_settings_too() {
    let folder = folder("TOKEN=from-dotenv\n");
    let expected = "\
2 of 3 settings of AppConfig could not be loaded (environment: not known, since ENVIRONMENT is not a valid name)

  ENVIRONMENT: not the name of an environment
    help: lower-case letters, digits and hyphens, such as `development`, `staging` or `production`

  token   missing                 Signs the session tokens.
    env  TOKEN   not set
    help: set TOKEN

  port    invalid: expected u16
    env  PORT
";
    for how in ["waiting", "blocking"] {
        assert_eq!(
            run(how, &folder, &[("ENVIRONMENT", "Prod!"), ("PORT", "http")]),
            failed(expected),
            "{how}"
        );
    }
}

#[test]
fn an_environment_that_is_not_unicode_is_reported_with_the_settings() {
    let expected = "\
1 of 3 settings of AppConfig could not be loaded (environment: not known, since ENVIRONMENT is not a valid name)

  ENVIRONMENT: set to something that is not Unicode

  token   missing   Signs the session tokens.
    env  TOKEN   not set
    help: set TOKEN
";
    let variables = [("ENVIRONMENT", not_unicode()), ("PORT", unicode("1"))];
    assert_eq!(run("waiting", &folder("TOKEN=from-dotenv\n"), &variables), failed(expected));
}

#[test]
fn a_setting_that_is_not_unicode_is_invalid_and_is_not_looked_for_elsewhere() {
    let expected = "\
2 of 3 settings of AppConfig could not be loaded (environment: development)

  token   invalid   Signs the session tokens.
    env  TOKEN   set to something that is not Unicode

  port    missing
    env     PORT   not set
    dotenv  PORT   not in .env
    help: set PORT, or add it to .env as PORT=..
";
    let variables = [("ENVIRONMENT", unicode("development")), ("TOKEN", not_unicode())];
    assert_eq!(run("waiting", &folder("TOKEN=from-dotenv\n"), &variables), failed(expected));
}

#[test]
fn an_unrelated_variable_that_is_not_unicode_is_ignored() {
    let folder = folder("TOKEN=from-dotenv\n");
    let variables = [("STRANGER", not_unicode()), ("PORT", unicode("1"))];
    let ended = run("waiting", &folder, &variables);
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
    // Nor when names are compared with one that is missing.
    let ended = run("waiting", &folder, &[("STRANGER", not_unicode()), ("PROT", unicode("1"))]);
    assert_eq!(ended.code, Some(1));
    assert!(ended.stderr.contains("not set (did you mean PROT?)"), "{}", ended.stderr);
}

#[test]
fn without_a_region_every_secret_says_so_and_the_other_settings_are_reported_too() {
    let variables = [
        ("ENVIRONMENT", "production"),
        ("AWS_ACCESS_KEY_ID", "test"),
        ("AWS_SECRET_ACCESS_KEY", "test"),
        ("PORT", "http"),
    ];
    let expected = "\
2 of 3 settings of AppConfig could not be loaded (environment: production)
  aws: no region

  token   configuration           Signs the session tokens.
    aws  child/production/token   no AWS region is set
    help: set AWS_REGION, or `region` in the AWS profile

  port    invalid: expected u16
    env  PORT
";
    assert_eq!(run("waiting", &folder(""), &variables), failed(expected));
}

#[test]
fn without_credentials_every_secret_says_so_and_the_other_settings_are_reported_too() {
    let variables = [("ENVIRONMENT", "production"), ("AWS_REGION", "eu-west-1"), ("PORT", "http")];
    let expected = "\
2 of 3 settings of AppConfig could not be loaded (environment: production)
  aws: region eu-west-1

  token   configuration           Signs the session tokens.
    aws  child/production/token   no AWS credentials were found
      environment variables: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set
      profile default: not in /dev/null or /dev/null, which have no profiles
      web identity: AWS_WEB_IDENTITY_TOKEN_FILE is not set
      container: AWS_CONTAINER_CREDENTIALS_RELATIVE_URI and AWS_CONTAINER_CREDENTIALS_FULL_URI are not set
      instance metadata: disabled by AWS_EC2_METADATA_DISABLED
    help: set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or give the machine a role

  port    invalid: expected u16
    env  PORT
";
    assert_eq!(run("blocking", &folder(""), &variables), failed(expected));
}

#[test]
fn an_endpoint_that_is_no_url_is_reported_with_the_settings() {
    let expected = "\
2 of 3 settings of AppConfig could not be loaded (environment: production)

  AWS_ENDPOINT_URL: not an http or https URL of a host

  token   configuration   Signs the session tokens.
    aws  child/production/token   not asked, since its set-up is at fault

  port    missing
    env  PORT   not set
    help: set PORT
";
    let variables = [("ENVIRONMENT", "production"), ("AWS_ENDPOINT_URL", "hunter2@localhost")];
    assert_eq!(run("waiting", &folder(""), &variables), failed(expected));
}

#[test]
fn a_bad_line_of_dotenv_is_reported_by_number_with_the_settings() {
    let folder = folder("PORT=1\nhunter2 is no line\n");
    let expected = format!(
        "\
1 of 3 settings of AppConfig could not be loaded (environment: development, since ENVIRONMENT is not set)

  dotenv: line 2: not of the form KEY=value ({})
    help: quote values that hold spaces, quotes or `#`: KEY='the value'

  token   missing   Signs the session tokens.
    env     TOKEN   not set
    dotenv  TOKEN   not in .env
    help: set TOKEN, or add it to .env as TOKEN=..
",
        folder.path().join(".env").display()
    );
    let none: [(&str, &str); 0] = [];
    assert_eq!(run("waiting", &folder, &none), failed(&expected));
}

/// `timeout` ends the process if it does not end by itself, and then the code is 124.
#[test]
fn a_process_ends_although_a_file_is_a_pipe_that_nobody_writes() {
    let folder = folder("");
    for name in ["token", "port"] {
        assert!(Command::new("mkfifo").arg(folder.path().join(name)).status().unwrap().success());
    }
    let arguments = ["20", env!("CARGO_BIN_EXE_child"), "files"];
    let Ended { code, stderr, .. } =
        run_program::<&str>(Path::new("/usr/bin/timeout"), &arguments, &folder, &[]);
    assert_eq!(code, Some(1), "{stderr}");
    assert!(stderr.contains("no answer in time"), "{stderr}");
}
