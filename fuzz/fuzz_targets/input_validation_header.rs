#![no_main]
//! Feeds `palisade_fuzz::input_validation_header`.

libfuzzer_sys::fuzz_target!(|data: &[u8]| palisade_fuzz::input_validation_header(data));
