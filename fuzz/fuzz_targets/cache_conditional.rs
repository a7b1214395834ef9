#![no_main]
//! Feeds `palisade_fuzz::cache_conditional`.

libfuzzer_sys::fuzz_target!(|data: &[u8]| palisade_fuzz::cache_conditional(data));
