//! The same sign-up, ours and theirs.

use palisade::input_validation::{Check, Email, HttpUrl, Line};
use serde::Deserialize;
use validator::Validate;

#[derive(Check, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Ours {
    #[check(chars(3..=32), charset = "a-z0-9_")]
    pub(crate) username: String,
    pub(crate) email: Email,
    #[check(chars(12..=128))]
    pub(crate) password: String,
    #[check(same_as = "password")]
    pub(crate) password_confirm: String,
    #[check(range(13..=120))]
    pub(crate) age: u8,
    pub(crate) website: Option<HttpUrl>,
    #[check(pattern = "[A-Z]{2}")]
    pub(crate) country: String,
    #[check(items(..=10))]
    pub(crate) tags: Vec<Line<20>>,
}

/// What axum's `Json` takes as it is, and `validator` checks.
#[derive(Deserialize, Validate)]
pub(crate) struct Theirs {
    #[validate(length(min = 3, max = 32))]
    pub(crate) username: String,
    #[validate(email)]
    pub(crate) email: String,
    #[validate(length(min = 12, max = 128))]
    pub(crate) password: String,
    #[validate(must_match(other = "password"))]
    pub(crate) password_confirm: String,
    #[validate(range(min = 13, max = 120))]
    pub(crate) age: u8,
    #[validate(url)]
    pub(crate) website: Option<String>,
    #[validate(length(equal = 2))]
    pub(crate) country: String,
    #[validate(length(max = 10))]
    pub(crate) tags: Vec<String>,
}
