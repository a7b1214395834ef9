#![no_main]
//! Feeds `palisade_fuzz::observe_fingerprint`.

libfuzzer_sys::fuzz_target!(|data: &[u8]| palisade_fuzz::observe_fingerprint(data));
