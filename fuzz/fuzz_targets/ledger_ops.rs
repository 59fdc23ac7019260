//! Any bytes as calls on a ledger and its model.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| dealproof_fuzz::ledger_ops(bytes));
