//! Compares the documentation pages of `secrets-runtime/docs` with the programs that they are about.

mod deployment;
