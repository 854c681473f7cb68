//! Any bytes as a GeoTIFF of heights.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| cim_tiler_fuzz::geotiff(bytes));
