#![no_main]
//! Feeds `palisade_fuzz::passwords_legacy_passlib`.

libfuzzer_sys::fuzz_target!(|data: &[u8]| palisade_fuzz::passwords_legacy_passlib(data));
