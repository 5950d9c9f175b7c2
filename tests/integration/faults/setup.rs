//! Settings of AWS that cannot be used: variables, keys of a profile, and what the code says.

use std::task::{Context, Poll, Waker};

use secrets_runtime::source::{Key, Source};
use secrets_runtime::{Clock, SecretsManager};

use super::row::{Row, row, said};
use crate::support::aws::alone;
use crate::support::child::{folder, run};
use crate::support::endpoint::with_tls;
use crate::support::folder::Folder;
use crate::support::remote::Remote;

/// Variables of a service in production whose Secrets Manager would be on this machine.
const SERVICE: [(&str, &str); 6] = [
    ("ENVIRONMENT", "production"),
    ("AWS_REGION", "eu-west-1"),
    ("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE"),
    ("AWS_SECRET_ACCESS_KEY", "key"),
    ("AWS_ENDPOINT_URL", "http://127.0.0.1:1"),
    ("AWS_MAX_ATTEMPTS", "1"),
];

/// A variable that is set without a value.
const EMPTY: &str = "(empty)";

/// The report of a process with the variables of the service, changed by these.
pub(super) fn with(variables: &[(&str, &str)]) -> String {
    in_folder(&folder(""), variables)
}

/// The same in this folder. A variable without a value is not set.
pub(super) fn in_folder(folder: &Folder, variables: &[(&str, &str)]) -> String {
    let kept = SERVICE.iter().filter(|(name, _)| variables.iter().all(|(other, _)| other != name));
    let given = variables.iter().filter(|(_, value)| !value.is_empty());
    let all = kept.chain(given).map(|(name, value)| (*name, if *value == EMPTY { "" } else { *value }));
    let all: Vec<(&str, &str)> = all.collect();
    let ended = run("aws-default", folder, &all);
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""), "{all:?}");
    let (_, report) = ended.stdout.split_once('\n').unwrap_or_else(|| panic!("{all:?} is to fail"));
    report.to_owned()
}

/// The report with this in the AWS config file.
pub(super) fn with_config(config: &str, variables: &[(&str, &str)]) -> String {
    let folder = folder("");
    let file = folder.write("config", config);
    in_folder(&folder, &[&[("AWS_CONFIG_FILE", file.to_str().unwrap())], variables].concat())
}

const NO_KEYS: [(&str, &str); 2] = [("AWS_ACCESS_KEY_ID", ""), ("AWS_SECRET_ACCESS_KEY", "")];

pub(super) fn rows() -> Vec<Row> {
    let mut rows = variables();
    rows.extend(profiles());
    rows.extend(code());
    rows
}

fn variables() -> Vec<Row> {
    vec![
        row("No variable and no profile names a region.", "", async { with(&[("AWS_REGION", "")]) }),
        row("The variable holds no name of a region.", "Set it to a name such as `eu-west-1`.", async {
            with(&[("AWS_REGION", "eu west 1")])
        }),
        row(
            "The URL of the endpoint has no scheme, or it holds a user, a path or a query.",
            "Write it as `http://localhost:4566`, or remove the variable.",
            async { with(&[("AWS_ENDPOINT_URL", "localhost:4566")]) },
        ),
        row(
            "The number of attempts is 0 or not a number.",
            "Set a number such as 3, or remove the variable.",
            async { with(&[("AWS_MAX_ATTEMPTS", "0")]) },
        ),
        row("The retry mode does not exist.", "Set `standard`, or remove the variable.", async {
            with(&[("AWS_RETRY_MODE", "fast")])
        }),
        row("The variable is neither `true` nor `false`.", "Set `true` or `false`.", async {
            with(&[("AWS_USE_FIPS_ENDPOINT", "yes")])
        }),
        row(
            "The variable was set from a file or a secret that ends in a line break.",
            "Set the variable again without the line break: `$(cat file)` in a shell removes it.",
            async { with(&[("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE\n")]) },
        ),
        row(
            "The variable cannot be sent in a header.",
            "Remove the variable: AWS Lambda sets it by itself.",
            async { with(&[("AWS_EXECUTION_ENV", "lambda\n")]) },
        ),
        row(
            "FIPS or dual-stack endpoints are switched on, and the endpoint is set by hand, or the region has none.",
            "Remove `AWS_USE_FIPS_ENDPOINT` and `AWS_USE_DUALSTACK_ENDPOINT`, or the endpoint.",
            async { with(&[("AWS_USE_FIPS_ENDPOINT", "true")]) },
        ),
        row(
            "The image or the machine has no CA certificates, or `SSL_CERT_FILE` names a file without any.",
            "",
            async { with(&[("AWS_ENDPOINT_URL", &with_tls()), ("SSL_CERT_FILE", "/app/absent.pem")]) },
        ),
    ]
}

