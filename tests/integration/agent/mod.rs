//! Secrets Manager through the agent: a stub of it for faults, and the real one in front of moto.

mod faults;
mod real;
mod requests;
mod tokens;

use harness::agent::stub::{AgentStub, TOKEN};
use secrets_runtime::{Secrets, SecretsManagerAgent};

use crate::support::production;

/// The source of a stub that asks for its first token.
fn source(stub: &AgentStub) -> SecretsManagerAgent {
    SecretsManagerAgent::new().port(stub.port()).token(TOKEN)
}

/// Production with this stub alone.
fn of(stub: &AgentStub) -> Secrets {
    production().sources([source(stub)]).build().unwrap()
}
