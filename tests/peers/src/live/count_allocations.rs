//! Prints how often a thousand reads of a config that follows its secrets allocate. `peers -- live` runs it.
//!
//! A program of its own, because the crate that counts replaces the allocator of the program that it is linked to.
#![forbid(unsafe_code)]

use std::error::Error;
use std::hint::black_box;

use secrets_runtime::{Environment, Memory, Secret, SecretConfig, Secrets};

#[derive(SecretConfig)]
struct Service {
    token: Secret<String>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let sources = [Memory::from([("token", "value")])];
    let secrets = Secrets::builder().environment(Environment::PRODUCTION).sources(sources).build()?;
    let config = runtime.block_on(Service::watch(&secrets))?;
    let read = || black_box(black_box(&config).get().token.expose_secret().len());
    // A thread's first read registers the thread.
    if read() != "value".len() {
        return Err("the config has not the value that was stored".into());
    }
    let counted = allocation_counter::measure(|| {
        for _ in 0..1000 {
            read();
        }
    });
    println!("{}", counted.count_total);
    Ok(())
}
