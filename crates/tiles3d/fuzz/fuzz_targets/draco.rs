//! Any bytes as a Draco stream, of a mesh or of points.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| tiles3d_fuzz::draco(bytes));
