//! Any bytes as a cart with its context and usage.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| dealproof_fuzz::cart_bytes(bytes));
