#![no_main]
//! Feeds `palisade_fuzz::audit_tile`.

libfuzzer_sys::fuzz_target!(|data: &[u8]| palisade_fuzz::audit_tile(data));
