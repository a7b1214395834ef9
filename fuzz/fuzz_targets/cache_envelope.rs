#![no_main]
//! Feeds `palisade_fuzz::cache_envelope`.

libfuzzer_sys::fuzz_target!(|data: &[u8]| palisade_fuzz::cache_envelope(data));
