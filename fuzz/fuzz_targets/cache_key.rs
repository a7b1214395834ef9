#![no_main]
//! Feeds `palisade_fuzz::cache_key`.

libfuzzer_sys::fuzz_target!(|data: &[u8]| palisade_fuzz::cache_key(data));
