//! Any bytes as a wallet of coupons, chosen from twice.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| dealproof_fuzz::choose_matches_brute_force(bytes));
