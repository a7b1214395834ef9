#![no_main]
//! Feeds `palisade_fuzz::passwords_reset_token`.

libfuzzer_sys::fuzz_target!(|data: &[u8]| palisade_fuzz::passwords_reset_token(data));
