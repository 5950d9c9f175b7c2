//! The future of a load: what it is, and what is left when it is dropped.

use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use harness::stub::{Fault, Stub};
use secrets_runtime::source::Source;
use secrets_runtime::{DotEnv, Env, Error, ErrorKind, Files, Memory, SecretConfig, Secrets};
use tokio::runtime::Handle;

use super::configs::{FortyFive, One};
use crate::support::aws::{of, once};
use crate::support::folder::Folder;
use crate::support::sources::Store;
use crate::support::{kinds, places, production};

fn size_of_send<T: Send>(future: &T) -> usize {
    size_of_val(future)
}

#[test]
fn it_is_send_and_as_large_for_many_fields_as_for_one() {
    let secrets = production().sources([Store::new("store")]).build().unwrap();
    assert_eq!(size_of_send(&One::load()), size_of_send(&FortyFive::load()));
    assert_eq!(size_of_send(&One::load_from(&secrets)), size_of_send(&FortyFive::load_from(&secrets)));
    // A task that holds one can be spawned without a box of its own.
    assert!(size_of_send(&FortyFive::load()) <= 1024, "{}", size_of_send(&FortyFive::load()));
}

#[tokio::test]
async fn dropped_with_the_last_of_its_secrets_it_leaves_nothing_running() {
    let stub = Stub::start_on_thread();
    for name in FortyFive::names() {
        stub.put(&name, &name);
    }
    stub.fault(Fault::Hang);
    let secrets = of(&stub);
    let alive = || Handle::current().metrics().num_alive_tasks();
    assert_eq!(alive(), 0);
    tokio::select! {
        result = FortyFive::load_from(&secrets) => panic!("{result:?}"),
        () = stub.arrived(3) => {}
    }
    // Until then its calls go on, for whoever else may want what they bring.
    tokio::task::yield_now().await;
    assert!(alive() > 0);
    drop(secrets);
    // Tasks that were told to end need a turn each to do so.
    let ended = async {
        while alive() > 0 {
            tokio::task::yield_now().await;
        }
    };
    let limit = Duration::from_secs(10);
    assert!(tokio::time::timeout(limit, ended).await.is_ok(), "{} tasks are left", alive());
    assert_eq!(stub.requests().total(), 3);
}

#[tokio::test]
async fn while_it_runs_its_calls_are_tasks() {
    let stub = Stub::start_on_thread();
    stub.put("a", "a");
    stub.fault(Fault::Hang);
    let secrets = of(&stub);
    tokio::select! {
        result = One::load_from(&secrets) => panic!("{result:?}"),
        () = async {
            stub.arrived(1).await;
            // The control of the test above: what it counts can be seen.
            assert!(Handle::current().metrics().num_alive_tasks() > 0);
        } => {}
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn loads_side_by_side_share_the_source() {
    let stub = Stub::start_on_thread();
    stub.put("a", "a");
    // Each with a cache of its own: with one for all, seven of them would ask for nothing.
    let source = Arc::new(once(&stub.url()));
    let loads: Vec<_> = (0..8)
        .map(|_| {
            let secrets = production().sources([Arc::clone(&source)]).build().unwrap();
            tokio::spawn(async move { One::load_from(&secrets).await.unwrap() })
        })
        .collect();
    for load in loads {
        assert_eq!(load.await.unwrap().a.expose_secret(), "a");
    }
    assert_eq!(stub.requests().get, 8);
}

/// Polls once, as an executor would that is not tokio's.
fn poll_once<C: SecretConfig>(secrets: &Secrets) -> Result<C, Error> {
    let mut future = std::pin::pin!(C::load_from(secrets));
    match future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(result) => result,
        Poll::Pending => panic!("it waits for a runtime that is not there"),
    }
}

#[test]
fn without_a_runtime_aws_is_not_asked_and_says_so() {
    let secrets = production().sources([once("http://127.0.0.1:1")]).build().unwrap();
    let error = poll_once::<One>(&secrets).unwrap_err();
    assert_eq!(kinds(&error), [("a", ErrorKind::Configuration)]);
    assert_eq!(places(&error, "a"), ["aws a: AWS can be asked from a Tokio runtime only"]);
}

#[test]
fn without_a_runtime_every_source_of_this_machine_works() {
    let folder = Folder::new();
    folder.write("a", "from a file");
    let dotenv = folder.write(".env", "A='from .env'\n");
    let sources: [(Box<dyn Source>, &str); 4] = [
        (Box::new(Env::from_iter([("A", "set")])), "set"),
        (Box::new(DotEnv::at(dotenv)), "from .env"),
        (Box::new(Memory::from([("a", "in memory")])), "in memory"),
        (Box::new(Files::new(folder.path())), "from a file"),
    ];
    for (source, expected) in sources {
        let secrets = production().sources([source]).build().unwrap();
        assert_eq!(poll_once::<One>(&secrets).unwrap().a.expose_secret(), expected);
    }
}
