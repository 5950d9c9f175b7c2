//! What a `main` that returns the error prints.

use crate::support::child::{Ended, folder, run};

const REPORT: &str = "\
Error: 2 of 3 settings of AppConfig could not be loaded (environment: development)

  token   missing                 Signs the session tokens.
    env     TOKEN   not set
    dotenv  TOKEN   not in .env (did you mean TOKNE?)
    help: set TOKEN, or add it to .env as TOKEN=..

  port    invalid: expected u16
    env  PORT

";

#[test]
fn a_main_that_returns_the_error_prints_the_report_and_fails() {
    let folder = folder("TOKNE=not-to-be-seen\n");
    let variables = [("ENVIRONMENT", "development"), ("PORT", "also-not-to-be-seen")];
    for how in ["waiting", "blocking"] {
        let expected = Ended { code: Some(1), stdout: String::new(), stderr: REPORT.to_owned() };
        assert_eq!(run(how, &folder, &variables), expected, "{how}");
    }
}

#[test]
fn a_main_that_succeeds_can_print_its_config() {
    let folder = folder("TOKEN=not-to-be-seen\nPORT=1\n");
    let stdout = "AppConfig { token: [REDACTED], port: 2, level: \"info\" }\n14 characters, port 2, level info\n\
                  TOKEN is not in this process's environment\n";
    for how in ["waiting", "blocking"] {
        let expected = Ended { code: Some(0), stdout: stdout.to_owned(), stderr: String::new() };
        assert_eq!(run(how, &folder, &[("PORT", "2")]), expected, "{how}");
    }
}
