#![no_main]
//! Feeds `palisade_fuzz::ratelimit_snapshot`.

libfuzzer_sys::fuzz_target!(|data: &[u8]| palisade_fuzz::ratelimit_snapshot(data));
