#![no_main]
//! Feeds `palisade_fuzz::edge_proxy_protocol`.

libfuzzer_sys::fuzz_target!(|data: &[u8]| palisade_fuzz::edge_proxy_protocol(data));
