#![no_main]
//! Feeds `palisade_fuzz::edge_x_forwarded_for`.

libfuzzer_sys::fuzz_target!(|data: &[u8]| palisade_fuzz::edge_x_forwarded_for(data));
