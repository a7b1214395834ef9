//! Runs one hot path in a symbol of its own, so that callgrind counts it and nothing else:
//!
//! ```sh
//! valgrind --tool=callgrind --callgrind-out-file=/dev/null --toggle-collect=ic_X target/release/cost ic_X
//! ```
//!
//! prints `Collected : N`. Without an argument it lists the cases, one a line. Budgets are in
//! `../budgets.toml`.
//!
//! `cost growth` calls one symbol for each text that an attacker repeats, once at a size and once at
//! twice the size, and prints their names in that order: see `growth.rs`.

mod audit;
mod cache;
mod cache_http;
mod edge;
mod growth;
mod headers;
mod observe;
mod passwords;
mod ratelimit;
mod validation;

use std::process::ExitCode;

/// One hot path: its symbol, and what prepares its input, warms up and calls it once.
type Case = (&'static str, fn());

fn main() -> ExitCode {
    let cases: Vec<Case> = [
        audit::CASES,
        cache::CASES,
        cache_http::CASES,
        edge::CASES,
        headers::CASES,
        observe::CASES,
        passwords::CASES,
        ratelimit::CASES,
        validation::CASES,
    ]
    .concat();
    let Some(wanted) = std::env::args().nth(1) else {
        for (name, _) in cases {
            println!("{name}");
        }
        return ExitCode::SUCCESS;
    };
    if wanted == growth::NAME {
        growth::run();
        return ExitCode::SUCCESS;
    }
    let Some((_, run)) = cases.into_iter().find(|(name, _)| *name == wanted) else {
        eprintln!("no case {wanted:?}; without an argument the cases are listed");
        return ExitCode::from(2);
    };
    run();
    ExitCode::SUCCESS
}
