//! The tests are in `integration`.
