//! Schemas, property tables, textures and attributes of a glTF, with its buffer views.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| tiles3d_fuzz::metadata(bytes));
