//! The examples that bring crates of others. Their programs are in the folders beside this one.
