#![no_main]
//! Feeds `palisade_fuzz::passwords_stored`.

libfuzzer_sys::fuzz_target!(|data: &[u8]| palisade_fuzz::passwords_stored(data));
