//! Nothing but tests: see `tests/layers`.
