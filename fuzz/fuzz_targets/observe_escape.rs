#![no_main]
//! Feeds `palisade_fuzz::observe_escape`.

libfuzzer_sys::fuzz_target!(|data: &[u8]| palisade_fuzz::observe_escape(data));
