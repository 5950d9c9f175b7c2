//! How many requests many concurrent readers of many secrets cause.

use std::time::Duration;

use harness::stub::{Fault, Operation, Requests, Stub};
use secrets_runtime::Secrets;

use super::{PAST_TTL, of_stub, text, text_at_once, warm};
use crate::support::time::{pass, soon};

async fn stub_with(secrets: usize) -> Stub {
    let stub = Stub::start().await;
    for name in names(secrets) {
        stub.put(&name, "old");
    }
    stub
}

fn names(secrets: usize) -> impl Iterator<Item = String> {
    (0..secrets).map(|number| format!("app/{number}"))
}

fn put_all(stub: &Stub, secrets: usize) {
    for name in names(secrets) {
        stub.put(&name, "new");
    }
}

fn batches(batch: usize) -> Requests {
    Requests { batch, batch_ids: vec![20; batch], ..Requests::default() }
}

/// Reads each name in a task of its own, all side by side.
async fn read_all(secrets: &Secrets, names: impl Iterator<Item = String>) -> Vec<String> {
    let read = |name: String| {
        let secrets = secrets.clone();
        tokio::spawn(async move { text(&secrets, &name).await })
    };
    let tasks: Vec<_> = names.map(read).collect();
    let mut values = Vec::new();
    for task in tasks {
        values.push(task.await.unwrap());
    }
    values
}

#[tokio::test]
async fn a_thousand_readers_of_one_cold_secret_are_one_request() {
    let stub = stub_with(1).await;
    let (secrets, _) = of_stub(&stub);
    let values = read_all(&secrets, std::iter::repeat_n("app/0".to_owned(), 1000)).await;
    assert!(values.len() == 1000 && values.iter().all(|value| value == "old"));
    assert_eq!(stub.requests(), Requests { get: 1, ..Requests::default() });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_thousand_readers_on_several_threads_are_one_request() {
    let stub = stub_with(1).await;
    let (secrets, _) = of_stub(&stub);
    let values = read_all(&secrets, std::iter::repeat_n("app/0".to_owned(), 1000)).await;
    assert!(values.len() == 1000 && values.iter().all(|value| value == "old"));
    assert_eq!(stub.requests(), Requests { get: 1, ..Requests::default() });
}

#[tokio::test]
async fn a_thousand_readers_of_a_secret_that_is_not_there_are_one_request() {
    let stub = stub_with(0).await;
    let (secrets, _) = of_stub(&stub);
    let read = || {
        let secrets = secrets.clone();
        tokio::spawn(async move { secrets.get("absent").await.unwrap_err() })
    };
    let tasks: Vec<_> = (0..1000).map(|_| read()).collect();
    for task in tasks {
        assert_eq!(task.await.unwrap().kind(), secrets_runtime::ErrorKind::Missing);
    }
    assert_eq!(stub.requests(), Requests { get: 1, ..Requests::default() });
}

#[tokio::test]
async fn a_thousand_readers_at_expiry_are_one_request_and_none_waits() {
    for reads in [1, 3] {
        let stub = stub_with(1).await;
        let (secrets, source) = of_stub(&stub);
        for _ in 0..reads {
            assert_eq!(text(&secrets, "app/0").await, "old");
        }
        stub.put("app/0", "new");
        pass(PAST_TTL).await;
        for _ in 0..1000 {
            assert_eq!(text_at_once(&secrets, "app/0").unwrap(), "old");
        }
        source.ended(2).await;
        let values = read_all(&secrets, std::iter::repeat_n("app/0".to_owned(), 1000)).await;
        assert!(values.iter().all(|value| value == "new"));
        assert_eq!(stub.requests(), Requests { get: 2, ..Requests::default() });
    }
}

#[tokio::test]
async fn two_hundred_cold_secrets_are_ten_batches_side_by_side() {
    let stub = stub_with(200).await;
    let (secrets, _) = of_stub(&stub);
    let latency = Duration::from_secs(1);
    stub.set_latency(latency);
    let began = tokio::time::Instant::now();
    let reading = tokio::spawn(async move { read_all(&secrets, names(200)).await });
    soon("ten requests", stub.arrived(10)).await;
    assert_eq!(stub.max_in_flight(), 10);
    pass(latency).await;
    assert_eq!(reading.await.unwrap(), vec!["old"; 200]);
    assert!(began.elapsed() < 2 * latency, "no request has waited for another");
    assert_eq!(stub.requests(), batches(10));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_hundred_cold_secrets_on_several_threads_are_few_requests() {
    let stub = stub_with(200).await;
    let (secrets, _) = of_stub(&stub);
    assert_eq!(read_all(&secrets, names(200)).await, vec!["old"; 200]);
    let requests = stub.requests();
    assert!(requests.total() <= 40, "{requests:?}");
    assert_eq!(requests.get + requests.batch_ids.iter().sum::<usize>(), 200, "none is asked for twice");
}

#[tokio::test]
async fn a_hundred_due_secrets_are_five_requests() {
    let stub = stub_with(100).await;
    let (secrets, source) = of_stub(&stub);
    read_all(&secrets, names(100)).await;
    assert_eq!(stub.requests(), batches(5));
    stub.reset_requests();
    put_all(&stub, 100);
    pass(PAST_TTL).await;
    for name in names(100) {
        assert_eq!(text_at_once(&secrets, &name).unwrap(), "old");
    }
    source.ended(2).await;
    for name in names(100) {
        assert_eq!(text_at_once(&secrets, &name).unwrap(), "new");
    }
    assert_eq!(stub.requests(), batches(5));
}

#[tokio::test]
async fn a_due_secret_takes_the_others_along_that_are_in_use() {
    let stub = stub_with(200).await;
    let (secrets, source) = of_stub(&stub);
    read_all(&secrets, names(200)).await;
    // The second half is read once and never again.
    for name in names(100) {
        warm(&secrets, &name).await;
    }
    stub.reset_requests();
    put_all(&stub, 200);
    pass(PAST_TTL).await;
    assert_eq!(text_at_once(&secrets, "app/0").unwrap(), "old");
    source.ended(2).await;
    for name in names(100) {
        assert_eq!(text_at_once(&secrets, &name).unwrap(), "new");
    }
    assert_eq!(stub.requests(), batches(5));
}

#[tokio::test]
async fn a_slow_secret_does_not_delay_other_batches() {
    let stub = stub_with(40).await;
    let (secrets, _) = of_stub(&stub);
    // One of the forty is in a batch that nobody answers.
    stub.fault(Fault::Hang.of("app/0").on(Operation::Batch));
    let reads: Vec<_> = names(40)
        .map(|name| {
            let secrets = secrets.clone();
            tokio::spawn(async move { text(&secrets, &name).await })
        })
        .collect();
    soon("two requests", stub.arrived(2)).await;
    let answered = || reads.iter().filter(|read| read.is_finished()).count();
    soon("the other batch", async {
        while answered() < 20 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    assert_eq!(answered(), 20);
    reads.iter().for_each(tokio::task::JoinHandle::abort);
}
