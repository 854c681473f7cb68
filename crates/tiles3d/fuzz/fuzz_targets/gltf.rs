//! A glTF's JSON and its binary chunk, with lengths that are always right.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| tiles3d_fuzz::gltf(bytes));
