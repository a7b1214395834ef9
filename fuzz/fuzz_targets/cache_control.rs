#![no_main]
//! Feeds `palisade_fuzz::cache_control`.

libfuzzer_sys::fuzz_target!(|data: &[u8]| palisade_fuzz::cache_control(data));
