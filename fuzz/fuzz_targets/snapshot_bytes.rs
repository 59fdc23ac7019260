//! Any bytes as a snapshot or journal of a ledger.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| dealproof_fuzz::snapshot_bytes(bytes));
