//! Who takes secrets out of texts.

use std::hint::black_box;

use harness::{Contestant, Effort, Shape};
use palisade_observe::redact::Redactor;

pub(crate) const SHAPES: &[Shape] = &[
    Shape { name: "200 bytes without a secret", contestants: clean, effort: Effort::NANOS },
    Shape { name: "200 bytes with two secrets", contestants: dirty, effort: Effort::NANOS },
];

const CLEAN: &str = "student S-0001 was imported from table 2026-11-30 by u7 in 1250 us; the copy of \
    exam 12 (Physics, second part) was kept as 5120 bytes of application/pdf and shown on page 3 of 40";
const DIRTY: &str = "cannot connect to postgres://app:hunter2hunter2@db:5432/shop?sslmode=require for \
    GET /students?page=2&token=0123456789abcdef (attempt 3 of 5, next in 1250 ms, request of user u7)";

/// What is looked for by who searches with a list of words alone.
const WORDS: [&str; 6] = ["password", "token", "secret", "authorization", "api_key", "://"];

fn clean() -> Vec<Contestant> {
    contestants(CLEAN)
}

fn dirty() -> Vec<Contestant> {
    contestants(DIRTY)
}

fn contestants(text: &'static str) -> Vec<Contestant> {
    let redactor = Redactor::new();
    vec![
        Contestant::new("palisade-observe", move || {
            black_box(redactor.text(black_box(text)));
        }),
        Contestant::new("floor: six words looked for, nothing replaced", move || {
            black_box(WORDS.iter().filter(|word| black_box(text).contains(**word)).count());
        }),
    ]
}
