//! Any bytes as a picture: PNG, JPEG, WebP, KTX 2.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| tiles3d_fuzz::picture(bytes));
