//! The integration tests, one binary: they see the crate from outside only.

#[cfg(feature = "cli")]
mod cli;
mod examples;
