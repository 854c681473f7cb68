//! Any bytes as a GeoPackage.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| cim_tiler_fuzz::geopackage(bytes));
