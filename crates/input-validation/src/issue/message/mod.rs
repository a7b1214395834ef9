//! Breaches in words for people.

mod arabic;
mod english;
mod french;
mod nepali;

use std::fmt::{self, Write};

use super::{Breach, Code, Num, code};

/// A language in which this crate explains its rules.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Language {
    /// `ar`.
    Arabic,
    /// `en`.
    #[default]
    English,
    /// `fr`.
    French,
    /// `ne`.
    Nepali,
}

impl Language {
    /// Looks up the language that a client likes best (RFC 9110 12.5.4, lookup of RFC 4647 3.4);
    /// English where there is none that it likes.
    ///
    /// The first 32 ranges count.
    #[must_use]
    pub fn negotiate(accept_language: &str) -> Self {
        let mut best = (Self::English, 0);
        for range in accept_language.split(',').take(32) {
            let (tag, parameters) = range.split_once(';').unwrap_or((range, ""));
            let weight = if parameters.is_empty() { Some(1000) } else { weight(parameters) };
            if let (Some(language), Some(weight)) = (Self::of_tag(tag.trim()), weight)
                && weight > best.1
            {
                best = (language, weight);
            }
        }
        best.0
    }

    fn of_tag(tag: &str) -> Option<Self> {
        let primary = tag.split('-').next().unwrap_or_default();
        [Self::Arabic, Self::English, Self::French, Self::Nepali]
            .into_iter()
            .find(|language| primary.eq_ignore_ascii_case(language.tag()))
    }

    /// Returns the language tag, for `Content-Language`.
    #[must_use]
    pub const fn tag(self) -> &'static str {
        match self {
            Self::Arabic => "ar",
            Self::English => "en",
            Self::French => "fr",
            Self::Nepali => "ne",
        }
    }

    /// Writes what is allowed, in lower case and without a full stop.
    ///
    /// Of a code of the application, what it [says](Code::says): its words are the application's.
    ///
    /// # Errors
    ///
    /// Only those of `out`.
    pub fn write(self, breach: &Breach, out: &mut impl Write) -> fmt::Result {
        match self {
            Self::Arabic => arabic::write(breach, out),
            Self::English => english::write(breach, out),
            Self::French => french::write(breach, out),
            Self::Nepali => nepali::write(breach, out),
        }
    }
}

/// Reads `q=0.8` in thousandths (RFC 9110 12.4.2).
fn weight(parameters: &str) -> Option<u16> {
    let (name, value) = parameters.trim().split_once('=')?;
    let (known, value) = (name.trim().eq_ignore_ascii_case("q"), value.trim());
    let (whole, decimals) = value.split_once('.').unwrap_or((value, ""));
    let digits = decimals.len() <= 3 && decimals.bytes().all(|byte| byte.is_ascii_digit());
    let thousandths: u16 = format!("{decimals:0<3}").parse().ok()?;
    match (known && digits, whole) {
        (true, "0") => Some(thousandths),
        (true, "1") if thousandths == 0 => Some(1000),
        _ => None,
    }
}

/// Words for codes.
type Words = &'static [(Code, &'static str)];

fn find(words: Words, breach: &Breach) -> Option<&'static str> {
    words.iter().find(|(code, _)| *code == breach.code()).map(|(_, words)| *words)
}

/// The bounds of a rule, as people say them.
enum Limits {
    AtLeast(Num),
    AtMost(Num),
    Between(Num, Num),
    Exactly(Num),
}

impl Limits {
    fn of(breach: &Breach) -> Self {
        match (breach.arg("min"), breach.arg("max")) {
            (Some(min), Some(max)) if min == max => Self::Exactly(min),
            (Some(min), Some(max)) if min != Num::Int(0) => Self::Between(min, max),
            (_, Some(max)) => Self::AtMost(max),
            (min, None) => Self::AtLeast(min.unwrap_or(Num::Int(0))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Arg;
    use super::*;

    const ALL: [Language; 4] =
        [Language::Arabic, Language::English, Language::French, Language::Nepali];

    fn said(language: Language, breach: &Breach) -> String {
        let mut words = String::new();
        language.write(breach, &mut words).unwrap();
        words
    }

    #[test]
    fn every_code_has_words_of_its_own_in_every_language() {
        for language in ALL {
            let all: Vec<String> =
                code::ALL.iter().map(|code| said(language, &Breach::new(*code))).collect();
            for (at, (words, code)) in all.iter().zip(code::ALL).enumerate() {
                assert_ne!(words, code.as_str());
                assert!(!all.iter().take(at).any(|other| other == words), "{language:?} {words}");
            }
            assert_eq!(said(language, &Breach::new(Code::new("taken"))), "taken");
            let own = Code::saying("taken", "must not be in use");
            assert_eq!(said(language, &Breach::new(own)), "must not be in use");
        }
    }

    #[test]
    fn numbers_stand_in_the_words_of_every_language() {
        let bounded =
            Breach::with(code::CHARS, const { &[Arg::of("min", 31), Arg::of("max", 47)] });
        for language in ALL {
            let words = said(language, &bounded);
            assert!(words.contains("31") && words.contains("47"), "{words}");
        }
    }

    /// The examples of RFC 9110 12.5.4 and RFC 4647, and what broken clients send.
    #[test]
    fn the_best_language_that_there_is_answers() {
        let table = [
            ("", Language::English),
            ("da, en-gb;q=0.8, en;q=0.7", Language::English),
            ("fr-CH, fr;q=0.9, en;q=0.8", Language::French),
            ("en;q=0.1, NE-np", Language::Nepali),
            ("zh, ar;q=0.5, *;q=0.1", Language::Arabic),
            ("fr;q=0, ar;q=0.001", Language::Arabic),
            ("fr;q=0", Language::English),
            ("*", Language::English),
            ("fr;q=2, ne;q=0.5", Language::Nepali),
            ("fr;q=x;;, ,;q=1,-,ne", Language::Nepali),
            ("french", Language::English),
        ];
        for (header, expected) in table {
            assert_eq!(Language::negotiate(header), expected, "{header}");
        }
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
