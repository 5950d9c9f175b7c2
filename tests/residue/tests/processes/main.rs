//! What is left of a secret, on each of its ways, by exact numbers.
//!
//! Each scenario runs in a process of its own, in a folder with what it reads, and asks a server that is in this one: what is
//! counted is the client's alone. The first block of a process's environment, in which the operating system hands a variable
//! over, is none of the heap's: it is as it was until the process ends.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::Path;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_secretsmanager::Client;
use harness::agent::stub::{AgentFault, AgentStub};
use harness::emulator;
use harness::stub::{Fault, Stub};
use residue::canary::{CANARY, PLAIN, TOKEN};
use residue::scenarios::agent::LONG;
use residue::{Endpoint, Measured, Residue, measured_in_child};
use serde_json::json;

/// What is done without another's hands in it, and how many blocks hold some of the value while it is in use. Of values that
/// a source in memory has anyway, the copies beside it.
const CLEAN: &[(&str, usize)] = &[
    ("custody::from_str", 1),
    ("custody::from_string", 1),
    ("custody::from_bytes", 2),
    ("custody::clones", 1),
    ("custody::map", 1),
    ("custody::try_map", 1),
    ("custody::zip", 2),
    ("custody::parsed", 1),
    ("custody::secrecy_and_back", 1),
    ("custody::deserialized", 1),
    ("sources::env", 1),
    ("sources::env_beside_a_missing_one", 1),
    ("sources::own_variables", 1),
    ("sources::dotenv", 4),
    ("sources::dotenv_from_a_pipe", 4),
    ("sources::dotenv_with_bad_lines", 0),
    ("sources::memory", 1),
    ("sources::files", 1),
    ("sources::file_that_is_a_pipe", 1),
    ("decoding::text", 0),
    ("decoding::trimmed", 1),
    ("decoding::json_text_without_escapes", 1),
    ("decoding::json_text_with_escapes", 1),
    ("decoding::nested_json", 2),
    ("decoding::json_secret", 1),
    ("decoding::escaped_keys", 0),
    ("decoding::binary", 0),
    ("decoding::binary_json", 1),
    ("decoding::bytes_of_text", 1),
    ("decoding::detected", 1),
    ("decoding::default_of_request", 1),
    ("decoding::list_by_separator", 6),
    ("decoding::json_list", 6),
    ("decoding::json_into_secrets", 4),
    ("decoding::json_into_texts", 4),
    ("decoding::json_in_a_string", 4),
    ("decoding::parse", 1),
    ("decoding::with", 1),
    ("decoding::text_at", 1),
    ("decoding::with_text_at", 1),
    ("failures::wrong_types", 0),
    ("failures::malformed_json", 0),
    ("failures::json_that_does_not_fit", 0),
    ("failures::lists", 0),
    ("failures::validate", 0),
    ("failures::parse_and_with", 0),
    ("failures::masked", 0),
    ("cached::hit", 1),
    ("cached::expiry", 1),
    ("cached::eviction", 1),
    ("cached::cleared", 0),
    ("cached::replaced", 1),
    ("cached::past_the_cache", 0),
    ("cached::failing_refresh", 1),
    ("cached::config", 4),
    ("cached::live", 6),
    ("cached::live_that_does_not_build", 2),
    ("cached::across_rotation", 2),
];

/// What leaves something behind, and how much: it shows that the hook sees.
const DIRTY: &[(&str, usize)] = &[
    ("controls::string", 1),
    ("controls::growing_string", 2),
    // `serde_json` borrows a text without escapes, and copies one with escapes as it grows.
    ("controls::secrecy_without_escapes", 0),
    ("controls::secrecy_with_escapes", 2),
    ("controls::secrecy_3_kib_with_escapes", 7),
    ("controls::serde_json_error", 5),
    ("controls::dotenvy_into_secrets", 17),
    // As its documentation says.
    ("custody::redacted", 1),
    // The field that a type had when another one failed. A field that is a `Secret` wipes itself: see
    // `failures::json_that_does_not_fit`.
    ("failures::json_that_does_not_fit_texts", 1),
];

/// What comes from AWS: blocks that the SDK and its HTTP client leave behind, with this crate and without. One is the read
/// buffer of a connection, in which the answer arrives.
const READ: &[(&str, usize, usize)] = &[
    ("wire::text", 1, 1),
    ("wire::escaped_text", 1, 1),
    ("wire::long_text", 1, 1),
    ("wire::json_key", 1, 1),
    ("wire::binary", 1, 1),
    ("wire::batch", 1, 1),
    ("wire::config", 3, 3),
    ("wire::echoing_error", 1, 7),
    ("wire::cut_answer", 1, 1),
    ("wire::cut_connection", 1, 1),
    ("wire::credentials", 11, 11),
];

