//! The machine words of this crate's rules.

use std::fmt;

/// What programs compare: lower case words joined by `_`, never changed once used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Code {
    word: &'static str,
    says: &'static str,
}

impl Code {
    /// Names a rule of the application; people are told the word.
    #[must_use]
    pub const fn new(word: &'static str) -> Self {
        Self::saying(word, word)
    }

    /// Names a rule of the application, and what it tells people in every language: what is allowed,
    /// in lower case and without a full stop.
    #[must_use]
    pub const fn saying(word: &'static str, says: &'static str) -> Self {
        Self { word, says }
    }

    /// Returns the word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        self.word
    }

    /// Returns what a rule of the application tells people.
    #[must_use]
    pub const fn says(self) -> &'static str {
        self.says
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word)
    }
}

impl From<Code> for super::Breach {
    fn from(code: Code) -> Self {
        Self::new(code)
    }
}

macro_rules! codes {
    ($($(#[doc = $doc:literal])+ $name:ident = $word:literal,)+) => {
        $($(#[doc = $doc])+ pub const $name: Code = Code::new($word);)+

        /// Every code of this crate.
        pub const ALL: &[Code] = &[$($name,)+];
    };
}

codes! {
    /// Not an amount of money in plain digits.
    AMOUNT = "amount",
    /// More decimals than the currency has; `max`.
    AMOUNT_DECIMALS = "amount_decimals",
    /// Characters that reorder the text around them.
    BIDI = "bidi",
    /// Size in bytes of UTF-8; `min`, `max`.
    BYTES = "bytes",
    /// Length in characters (Unicode scalar values); `min`, `max`.
    CHARS = "chars",
    /// A character outside the set that the field allows.
    CHARSET = "charset",
    /// None of the offered values.
    CHOICE = "choice",
    /// Characters that control terminals or mean nothing.
    CONTROL = "control",
    /// No currency of ISO 4217 that is in use.
    CURRENCY = "currency",
    /// Not a table as RFC 4180 writes it.
    CSV = "csv",
    /// Altered, of another page or user, or too old.
    CURSOR = "cursor",
    /// Nested too deep; `max`.
    DEPTH = "depth",
    /// A name that occurs twice in one object.
    DUPLICATE = "duplicate",
    /// Not an e-mail address.
    EMAIL = "email",
    /// Becomes too large when it is shown.
    EXPANSION = "expansion",
    /// Not one whole file of the kind that it begins as.
    FILE_CONTENT = "file_content",
    /// A file of a kind that is not taken here.
    FILE_KIND = "file_kind",
    /// Not a file name.
    FILE_NAME = "file_name",
    /// Refused by a type of the application.
    INVALID = "invalid",
    /// Characters that nobody sees.
    INVISIBLE = "invisible",
    /// Number of elements; `min`, `max`.
    ITEMS = "items",
    /// More names or elements than anybody needs; `max`.
    KEYS = "keys",
    /// Letters of scripts that are not written together.
    MIXED_SCRIPTS = "mixed_scripts",
    /// A required field is not there.
    MISSING = "missing",
    /// Not of the form that the field has.
    PATTERN = "pattern",
    /// A number outside the range; `min`, `max`.
    RANGE = "range",
    /// Not a page of this site.
    REDIRECT = "redirect",
    /// Not what another field says.
    SAME_AS = "same_as",
    /// Not JSON.
    SYNTAX = "syntax",
    /// Not an array.
    TYPE_ARRAY = "type_array",
    /// Not true or false.
    TYPE_BOOLEAN = "type_boolean",
    /// Not a whole number.
    TYPE_INTEGER = "type_integer",
    /// Not a number.
    TYPE_NUMBER = "type_number",
    /// Not an object.
    TYPE_OBJECT = "type_object",
    /// Not a text.
    TYPE_TEXT = "type_text",
    /// A name that the object does not have.
    UNKNOWN = "unknown",
    /// Not an http or https URL that can be shown and followed.
    URL = "url",
}
