//! What may stand in each field of a student.
//!
//! A text is kept as it was sent or refused, never changed on the way.

use jiff::civil::Date;
use palisade_input_validation::issue::code;
use palisade_input_validation::{Email, Line, Pattern};

/// The rule that a text breaks: its machine word, and what is allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Broken {
    pub(super) code: &'static str,
    pub(super) detail: &'static str,
}

const fn broken(code: &'static str, detail: &'static str) -> Result<(), Broken> {
    Err(Broken { code, detail })
}

const CODE: Pattern = Pattern::new(r"[A-Za-z0-9][A-Za-z0-9._\-]*");

pub(super) fn code(text: &str) -> Result<(), Broken> {
    if !(1..=32).contains(&text.len()) {
        return broken("chars", "1 to 32 characters");
    }
    if !CODE.matches(text) {
        return broken("charset", "letters, digits, '-', '_' and '.', a letter or digit first");
    }
    Ok(())
}

/// A line as the type would write it itself.
pub(super) fn name(text: &str) -> Result<(), Broken> {
    match Line::<200>::parse(text) {
        Ok(line) if line.as_str() == text => Ok(()),
        Ok(line) if line.as_str() == text.trim() => {
            broken("space", "no space at the beginning or the end")
        }
        Err(breach) if breach.code() == code::CHARS && text.trim().is_empty() => {
            broken("required", "must not be empty")
        }
        Err(breach) if breach.code() == code::CHARS => broken("chars", "at most 200 characters"),
        // Letters of several parts are to be composed (NFC), so that a name has one spelling.
        Ok(_) | Err(_) => broken(
            "charset",
            "no control or invisible characters, line breaks or changes of direction",
        ),
    }
}

/// An address whose domain may have capitals.
pub(super) fn email(text: &str) -> Result<(), Broken> {
    if text.len() > Email::MAX {
        return broken("chars", "at most 254 characters");
    }
    match Email::parse(text) {
        Ok(email) if email.as_str().eq_ignore_ascii_case(text) => Ok(()),
        _ => broken("email", "an address such as name@school.example"),
    }
}

/// A day that the calendar has, from 1900 to `today`.
pub(super) fn birth_date(text: &str, today: Date) -> Result<(), Broken> {
    match parse_date(text) {
        None => broken("date", "a day of the calendar as YYYY-MM-DD"),
        Some(date) if date.year() < 1900 || date > today => {
            broken("range", "not before 1900 and not in the future")
        }
        Some(_) => Ok(()),
    }
}

fn parse_date(text: &str) -> Option<Date> {
    let digits = |part: &str, length: usize| -> Option<i16> {
        let good = part.len() == length && part.bytes().all(|byte| byte.is_ascii_digit());
        if good { part.parse().ok() } else { None }
    };
    let (year, rest) = text.split_once('-')?;
    let (month, day) = rest.split_once('-')?;
    let month = i8::try_from(digits(month, 2)?).ok()?;
    let day = i8::try_from(digits(day, 2)?).ok()?;
    Date::new(digits(year, 4)?, month, day).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn codes() {
        for good in ["S-0001", "a", "9.b_c", "Z".repeat(32).as_str()] {
            assert_eq!(code(good), Ok(()), "{good}");
        }
        for bad in
            ["", "-a", ".", "..", "a/b", "a b", "a%2f", "\u{e9}", "a\0", "Z".repeat(33).as_str()]
        {
            assert!(code(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn names() {
        let longest = "\u{e9}".repeat(200);
        for good in [
            "Ana",
            "\u{645}\u{6cc}\u{200c}\u{631}",
            "Zo\u{eb} O'Brien",
            "Robert'); DROP TABLE students;--",
            "<b>x</b>",
            &longest,
        ] {
            assert_eq!(name(good), Ok(()), "{good}");
        }
        let table = [
            ("", "required"),
            (" \t ", "required"),
            ("a\0b", "charset"),
            ("a\nb", "charset"),
            ("a\u{202e}b", "charset"),
            ("e\u{301}", "charset"),
            ("\u{200b}", "charset"),
            ("a\u{ad}b", "charset"),
            ("a\u{2060}b", "charset"),
            ("a\u{e0041}b", "charset"),
            ("a\u{2028}b", "charset"),
            (" a", "space"),
            ("a\u{a0}", "space"),
            (&"x".repeat(201), "chars"),
        ];
        for (text, expected) in table {
            assert_eq!(name(text).unwrap_err().code, expected, "{text:?}");
        }
    }

    #[test]
    fn emails() {
        for good in ["a@b.example", "first.last+tag@mail.school.example", "o'brien@x-y.example"] {
            assert_eq!(email(good), Ok(()), "{good}");
        }
        let long_local = format!("{}@b.example", "a".repeat(65));
        let long = format!("a@{}example", "b.".repeat(200));
        for bad in [
            "",
            "a",
            "@b.example",
            "a@",
            "a@b",
            "a@@b.example",
            "a@b..example",
            ".a@b.example",
            "a.@b.example",
            "a b@c.example",
            "a@-b.example",
            "a@b.example\n",
            "a@b.example\0",
            "a@[127.0.0.1]",
            "\u{e9}@b.example",
            &long_local,
            &long,
        ] {
            assert!(email(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn birth_dates() {
        let today = Date::constant(2026, 11, 21);
        for good in ["2008-02-29", "1900-01-01", "2026-11-21"] {
            assert_eq!(birth_date(good, today), Ok(()), "{good}");
        }
        let table = [
            ("2007-02-29", "date"),
            ("2008-13-01", "date"),
            ("2008-00-10", "date"),
            ("08-01-01", "date"),
            ("2008-1-1", "date"),
            ("+008-01-01", "date"),
            ("2008-01-01T00:00", "date"),
            ("", "date"),
            ("1899-12-31", "range"),
            ("2026-11-22", "range"),
        ];
        for (text, expected) in table {
            assert_eq!(birth_date(text, today).unwrap_err().code, expected, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_a_rule_panic(text in ".*") {
            let _ = (code(&text), name(&text), email(&text), birth_date(&text, Date::constant(2026, 1, 1)));
        }

        #[test]
        fn every_day_of_the_calendar_is_a_date(days in 0_i64..46_000) {
            let date = Date::constant(1900, 1, 1).checked_add(jiff::Span::new().days(days)).unwrap();
            prop_assert_eq!(parse_date(&date.to_string()), Some(date));
        }
    }
}
