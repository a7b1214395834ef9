//! The words of a mail.

/// Subject and text of a mail with a link, in the application's language.
///
/// `{link}` is the only field: what people can choose, such as a name, has no place in a mail that
/// they may order for somebody else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    subject: Box<str>,
    /// Lines before the link, ended by CR LF.
    before: Box<str>,
    /// Lines after it.
    after: Box<str>,
}

/// Subject and text of a mail without a link, such as that the password was changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    subject: Box<str>,
    /// Lines, ended by CR LF.
    text: Box<str>,
}

/// Words that make no mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TemplateError {
    /// A character that would end a header or hide text.
    #[error("control characters are not allowed, but for the line ends of the text")]
    Control,
    /// The line of the link is missing, is there twice, or has other words.
    #[error(
        "the text of a link holds {{link}} once, alone on its line; the text of a notice never"
    )]
    Link,
    /// It is longer than a mail of this kind needs.
    #[error(
        "a subject has 1 to 150 bytes, a text at most 8192 bytes and each line at most 900 bytes"
    )]
    Long,
}

const LINK: &str = "{link}";

impl Template {
    /// Reads words around a link; `text` holds `{link}` alone on one of its lines.
    ///
    /// # Errors
    ///
    /// [`TemplateError`], with the rule.
    ///
    /// # Example
    ///
    /// ```
    /// use palisade_passwords::reset::Template;
    ///
    /// let text = "Someone asked for a new password. Within an hour, choose it here:\n\n{link}\n";
    /// assert!(Template::new("Your new password", text).is_ok());
    /// assert!(Template::new("Your new password", "Click here!").is_err());
    /// ```
    pub fn new(subject: &str, text: &str) -> Result<Self, TemplateError> {
        check(subject, text)?;
        let mut lines = text.lines();
        let before = written(lines.by_ref().take_while(|line| line.trim() != LINK));
        let after = written(lines);
        // The one link that the text holds is the line that ended the first part.
        if text.matches(LINK).count() != 1 || before.contains(LINK) {
            return Err(TemplateError::Link);
        }
        Ok(Self { subject: subject.into(), before, after })
    }

    pub(super) const fn subject(&self) -> &str {
        &self.subject
    }

    /// What precedes and what follows the link.
    pub(super) const fn text(&self) -> (&str, &str) {
        (&self.before, &self.after)
    }
}

impl Notice {
    /// Reads words without a link.
    ///
    /// # Errors
    ///
    /// [`TemplateError`], with the rule.
    pub fn new(subject: &str, text: &str) -> Result<Self, TemplateError> {
        check(subject, text)?;
        if text.contains(LINK) {
            return Err(TemplateError::Link);
        }
        Ok(Self { subject: subject.into(), text: written(text.lines()) })
    }

    pub(super) const fn subject(&self) -> &str {
        &self.subject
    }

    pub(super) const fn text(&self) -> &str {
        &self.text
    }
}

fn check(subject: &str, text: &str) -> Result<(), TemplateError> {
    let control = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
    let fits = (1..=150).contains(&subject.len()) && text.len() <= 8192;
    if !fits || text.lines().any(|line| line.len() > 900) {
        return Err(TemplateError::Long);
    }
    if subject.contains(control) || text.lines().any(|line| line.contains(control)) {
        return Err(TemplateError::Control);
    }
    Ok(())
}

/// Ends every line with CR LF.
fn written<'a>(lines: impl Iterator<Item = &'a str>) -> Box<str> {
    lines.fold(String::new(), |text, line| text + line + "\r\n").into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_stands_alone_on_its_line() {
        let template = Template::new("s", "one\n  {link}\r\ntwo\n\nthree").unwrap();
        assert_eq!(template.text(), ("one\r\n", "two\r\n\r\nthree\r\n"));
        for text in ["", "no link", "see {link}.", "{link}\n{link}", "{link}\nand {link}"] {
            assert_eq!(Template::new("s", text), Err(TemplateError::Link), "{text}");
        }
        assert_eq!(Notice::new("s", "{link}"), Err(TemplateError::Link));
    }

    #[test]
    fn nothing_ends_a_header_early() {
        for subject in ["a\r\nBcc: b@example.org", "a\nb", "a\rb", "a\u{85}b", "a\u{2028}b", "\0"] {
            assert_eq!(Notice::new(subject, "x"), Err(TemplateError::Control), "{subject:?}");
        }
        for text in ["a\rb", "a\0b", "a\u{7}"] {
            assert_eq!(Notice::new("s", text), Err(TemplateError::Control), "{text:?}");
        }
        assert_eq!(Notice::new("", "x"), Err(TemplateError::Long));
        assert_eq!(Notice::new(&"s".repeat(151), "x"), Err(TemplateError::Long));
        assert_eq!(Notice::new("s", &"x".repeat(901)), Err(TemplateError::Long));
        assert_eq!(Notice::new("s", &"x\n".repeat(5000)), Err(TemplateError::Long));
    }
}
