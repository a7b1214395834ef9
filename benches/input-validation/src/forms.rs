//! The same sign-up, as each library writes it.

use palisade_input_validation::{Check, Email, HttpUrl, Line};
use serde::Deserialize;

/// With everything right.
pub(crate) const GOOD: &str = "{\"username\":\"asha_rai\",\"email\":\"asha.rai@example.com\",\
    \"password\":\"correct horse battery\",\"password_confirm\":\"correct horse battery\",\"age\":34,\
    \"website\":\"https://example.com/asha\",\"country\":\"NP\",\"tags\":[\"chess\",\"physics\",\"hiking\"]}";

/// Breaks five rules; address and link are right, since ours cannot hold wrong ones.
pub(crate) const BAD: &str = "{\"username\":\"A!\",\"email\":\"asha.rai@example.com\",\
    \"password\":\"short\",\"password_confirm\":\"other\",\"age\":7,\
    \"website\":\"https://example.com/asha\",\"country\":\"npl\",\"tags\":[\"chess\",\"physics\",\"hiking\"]}";

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

#[derive(Deserialize, garde::Validate)]
pub(crate) struct Garde {
    #[garde(length(chars, min = 3, max = 32), pattern("^[a-z0-9_]*$"))]
    pub(crate) username: String,
    #[garde(email)]
    pub(crate) email: String,
    #[garde(length(chars, min = 12, max = 128))]
    pub(crate) password: String,
    #[garde(matches(password))]
    pub(crate) password_confirm: String,
    #[garde(range(min = 13, max = 120))]
    pub(crate) age: u8,
    #[garde(url)]
    pub(crate) website: Option<String>,
    #[garde(pattern("^[A-Z]{2}$"))]
    pub(crate) country: String,
    #[garde(length(max = 10), inner(length(chars, min = 1, max = 20)))]
    pub(crate) tags: Vec<String>,
}

#[derive(Deserialize, validator::Validate)]
pub(crate) struct Validator {
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

/// The rules by hand, on the plain struct.
pub(crate) fn by_hand(form: &Garde) -> Vec<&'static str> {
    let mut broken = Vec::new();
    let mut ask = |kept: bool, code: &'static str| {
        if !kept {
            broken.push(code);
        }
    };
    let known = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    ask((3..=32).contains(&form.username.chars().count()), "username length");
    ask(form.username.bytes().all(known), "username characters");
    ask((12..=128).contains(&form.password.chars().count()), "password length");
    ask(form.password == form.password_confirm, "passwords differ");
    ask((13..=120).contains(&form.age), "age");
    let capitals = form.country.bytes().all(|byte| byte.is_ascii_uppercase());
    ask(form.country.len() == 2 && capitals, "country");
    ask(form.tags.len() <= 10, "tags");
    ask(form.email.contains('@') && form.website.as_deref() != Some(""), "address");
    broken
}
