//! Any bytes as a scenario, priced twice.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| dealproof_fuzz::price_matches_oracle(bytes));
