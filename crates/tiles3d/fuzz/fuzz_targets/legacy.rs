//! The tables of b3dm, i3dm and pnts, with lengths that are always right.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| tiles3d_fuzz::legacy(bytes));
