//! English.

use std::fmt::{self, Write};

use super::{Breach, Limits, code};

pub(super) fn write(breach: &Breach, out: &mut impl Write) -> fmt::Result {
    let words = match breach.code() {
        code::AMOUNT => "must be an amount in plain digits",
        code::AMOUNT_DECIMALS => "has more decimals than the currency",
        code::BIDI => "must not hold characters that change the direction of text",
        code::BYTES => return bounds("must have", breach, "bytes", out),
        code::CHARS => return bounds("must have", breach, "characters", out),
        code::CHARSET => "holds a character that is not allowed here",
        code::CHOICE => "must be one of the offered values",
        code::CONTROL => "must not hold control characters",
        code::CURRENCY => "must be a currency code of ISO 4217",
        code::CSV => "must be a table as RFC 4180 writes it",
        code::CURSOR => "must be a cursor of this list, unchanged and fresh",
        code::DEPTH => return bounds("must be nested", breach, "levels deep", out),
        code::DUPLICATE => "must occur once",
        code::EMAIL => "must be an e-mail address",
        code::EXPANSION => "must not become that large when it is shown",
        code::FILE_CONTENT => "must be one whole file and nothing else",
        code::FILE_KIND => "must be a file of a kind that is taken here",
        code::FILE_NAME => "must be a file name without a path",
        code::INVALID => "must be valid",
        code::INVISIBLE => "must not hold invisible characters",
        code::ITEMS => return bounds("must have", breach, "elements", out),
        code::KEYS => return bounds("must have", breach, "names or elements", out),
        code::MIXED_SCRIPTS => "must not mix scripts that look alike",
        code::MISSING => "must be there",
        code::PATTERN => "must have the form of this field",
        code::RANGE => return bounds("must be", breach, "", out),
        code::REDIRECT => "must be a page of this site",
        code::SAME_AS => "must equal the other field",
        code::SYNTAX => "must be JSON",
        code::TYPE_ARRAY => "must be an array",
        code::TYPE_BOOLEAN => "must be true or false",
        code::TYPE_INTEGER => "must be a whole number",
        code::TYPE_NUMBER => "must be a number",
        code::TYPE_OBJECT => "must be an object",
        code::TYPE_TEXT => "must be a text",
        code::UNKNOWN => "must not have names that are unknown here",
        code::URL => "must be an http or https URL",
        other => other.says(),
    };
    out.write_str(words)
}

/// Writes `must have 3 to 32 characters`, `at least 3`, `at most 32` or `exactly 3`.
fn bounds(verb: &str, breach: &Breach, unit: &str, out: &mut impl Write) -> fmt::Result {
    out.write_str(verb)?;
    match Limits::of(breach) {
        Limits::Exactly(number) => write!(out, " exactly {number}")?,
        Limits::Between(min, max) => write!(out, " {min} to {max}")?,
        Limits::AtMost(max) => write!(out, " at most {max}")?,
        Limits::AtLeast(min) => write!(out, " at least {min}")?,
    }
    if unit.is_empty() { Ok(()) } else { write!(out, " {unit}") }
}
