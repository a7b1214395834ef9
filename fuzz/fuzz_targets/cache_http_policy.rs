#![no_main]
//! Feeds `palisade_fuzz::cache_http_policy`.

libfuzzer_sys::fuzz_target!(|data: &[u8]| palisade_fuzz::cache_http_policy(data));
