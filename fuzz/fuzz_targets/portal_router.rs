#![no_main]
//! Feeds the whole portal; with the feature `portal`, as it is most of this repository.

#[path = "../../examples/exam-portal/tests/it/asked.rs"]
mod asked;
#[path = "../../examples/exam-portal/tests/it/inside.rs"]
mod inside;

libfuzzer_sys::fuzz_target!(|data: &[u8]| inside::is_no_mistake(data));