fn profiles() -> Vec<Row> {
    vec![
        row(
            "A key of the profile has a value that cannot be used.",
            "Correct the key in the file that the report names.",
            async { with_config("[default]\nmax_attempts = 0\n", &[("AWS_MAX_ATTEMPTS", "")]) },
        ),
        row(
            "The profile's region is not the name of a region.",
            "Set `region = eu-west-1` in the profile.",
            async { with_config("[default]\nregion = eu west 1\n", &[("AWS_REGION", "")]) },
        ),
        row(
            "The profile's endpoint is not a URL.",
            "Write it as `endpoint_url = http://localhost:4566`.",
            async { with_config("[default]\nendpoint_url = localhost:4566\n", &[("AWS_ENDPOINT_URL", "")]) },
        ),
        row("The variable for AWS STS is set and empty.", "Remove the variable.", async {
            let folder = folder("");
            let token = folder.write("token", "token");
            let variables = [
                ("AWS_WEB_IDENTITY_TOKEN_FILE", token.to_str().unwrap()),
                ("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/shop"),
                ("AWS_ENDPOINT_URL_STS", EMPTY),
            ];
            in_folder(&folder, &[&variables[..], &NO_KEYS].concat())
        }),
    ]
}

fn code() -> Vec<Row> {
    vec![
        row(
            "The program sets a region that is not the name of a region.",
            "Correct the argument of `region(..)`.",
            async {
                let source = SecretsManager::builder().region("eu west 1").build();
                said(alone(source).build().unwrap().get("jwt").await)
            },
        ),
        row(
            "The program sets an endpoint that is not a URL.",
            "Correct the argument of `endpoint_url(..)`.",
            async {
                let source = SecretsManager::builder().endpoint_url("localhost:4566").build();
                said(alone(source).build().unwrap().get("jwt").await)
            },
        ),
        row(
            "A secret is read outside of a Tokio runtime.",
            "Read it within `#[tokio::main]`, or use `load_blocking`.",
            async { std::thread::spawn(outside_of_a_runtime).join().unwrap() },
        ),
        row("The program built its Tokio runtime without timers.", "", async {
            std::thread::spawn(|| {
                let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
                let secrets = alone_remote();
                said(runtime.block_on(secrets.get("jwt")))
            })
            .join()
            .unwrap()
        }),
        row("The program built its Tokio runtime without I/O.", "", async {
            std::thread::spawn(|| {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
                let source = SecretsManager::localstack();
                said(runtime.block_on(alone(source).build().unwrap().get("jwt")))
            })
            .join()
            .unwrap()
        }),
    ]
}

fn alone_remote() -> secrets_runtime::Secrets {
    crate::support::production().sources([Remote::new()]).clock(Clock::Tokio).build().unwrap()
}

fn outside_of_a_runtime() -> String {
    let source = SecretsManager::localstack();
    let keys = [Key::new("jwt")];
    let mut fetch = source.fetch(&keys);
    match fetch.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(fetched) => match fetched.answers() {
            [secrets_runtime::source::Answer::Failed(error)] => error.to_string(),
            other => panic!("{other:?}"),
        },
        Poll::Pending => panic!("it waits"),
    }
}
