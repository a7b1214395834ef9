#![no_main]
//! Feeds `palisade_fuzz::ratelimit_key`.

libfuzzer_sys::fuzz_target!(|data: &[u8]| palisade_fuzz::ratelimit_key(data));
