//! Any bytes as a table of places.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| cim_tiler_fuzz::csv(bytes));
