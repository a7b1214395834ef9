#![no_main]
//! Feeds `palisade_fuzz::passwords_session_id`.

libfuzzer_sys::fuzz_target!(|data: &[u8]| palisade_fuzz::passwords_session_id(data));