/// What is written, in the same way. What the SDK is given it leaves behind several times; here it is given nothing.
const WRITTEN: &[(&str, usize, usize)] = &[
    ("admin::put_text", 0, 4),
    ("admin::put_json", 0, 4),
    ("admin::put_bytes", 0, 3),
    ("admin::create", 0, 4),
    // The server's answer quotes it.
    ("admin::refused", 2, 8),
    ("admin::random_password", 1, 1),
    ("admin::read", 1, 1),
];

/// What comes through the agent, over this crate's own HTTP client: nothing is left of a value or of the
/// token. How many blocks hold some of them while both are in use; the token is in one.
const AGENT: &[(&str, usize)] = &[
    ("agent::text", 2),
    ("agent::escaped_text", 2),
    ("agent::long_text", 2),
    ("agent::chunked_text", 2),
    ("agent::json_key", 3),
    ("agent::binary", 2),
    ("agent::echoing_error", 1),
    ("agent::cut_answer", 1),
    ("agent::malformed_answer", 1),
    ("agent::another_secret", 1),
    ("agent::refused_token", 1),
    ("agent::refresh", 1),
];

/// What needs a server that keeps what it is told.
const ROTATION: &str = "admin::rotation";

const HOOKED: &str = env!("CARGO_BIN_EXE_hooked");
const ZEROIZING: &str = env!("CARGO_BIN_EXE_zeroizing");

fn measured(program: &str, scenario: &str, server: Option<&str>) -> Measured {
    measured_in_child(Path::new(program), scenario, server).unwrap_or_else(|error| panic!("{error}"))
}

/// A server of Secrets Manager with what the scenarios read.
fn stub() -> Stub {
    let stub = Stub::start_on_thread();
    for name in ["text", "echo", "cut", "truncated"] {
        stub.put(name, CANARY);
    }
    stub.put("plain", PLAIN);
    stub.put("other", "nothing of interest");
    // It fits the client's first buffer: how often that grows is a matter of timing.
    stub.put("long", &CANARY.repeat(4096 / CANARY.len()));
    stub.put("json", &json!({ "user": "app", "password": CANARY }).to_string());
    stub.put_binary("binary", &[&[0xff], CANARY.as_bytes()].concat());
    stub.fault(Fault::EchoError.of("echo"));
    stub.fault(Fault::BrokenJson.of("cut"));
    stub.fault(Fault::TruncatedBody.of("truncated"));
    stub
}

/// An agent with what the scenarios read.
fn agent_stub() -> AgentStub {
    let stub = AgentStub::start();
    stub.set_token(TOKEN);
    stub.put("text", CANARY);
    stub.put("plain", PLAIN);
    stub.put("long", &CANARY.repeat(LONG));
    stub.put("json", &json!({ "user": "app", "password": CANARY }).to_string());
    // A byte that is not UTF-8, and the canary.
    stub.put_base64("binary", "/2ZpbGxlcmZpbGxlcmZpbGxlcmZpbGxlcmZpbGxlcmZpbGxlcmZpbGx+UWs3cnc5WiJ+WHA0TG02VFx+YmRWMm5jSgp+OGdzSGYzUSV+eVJ0SzV2RMOpfnVDek4xd2E=");
    let named = |name: &str, value: &str| json!({ "Name": name, "SecretString": value }).to_string();
    let (half, _) = PLAIN.split_at(60);
    for (name, fault) in [
        ("chunked", AgentFault::Chunks(13)),
        (
            "echo",
            AgentFault::Status(500, format!("{{\"__type\":\"InternalFailure\",\"message\":\"{PLAIN}\"}}")),
        ),
        ("cut", AgentFault::Bytes(format!("HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n{half}").into())),
        ("malformed", AgentFault::Status(200, named("malformed", CANARY) + "}")),
        ("another", AgentFault::Status(200, named("other", CANARY))),
    ] {
        stub.put(name, PLAIN);
        stub.fault_of(name, fault);
    }
    stub
}

