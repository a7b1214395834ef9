#![no_main]
//! Feeds `palisade_fuzz::edge_client_ip`.

libfuzzer_sys::fuzz_target!(|data: &[u8]| palisade_fuzz::edge_client_ip(data));
