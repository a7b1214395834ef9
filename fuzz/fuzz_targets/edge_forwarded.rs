#![no_main]
//! Feeds `palisade_fuzz::edge_forwarded`.

libfuzzer_sys::fuzz_target!(|data: &[u8]| palisade_fuzz::edge_forwarded(data));
