#![no_main]
//! Feeds `palisade_fuzz::headers_reports`.

libfuzzer_sys::fuzz_target!(|data: &[u8]| palisade_fuzz::headers_reports(data));
