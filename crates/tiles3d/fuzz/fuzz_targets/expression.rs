//! Any text as an expression of a style.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| tiles3d_fuzz::expression(bytes));
