//! What has been asked so far. Names and counts, never values.

use super::protocol::{Operation, Request};

/// How many requests of each operation have arrived.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Requests {
    pub get: usize,
    pub batch: usize,
    pub describe: usize,
    pub other: usize,
    /// The number of ids of each batch, in the order of arrival.
    pub batch_ids: Vec<usize>,
}

impl Requests {
    /// All of them.
    pub fn total(&self) -> usize {
        self.get + self.batch + self.describe + self.other
    }
}

/// One request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogEntry {
    pub operation: Operation,
    /// The ids that were asked for, as they were written.
    pub ids: Vec<String>,
    /// `VersionStage`, if the request has one.
    pub stage: Option<String>,
    /// `VersionId`, if the request has one.
    pub version_id: Option<String>,
    /// The region that the request is signed for.
    pub region: Option<String>,
}

#[derive(Default)]
pub(super) struct Record {
    log: Vec<LogEntry>,
    /// Of the whole run: a reset does not make request ids repeat.
    last_request_id: u64,
    in_flight: usize,
    max_in_flight: usize,
}

impl Record {
    /// Enters a request and gives the id of its answer.
    pub(super) fn enter(&mut self, request: &Request) -> String {
        self.log.push(LogEntry {
            operation: request.operation.clone(),
            ids: request.ids().iter().map(|id| (*id).to_owned()).collect(),
            stage: request.text("VersionStage").map(str::to_owned),
            version_id: request.text("VersionId").map(str::to_owned),
            region: request.region.clone(),
        });
        self.in_flight += 1;
        self.max_in_flight = self.max_in_flight.max(self.in_flight);
        self.last_request_id += 1;
        format!("00000000-0000-4000-8000-{:012x}", self.last_request_id)
    }

    /// The request has its answer, or its client has left.
    pub(super) fn leave(&mut self) {
        self.in_flight -= 1;
    }

    pub(super) fn requests(&self) -> Requests {
        let mut requests = Requests::default();
        for entry in &self.log {
            match entry.operation {
                Operation::Get => requests.get += 1,
                Operation::Batch => {
                    requests.batch += 1;
                    requests.batch_ids.push(entry.ids.len());
                }
                Operation::Describe => requests.describe += 1,
                Operation::Other(_) => requests.other += 1,
            }
        }
        requests
    }

    pub(super) fn log(&self) -> Vec<LogEntry> {
        self.log.clone()
    }

    pub(super) fn arrived(&self) -> usize {
        self.log.len()
    }

    pub(super) fn max_in_flight(&self) -> usize {
        self.max_in_flight
    }

    pub(super) fn reset(&mut self) {
        self.log.clear();
        self.max_in_flight = self.in_flight;
    }
}
