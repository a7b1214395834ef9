//! What may stand in each field of a student.
//!
//! A text is kept as it was sent or refused, never changed on the way.

use jiff::civil::Date;

/// The rule that a text breaks: its machine word, and what is allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Broken {
    pub(super) code: &'static str,
    pub(super) detail: &'static str,
}

const fn broken(code: &'static str, detail: &'static str) -> Result<(), Broken> {
    Err(Broken { code, detail })
}

pub(super) fn code(text: &str) -> Result<(), Broken> {
    let inside = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    if !(1..=32).contains(&text.len()) {
        return broken("chars", "1 to 32 characters");
    }
    if !text.bytes().all(inside) || !text.starts_with(|c: char| c.is_ascii_alphanumeric()) {
        return broken("charset", "letters, digits, '-', '_' and '.', a letter or digit first");
    }
    Ok(())
}

pub(super) fn name(text: &str) -> Result<(), Broken> {
    if text.trim().is_empty() {
        return broken("required", "must not be empty");
    }
    if text.chars().nth(200).is_some() {
        return broken("chars", "at most 200 characters");
    }
    if text.chars().any(is_invisible) {
        return broken(
            "charset",
            "no control or invisible characters, line breaks or changes of direction",
        );
    }
    if text.trim() != text {
        return broken("space", "no space at the beginning or the end");
    }
    Ok(())
}

/// A mailbox of RFC 5321 4.1.2 without quoted strings and address literals.
pub(super) fn email(text: &str) -> Result<(), Broken> {
    let form = broken("email", "an address such as name@school.example");
    if text.len() > 254 {
        return broken("chars", "at most 254 characters");
    }
    let Some((local, domain)) = text.split_once('@') else { return form };
    let atom = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&byte);
    let local_is_good = local.len() <= 64
        && local.split('.').all(|part| !part.is_empty() && part.bytes().all(atom));
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    if local_is_good && domain.contains('.') && domain.split('.').all(label) {
        Ok(())
    } else {
        form
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

/// Control characters, line and paragraph separators, what reorders the text around it (Unicode
/// TR 9), and what takes no room: invisible in a table, loud in a log. The joiners U+200C and U+200D
/// are letters' business: names in Persian and Hindi are spelt with them.
fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}')
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
            ("a\u{61c}b", "charset"),
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
