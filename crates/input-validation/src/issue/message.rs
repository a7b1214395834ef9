//! Breaches in words for people.

use std::fmt::{self, Write};

use super::{Breach, Num, code};

/// A language in which this crate explains its rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Language {
    /// `en`.
    English,
}

impl Language {
    /// Writes what is allowed, in lower case and without a full stop.
    ///
    /// A code of the application is written as it is: its words are the application's.
    ///
    /// # Errors
    ///
    /// Only those of `out`.
    pub fn write(self, breach: &Breach, out: &mut impl Write) -> fmt::Result {
        match self {
            Self::English => english(breach, out),
        }
    }
}

fn english(breach: &Breach, out: &mut impl Write) -> fmt::Result {
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
        code::CURSOR => "must be a cursor of this list, unchanged and fresh",
        code::DEPTH => return bounds("must be nested", breach, "levels deep", out),
        code::DUPLICATE => "must occur once",
        code::EMAIL => "must be an e-mail address",
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
        other => other.as_str(),
    };
    out.write_str(words)
}

/// Writes `must have 3 to 32 characters`, `at least 3`, `at most 32` or `exactly 3`.
fn bounds(verb: &str, breach: &Breach, unit: &str, out: &mut impl Write) -> fmt::Result {
    out.write_str(verb)?;
    match (breach.arg("min"), breach.arg("max")) {
        (Some(min), Some(max)) if min == max => write!(out, " exactly {min}")?,
        (Some(min), Some(max)) if min != Num::Int(0) => write!(out, " {min} to {max}")?,
        (Some(_) | None, Some(max)) => write!(out, " at most {max}")?,
        (Some(min), None) => write!(out, " at least {min}")?,
        (None, None) => out.write_str(" within bounds")?,
    }
    if unit.is_empty() { Ok(()) } else { write!(out, " {unit}") }
}

#[cfg(test)]
mod tests {
    use super::super::Arg;
    use super::*;

    #[test]
    fn every_code_has_words_of_its_own() {
        for code in code::ALL {
            let words = Breach::new(*code).to_string();
            assert_ne!(words, code.as_str());
            assert!(words.contains(' '), "{words}");
        }
        assert_eq!(Breach::new(code::Code::new("taken")).to_string(), "taken");
    }

    #[test]
    fn bounds_are_said_as_people_say_them() {
        let range = |min, max| {
            Breach::with(
                code::RANGE,
                Box::leak(Box::new([Arg::of("min", min), Arg::of("max", max)])),
            )
        };
        assert_eq!(range(3, 32).to_string(), "must be 3 to 32");
        assert_eq!(range(0, 32).to_string(), "must be at most 32");
        assert_eq!(range(3, 3).to_string(), "must be exactly 3");
        let least = Breach::with(code::CHARS, const { &[Arg::of("min", 3)] });
        assert_eq!(least.to_string(), "must have at least 3 characters");
    }
}
