#![no_main]
//! Feeds `palisade_fuzz::observe_traceparent`.

libfuzzer_sys::fuzz_target!(|data: &[u8]| palisade_fuzz::observe_traceparent(data));
