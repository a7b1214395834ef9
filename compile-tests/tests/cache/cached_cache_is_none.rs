//! A key, a value or an error of another type.
#![allow(unused_imports, reason = "what is refused is not there to use them")]

use palisade_cache::{Cache, cached};
use std::convert::Infallible;

#[cached(cache = users, without(users))]
fn no_cache(users: &Vec<String>, id: u64) -> Result<String, Infallible> {
    Ok(id.to_string())
}

#[cached(cache = users, key = "{id}", without(users))]
fn other_key(users: &Cache<u64, String>, id: u64) -> Result<String, Infallible> {
    Ok(id.to_string())
}

#[derive(Clone)]
struct Failure;

#[cached(cache = users, without(users))]
async fn no_lost(users: &Cache<u64, String>, id: u64) -> Result<String, Failure> {
    Ok(id.to_string())
}

fn main() {}
