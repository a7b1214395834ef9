//! Announcements: Markdown under a name of the address.

use palisade_input_validation::issue::Breach;
use palisade_input_validation::{Check, Text, render_markdown};
use serde::Deserialize;

/// An announcement as somebody sends it: one that can be shown.
#[derive(Check, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Announcement {
    #[check(with = is_shown)]
    pub(crate) markdown: Text<65_536>,
}

fn is_shown(markdown: &Text<65_536>) -> Result<(), Breach> {
    render_markdown(markdown.as_str()).map(drop)
}

/// Returns whether a text can name an announcement: small letters, digits and hyphens.
pub(crate) fn is_slug(text: &str) -> bool {
    let known = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=80).contains(&text.len()) && text.bytes().all(known) && !text.starts_with('-')
}
