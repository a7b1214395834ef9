//! The name under which a browser saves a file.

use std::fmt::Write;

use http::HeaderValue;

use crate::FileName;

impl FileName {
    /// Returns `Content-Disposition: attachment` with this name (RFC 6266, RFC 8187).
    ///
    /// The name stands twice: in ASCII for those who read nothing else, where other characters are
    /// `_`, and whole in UTF-8.
    ///
    /// # Example
    ///
    /// ```
    /// use palisade_input_validation::FileName;
    ///
    /// let name: FileName = "R\u{e9}sum\u{e9} 7.pdf".parse()?;
    /// assert_eq!(
    ///     name.attachment(),
    ///     "attachment; filename=\"R_sum_ 7.pdf\"; filename*=UTF-8''R%C3%A9sum%C3%A9%207.pdf",
    /// );
    /// # Ok::<(), palisade_input_validation::issue::Breach>(())
    /// ```
    #[must_use]
    pub fn attachment(&self) -> HeaderValue {
        let name = self.as_str();
        let plain = |c: char| if matches!(c, ' '..='~') && !"\"\\%".contains(c) { c } else { '_' };
        let ascii: String = name.chars().map(plain).collect();
        let mut value = format!("attachment; filename=\"{ascii}\"");
        if ascii != name {
            value.push_str("; filename*=UTF-8''");
            for byte in name.bytes() {
                if byte.is_ascii_alphanumeric() || b"!#$&+-.^_`|~".contains(&byte) {
                    value.push(char::from(byte));
                } else {
                    // Writing into a String cannot fail.
                    let _ = write!(value, "%{byte:02X}");
                }
            }
        }
        HeaderValue::try_from(value).unwrap_or(HeaderValue::from_static("attachment"))
    }
}
