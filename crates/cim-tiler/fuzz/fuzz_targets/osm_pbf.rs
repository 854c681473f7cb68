//! Any bytes as OpenStreetMap's protocol buffers.
#![no_main]

use std::sync::Once;

static QUIET: Once = Once::new();

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    // The reader catches the panics of the decoder that it uses, which libFuzzer's hook would take for findings. Those
    // that get out of the target end it still.
    QUIET.call_once(|| std::panic::set_hook(Box::new(|_| {})));
    cim_tiler_fuzz::osm_pbf(bytes);
});
