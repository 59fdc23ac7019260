//! The integration tests, one binary: they see the crate from outside only.

mod conformance;
