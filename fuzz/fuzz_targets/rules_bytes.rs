//! Any bytes as a rule file.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| dealproof_fuzz::rules_bytes(bytes));
