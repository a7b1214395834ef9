//! HTML that this crate has written.

use std::fmt;

use crate::issue::{Arg, Breach, code};

/// HTML that holds no script, no style, no form, and no link but to web pages, mail and this site.
///
/// It is made by [`render_markdown`](super::render_markdown) and [`clean_html`](super::clean_html)
/// only, and is shown without being escaped again.
///
/// # Security
///
/// A parser reads it as it was written: what is parsed and written again is the same text, so that
/// no second reading finds other tags in it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SafeHtml {
    html: Box<str>,
}

impl SafeHtml {
    /// The most bytes that a source has: 256 KiB.
    pub const MAX_SOURCE: usize = 256 * 1024;

    /// How deep elements are nested.
    pub const MAX_DEPTH: usize = 32;

    /// Returns the HTML.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.html
    }

    /// Returns the HTML.
    #[must_use]
    pub fn into_string(self) -> String {
        self.html.into()
    }
}

impl fmt::Display for SafeHtml {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.html)
    }
}

impl serde::Serialize for SafeHtml {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.html)
    }
}

pub(super) const DEPTH: Breach =
    Breach::with(code::DEPTH, const { &[Arg::of("max", SafeHtml::MAX_DEPTH)] });
pub(super) const EXPANSION: Breach = Breach::new(code::EXPANSION);

/// What is written so far, and how much work is left.
#[derive(Debug)]
pub(super) struct Page {
    html: String,
    left: usize,
}

impl Page {
    /// Begins a page that may hold eight times the bytes of its source and 16 KiB.
    ///
    /// # Errors
    ///
    /// [`code::BYTES`] for a source over [`SafeHtml::MAX_SOURCE`].
    pub(super) fn of(source: &str) -> Result<Self, Breach> {
        const TOO_LONG: Breach =
            Breach::with(code::BYTES, const { &[Arg::of("max", SafeHtml::MAX_SOURCE)] });
        if source.len() > SafeHtml::MAX_SOURCE {
            return Err(TOO_LONG);
        }
        let half = source.len() / 2;
        let html = String::with_capacity(source.len().saturating_add(half).saturating_add(64));
        Ok(Self { html, left: source.len().saturating_mul(8).saturating_add(16 * 1024) })
    }

    /// Writes HTML, as it is.
    pub(super) fn write(&mut self, html: &str) -> Result<(), Breach> {
        self.charge(html.len())?;
        self.html.push_str(html);
        Ok(())
    }

    /// Counts work that writes nothing.
    pub(super) fn charge(&mut self, bytes: usize) -> Result<(), Breach> {
        self.left = self.left.checked_sub(bytes).ok_or(EXPANSION)?;
        Ok(())
    }

    pub(super) fn finish(self) -> SafeHtml {
        SafeHtml { html: self.html.into() }
    }
}
