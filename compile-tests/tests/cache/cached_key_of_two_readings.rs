//! Of `{org}{id}`, 1 and 23 are 12 and 3.
#![allow(unused_imports, reason = "what is refused is not there to use them")]

use palisade_cache::{Cache, LoadError, cached};
use std::convert::Infallible;

#[cached(cache = users, key = "{org}{id}", without(users))]
fn joined(users: &Cache<String, String>, org: u64, id: u64) -> Result<String, Infallible> {
    Ok(format!("{org} {id}"))
}

#[cached(cache = users, key = "{org}-{id}", without(users))]
fn dashed(users: &Cache<String, String>, org: i64, id: i64) -> Result<String, LoadError<Infallible>> {
    Ok(format!("{org} {id}"))
}

fn main() {}
