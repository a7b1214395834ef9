#![no_main]
//! Feeds `palisade_fuzz::input_validation_html`.

libfuzzer_sys::fuzz_target!(|data: &[u8]| palisade_fuzz::input_validation_html(data));
