//! Any bytes as a mapping file.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| cim_tiler_fuzz::mapping(bytes));
