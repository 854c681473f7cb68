//! Any bytes as OpenStreetMap's XML.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| cim_tiler_fuzz::osm_xml(bytes));
