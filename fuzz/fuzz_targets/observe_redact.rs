#![no_main]
//! Feeds `palisade_fuzz::observe_redact`.

libfuzzer_sys::fuzz_target!(|data: &[u8]| palisade_fuzz::observe_redact(data));
