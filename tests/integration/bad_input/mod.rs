//! Bad input: each a clear error of its own kind, with every other setting still reported beside it.

mod child;
mod dotenv;
mod set_up;
