//! Everything that is logged at TRACE during loads, by this crate, the SDK and what is below it.

use std::process::Command;

use aws_sdk_secretsmanager::Client;
use harness::stub::{Fault, Operation, Stub};
use secrets_runtime::{Env, Fallback, Secret, SecretConfig};

use crate::support::aws::{once, retrying, sdk_config};
use crate::support::canary::{Canary, assert_unseen};
use crate::support::events::Events;
use crate::support::printed::said;
use crate::support::production;
use crate::support::sources::chain;

#[derive(Debug, SecretConfig)]
struct Config {
    token: Secret<String>,
    other: Option<Secret<String>>,
    #[secret(name = "db", key = "password")]
    password: Option<Secret<String>>,
    #[secret(name = "token", env = "OLD", stage = "AWSPREVIOUS")]
    old: Option<Secret<String>>,
}

struct Logged {
    canaries: [Canary; 4],
    stub: Stub,
}

impl Logged {
    async fn new() -> Self {
        let canaries = ["token", "other", "password", "old"].map(Canary::new);
        let [token, other, password, old] = &canaries;
        let stub = Stub::start().await;
        stub.put("token", old.as_str());
        stub.put("token", &format!("'{}'", token.as_str()));
        stub.put_binary("other", other.as_str().as_bytes());
        stub.put("db", &serde_json::json!({ "password": password.as_str() }).to_string());
        Self { canaries, stub }
    }

    fn assert_unseen(&self, what: &str, log: &str) {
        let canaries: Vec<&Canary> = self.canaries.iter().collect();
        assert_unseen(&canaries, what, log);
    }
}

#[tokio::test]
async fn a_load_that_succeeds_logs_no_value() {
    let logged = Logged::new().await;
    let secrets = production().sources([retrying(&logged.stub.url())]).build().unwrap();
    let events = Events::capture();
    let config = Config::load_from(&secrets).await.unwrap();
    let log = events.all();
    assert!(log.contains("secretsmanager") && log.contains("TRACE"), "the SDK's own log is there");
    logged.assert_unseen("the log", &log);
    assert_eq!(
        events.warnings(),
        [
            "WARN the stored value looks wrong setting=token source=aws found=a value in quotes help=store the value without the quotes: they are removed in `.env` only"
        ]
    );
    for key in ["token", "other", "db", "token@AWSPREVIOUS"] {
        let event = format!("DEBUG fetched source=aws key={key}");
        assert!(events.own().contains(&event), "{event} is missing");
    }

    // The control: what is logged is searched, values included.
    tracing::trace!(value = config.old.unwrap().expose_secret());
    assert!(logged.canaries[3].seen_in(&events.all()).is_some());
}

#[tokio::test]
async fn a_load_that_fails_logs_no_value_whatever_was_answered() {
    for fault in [
        Fault::Denied,
        Fault::Throttled,
        Fault::ServerError,
        Fault::BrokenJson,
        Fault::TruncatedBody,
        Fault::WrongTypes,
        Fault::Reset,
        Fault::NotAws,
    ] {
        for operation in [None, Some(Operation::Batch), Some(Operation::Get)] {
            let logged = Logged::new().await;
            match operation.clone() {
                Some(operation) => logged.stub.fault(fault.on(operation)),
                None => logged.stub.fault(fault),
            }
            let fallback = Env::from_iter([("TOKEN", logged.canaries[0].as_str())]);
            // It would wait for the throttling to pass.
            let source = if fault == Fault::Throttled { once } else { retrying };
            let sources = chain([Box::new(source(&logged.stub.url())), Box::new(fallback)]);
            let secrets = production().sources(sources).fallback(Fallback::OnError).build().unwrap();
            let events = Events::capture();
            // Whether it succeeds is not the point: only what it says.
            let result = Config::load_from(&secrets).await;
            let what = format!("the log of {fault:?} on {operation:?}");
            logged.assert_unseen(&what, &events.all());
            logged.assert_unseen(&what, &format!("{result:?}"));
            assert!(events.all().contains("TRACE"), "the SDK's own log is there");
        }
    }
}

/// The SDK's switches that turn its redaction off. It reads them from the process.
const SWITCHES: [&str; 2] = ["LOG_SENSITIVE_BODIES", "LOG_SIGNABLE_BODY"];

#[tokio::test]
async fn the_switches_that_open_the_sdks_log_are_warned_of() {
    const NAME: &str = "leaks::logs::the_switches_that_open_the_sdks_log_are_warned_of";
    if std::env::var_os(SWITCHES[0]).is_none() {
        // Again, in processes with the switches on and off.
        return ["true", "True", "false"].into_iter().for_each(|value| run_with_switches(NAME, value));
    }
    let logged = Logged::new().await;
    let secrets = production().sources([once(&logged.stub.url())]).build().unwrap();
    let events = Events::capture();
    secrets.get("token").await.unwrap();
    let warnings = events.warnings();
    let is_on = std::env::var(SWITCHES[0]).unwrap().eq_ignore_ascii_case("true");
    for switch in SWITCHES {
        let warning = format!("WARN is set: the AWS SDK writes secret values into its log variable={switch}");
        assert_eq!(warnings.contains(&warning), is_on, "{warnings:?}");
    }
    // What is warned of is so: the SDK's log has the value, and this crate's has not.
    assert_eq!(logged.canaries[0].seen_in(&events.all()).is_some(), is_on);
    logged.assert_unseen("this crate's log", &events.own().join("\n"));
}

/// A test of that name, in a process of its own. One that is not there is none that passed.
fn run_with_switches(name: &str, value: &str) {
    let mut process = Command::new(std::env::current_exe().unwrap());
    let process = process.args(["--exact", name]).envs(SWITCHES.map(|switch| (switch, value)));
    let ended = process.output().unwrap();
    let said = String::from_utf8_lossy(&ended.stdout);
    assert!(ended.status.success() && said.contains("1 passed"), "{value}: {said}");
}

/// What a server puts into its error's code and message, the SDK would log at TRACE.
#[tokio::test]
async fn a_value_that_a_server_echoes_as_its_error_is_in_no_log() {
    let logged = Logged::new().await;
    logged.stub.fault(Fault::EchoError);
    let secrets = production().sources([retrying(&logged.stub.url())]).build().unwrap();
    let events = Events::capture();
    let error = Config::load_from(&secrets).await.unwrap_err();
    logged.assert_unseen("the error", &said(&error));
    let refused = secrets.request("token").bypass_cache().await.unwrap_err();
    logged.assert_unseen("the error", &said(&refused));
    logged.assert_unseen("the log", &events.all());

    // The control: the SDK by itself.
    let bare = Client::new(&sdk_config(&logged.stub.url()));
    bare.get_secret_value().secret_id("token").send().await.unwrap_err();
    assert!(logged.canaries[0].seen_in(&events.all()).is_some());
}
