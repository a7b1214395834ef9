#![no_main]
//! Feeds `palisade_fuzz::edge_external_url`.

libfuzzer_sys::fuzz_target!(|data: &[u8]| palisade_fuzz::edge_external_url(data));
