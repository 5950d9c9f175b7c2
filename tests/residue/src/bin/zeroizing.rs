//! Runs one scenario with the allocator that wipes, whose work the hook sees.

use std::process::ExitCode;

use residue::Hook;
use secrets_runtime::ZeroizingAllocator;

#[global_allocator]
static ALLOCATOR: ZeroizingAllocator<Hook> = ZeroizingAllocator(Hook);

fn main() -> ExitCode {
    residue::run()
}
