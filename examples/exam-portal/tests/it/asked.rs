//! Requests that any bytes describe, for the property here and for the fuzz target of the whole router.

use std::fmt::Write;

/// Who asks: nobody, and the accounts of the demo data.
pub(crate) const ACCOUNTS: [Option<&str>; 4] =
    [None, Some("student"), Some("teacher"), Some("admin")];

/// A request, written as `WHO METHOD PATH`, lines of headers, an empty line and the body.
#[derive(Debug)]
pub(crate) struct Asked<'a> {
    pub(crate) account: Option<&'static str>,
    pub(crate) method: &'a str,
    pub(crate) path: String,
    pub(crate) headers: Vec<(&'a str, &'a str)>,
    pub(crate) body: &'a [u8],
}

impl<'a> Asked<'a> {
    /// Reads a request; whatever is written badly is left out.
    pub(crate) fn read(data: &'a [u8]) -> Self {
        let end = data.windows(2).position(|two| two == b"\n\n");
        let (head, body) = end.map_or((data, &[][..]), |end| (&data[..end], &data[end + 2..]));
        let mut lines = head.split(|byte| *byte == b'\n');
        let mut words = lines.next().unwrap_or_default().splitn(3, |byte| *byte == b' ');
        let mut word = || words.next().unwrap_or_default();
        let (who, method, path) = (word(), word(), word());
        let account = ACCOUNTS.iter().flatten().find(|name| name.as_bytes() == who).copied();
        let token = |text: &[u8]| {
            !text.is_empty() && text.iter().all(|c| c.is_ascii_alphanumeric() || *c == b'-')
        };
        let method = if token(method) { method } else { b"GET" };
        let headers = lines.filter_map(|line| {
            let colon = line.windows(2).position(|two| two == b": ")?;
            let value = std::str::from_utf8(&line[colon + 2..]).ok()?;
            let shown = value.chars().all(|c| c == ' ' || c.is_ascii_graphic());
            let name = Some(&line[..colon]).filter(|name| token(name))?;
            Some((std::str::from_utf8(name).ok()?, Some(value).filter(|_| shown)?))
        });
        let headers = headers.take(16).collect();
        let method = std::str::from_utf8(method).unwrap_or("GET");
        Self { account, method, path: escaped(path), headers, body }
    }

    /// Tells whether refusals of it are problems.
    pub(crate) fn is_call(&self) -> bool {
        self.path.starts_with("/api/") && self.method != "HEAD"
    }
}

/// Writes bytes as a path, with what a path cannot hold in percent signs.
fn escaped(path: &[u8]) -> String {
    let mut written = String::from(if path.starts_with(b"/") { "" } else { "/" });
    for byte in path {
        let held = byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@/?%".contains(byte);
        if held {
            written.push((*byte).into());
        } else {
            // Writing into a String cannot fail.
            let _ = write!(written, "%{byte:02X}");
        }
    }
    written
}
