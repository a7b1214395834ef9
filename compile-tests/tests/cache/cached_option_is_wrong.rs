//! Each mistake is named.
#![allow(unused_imports, reason = "what is refused is not there to use them")]

use palisade_cache::{Cache, LoadError, cached};
use std::convert::Infallible;

#[cached(key = "{id}")]
fn nowhere(id: u64) -> Result<String, Infallible> {
    Ok(id.to_string())
}

#[cached(cache = users, ttl = 60)]
fn unknown(users: &Cache<u64, String>, id: u64) -> Result<String, LoadError<Infallible>> {
    Ok(id.to_string())
}

#[cached(cache = users, cache = users)]
fn twice(users: &Cache<u64, String>, id: u64) -> Result<String, Infallible> {
    Ok(id.to_string())
}

#[cached(cache = users, key = "{ids}", without(users))]
fn misspelt(users: &Cache<String, String>, id: u64) -> Result<String, Infallible> {
    Ok(id.to_string())
}

#[cached(cache = users, without(user))]
fn absent(users: &Cache<u64, String>, id: u64) -> Result<String, Infallible> {
    Ok(id.to_string())
}

#[cached(cache = users, tag("org"), without(users))]
fn half_a_tag(users: &Cache<u64, String>, id: u64) -> Result<String, Infallible> {
    Ok(id.to_string())
}

#[cached(cache = users, lost = |_| unreachable!(), without(users))]
fn never_lost(users: &Cache<u64, String>, id: u64) -> Result<String, Infallible> {
    Ok(id.to_string())
}

fn main() {}
