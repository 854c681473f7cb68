//! Any bytes as every file of a tileset, inspected.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| tiles3d_fuzz::inspect(bytes));
