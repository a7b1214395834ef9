//! What a cache cannot answer for.
#![allow(unused_imports, reason = "what is refused is not there to use them")]

use palisade_cache::{Cache, LoadError, cached};
use std::convert::Infallible;

#[cached(cache = users, without(users))]
async fn without_result(users: &Cache<u64, String>, id: u64) -> String {
    id.to_string()
}

#[cached(cache = users, without(users))]
fn nothing(users: &Cache<u64, String>, id: u64) {
    drop(id);
}

#[cached(cache = users, without(users))]
fn borrowed<'a>(users: &'a Cache<u64, String>, id: &'a u64) -> Result<&'a u64, LoadError<Infallible>> {
    Ok(id)
}

#[cached(cache = users, without(users))]
fn changed(users: &Cache<u64, String>, id: &mut u64) -> Result<String, Infallible> {
    Ok(id.to_string())
}

#[cached(cache = users, without(users))]
fn taken_apart(users: &Cache<u64, String>, (id, _): (u64, u64)) -> Result<String, Infallible> {
    Ok(id.to_string())
}

#[cached(cache = users, without(users))]
const fn known(users: &Cache<u64, String>, id: u64) -> Result<u64, Infallible> {
    Ok(id)
}

fn main() {}
