//! Any bytes as a meshopt stream.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| tiles3d_fuzz::meshopt(bytes));
