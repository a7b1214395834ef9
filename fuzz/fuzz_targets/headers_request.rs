#![no_main]
//! Feeds `palisade_fuzz::headers_request`.

libfuzzer_sys::fuzz_target!(|data: &[u8]| palisade_fuzz::headers_request(data));
