//! Makes trouble for the store: every fault of the stub, latency, closed ports, small pages.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use harness::stub::{Fault, FaultRule, Operation};
use tokio::time::sleep;

use super::workload::{World, id};

/// How often each kind of trouble was made.
#[derive(Default)]
pub(super) struct Troubles {
    pub(super) times: BTreeMap<String, u64>,
}

const FAULTS: [Fault; 18] = [
    Fault::Denied,
    Fault::Throttled,
    Fault::ServerError,
    Fault::Unavailable,
    Fault::DecryptionFailure,
    Fault::PendingDeletion,
    Fault::NotFound,
    Fault::UnknownOperation,
    Fault::InvalidCredentials,
    Fault::ExpiredToken,
    Fault::Hang,
    Fault::BrokenJson,
    Fault::TruncatedBody,
    Fault::WrongTypes,
    Fault::EmptyObject,
    Fault::Reset,
    Fault::EchoError,
    Fault::NotAws,
];

/// Makes trouble until all is over, then puts the store in order.
pub(super) async fn make(world: Arc<World>, is_over: Arc<AtomicBool>) -> Troubles {
    let mut troubles = Troubles::default();
    let stub = &world.stub;
    while !is_over.load(Ordering::Relaxed) {
        let name = match fastrand::usize(..26) {
            18 | 19 => {
                stub.set_latency(Duration::from_millis(fastrand::u64(20..400)));
                "latency".to_owned()
            }
            20 => {
                stub.close().await;
                sleep(Duration::from_millis(fastrand::u64(50..500))).await;
                stub.open().await;
                "connections refused".to_owned()
            }
            21 => {
                stub.set_batch_page(fastrand::usize(1..=20));
                "small pages".to_owned()
            }
            // The rest of the time, everything is in order.
            22.. => String::new(),
            index => {
                stub.fault(narrowed(FAULTS[index]));
                format!("{:?}", FAULTS[index])
            }
        };
        if !name.is_empty() {
            *troubles.times.entry(name).or_default() += 1;
        }
        sleep(Duration::from_millis(fastrand::u64(50..400))).await;
        stub.clear_faults();
        stub.set_latency(Duration::from_millis(2));
        stub.set_batch_page(20);
    }
    troubles
}

/// The fault for every request, or for one operation, one secret or a few requests.
fn narrowed(fault: Fault) -> FaultRule {
    match fastrand::usize(..4) {
        0 => fault.into(),
        1 => fault.on(if fastrand::bool() { Operation::Get } else { Operation::Batch }),
        2 => fault.of(&id(fastrand::usize(..super::workload::SECRETS))),
        _ => fault.times(fastrand::usize(1..20)),
    }
}
