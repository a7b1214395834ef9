//! Two languages would have one greeting.
#![allow(unused_imports, reason = "what is refused is not there to use them")]

use palisade_cache::{Cache, LoadError, cached};
use std::convert::Infallible;

#[cached(cache = users, key = "{id}", without(users))]
fn greeting(users: &Cache<String, String>, id: u64, language: &str) -> Result<String, Infallible> {
    Ok(format!("{id} {language}"))
}

struct Service(u64);

static USERS: std::sync::LazyLock<Cache<u64, String>> =
    std::sync::LazyLock::new(|| unimplemented!());

impl Service {
    #[cached(cache = *USERS)]
    fn of_another_service(&self, id: u64) -> Result<String, LoadError<Infallible>> {
        Ok(format!("{id} {}", self.0))
    }
}

fn main() {}
