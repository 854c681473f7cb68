//! Any bytes as a shapefile and its table.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| cim_tiler_fuzz::shapefile(bytes));
