//! Any bytes as steps of a buying group, and as the document of one.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| dealproof_fuzz::group_ops(bytes));
