//! Directives where they stand in a field (RFC 9111, section 5.2).

/// The largest number of seconds that is told apart (RFC 9111, section 1.2.2).
pub(super) const MOST_SECONDS: u32 = 1 << 31;

/// What follows the name of a directive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Argument<'a> {
    Absent,
    /// Without its quotes.
    Text(&'a [u8]),
    /// Something after a closing quote, or a quote that is not closed.
    Broken,
}

/// One directive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Directive<'a> {
    pub(super) name: &'a [u8],
    pub(super) argument: Argument<'a>,
}

impl Directive<'_> {
    pub(super) const fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name.as_bytes())
    }

    /// Returns a number of seconds; none, if it is not a whole number that is not negative.
    pub(super) fn seconds(&self) -> Option<u32> {
        match self.argument {
            Argument::Text(text) => seconds(text),
            Argument::Absent | Argument::Broken => None,
        }
    }
}

/// Reads digits; what is too large is the largest number.
pub(super) fn seconds(text: &[u8]) -> Option<u32> {
    if text.is_empty() || !text.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let add = |sum: u32, digit: &u8| {
        sum.saturating_mul(10).saturating_add(u32::from(digit.saturating_sub(b'0')))
    };
    Some(text.iter().fold(0, add).min(MOST_SECONDS))
}

/// Returns the directives of one line, each byte of which is read once.
pub(super) const fn directives(line: &[u8]) -> Directives<'_> {
    Directives { rest: line }
}

pub(super) struct Directives<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for Directives<'a> {
    type Item = Directive<'a>;

    fn next(&mut self) -> Option<Directive<'a>> {
        let start = self.rest.iter().position(|byte| !matches!(byte, b' ' | b'\t' | b','))?;
        let rest = self.rest.get(start..)?;
        let end = rest.iter().position(|byte| matches!(byte, b',' | b'=')).unwrap_or(rest.len());
        let (name, rest) = rest.split_at_checked(end)?;
        let (argument, rest) = match rest.split_first() {
            Some((b'=', rest)) => argument(rest),
            _ => (Argument::Absent, rest),
        };
        self.rest = rest;
        Some(Directive { name: name.trim_ascii(), argument })
    }
}

/// Reads an argument, and returns what begins with the comma after it.
fn argument(text: &[u8]) -> (Argument<'_>, &[u8]) {
    let text = text.trim_ascii_start();
    let Some(quoted) = text.strip_prefix(b"\"") else {
        let (text, rest) = until_comma(text);
        return (Argument::Text(text.trim_ascii()), rest);
    };
    let mut escaped = false;
    let end = quoted.iter().position(|byte| {
        let closes = *byte == b'"' && !escaped;
        escaped = *byte == b'\\' && !escaped;
        closes
    });
    let Some((inner, rest)) = end.and_then(|end| quoted.split_at_checked(end)) else {
        return (Argument::Broken, &[]);
    };
    let (after, rest) = until_comma(rest.get(1..).unwrap_or_default());
    let whole = after.trim_ascii().is_empty();
    (if whole { Argument::Text(inner) } else { Argument::Broken }, rest)
}

fn until_comma(text: &[u8]) -> (&[u8], &[u8]) {
    let end = text.iter().position(|byte| *byte == b',').unwrap_or(text.len());
    text.split_at_checked(end).unwrap_or((text, &[]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Vec<(String, Argument<'_>)> {
        let text = |name: &[u8]| String::from_utf8_lossy(name).into_owned();
        directives(line.as_bytes()).map(|found| (text(found.name), found.argument)).collect()
    }

    #[test]
    fn directives_are_told_apart_by_commas_outside_of_quotes() {
        use Argument::{Absent, Broken, Text};
        let name = str::to_owned;
        assert_eq!(read(""), []);
        assert_eq!(read(" ,, ,\t"), []);
        assert_eq!(
            read("no-store, max-age=7 ,x=\"a, b\",,y"),
            [
                (name("no-store"), Absent),
                (name("max-age"), Text(b"7")),
                (name("x"), Text(b"a, b")),
                (name("y"), Absent)
            ]
        );
        assert_eq!(read("a = 7"), [(name("a"), Text(b"7"))]);
        assert_eq!(read(r#"a="\",b", c"#), [(name("a"), Text(br#"\",b"#)), (name("c"), Absent)]);
        assert_eq!(read("a=\"b\"c, d"), [(name("a"), Broken), (name("d"), Absent)]);
        assert_eq!(read("a=\"b, no-store"), [(name("a"), Broken)]);
        assert_eq!(read("=,a="), [(name(""), Text(b"")), (name("a"), Text(b""))]);
    }

    #[test]
    fn seconds_are_digits_and_too_many_are_the_most() {
        for (text, read) in [
            ("0", Some(0)),
            ("003600", Some(3600)),
            ("2147483648", Some(MOST_SECONDS)),
            ("99999999999999999999999", Some(MOST_SECONDS)),
            ("", None),
            ("-1", None),
            ("+1", None),
            ("1.0", None),
            ("'1'", None),
            ("1 ", None),
        ] {
            assert_eq!(seconds(text.as_bytes()), read, "{text}");
        }
    }
}
