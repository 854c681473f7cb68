//! Any bytes as an ASCII grid of heights.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| cim_tiler_fuzz::ascii_grid(bytes));
