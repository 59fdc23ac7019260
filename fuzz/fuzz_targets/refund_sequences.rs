//! Any bytes as returns of an order, and as the document of a receipt.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| dealproof_fuzz::refund_sequences(bytes));
