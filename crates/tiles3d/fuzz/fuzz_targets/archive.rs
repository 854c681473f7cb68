//! Any bytes as a 3tz archive, every file in it read.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| tiles3d_fuzz::archive(bytes));
