//! Any bytes as a style, applied to features.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| tiles3d_fuzz::style(bytes));
