#![no_main]
//! Feeds `palisade_fuzz::audit_note`.

libfuzzer_sys::fuzz_target!(|data: &[u8]| palisade_fuzz::audit_note(data));
