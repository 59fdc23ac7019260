//! Any bytes as steps of a bargain, and as the document of one.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| dealproof_fuzz::bargain_ops(bytes));