/// Measures all of them, and fails with all that is other than it should be.
fn check<T: Copy>(
    rows: &[T],
    name: impl Fn(T) -> &'static str,
    expected: impl Fn(T) -> Measured,
    server: Option<&str>,
) {
    let mut wrong = String::new();
    for row in rows {
        let (name, expected) = (name(*row), expected(*row));
        let measured = measured(HOOKED, name, server);
        if measured != expected {
            writeln!(wrong, "{name}: {measured:?}, not {expected:?}").unwrap();
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn nothing_is_left_of_a_value_that_was_in_no_other_hands() {
    let expected = |(_, held)| Residue { freed: 0, held, left: 0 }.into();
    check(CLEAN, |(name, _)| name, expected, None);
}

#[test]
fn nothing_is_left_of_what_comes_through_the_agent() {
    let server = format!("http://127.0.0.1:{}", agent_stub().port());
    let expected = |(_, held)| Residue { freed: 0, held, left: 0 }.into();
    check(AGENT, |(name, _)| name, expected, Some(&server));
}

#[test]
fn what_others_do_leaves_something_behind() {
    for (name, freed) in DIRTY {
        let Measured { ours, .. } = measured(HOOKED, name, None);
        assert_eq!((ours.freed, ours.left), (*freed, 0), "{name}");
    }
}

/// The number of times that a scenario is measured before its fewest blocks count.
const TRIES: usize = 20;

/// The fewest blocks left behind, with this crate and without, in as many tries as it takes until they are
/// right.
///
/// An answer may arrive in several pieces. The HTTP client reads each of them into a block of its own, and
/// the SDK copies them into one more. A copy that this crate makes is there every time.
#[track_caller]
fn fewest(scenario: &str, server: &str, are_right: impl Fn(usize, usize) -> bool) -> (usize, usize) {
    let mut fewest = (usize::MAX, usize::MAX);
    for _ in 0..TRIES {
        let measured = measured(HOOKED, scenario, Some(server));
        assert_eq!(measured.ours.left, 0, "{scenario}: {measured}");
        let without = measured.without.map_or(usize::MAX, |without| without.freed);
        fewest = (fewest.0.min(measured.ours.freed), fewest.1.min(without));
        if are_right(fewest.0, fewest.1) {
            break;
        }
    }
    fewest
}

/// Compares the blocks left behind with the numbers of the rows.
#[track_caller]
fn check_beside(rows: &[(&str, usize, usize)], server: &str) {
    let mut wrong = String::new();
    for (name, most, beside) in rows {
        let are_right = |ours, without| ours <= *most && without == *beside;
        let (ours, without) = fewest(name, server, are_right);
        if !are_right(ours, without) {
            writeln!(wrong, "{name}: {ours}, not at most {most}; without this crate {without}, not {beside}")
                .unwrap();
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn what_is_read_from_aws_leaves_what_the_http_client_does_and_nothing_else() {
    check_beside(READ, &stub().url());
}

#[test]
fn what_is_written_to_aws_leaves_nothing() {
    check_beside(WRITTEN, Endpoint::start().url());
}

#[test]
fn a_rotation_leaves_no_more_than_the_reads_that_it_is_made_of() {
    let Some(url) = moto_with_rotated_secrets() else { return };
    let (ours, without) = fewest(ROTATION, url, |ours, without| ours <= without);
    assert!(without > 0 && ours <= without, "{ours} beside {without}");
}

#[test]
fn the_allocator_that_wipes_leaves_nothing_of_anything() {
    let (stub, endpoint, agent) = (stub(), Endpoint::start(), agent_stub());
    let rotated = moto_with_rotated_secrets();
    let mut wrong = String::new();
    for name in residue::scenarios::names() {
        let server = match name.split_once("::") {
            _ if name == ROTATION => match rotated {
                Some(url) => url.to_owned(),
                None => continue,
            },
            Some(("admin", _)) => endpoint.url().to_owned(),
            Some(("agent", _)) => format!("http://127.0.0.1:{}", agent.port()),
            _ => stub.url(),
        };
        let Measured { ours, without } = measured(ZEROIZING, name, Some(&server));
        if [Some(ours), without].into_iter().flatten().any(|residue| (residue.freed, residue.left) != (0, 0))
        {
            writeln!(wrong, "{name}: {ours:?} {without:?}").unwrap();
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn each_scenario_has_its_numbers() {
    let clean = CLEAN.iter().chain(DIRTY).chain(AGENT).map(|(name, _)| *name);
    let beside = READ.iter().chain(WRITTEN).map(|(name, ..)| *name);
    let asserted: BTreeSet<&str> = clean.chain(beside).chain([ROTATION]).collect();
    assert_eq!(asserted, residue::scenarios::names().collect());
}

/// moto with the secrets that are rotated; none if emulators are to be skipped.
fn moto_with_rotated_secrets() -> Option<&'static str> {
    static MADE: std::sync::Once = std::sync::Once::new();
    let moto = emulator::moto("what a rotation leaves in memory")?;
    MADE.call_once(|| {
        let config = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::from_static("us-east-1"))
            .endpoint_url(moto.url())
            .credentials_provider(SharedCredentialsProvider::new(Credentials::for_tests()))
            .build();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let client = Client::new(&config);
            let document = json!({ "token": "", "other": CANARY }).to_string();
            for name in ["rotated", "by-hand"] {
                client.create_secret().name(name).secret_string(&document).send().await.unwrap();
            }
        });
    });
    Some(moto.url())
}
