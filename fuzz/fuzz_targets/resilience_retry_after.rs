#![no_main]
//! Feeds `palisade_fuzz::resilience_retry_after`.

libfuzzer_sys::fuzz_target!(|data: &[u8]| palisade_fuzz::resilience_retry_after(data));
