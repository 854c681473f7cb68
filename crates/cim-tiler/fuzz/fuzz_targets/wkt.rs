//! Any bytes as the definition of a coordinate system.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| cim_tiler_fuzz::wkt(bytes));
